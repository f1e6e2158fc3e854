//===- Dropout.h - which elements a dropout drops ---------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_DROPOUT_H
#define ALEXC_CODEGEN_DROPOUT_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// Which elements of a value its lanes are: lane i is element `index + i *
/// indexStep` (row-major, within its sample) of sample `sample + i * sampleStep`.
/// Layouts change which lane an element is in, but not what the element is.
struct Place {
  Index sample = 0, index = 0;
  int64_t sampleStep = 0, indexStep = 0;
};

/// The place of the channel block (h, w) of plane (n, block) of `buffer`.
Place placeOfBlock(const Buffer &buffer, Index n, Index block, Index h, Index w);

/// Gives the place of the value at hand; called only where it matters.
using PlaceFinder = llvm::function_ref<Place()>;

/// A training step's dropout of `x`, the lanes of which are at `place`; `step` is
/// the memory of its `!alex.step`. Draws the numbers of runtime/Random.h.
mlir::Value emitDropout(KernelBuilder &kb, DropoutOp op, mlir::Value x, mlir::Value step,
                        const Place &place);

} // namespace alexc

#endif // ALEXC_CODEGEN_DROPOUT_H
