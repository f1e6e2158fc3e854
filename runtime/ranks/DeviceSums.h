/*===- DeviceSums.h - sums over ranks, made by devices --------------------===*\
|*                                                                            *|
|* What a back end gives ranks whose devices have memory of their own         *|
|* (cuda/NcclSums.cpp). Without one, gradients go through the hosts.          *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef ALEXRT_DEVICESUMS_H
#define ALEXRT_DEVICESUMS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the key by which devices of several ranks find each other. */
#define ALEXRT_SUMS_KEY 128

/* Groups of devices, one of each rank. What returns int returns 0 or an error code. */
typedef struct AlexrtDeviceSums {
  const char *name; /* "NCCL" */
  const char *(*errorText)(int code);
  int (*makeKey)(void *key); /* on one rank, for all */
  /* The device that the calling thread uses joins; returns when all have. */
  int (*join)(const void *key, int rank, int count, void **group);
  /* Enqueues: makes floats of a device's memory the mean over the group. */
  int (*average)(void *group, void *queue, void *data, uint64_t count);
  int (*leave)(void *group);  /* as all others do, when all is done */
  int (*giveUp)(void *group); /* whatever has not ended */
} AlexrtDeviceSums;

#ifdef __cplusplus
}
#endif

#endif /* ALEXRT_DEVICESUMS_H */
