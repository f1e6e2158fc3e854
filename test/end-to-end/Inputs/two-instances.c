/* Runs one network from two threads, an instance each, and compares the results. */
#include "tiny.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float *run(void) {
  char error[256];
  AlexrtInstance *instance = alexrt_create(&alexrt_network_tiny, 1, error, sizeof error);
  if (!instance || alexrt_init_weights(instance, 7)) {
    puts(instance ? alexrt_error(instance) : error);
    exit(1);
  }
  size_t inputs = alexrt_input_size(instance), outputs = alexrt_output_size(instance);
  float *input = malloc(inputs * sizeof *input), *output = malloc((outputs + 1) * sizeof *output);
  for (size_t i = 0; i < inputs; ++i)
    input[i] = (float)(i % 17) / 17;
  if (alexrt_infer(instance, input, 1, output + 1)) {
    puts(alexrt_error(instance));
    exit(1);
  }
  output[0] = (float)outputs;
  alexrt_free(instance);
  free(input);
  return output;
}

static void *runThread(void *unused) {
  (void)unused;
  return run();
}

int main(void) {
  pthread_t threads[2];
  void *results[2];
  for (int i = 0; i < 2; ++i)
    pthread_create(&threads[i], NULL, runThread, NULL);
  for (int i = 0; i < 2; ++i)
    pthread_join(threads[i], &results[i]);
  const float *first = results[0], *second = results[1];
  size_t bytes = (size_t)(first[0] + 1) * sizeof *first;
  int same = first[0] == second[0] && !memcmp(first, second, bytes);
  puts(same ? "the same bits twice" : "different results");
  free(results[0]);
  free(results[1]);
  return !same;
}
