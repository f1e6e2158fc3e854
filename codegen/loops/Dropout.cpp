//===- Dropout.cpp - which elements a dropout drops ---------------------------===//
//
// Each lane draws the block of four numbers that its element belongs to and takes
// its own: no number depends on how the elements lie in memory.

#include "codegen/loops/Dropout.h"
#include "runtime/Random.h"
#include <cmath>

using namespace mlir;
using namespace alexc;

Place alexc::placeOfBlock(const Buffer &buffer, Index n, Index block, Index h, Index w) {
  int64_t height = buffer.dim(2), width = buffer.dim(3);
  Index channel = block * buffer.layout().channelBlock;
  return {n, (channel * height + h) * width + w, 0, height * width};
}

namespace {
/// Philox 4x32-10 on vectors of words.
struct Philox {
  KernelBuilder &kb;
  int64_t lanes;

  Value word(uint32_t value) { return kb.integer(static_cast<int32_t>(value), lanes); }
  Value exclusiveOr(Value lhs, Value rhs) { return arith::XOrIOp::create(kb.b, kb.loc, lhs, rhs); }
  Value plus(Value lhs, Value rhs) { return arith::AddIOp::create(kb.b, kb.loc, lhs, rhs); }

  std::array<Value, 4> draw(std::array<Value, 4> counter, Value key0, Value key1) {
    for (int round = 0; round < 10; ++round) {
      auto product0 = arith::MulUIExtendedOp::create(kb.b, kb.loc, counter[0], word(0xD2511F53));
      auto product1 = arith::MulUIExtendedOp::create(kb.b, kb.loc, counter[2], word(0xCD9E8D57));
      counter = {exclusiveOr(exclusiveOr(product1.getHigh(), counter[1]), key0), product1.getLow(),
                 exclusiveOr(exclusiveOr(product0.getHigh(), counter[3]), key1), product0.getLow()};
      key0 = plus(key0, word(0x9E3779B9));
      key1 = plus(key1, word(0xBB67AE85));
    }
    return counter;
  }

  /// The number of each element of `place`.
  Value numbers(DropoutOp op, Value step, const Place &place) {
    auto ofStep = [&](StepWord word) { return kb.loadWord(step, word, lanes); };
    // in the whole value, of which this may be a piece
    Index first = place.sample + op.getOrigin()[0], element = place.index + op.getOrigin()[1];
    Value sample = plus(kb.integer(first, lanes), kb.counting(lanes, place.sampleStep));
    Value index = plus(kb.integer(element, lanes), kb.counting(lanes, place.indexStep));
    uint32_t stream = alexrt::streamOf(op.getStream()->str(), "dropout");
    Value block = arith::ShRUIOp::create(kb.b, kb.loc, index, word(2));
    std::array<Value, 4> drawn = draw(
        {block, plus(ofStep(StepWord::firstSample), sample), ofStep(StepWord::step), word(stream)},
        ofStep(StepWord::seedLow), ofStep(StepWord::seedHigh));
    Value lane = arith::AndIOp::create(kb.b, kb.loc, index, word(3));
    Value number = drawn[3];
    for (int i = 0; i < 3; ++i)
      number = kb.select(kb.compare(arith::CmpIPredicate::eq, lane, word(i)), drawn[i], number);
    return number;
  }
};
} // namespace

Value alexc::emitDropout(KernelBuilder &kb, DropoutOp op, Value x, Value step, const Place &place) {
  auto vector = dyn_cast<VectorType>(x.getType());
  Philox philox{kb, vector ? vector.getDimSize(0) : 1};
  double rate = op.getRate().convertToDouble();
  if (op.getForm() == DropoutForm::inverted)
    x = kb.mul(x, kb.splat(static_cast<float>(1 / (1 - rate)), philox.lanes));
  // a number is dropped if it is below rate * 2^32: at most the last one below
  double dropped = std::ceil(std::ldexp(rate, 32));
  if (dropped == 0)
    return x;
  Value last = philox.word(static_cast<uint32_t>(dropped - 1));
  Value isKept = kb.compare(arith::CmpIPredicate::ugt, philox.numbers(op, step, place), last);
  return kb.select(isKept, x, kb.splat(0, philox.lanes));
}
