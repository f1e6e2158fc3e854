//===- Layouts.h - values of the arena in logical order ---------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_LAYOUTS_H
#define ALEXC_RUNTIME_LAYOUTS_H

#include "runtime/Description.h"

namespace alexrt {

/// Elements of a value as it lies in memory, blocks and halo included:
/// (N, C/channelBlock, H + halo, W + halo, channelBlock), or where features
/// come first (ceil(N/batchBlock), C, batchBlock).
int64_t physicalElementCount(const Shape &shape, const ValueLayout &layout);

/// Copies images [first, first + count) of a value of `shape` (N, C, H, W) or
/// (N, C) into logical order. `source` has physicalElementCount elements.
std::vector<float> toLogicalOrder(const float *source, const Shape &shape,
                                  const ValueLayout &layout, int64_t first, int64_t count);

} // namespace alexrt

#endif // ALEXC_RUNTIME_LAYOUTS_H
