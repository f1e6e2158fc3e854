//===- Generators.h - the kernels of a CPU ----------------------*- C++ -*-===//
//
// One function per kernel name of the catalog. Each emits the kernel of
// `kernel.op` at the builder's insertion point, for the work items
// [kernel.begin, kernel.end), and returns how many items there are. A failure
// has been reported at the op.

#ifndef ALEXC_CODEGEN_CPU_GENERATORS_H
#define ALEXC_CODEGEN_CPU_GENERATORS_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// `conv_direct`: channels in blocks (or few channels in the logical order)
/// times packed filters, a tile of pixels x filters in registers.
mlir::FailureOr<int64_t> emitConvDirect(KernelBuilder &kb, Kernel &kernel);
/// `conv_plain`: any convolution, in the logical order.
mlir::FailureOr<int64_t> emitConvPlain(KernelBuilder &kb, Kernel &kernel);
/// `linear_stream`: few images, the rows of the weights streamed once.
mlir::FailureOr<int64_t> emitLinearStream(KernelBuilder &kb, Kernel &kernel);
/// `linear_panel`: many images (layout cnB), a tile of units x images in registers.
mlir::FailureOr<int64_t> emitLinearPanel(KernelBuilder &kb, Kernel &kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_CPU_GENERATORS_H
