//===- Tiles.cpp - what the CPU generators share ------------------------------===//

#include "codegen/cpu/Generators.h"
#include "codegen/loops/Elementwise.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

EvenTiles::EvenTiles(int64_t count, int64_t largest)
    : tiles(llvm::divideCeilSigned(count, largest)), size(count / tiles), larger(count % tiles) {}

/// The sums, the vectors that they share and a broadcast share the registers;
/// without FMA a product needs one too.
int64_t alexc::largestTile(const CpuTarget &target, int64_t vectors) {
  int64_t spare = target.hasFma ? 1 : 2;
  return std::max<int64_t>(1, (target.registers - vectors - spare) / vectors);
}

std::array<int64_t, 4> alexc::neededHalo(Conv2dOp conv) {
  auto input = cast<RankedTensorType>(conv.getInput().getType());
  auto filter = cast<RankedTensorType>(conv.getFilter().getType());
  auto output = cast<RankedTensorType>(conv.getOutput().getType());
  ArrayRef<int64_t> pad = conv.getPad(), stride = conv.getStride();
  auto behind = [&](int dim) {
    int64_t last = (output.getDimSize(2 + dim) - 1) * stride[dim] + filter.getDimSize(2 + dim) - 1;
    return std::max<int64_t>(0, last - pad[dim] - (input.getDimSize(2 + dim) - 1));
  };
  return {pad[0], pad[1], behind(0), behind(1)};
}

Layout alexc::batchLayout(int64_t images, const CpuTarget &target) {
  return Layout::batch(images < 2 * target.lanes ? target.lanes : 2 * target.lanes);
}

static LogicalResult checkLayout(const Kernel &kernel, const Buffer &buffer, const Layout &wanted,
                                 const Twine &what) {
  if (buffer.layout().withoutHalo() == wanted)
    return success();
  return kernel.op->emitError() << "expects " << what << " in layout " << wanted.keyword()
                                << ", got " << buffer.layout().keyword();
}

LogicalResult alexc::checkLayouts(const Kernel &kernel, ArrayRef<std::pair<Value, Layout>> ofRoot,
                                  const Layout &others) {
  SmallVector<Layout> wanted(kernel.operands.size(), others);
  for (auto [value, layout] : ofRoot)
    if (value)
      wanted[kernel.find(value) - kernel.operands.begin()] = layout;
  for (auto [number, buffer] : llvm::enumerate(kernel.operands))
    if (!buffer.isStep() &&
        failed(checkLayout(kernel, buffer, wanted[number], "operand " + Twine(number))))
      return failure();
  for (auto [number, buffer] : llvm::enumerate(kernel.results))
    if (failed(checkLayout(kernel, buffer, others, "result " + Twine(number))))
      return failure();
  return success();
}

LogicalResult alexc::checkHalo(const Kernel &kernel, Conv2dOp conv) {
  std::array<int64_t, 4> needed = neededHalo(conv),
                         halo = kernel.find(conv.getInput())->layout().halo;
  if (llvm::all_of(llvm::zip(needed, halo),
                   [](auto sides) { return std::get<0>(sides) <= std::get<1>(sides); }))
    return success();
  auto text = [](ArrayRef<int64_t> sides) {
    return "[" +
           llvm::join(llvm::map_range(sides, [](int64_t side) { return std::to_string(side); }),
                      ", ") +
           "]";
  };
  return kernel.op->emitError() << "expects an input with a halo of at least " << text(needed)
                                << ", got " << text(halo);
}

LogicalResult alexc::finishPosition(KernelBuilder &kb, Kernel &kernel, Value value, Access access) {
  auto load = [&](BlockArgument argument) {
    const Buffer &buffer = *kernel.find(argument);
    return buffer.isStep() ? buffer.memref : access.load(buffer);
  };
  FailureOr<SmallVector<Value>> values =
      emitEpilogue(kb, kernel, kernel.root(), value, load, access.place);
  if (failed(values))
    return failure();
  for (auto [stored, result] : llvm::zip(*values, kernel.results))
    access.store(stored, result);
  return success();
}
