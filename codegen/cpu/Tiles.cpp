//===- Tiles.cpp - what the CPU generators share ------------------------------===//

#include "codegen/Elementwise.h"
#include "codegen/cpu/Generators.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

EvenTiles::EvenTiles(int64_t count, int64_t largest)
    : tiles(llvm::divideCeilSigned(count, largest)), size(count / tiles), larger(count % tiles) {}

LogicalResult alexc::finishPosition(KernelBuilder &kb, Kernel &kernel, Value value,
                                    Position position) {
  auto load = [&](BlockArgument argument) { return position.load(*kernel.find(argument)); };
  FailureOr<SmallVector<Value>> values = emitEpilogue(kb, kernel, kernel.root(), value, load);
  if (failed(values))
    return failure();
  for (auto [stored, result] : llvm::zip(*values, kernel.results))
    position.store(stored, result);
  return success();
}
