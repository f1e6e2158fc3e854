/*===- alexrt.h - between generated code and the runtime ------------------===*\
|*                                                                            *|
|* The one header that generated code answers to, and the C API of a network. *|
|* A compiled network is one constant `AlexrtNetwork`: kernels, programs and   *|
|* a JSON description. Kernels write (=) their results and never add (+=).     *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef ALEXRT_H
#define ALEXRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*===----------------------------------------------------------------------===*\
|* ABI: what alexc writes into the object file                                *|
\*===----------------------------------------------------------------------===*/

/* Counts changes of the structs below; the runtime refuses another number. */
#define ALEXRT_ABI_VERSION 1

/* Where an argument of a kernel lives. */
typedef enum AlexrtSegment {
  /* A tensor of the weights file, used where its mapping has it and so aligned
     to 4 bytes only; `offset` is its number. The others are aligned to 64. */
  ALEXRT_PARAM = 0,
  ALEXRT_WEIGHTS = 1, /* parameters in a form of their own, written by the program "load" */
  ALEXRT_SCRATCH = 2, /* values between layers; reused from launch to launch */
  ALEXRT_IO = 3,      /* inputs and outputs of an entry */
  ALEXRT_SEGMENTS = 4
} AlexrtSegment;

/* A kernel computes the items [begin, end) of its work list. Items write
   disjoint memory, so any split over threads gives the same bits. */
typedef void (*AlexrtKernel)(void *const *args, int64_t begin, int64_t end);

typedef struct AlexrtArg {
  uint32_t segment; /* AlexrtSegment */
  uint32_t written; /* 1: the kernel writes it, 0: only reads */
  uint64_t offset;  /* bytes from the segment's start; ALEXRT_PARAM: the tensor's number */
  uint64_t bytes;
} AlexrtArg;

typedef enum AlexrtAction {
  ALEXRT_LAUNCH = 0, /* run `kernel` over `work` items */
  ALEXRT_COPY = 1    /* copy the first argument's bytes to the second */
} AlexrtAction;

typedef struct AlexrtRecord {
  uint32_t action;   /* AlexrtAction */
  uint32_t kernel;   /* index into AlexrtNetwork.kernels */
  uint32_t firstArg; /* index into AlexrtProgram.args */
  uint32_t argCount;
  int64_t work; /* items of the kernel's work list */
} AlexrtRecord;

/* Records run in order, each after the one before it has ended. */
typedef struct AlexrtProgram {
  const char *name; /* "load", "infer_1": the description's entries use it */
  const AlexrtRecord *records;
  uint64_t recordCount;
  const AlexrtArg *args;
} AlexrtProgram;

typedef struct AlexrtNetwork {
  uint32_t abiVersion;
  uint32_t kernelCount;
  const AlexrtKernel *kernels;
  const AlexrtProgram *programs;
  uint64_t programCount;
  uint64_t segmentBytes[ALEXRT_SEGMENTS]; /* [ALEXRT_PARAM] is 0 */
  const char *description;                /* JSON, zero-terminated; see Description.h */
} AlexrtNetwork;

/*===----------------------------------------------------------------------===*\
|* C API                                                                      *|
\*===----------------------------------------------------------------------===*/

/* One network with its weights, memory and threads. Instances are independent:
   each may be used from one thread at a time, several from several. */
typedef struct AlexrtInstance AlexrtInstance;

/* Creates an instance with `threads` worker threads in all (0: one per CPU).
   NULL on failure; then `error` (of `errorSize` bytes, may be NULL) holds one
   line that says why. All functions below that return int: 0 is success, and
   alexrt_error tells what went wrong otherwise. */
AlexrtInstance *alexrt_create(const AlexrtNetwork *network, int threads, char *error,
                              size_t errorSize);
void alexrt_free(AlexrtInstance *instance);
/* The last error of this instance: one line, no full stop, never NULL. */
const char *alexrt_error(const AlexrtInstance *instance);

/* Maps a safetensors file; its tensors are used in place. */
int alexrt_load_weights(AlexrtInstance *instance, const char *path);
/* Fills all parameters with random numbers as the spec's initialisation says. */
int alexrt_init_weights(AlexrtInstance *instance, uint64_t seed);

/* Elements of one image (C*H*W), and of one row of the result. */
size_t alexrt_input_size(const AlexrtInstance *instance);
size_t alexrt_output_size(const AlexrtInstance *instance);
/* Runs `count` images: input (count, C, H, W) fp32, already preprocessed;
   output (count, classes). Any count; the compiled batch sizes are used. */
int alexrt_infer(AlexrtInstance *instance, const float *input, size_t count, float *output);

#ifdef __cplusplus
}
#endif

#endif /* ALEXRT_H */
