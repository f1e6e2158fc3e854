//===- Tiles.cpp - what the CPU generators share ------------------------------===//

#include "codegen/cpu/Generators.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

EvenTiles::EvenTiles(int64_t count, int64_t largest)
    : tiles(llvm::divideCeilSigned(count, largest)), size(count / tiles), larger(count % tiles) {}

void EvenTiles::forEach(KernelBuilder &kb, Index begin, Index end,
                        function_ref<void(Index, Index, int64_t)> body) const {
  Index middle = kb.minimum(kb.maximum(begin, larger), end);
  if (larger > 0)
    kb.forEach(begin, middle, [&](Index tile) { body(tile, first(kb, tile), size + 1); });
  kb.forEach(middle, end, [&](Index tile) { body(tile, first(kb, tile), size); });
}

ColumnTiles::ColumnTiles(int64_t columns, int64_t lanes)
    : width(vectors * lanes), count(columns / width) {
  int64_t first = count * width;
  if (columns - first >= lanes) {
    rest.push_back({first, lanes});
    first += lanes;
  }
  if (columns > first)
    rest.push_back({first, columns - first});
}

/// The sums, the vectors that they share and a broadcast share the registers;
/// without FMA a product needs one too.
int64_t alexc::largestTile(const CpuTarget &target, int64_t vectors) {
  int64_t spare = target.hasFma ? 1 : 2;
  return std::max<int64_t>(1, (target.registers - vectors - spare) / vectors);
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
