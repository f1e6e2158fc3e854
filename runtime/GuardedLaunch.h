//===- GuardedLaunch.h - faults where a kernel leaves its arguments -------===//
//
// Generated kernels are invisible to AddressSanitizer. This is a test mode.

#ifndef ALEXC_RUNTIME_GUARDEDLAUNCH_H
#define ALEXC_RUNTIME_GUARDEDLAUNCH_H

#include "runtime/ThreadPool.h"
#include "runtime/alexrt.h"

namespace alexrt {

/// Runs a kernel on copies of its arguments, twice: once each copy ends where
/// an inaccessible page begins, once it begins where one ends. What the kernel
/// only reads is write-protected, and what it writes starts as NaNs, so that
/// an element that it leaves out shows. The results are copied back. Arguments
/// of one address and size have one copy, as an update in place needs it.
void launchGuarded(AlexrtKernel kernel, const AlexrtRecord &record, const AlexrtArg *declared,
                   void *const *arguments, ThreadPool &threads);

} // namespace alexrt

#endif // ALEXC_RUNTIME_GUARDEDLAUNCH_H
