//===- Lrn.cpp - local response normalisation in registers --------------------===//

#include "codegen/loops/Lrn.h"
#include "codegen/loops/MathApproximations.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;
using namespace alexc;

template <typename Op>
LrnRule::LrnRule(Op op, Value input)
    : form(op.getForm()), size(op.getSize()),
      channels(cast<RankedTensorType>(input.getType()).getDimSize(1)),
      channelsOfGroup(channels / static_cast<int64_t>(op.getGroups())), before(size / 2),
      after(size - 1 - before), k(op.getK().convertToDouble()),
      alpha(op.getAlpha().convertToDouble()), beta(op.getBeta().convertToDouble()) {
  if (op.getAlphaForm() == AlphaForm::mean)
    alpha /= static_cast<double>(form == LrnForm::across ? size : size * size);
}

namespace alexc {
template LrnRule::LrnRule(LrnOp, Value);
template LrnRule::LrnRule(LrnGradOp, Value);
} // namespace alexc

static Value splatLike(KernelBuilder &kb, double value, Value like) {
  auto vector = dyn_cast<VectorType>(like.getType());
  return kb.splat(static_cast<float>(value), vector ? vector.getDimSize(0) : 1);
}

/// k + alpha * sumOfSquares
static Value emitEnergy(KernelBuilder &kb, const LrnRule &rule, Value sumOfSquares) {
  return kb.fma(sumOfSquares, splatLike(kb, rule.alpha, sumOfSquares),
                splatLike(kb, rule.k, sumOfSquares));
}

Value LrnRule::emitNormalize(KernelBuilder &kb, Value x, Value sumOfSquares) const {
  return kb.div(x, emitPower(kb, emitEnergy(kb, *this, sumOfSquares), beta));
}

/// With a single division, which is slow.
LrnRule::Share LrnRule::emitShare(KernelBuilder &kb, Value dy, Value x, Value sumOfSquares) const {
  Value energy = emitEnergy(kb, *this, sumOfSquares);
  Value divisor = kb.mul(emitPower(kb, energy, beta), energy);
  Value scaled = kb.div(dy, divisor);
  return {kb.mul(scaled, energy), kb.mul(scaled, x)};
}

Value LrnRule::emitGradient(KernelBuilder &kb, Value own, Value x, Value sumOfTerms) const {
  return kb.fma(kb.mul(x, splatLike(kb, -2 * alpha * beta, x)), sumOfTerms, own);
}

namespace {
/// The blocks around one block of a pixel, and vectors that lie across them.
struct Neighbourhood {
  KernelBuilder &kb;
  int64_t lanes;
  Index block;
  int64_t blocksOfGroup; ///< the window does not leave the group that holds `block`
  BlockLoader loadBlock;
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
    Index number = kb.select(exists, block + distance, block);
    return value = kb.select(exists, loadBlock(number), kb.splat(0, lanes));
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
};

/// Which lanes of a shifted block are of the lane's own group, for groups that
/// end inside a block.
struct GroupMask {
  KernelBuilder &kb;
  int64_t lanes, channelsOfGroup;
  Value inGroup; ///< the channel of each lane, counted from its group's first

  GroupMask(KernelBuilder &kb, Index block, int64_t lanes, int64_t channelsOfGroup)
      : kb(kb), lanes(lanes), channelsOfGroup(channelsOfGroup) {
    Value first = kb.integer(block * lanes, lanes);
    Value channel = arith::AddIOp::create(kb.b, kb.loc, first, kb.counting(lanes));
    inGroup = arith::RemUIOp::create(kb.b, kb.loc, channel, kb.integer(channelsOfGroup, lanes));
  }

  /// `value`, the channels `offset` further on, with zeros for other groups'.
  Value apply(Value value, int64_t offset) {
    Value channel = arith::AddIOp::create(kb.b, kb.loc, inGroup, kb.integer(offset, lanes));
    // unsigned: a channel before the group is a very large one
    Value isInside =
        kb.compare(arith::CmpIPredicate::ult, channel, kb.integer(channelsOfGroup, lanes));
    return kb.select(isInside, value, kb.splat(0, lanes));
  }
};

/// Sums over the channels around those of one block.
struct ChannelWindow {
  KernelBuilder &kb;
  const LrnRule &rule;
  int64_t lanes;

  bool isCutInside() const { return rule.channelsOfGroup % lanes; }
  int64_t blocksOfGroup() const {
    return (isCutInside() ? rule.channels : rule.channelsOfGroup) / lanes;
  }

  /// The sum over `before` channels before each lane's own and `after` behind it,
  /// the centre first.
  Value sum(Index block, int64_t before, int64_t after, BlockLoader load,
            function_ref<Value(Value sum, Value x)> add) {
    Neighbourhood blocks{kb, lanes, block, blocksOfGroup(), load};
    std::optional<GroupMask> mask;
    if (isCutInside())
      mask.emplace(kb, block, lanes, rule.channelsOfGroup);
    Value sum = add(Value(), blocks.at(0));
    int64_t first = -std::min(before, rule.channelsOfGroup - 1);
    int64_t last = std::min(after, rule.channelsOfGroup - 1);
    for (int64_t offset = first; offset <= last; ++offset)
      if (offset != 0) {
        Value neighbour = blocks.shifted(offset);
        sum = add(sum, mask ? mask->apply(neighbour, offset) : neighbour);
      }
    return sum;
  }
};
} // namespace

Value alexc::emitSumOfSquares(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                              BlockLoader loadBlock) {
  return ChannelWindow{kb, rule, lanes}.sum(
      block, rule.before, rule.after, loadBlock,
      [&](Value sum, Value x) { return sum ? kb.fma(x, x, sum) : kb.mul(x, x); });
}

/// The windows that hold a channel are its own window, mirrored.
Value alexc::emitSumOfTerms(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                            BlockLoader loadTerm) {
  return ChannelWindow{kb, rule, lanes}.sum(
      block, rule.after, rule.before, loadTerm,
      [&](Value sum, Value x) { return sum ? kb.add(sum, x) : x; });
}

Value alexc::emitLrnAcross(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                           BlockLoader loadBlock) {
  Value sum = emitSumOfSquares(kb, rule, block, lanes, loadBlock);
  return rule.emitNormalize(kb, loadBlock(block), sum);
}

Value alexc::emitLrnGradAcross(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                               BlockLoader loadGradient, BlockLoader loadInput) {
  auto share = [&](Index at) {
    Value sum = emitSumOfSquares(kb, rule, at, lanes, loadInput);
    return rule.emitShare(kb, loadGradient(at), loadInput(at), sum);
  };
  Value terms = emitSumOfTerms(kb, rule, block, lanes, [&](Index at) { return share(at).term; });
  return rule.emitGradient(kb, share(block).own, loadInput(block), terms);
}
