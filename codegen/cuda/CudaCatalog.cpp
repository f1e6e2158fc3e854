//===- CudaCatalog.cpp - the kernels of a GPU ---------------------------------===//
//
// All values lie in the logical order, so that nothing is ever reordered and
// parameters are used, and updated, where they are.

#include "codegen/cuda/CudaCatalog.h"
#include "codegen/cuda/GpuTarget.h"

using namespace mlir;
using namespace alexc;

/// Bytes of all operands and results.
static double bytesOf(Operation *op) {
  double sum = 0;
  for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    sum += physicalBytes(isa<StepType>(type) ? type : unplaced(type));
  return sum;
}

SmallVector<KernelChoice> alexc::cudaKernels(Operation *op, StringRef architecture) {
  GpuTarget target;
  std::string error;
  if (!GpuTarget::lookup(architecture, target, error))
    return {};
  return {{"loops", SmallVector<Layout>(op->getNumOperands()),
           SmallVector<Layout>(op->getNumResults()), bytesOf(op) / target.bytesPerSecond}};
}
