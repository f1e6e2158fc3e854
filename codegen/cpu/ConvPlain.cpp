#include "codegen/cpu/Generators.h"
mlir::FailureOr<int64_t> alexc::emitConvPlain(KernelBuilder &kb, Kernel &kernel) {
  return mlir::failure();
}
