//===- MathApproximations.cpp - exponentials and powers ------------------------===//
//
// The polynomials are minimax fits on the reduced range. Integers and floats
// change into each other by their bits alone: a conversion of what is not a
// number would be undefined.

#include "codegen/loops/MathApproximations.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace alexc;

namespace {
/// A thin layer on KernelBuilder for values of one type: constants take its
/// number of lanes.
struct Expander {
  KernelBuilder &kb;
  Type type; ///< f32, or a vector of it

  Type intType() const {
    auto vector = dyn_cast<VectorType>(type);
    Type i32 = kb.b.getI32Type();
    return vector ? vector.clone(i32) : i32;
  }
  Value real(float value) const {
    auto vector = dyn_cast<VectorType>(type);
    return kb.splat(value, vector ? vector.getDimSize(0) : 1);
  }
  Value integer(int32_t value) const {
    TypedAttr scalar = kb.b.getI32IntegerAttr(value);
    if (auto vector = dyn_cast<VectorType>(intType()))
      scalar = DenseElementsAttr::get(vector, Attribute(scalar));
    return arith::ConstantOp::create(kb.b, kb.loc, scalar);
  }
  Value bits(Value x) const { return arith::BitcastOp::create(kb.b, kb.loc, intType(), x); }
  Value fromBits(Value i) const { return arith::BitcastOp::create(kb.b, kb.loc, type, i); }
  template <typename Op>
  Value apply(Value lhs, Value rhs) const {
    return Op::create(kb.b, kb.loc, lhs, rhs);
  }
  Value less(Value lhs, Value rhs) const {
    return arith::CmpFOp::create(kb.b, kb.loc, arith::CmpFPredicate::OLT, lhs, rhs);
  }
  Value select(Value condition, Value yes, Value no) const {
    return arith::SelectOp::create(kb.b, kb.loc, condition, yes, no);
  }
  /// What is not a number stays so: min and max keep their second operand then.
  Value clamp(Value x, float low, float high) const {
    return kb.max(real(low), kb.min(real(high), x));
  }
  Value absolute(Value x) const {
    return fromBits(apply<arith::AndIOp>(bits(x), integer(0x7fffffff)));
  }

  /// Horner's rule; the highest power first.
  Value polynomial(Value x, ArrayRef<float> coefficients) const {
    Value sum = real(coefficients.front());
    for (float coefficient : coefficients.drop_front())
      sum = kb.fma(sum, x, real(coefficient));
    return sum;
  }
};

/// An integer as float and as bits.
struct Rounded {
  Value real, bits;
};
} // namespace

/// The integer next to x, |x| < 2^22: adding 1.5 * 2^23 leaves it in the last
/// bits of the mantissa.
static Rounded roundToInteger(const Expander &e, Value x) {
  Value magic = e.real(0x1.8p23f);
  Value shifted = e.kb.add(x, magic);
  return {e.kb.sub(shifted, magic), e.apply<arith::SubIOp>(e.bits(shifted), e.bits(magic))};
}

/// x * 2^n for -252 <= n <= 254, in two steps because 2^n may be no float.
static Value scaleByPowerOfTwo(const Expander &e, Value x, Value n) {
  Value half = e.apply<arith::ShRSIOp>(n, e.integer(1));
  auto power = [&](Value exponent) {
    Value biased = e.apply<arith::AddIOp>(exponent, e.integer(127));
    return e.fromBits(e.apply<arith::ShLIOp>(biased, e.integer(23)));
  };
  return e.kb.mul(e.kb.mul(x, power(half)), power(e.apply<arith::SubIOp>(n, half)));
}

/// e^r for |r| <= ln(2) / 2.
static Value exponentialNearZero(const Expander &e, Value r) {
  Value tail = e.polynomial(r, {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f});
  return e.kb.add(e.kb.fma(tail, e.kb.mul(r, r), r), e.real(1));
}

Value alexc::emitExp(KernelBuilder &kb, Value x) {
  Expander e{kb, x.getType()};
  x = e.clamp(x, -104, 89);
  Rounded n = roundToInteger(e, kb.mul(x, e.real(0x1.715476p0f)));
  // ln 2 in two parts: n times the first is exact
  Value r = kb.fma(n.real, e.real(-0.693359375f), x);
  r = kb.fma(n.real, e.real(2.12194440e-4f), r);
  return scaleByPowerOfTwo(e, exponentialNearZero(e, r), n.bits);
}

/// tanh(x) for |x| < 0.625: an odd polynomial.
static Value tanhNearZero(const Expander &e, Value x) {
  Value square = e.kb.mul(x, x);
  Value tail = e.polynomial(square, {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                                     1.33314422036e-1f, -3.33332819422e-1f});
  return e.kb.fma(e.kb.mul(tail, square), x, x);
}

Value alexc::emitTanh(KernelBuilder &kb, Value x) {
  Expander e{kb, x.getType()};
  Value magnitude = e.absolute(x);
  Value power = emitExp(kb, kb.add(magnitude, magnitude));
  Value far = kb.sub(e.real(1), kb.div(e.real(2), kb.add(power, e.real(1))));
  Value sign = e.apply<arith::AndIOp>(e.bits(x), e.integer(INT32_MIN));
  far = e.fromBits(e.apply<arith::OrIOp>(e.bits(far), sign));
  return e.select(e.less(magnitude, e.real(0.625f)), tanhNearZero(e, x), far);
}

/// With e^-|x|, which cannot overflow: 1 / (1 + e^-x) = e^x / (1 + e^x).
Value alexc::emitSigmoid(KernelBuilder &kb, Value x) {
  Expander e{kb, x.getType()};
  Value power = emitExp(kb, kb.sub(e.real(0), e.absolute(x)));
  Value numerator = e.select(e.less(x, e.real(0)), power, e.real(1));
  return kb.div(numerator, kb.add(power, e.real(1)));
}

/// x^(quarters / 4): the integer part by products, the rest by square roots.
static Value rootsOf(const Expander &e, Value x, int64_t quarters) {
  auto root = [&](Value v) { return math::SqrtOp::create(e.kb.b, e.kb.loc, v).getResult(); };
  SmallVector<Value> factors(quarters / 4, x);
  Value half = quarters % 4 ? root(x) : Value();
  if (quarters & 2)
    factors.push_back(half);
  if (quarters & 1)
    factors.push_back(root(half));
  Value product;
  for (Value factor : factors)
    product = product ? e.kb.mul(product, factor) : factor;
  return product ? product : e.real(1);
}

/// x = mantissa * 2^exponent, the mantissa within [sqrt(1/2), sqrt(2)).
static std::pair<Value, Value> splitExponent(const Expander &e, Value x) {
  Value offset = e.apply<arith::SubIOp>(e.bits(x), e.integer(0x3f3504f3));
  Value exponent = e.apply<arith::ShRSIOp>(offset, e.integer(23));
  Value shifted = e.apply<arith::ShLIOp>(exponent, e.integer(23));
  Value mantissa = e.fromBits(e.apply<arith::SubIOp>(e.bits(x), shifted));
  return {mantissa, arith::SIToFPOp::create(e.kb.b, e.kb.loc, e.type, exponent)};
}

/// What is not a number, which its bits do not show, is the one that differs from
/// itself.
static Value keepNotANumber(const Expander &e, Value x, Value result) {
  Value isNone = arith::CmpFOp::create(e.kb.b, e.kb.loc, arith::CmpFPredicate::UNE, x, x);
  return arith::SelectOp::create(e.kb.b, e.kb.loc, isNone, x, result);
}

/// ln(mantissa) for a mantissa within [sqrt(1/2), sqrt(2)).
static Value logarithmNearOne(const Expander &e, Value mantissa) {
  Value f = e.kb.sub(mantissa, e.real(1));
  Value tail = e.polynomial(f, {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f,
                                -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                                2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f, -0.5f});
  return e.kb.fma(e.kb.mul(f, f), tail, f);
}

/// The exponent times ln 2, which is in two parts as in emitExp, and the rest.
Value alexc::emitLogarithm(KernelBuilder &kb, Value x) {
  Expander e{kb, x.getType()};
  auto [mantissa, exponent] = splitExponent(e, x);
  Value rest = kb.fma(exponent, e.real(-2.12194440e-4f), logarithmNearOne(e, mantissa));
  return keepNotANumber(e, x, kb.fma(exponent, e.real(0.693359375f), rest));
}

/// 2^(exponent log2 x). The exponent of x times a factor of 12 bits is exact, so
/// that the fraction keeps its precision however large the power is.
static Value powerByLogarithm(const Expander &e, Value x, double exponent) {
  KernelBuilder &kb = e.kb;
  auto [mantissa, exponentOfX] = splitExponent(e, x);
  double high = static_cast<double>(static_cast<float>(exponent));
  high = std::ldexp(std::round(std::ldexp(high, 11 - std::ilogb(high))), std::ilogb(high) - 11);
  Value whole = kb.mul(exponentOfX, e.real(high));
  Value rest = kb.mul(logarithmNearOne(e, mantissa), e.real(exponent * M_LOG2E));
  rest = kb.fma(exponentOfX, e.real(exponent - high), rest);
  Rounded n = roundToInteger(e, e.clamp(kb.add(whole, rest), -151, 129));
  Value fraction = e.clamp(kb.add(kb.sub(whole, n.real), rest), -0.75, 0.75);
  Value power = exponentialNearZero(e, kb.mul(fraction, e.real(M_LN2)));
  return keepNotANumber(e, x, scaleByPowerOfTwo(e, power, n.bits));
}

Value alexc::emitPower(KernelBuilder &kb, Value x, double exponent) {
  Expander e{kb, x.getType()};
  double quarters = std::abs(exponent) * 4;
  if (quarters != std::floor(quarters) || quarters > 16)
    return powerByLogarithm(e, x, exponent);
  Value power = rootsOf(e, x, static_cast<int64_t>(quarters));
  return exponent < 0 ? kb.div(e.real(1), power) : power;
}
