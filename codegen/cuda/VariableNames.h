//===- VariableNames.h - names of variables in textual IR -------*- C++ -*-===//
//
// The name of a C variable is a NameLoc of its value. In textual IR, which has no
// locations, it is that of the value: `%row = arith.addi ...`.

#ifndef ALEXC_CODEGEN_CUDA_VARIABLENAMES_H
#define ALEXC_CODEGEN_CUDA_VARIABLENAMES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseSet.h"

namespace alexc {

/// The locations of the layers that `kernel` computes: a name in one of these is a
/// layer's and not a variable's.
llvm::DenseSet<mlir::Location> layerLocations(mlir::gpu::GPUFuncOp kernel);

/// Prints `module`, the values of GPU kernels under the names of their variables. Drops
/// those kernels' locations.
void printWithNames(mlir::ModuleOp module, llvm::raw_ostream &out);

/// Reads a file of textual IR or bytecode; in GPU kernels a value's name is from then on
/// that of its variable. Null after an error, which is reported.
mlir::OwningOpRef<mlir::ModuleOp> parseWithNames(llvm::StringRef path, mlir::MLIRContext *context);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_VARIABLENAMES_H
