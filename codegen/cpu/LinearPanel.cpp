#include "codegen/cpu/Generators.h"
mlir::FailureOr<int64_t> alexc::emitLinearPanel(KernelBuilder &kb, Kernel &kernel) {
  return mlir::failure();
}
