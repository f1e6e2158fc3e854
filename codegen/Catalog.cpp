//===- Catalog.cpp - the kernels of all targets -------------------------------===//

#include "codegen/Catalog.h"
#include "codegen/CpuCatalog.h"
#include "codegen/cuda/CudaCatalog.h"

using namespace mlir;
using namespace alexc;

namespace {
struct Catalog : KernelCatalog {
  explicit Catalog(Dialect *dialect) : KernelCatalog(dialect) {}

  SmallVector<KernelChoice> choices(Operation *op, const Machine &machine) const override {
    return machine.isGpu ? cudaKernels(op, machine) : cpuKernels(op, machine.name);
  }
  int64_t parts(Conv2dFilterGradOp op, const Machine &machine) const override {
    return machine.isGpu ? cudaParts(op) : 1;
  }
  double copySeconds(int64_t bytes, const Machine &machine) const override {
    return machine.isGpu ? cudaCopySeconds(bytes, machine.name) : cpuCopySeconds(bytes);
  }
  double transferSeconds(int64_t bytes, const Machine &machine) const override {
    return machine.isGpu ? cudaTransferSeconds(bytes, machine.name)
                         : cpuCopySeconds(2 * bytes); // read there, written here
  }
};
} // namespace

void alexc::registerKernelCatalog(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *, AlexDialect *dialect) { dialect->addInterfaces<Catalog>(); });
}
