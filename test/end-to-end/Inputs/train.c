/* Trains a network on one batch and says whether it learns. */
#include "tiny.h"
#include <stdio.h>
#include <stdlib.h>

static void check(AlexrtInstance *instance, int status) {
  if (status == 0)
    return;
  puts(alexrt_error(instance));
  exit(1);
}

int main(void) {
  char error[256];
  AlexrtInstance *instance =
      alexrt_create_for_training(&alexrt_network_tiny, 2, error, sizeof error);
  if (!instance) {
    puts(error);
    return 1;
  }
  size_t batch = alexrt_training_batch(instance), classes = alexrt_output_size(instance);
  size_t elements = batch * alexrt_input_size(instance);
  float *images = malloc(elements * sizeof *images), first = 0, last = 0;
  int32_t *labels = malloc(batch * sizeof *labels);
  uint32_t seed = 1;
  for (size_t i = 0; i < elements; ++i)
    images[i] = (float)(int32_t)(seed = seed * 1664525u + 1013904223u) / 2147483648.0f;
  for (size_t n = 0; n < batch; ++n)
    labels[n] = (int32_t)(n % classes);
  check(instance, alexrt_init_weights(instance, 1));
  check(instance, alexrt_train_step(instance, images, labels, &first));
  for (int i = 0; i < 600; ++i)
    check(instance, alexrt_train_step(instance, images, labels, &last));
  check(instance, alexrt_save_weights(instance, "trained.safetensors"));
  printf("%u steps, %s\n", alexrt_step(instance)->step,
         last < first / 2 ? "learned" : "learned nothing");
  alexrt_free(instance);
  free(images);
  free(labels);
  return 0;
}
