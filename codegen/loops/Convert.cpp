//===- Convert.cpp - numbers of 16 bits ---------------------------------------===//
//
// The bits of an f32 are a sign, 8 of an exponent and 23 of a fraction; f16 has 5
// and 10, bf16 has 8 and 7. What is too small for a normal number of f16 is rounded
// by the addition of a number whose last digit is the smallest of f16.

#include "codegen/loops/Convert.h"

using namespace mlir;
using namespace alexc;

using Predicate = arith::CmpIPredicate;

static constexpr uint32_t infinity = 0x7f800000; // of f32
static constexpr uint32_t magnitude = 0x7fffffff, sign = 0x80000000;
static constexpr uint32_t leastNormal = 113u << 23; // 2^-14, the smallest normal f16
static constexpr uint32_t bias = 112u << 23;        // between the exponents of f32 and f16

namespace {
/// Integers of 32 bits, numbers or vectors like one value.
struct Bits {
  KernelBuilder &kb;
  int64_t lanes;

  Bits(KernelBuilder &kb, Value like) : kb(kb), lanes(1) {
    if (auto vector = dyn_cast<VectorType>(like.getType()))
      lanes = vector.getDimSize(0);
  }

  Type typeOf(Type element) const {
    return lanes == 1 ? element : Type(VectorType::get({lanes}, element));
  }
  Value number(uint32_t bits) const { return kb.integer(static_cast<int32_t>(bits), lanes); }
  Value ofFloat(Value x) const {
    return arith::BitcastOp::create(kb.b, kb.loc, typeOf(kb.b.getI32Type()), x);
  }
  Value asFloat(Value bits) const {
    return arith::BitcastOp::create(kb.b, kb.loc, typeOf(kb.b.getF32Type()), bits);
  }
  Value truncated(Value bits) const {
    return arith::TruncIOp::create(kb.b, kb.loc, typeOf(kb.b.getIntegerType(16)), bits);
  }
  Value extended(Value bits) const {
    return arith::ExtUIOp::create(kb.b, kb.loc, typeOf(kb.b.getI32Type()), bits);
  }

  template <typename Op>
  Value binary(Value lhs, Value rhs) const {
    return Op::create(kb.b, kb.loc, lhs, rhs);
  }
  Value add(Value lhs, Value rhs) const { return binary<arith::AddIOp>(lhs, rhs); }
  Value add(Value lhs, uint32_t rhs) const { return add(lhs, number(rhs)); }
  Value both(Value lhs, uint32_t rhs) const { return binary<arith::AndIOp>(lhs, number(rhs)); }
  Value either(Value lhs, Value rhs) const { return binary<arith::OrIOp>(lhs, rhs); }
  Value right(Value bits, uint32_t by) const { return binary<arith::ShRUIOp>(bits, number(by)); }
  Value left(Value bits, uint32_t by) const { return binary<arith::ShLIOp>(bits, number(by)); }
  /// Of numbers without the top bit, whose order is the same with sign.
  Value isLess(Value lhs, uint32_t rhs) const {
    return kb.compare(Predicate::slt, lhs, number(rhs));
  }
  /// `bits` without the last `count`, rounded to the even of two equally near ones.
  Value rounded(Value bits, uint32_t count) const {
    Value isOdd = both(right(bits, count), 1);
    return right(add(add(bits, (1u << (count - 1)) - 1), isOdd), count);
  }
};
} // namespace

/// The bits of a magnitude as an f16: the largest for what is too large.
static Value toHalf(const Bits &bits, Value x) {
  KernelBuilder &kb = bits.kb;
  Value normal = bits.rounded(bits.add(x, -bias), 13);
  normal = kb.select(bits.isLess(normal, 0x7c00), normal, bits.number(0x7bff));
  normal = kb.select(bits.isLess(x, infinity), normal, bits.number(0x7c00));
  uint32_t last = 126u << 23; // 0.5, whose last digit is 2^-24
  Value shifted = kb.add(bits.asFloat(x), bits.asFloat(bits.number(last)));
  Value small = bits.add(bits.ofFloat(shifted), -last);
  return kb.select(bits.isLess(x, leastNormal), small, normal);
}

static Value toBrainFloat(const Bits &bits, Value x) {
  KernelBuilder &kb = bits.kb;
  Value result = bits.rounded(x, 16);
  result = kb.select(bits.isLess(result, 0x7f80), result, bits.number(0x7f7f));
  return kb.select(bits.isLess(x, infinity), result, bits.number(0x7f80));
}

/// The 16 bits of `value`, an f32.
static Value narrow(const Bits &bits, Value value, bool isHalf) {
  Value x = bits.ofFloat(value), absolute = bits.both(x, magnitude);
  Value result = isHalf ? toHalf(bits, absolute) : toBrainFloat(bits, absolute);
  Value isNumber = bits.isLess(absolute, infinity + 1);
  result = bits.kb.select(isNumber, result, bits.number(isHalf ? 0x7e00 : 0x7fc0));
  return bits.truncated(bits.either(result, bits.right(bits.both(x, sign), 16)));
}

/// The f32 of 16 bits.
static Value widen(const Bits &bits, Value value, bool isHalf) {
  KernelBuilder &kb = bits.kb;
  Value x = bits.extended(value);
  if (!isHalf)
    return bits.asFloat(bits.left(x, 16));
  Value absolute = bits.left(bits.both(x, 0x7fff), 13);
  Value normal = bits.add(absolute, bias);
  Value special = bits.add(absolute, 2 * bias); // infinity, or no number
  normal = kb.select(bits.isLess(absolute, 31u << 23), normal, special);
  Value small =
      kb.sub(bits.asFloat(bits.add(absolute, leastNormal)), bits.asFloat(bits.number(leastNormal)));
  Value result = kb.select(bits.isLess(absolute, 1u << 23), bits.ofFloat(small), normal);
  return bits.asFloat(bits.either(result, bits.left(bits.both(x, 0x8000), 16)));
}

Value alexc::emitConvert(KernelBuilder &kb, ConvertOp op, Value value) {
  Bits bits(kb, value);
  auto isHalf = [](Value of) {
    return cast<RankedTensorType>(of.getType()).getElementType().isF16();
  };
  float scale = static_cast<float>(op.getScale().convertToDouble());
  auto scaled = [&](Value x) { return scale == 1 ? x : kb.mul(x, kb.splat(scale, bits.lanes)); };
  bool isNarrowing = storedElement(op.getOutput().getType()).isInteger(16);
  return isNarrowing ? narrow(bits, scaled(value), isHalf(op.getOutput()))
                     : scaled(widen(bits, value, isHalf(op.getInput())));
}
