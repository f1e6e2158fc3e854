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
#define ALEXRT_ABI_VERSION 4

/* Where an argument of a kernel lives. Training reads and writes what belongs to
   a parameter in the file's order of elements. Weights and scratch memory are of
   each device; in the other segments one place is the same value on every device,
   in the host's memory where devices work there. */
typedef enum AlexrtSegment {
  /* A tensor of the weights file, for inference used where its mapping has it
     and so aligned to 4 bytes only. The other segments are aligned to 64. */
  ALEXRT_PARAM = 0,
  ALEXRT_WEIGHTS = 1,  /* parameters in a form of their own, written by the program "load" */
  ALEXRT_SCRATCH = 2,  /* values between layers; reused from launch to launch */
  ALEXRT_IO = 3,       /* inputs and outputs of an entry */
  ALEXRT_MOMENTUM = 4, /* a parameter's momentum */
  ALEXRT_GRADIENT = 5, /* a parameter's gradient, between "gradients" and "apply" */
  ALEXRT_STEP = 6,     /* one AlexrtStep */
  ALEXRT_SEGMENTS = 7
} AlexrtSegment;

/* Numbers of one training step, which kernels read from memory. */
typedef struct AlexrtStep {
  float learningRate;
  float momentum;
  float weightDecay;
  uint32_t seedLow, seedHigh; /* of the random numbers */
  uint32_t step;              /* number of the step, from 0 */
  uint32_t firstSample;       /* number of the batch's first image within the step */
  uint32_t unused;
} AlexrtStep;

/* A kernel computes the items [begin, end) of its work list. Items write
   disjoint memory, so any split over threads gives the same bits. */
typedef void (*AlexrtKernel)(void *const *args, int64_t begin, int64_t end);

/* The same on a device: enqueues all of the work. 0, or the device's error code. */
typedef int (*AlexrtDeviceKernel)(void *const *args, void *queue);

typedef struct AlexrtArg {
  uint32_t device;  /* number of the device whose memory it is */
  uint32_t segment; /* AlexrtSegment */
  uint32_t written; /* 1: the kernel writes it, 0: only reads */
  uint32_t unused;
  /* Bytes from the segment's start; in ALEXRT_PARAM, ALEXRT_MOMENTUM and
     ALEXRT_GRADIENT the parameter's number. */
  uint64_t offset;
  uint64_t start; /* in those three the bytes from the parameter's start, else 0 */
  uint64_t bytes;
} AlexrtArg;

typedef enum AlexrtAction {
  ALEXRT_LAUNCH = 0, /* run `kernel` over `work` items */
  ALEXRT_COPY = 1,   /* copy the first argument's bytes to the second */
  ALEXRT_SIGNAL = 2, /* event `kernel` happens */
  ALEXRT_WAIT = 3    /* the queue goes on when event `kernel` has happened */
} AlexrtAction;

typedef struct AlexrtRecord {
  uint32_t action; /* AlexrtAction */
  /* Queue d runs what device d computes, with arguments of device d alone; queue
     deviceCount + d moves what comes to device d from others: no launches. */
  uint32_t queue;
  uint32_t kernel;   /* index into AlexrtNetwork.kernels, or number of an event */
  uint32_t firstArg; /* index into AlexrtProgram.args */
  uint32_t argCount;
  uint32_t unused;
  int64_t work; /* items of the kernel's work list */
} AlexrtRecord;

/* Records of one queue run in order, each after the one before it has ended;
   events alone order those of different queues. The list is in an order in which
   they could run one by one: in each run every event is signalled once, by a
   record before those that wait for it. So the first of the records that have not
   ended can always run, and no program can lock up. */
typedef struct AlexrtProgram {
  const char *name; /* "load", "infer_1": the description's entries use it */
  const AlexrtRecord *records;
  uint64_t recordCount;
  const AlexrtArg *args;
  uint64_t eventCount;
  /* What the program needs on each device; 0 where offsets are parameters'
     numbers. Programs of an instance share their segments. */
  const uint64_t (*segmentBytes)[ALEXRT_SEGMENTS];
} AlexrtProgram;

typedef struct AlexrtNetwork {
  uint32_t abiVersion;
  uint32_t deviceCount; /* their numbers begin with 0 */
  uint64_t kernelCount;
  const AlexrtKernel *kernels; /* NULL where `device` is not */
  const AlexrtProgram *programs;
  uint64_t programCount;
  const char *description;                 /* JSON, zero-terminated; see Description.h */
  const AlexrtDeviceKernel *deviceKernels; /* NULL where `device` is */
  const struct AlexrtDeviceApi *device;    /* what the network runs on; NULL: the CPU */
} AlexrtNetwork;

/*===----------------------------------------------------------------------===*\
|* Devices: what a back end gives the runtime (cuda/CudaDevice.cpp)           *|
\*===----------------------------------------------------------------------===*/

typedef struct AlexrtDeviceInfo {
  char name[256];
  uint64_t memoryBytes;
} AlexrtDeviceInfo;

/* The functions of a kind of device; devices have numbers from 0. All but `use`
   and what comes before it act for the device that the calling thread uses.
   Memory of a device, queues, events and graphs are handles: only the device
   looks into them.
   A queue's commands run in order and after the call has returned; memory that
   they name stays as it is until they have ended. What returns int returns 0 or
   an error code. */
typedef struct AlexrtDeviceApi {
  const char *name; /* of the kind: "CUDA" */
  const char *(*errorText)(int code);
  /* The back end's own call that failed last in this thread: "cudaMalloc". */
  const char *(*failedCall)(void);

  int (*countDevices)(int *count);
  int (*describe)(int device, AlexrtDeviceInfo *info);
  int (*use)(int device);

  int (*allocate)(uint64_t bytes, void **memory); /* aligned to 256, not cleared */
  int (*release)(void *memory);
  /* Memory of the host that transfers need no copy of. */
  int (*allocateHost)(uint64_t bytes, void **memory);
  int (*releaseHost)(void *memory);

  int (*createQueue)(void **queue);
  int (*destroyQueue)(void *queue);
  int (*synchronize)(void *queue); /* returns when all of its commands have ended */

  int (*upload)(void *queue, void *target, const void *source, uint64_t bytes);
  int (*download)(void *queue, void *target, const void *source, uint64_t bytes);
  int (*copy)(void *queue, void *target, const void *source, uint64_t bytes);
  int (*copyPeer)(void *queue, void *target, int targetDevice, const void *source, int sourceDevice,
                  uint64_t bytes);
  int (*fill)(void *queue, void *target, int byte, uint64_t bytes);
  /* Lets kernels and copies reach a peer's memory directly, where `*enabled`
     becomes 1; copyPeer works without. */
  int (*enablePeer)(int peer, int *enabled);

  int (*createEvent)(void **event);
  int (*destroyEvent)(void *event);
  int (*recordEvent)(void *queue, void *event); /* happens when what is before it has ended */
  int (*waitEvent)(void *queue, void *event);   /* what is behind it waits for the event */
  int (*synchronizeEvent)(void *event);         /* returns when it has happened */
  int (*elapsed)(void *begin, void *end, float *milliseconds);

  /* What is enqueued between the two becomes a graph instead of running. */
  int (*beginCapture)(void *queue);
  int (*endCapture)(void *queue, void **graph);
  int (*launchGraph)(void *queue, void *graph); /* enqueues it as one command */
  int (*destroyGraph)(void *graph);
} AlexrtDeviceApi;

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

/* Maps a safetensors file; its tensors are used in place. What else the file
   holds is ignored. */
int alexrt_load_weights(AlexrtInstance *instance, const char *path);
/* Fills all parameters with random numbers as the spec's initialisation says. */
int alexrt_init_weights(AlexrtInstance *instance, uint64_t seed);
/* Writes all parameters to a safetensors file. */
int alexrt_save_weights(AlexrtInstance *instance, const char *path);

/* Elements of one image (C*H*W), and of one row of the result. */
size_t alexrt_input_size(const AlexrtInstance *instance);
size_t alexrt_output_size(const AlexrtInstance *instance);
/* Runs `count` images: input (count, C, H, W) fp32, already preprocessed;
   output (count, classes). Any count; the compiled batch sizes are used. */
int alexrt_infer(AlexrtInstance *instance, const float *input, size_t count, float *output);

/* As alexrt_create, for an instance that can be trained too. Also NULL where
   the network was compiled without training. */
AlexrtInstance *alexrt_create_for_training(const AlexrtNetwork *network, int threads, char *error,
                                           size_t errorSize);
/* Images of one training step; 0 where the instance cannot be trained. */
size_t alexrt_training_batch(const AlexrtInstance *instance);
/* The numbers of the next training step, to be changed at will: at first the
   spec's learning rate, momentum and weight decay, seed 0 and step 0. */
AlexrtStep *alexrt_step(AlexrtInstance *instance);
/* Updates all parameters once, from images (batch, C, H, W), already
   preprocessed, and their labels (batch), numbers of classes. Writes the mean
   loss before the update to `loss` (may be NULL) and counts the step. */
int alexrt_train_step(AlexrtInstance *instance, const float *images, const int32_t *labels,
                      float *loss);

#ifdef __cplusplus
}
#endif

#endif /* ALEXRT_H */
