//===- GpuBuilder.cpp - write a GPU kernel that reads like one ----------------===//

#include "codegen/cuda/GpuBuilder.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

void GpuBuilder::setLaunch(std::array<int64_t, 3> blocks, int64_t threads) {
  auto sizes = [&](std::array<int64_t, 3> values) {
    assert(llvm::all_of(values, [](int64_t value) { return llvm::isInt<32>(value); }));
    SmallVector<int32_t> narrow(values.begin(), values.end());
    return b.getDenseI32ArrayAttr(narrow);
  };
  function.setKnownBlockSizeAttr(sizes({threads, 1, 1}));
  function.setKnownGridSizeAttr(sizes(blocks));
}

Index GpuBuilder::blockIndex(Dimension dimension) {
  return Index(*this, gpu::BlockIdOp::create(b, loc, dimension));
}

Index GpuBuilder::threadIndex() {
  return Index(*this, gpu::ThreadIdOp::create(b, loc, Dimension::x));
}

void GpuBuilder::barrier() { gpu::BarrierOp::create(b, loc); }

Location GpuBuilder::locationOf(StringRef name) { return NameLoc::get(b.getStringAttr(name), loc); }

Value GpuBuilder::sharedTile(StringRef name, ArrayRef<int64_t> shape) {
  auto space = gpu::AddressSpaceAttr::get(b.getContext(), gpu::AddressSpace::Workgroup);
  auto type = MemRefType::get(shape, b.getF32Type(), MemRefLayoutAttrInterface(), space);
  return function.addWorkgroupAttribution(type, locationOf(name));
}

Value GpuBuilder::registerTile(StringRef name, ArrayRef<int64_t> shape) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&function.getBody().front());
  return memref::AllocaOp::create(b, locationOf(name), MemRefType::get(shape, b.getF32Type()));
}

void GpuBuilder::forEachRow(int64_t rows, function_ref<void(Index row, Index lane)> body) {
  constexpr int64_t rowsOfBlock = 4;
  Index thread = threadIndex();
  Index row = named(blockIndex() * rowsOfBlock + thread / warp, "row");
  Index lane = named(thread % warp, "lane");
  ifTrue(less(row, rows), [&] { body(row, lane); });
  setLaunch({llvm::divideCeilSigned(rows, rowsOfBlock), 1, 1}, rowsOfBlock * warp);
}

Value GpuBuilder::combineWarp(Value value, Combine combine) {
  for (int64_t distance = warp / 2; distance > 0; distance /= 2) {
    auto shuffle = gpu::ShuffleOp::create(b, loc, value, distance, warp, gpu::ShuffleMode::XOR);
    value = combine(value, shuffle.getShuffleResult());
  }
  return value;
}

Value GpuBuilder::sumOfWarp(Value value) {
  return combineWarp(value, [&](Value x, Value y) { return add(x, y); });
}

Value GpuBuilder::maximumOfWarp(Value value) {
  return combineWarp(value, [&](Value x, Value y) { return max(x, y); });
}

void GpuBuilder::unrolled(int64_t end, Body body) {
  if (end == 1)
    return body(0);
  forEach(0, end, [&](Index i) {
    Operation *loop = i.materialize(*this).getParentBlock()->getParentOp();
    loop->setAttr(unrollAttrName, b.getUnitAttr());
    body(i);
  });
}

Value GpuBuilder::loadIf(Value condition, function_ref<Value()> load, int64_t lanes) {
  if (!condition)
    return load();
  auto branch = scf::IfOp::create(
      b, loc, condition,
      [&](OpBuilder &builder, Location at) { scf::YieldOp::create(builder, at, load()); },
      [&](OpBuilder &builder, Location at) { scf::YieldOp::create(builder, at, splat(0, lanes)); });
  return branch.getResult(0);
}

Value GpuBuilder::both(Value first, Value second) {
  if (!first || !second)
    return first ? first : second;
  return arith::AndIOp::create(b, loc, first, second);
}

Value GpuBuilder::named(Value value, StringRef name) {
  value.setLoc(locationOf(name));
  return value;
}

Index GpuBuilder::named(Index index, StringRef name) {
  if (!index.isConstant())
    named(index.materialize(*this), name);
  return index;
}
