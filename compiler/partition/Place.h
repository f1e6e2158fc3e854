//===- Place.h - a plan becomes placed ops ----------------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_PLACE_H
#define ALEXC_COMPILER_PLACE_H

#include "compiler/partition/Plan.h"

namespace alexc {

/// Spreads the entries of `module`, which are not placed yet, over the devices of
/// `plan`; what alex-place does.
void placeNetwork(mlir::ModuleOp module, const Plan &plan);

} // namespace alexc

#endif // ALEXC_COMPILER_PLACE_H
