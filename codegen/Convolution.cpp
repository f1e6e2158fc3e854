//===- Convolution.cpp - what a convolution and its gradients share -----------===//

#include "codegen/Convolution.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace alexc;

Convolution::Convolution(Conv2dOp op)
    : image(op.getInput()), filter(op.getFilter()), output(op.getOutput()), stride(op.getStride()),
      pad(op.getPad()), groups(op.getGroups()) {}

Convolution::Convolution(Conv2dDataGradOp op)
    : image(op.getInputGradient()), filter(op.getFilter()), output(op.getGradient()),
      stride(op.getStride()), pad(op.getPad()), groups(op.getGroups()) {}

Convolution::Convolution(Conv2dFilterGradOp op)
    : image(op.getInput()), filter(op.getFilterGradient()), output(op.getGradient()),
      stride(op.getStride()), pad(op.getPad()), groups(op.getGroups()) {}

int64_t alexc::dimOf(Value value, int dim) {
  return cast<RankedTensorType>(value.getType()).getDimSize(dim);
}

std::array<int64_t, 4> Convolution::imageHalo() const {
  auto behind = [&](int dim) {
    int64_t last = (dimOf(output, 2 + dim) - 1) * stride[dim] + dimOf(filter, 2 + dim) - 1;
    return std::max<int64_t>(0, last - pad[dim] - (dimOf(image, 2 + dim) - 1));
  };
  return {pad[0], pad[1], behind(0), behind(1)};
}

std::array<int64_t, 4> Convolution::outputHalo() const {
  auto before = [&](int dim) {
    return std::max<int64_t>(0, dimOf(filter, 2 + dim) - 1 - pad[dim]);
  };
  auto behind = [&](int dim) {
    int64_t last = dimOf(image, 2 + dim) - 1 + pad[dim];
    return std::max<int64_t>(0, last - (dimOf(output, 2 + dim) - 1));
  };
  return {before(0), before(1), behind(0), behind(1)};
}

LogicalResult alexc::checkHalo(const Kernel &kernel, Value operand, std::array<int64_t, 4> needed) {
  std::array<int64_t, 4> halo = kernel.find(operand)->layout().halo;
  if (llvm::all_of(llvm::zip(needed, halo),
                   [](auto sides) { return std::get<0>(sides) <= std::get<1>(sides); }))
    return success();
  auto text = [](ArrayRef<int64_t> sides) {
    return "[" +
           llvm::join(llvm::map_range(sides, [](int64_t side) { return std::to_string(side); }),
                      ", ") +
           "]";
  };
  return kernel.op->emitError() << "expects operand "
                                << kernel.find(operand) - kernel.operands.begin()
                                << " with a halo of at least " << text(needed) << ", got "
                                << text(halo);
}
