//===- Lrn.cpp - local response normalisation in registers --------------------===//

#include "codegen/loops/Lrn.h"
#include "codegen/loops/MathApproximations.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;
using namespace alexc;

Value alexc::emitNormalize(KernelBuilder &kb, LrnOp op, Value x, Value sumOfSquares) {
  auto vector = dyn_cast<VectorType>(x.getType());
  auto splat = [&](double value) {
    return kb.splat(static_cast<float>(value), vector ? vector.getDimSize(0) : 1);
  };
  double alpha = op.getAlpha().convertToDouble();
  double size = static_cast<double>(op.getSize());
  if (op.getAlphaForm() == AlphaForm::mean)
    alpha /= op.getForm() == LrnForm::across ? size : size * size;
  Value base = kb.fma(sumOfSquares, splat(alpha), splat(op.getK().convertToDouble()));
  return kb.div(x, emitPower(kb, base, op.getBeta().convertToDouble()));
}

namespace {
/// The blocks around one block of a pixel, and vectors that lie across them.
struct Neighbourhood {
  KernelBuilder &kb;
  int64_t lanes;
  Index block;
  int64_t blocksOfGroup; ///< the window does not leave the group that holds `block`
  function_ref<Value(Index)> loadBlock;
  std::map<int64_t, Value> loaded = {}; ///< by distance from `block`

  /// The block at `distance`, zero where that is outside the group: then the
  /// centre is loaded in its place, so that no address is out of bounds.
  Value at(int64_t distance) {
    Value &value = loaded[distance];
    if (value || distance == 0)
      return value ? value : value = loadBlock(block);
    if (std::abs(distance) >= blocksOfGroup)
      return value = kb.splat(0, lanes);
    Index inGroup = block % blocksOfGroup;
    Value exists =
        distance < 0 ? kb.less(-distance - 1, inGroup) : kb.less(inGroup, blocksOfGroup - distance);
    Value neighbour = (block + distance).materialize(kb);
    Value number = select(exists, neighbour, block.materialize(kb));
    return value = select(exists, loadBlock(Index(kb, number)), kb.splat(0, lanes));
  }

  /// The channels `offset` further on than those of `block`.
  Value shifted(int64_t offset) {
    int64_t distance = llvm::divideFloorSigned(offset, lanes);
    int64_t first = offset - distance * lanes;
    if (first == 0)
      return at(distance);
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq(first, first + lanes));
    Value left = at(distance), right = at(distance + 1);
    return vector::ShuffleOp::create(kb.b, kb.loc, left, right, order);
  }

  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(kb.b, kb.loc, condition, yes, no);
  }
};

/// Which lanes of a shifted block are of the lane's own group, for groups that
/// end inside a block.
struct GroupMask {
  KernelBuilder &kb;
  int64_t lanes, channelsOfGroup;
  Value inGroup; ///< the channel of each lane, counted from its group's first

  GroupMask(KernelBuilder &kb, Index block, int64_t lanes, int64_t channelsOfGroup)
      : kb(kb), lanes(lanes), channelsOfGroup(channelsOfGroup) {
    Type i32 = kb.b.getI32Type();
    Value first = (block * lanes).materialize(kb);
    first = arith::IndexCastOp::create(kb.b, kb.loc, i32, first);
    first = vector::BroadcastOp::create(kb.b, kb.loc, VectorType::get({lanes}, i32), first);
    SmallVector<int32_t> counting = llvm::to_vector(llvm::seq<int32_t>(0, lanes));
    Value channel = arith::AddIOp::create(kb.b, kb.loc, first, integers(counting));
    inGroup = arith::RemUIOp::create(kb.b, kb.loc, channel, all(channelsOfGroup));
  }

  Value integers(ArrayRef<int32_t> values) {
    auto type = VectorType::get({lanes}, kb.b.getI32Type());
    return arith::ConstantOp::create(kb.b, kb.loc, DenseElementsAttr::get(type, values));
  }
  Value all(int64_t value) {
    return integers(SmallVector<int32_t>(lanes, static_cast<int32_t>(value)));
  }

  /// `value`, the channels `offset` further on, with zeros for other groups'.
  Value apply(Value value, int64_t offset) {
    Value channel = arith::AddIOp::create(kb.b, kb.loc, inGroup, all(offset));
    // unsigned: a channel before the group is a very large one
    Value isInside = arith::CmpIOp::create(kb.b, kb.loc, arith::CmpIPredicate::ult, channel,
                                           all(channelsOfGroup));
    return arith::SelectOp::create(kb.b, kb.loc, isInside, value, kb.splat(0, lanes));
  }
};
} // namespace

Value alexc::emitLrnAcross(KernelBuilder &kb, LrnOp op, Index block, int64_t lanes,
                           function_ref<Value(Index)> loadBlock) {
  int64_t channels = cast<RankedTensorType>(op.getType()).getDimSize(1);
  int64_t channelsOfGroup = channels / static_cast<int64_t>(op.getGroups());
  bool isCutInside = channelsOfGroup % lanes;
  int64_t blocksOfGroup = (isCutInside ? channels : channelsOfGroup) / lanes;
  Neighbourhood blocks{kb, lanes, block, blocksOfGroup, loadBlock};
  std::optional<GroupMask> mask;
  if (isCutInside)
    mask.emplace(kb, block, lanes, channelsOfGroup);
  Value x = blocks.at(0);
  Value sum = kb.mul(x, x);
  LrnReach reach(op);
  int64_t first = -std::min(reach.before, channelsOfGroup - 1);
  int64_t last = std::min(reach.after, channelsOfGroup - 1);
  for (int64_t offset = first; offset <= last; ++offset) {
    if (offset == 0)
      continue;
    Value neighbour = blocks.shifted(offset);
    if (mask)
      neighbour = mask->apply(neighbour, offset);
    sum = kb.fma(neighbour, neighbour, sum);
  }
  return emitNormalize(kb, op, x, sum);
}
