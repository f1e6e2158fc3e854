//===- CudaArithmetic.cpp - operators of arith and math as C++ -----------------===//
//
// An index is an int: it never passes 2^31 (LowerToGpu.cpp sees to it), and
// unsigned division is of indices that are not negative (KernelBuilder says so).
// Integers of 32 bits wrap around, so their sums and products are unsigned.

#include "codegen/cuda/CudaArithmetic.h"
#include "codegen/cuda/CudaText.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Types and constants
//===----------------------------------------------------------------------===//

/// Words of 32 bits, if bf16 or rows of f32 in `vector` are one, two or four of them.
static std::string wordsType(VectorType vector) {
  Type element = vector.getElementType();
  if (!element.isBF16() && !element.isF32())
    return "";
  int64_t bits = vector.getNumElements() * element.getIntOrFloatBitWidth();
  return bits == 32 ? "float" : bits == 64 ? "float2" : bits == 128 ? "float4" : "";
}

std::string alexc::cudaType(Type type, bool isUnsigned) {
  if (auto vector = dyn_cast<VectorType>(type)) {
    Type element = vector.getElementType();
    if (element.isBF16() ||
        (element.isF32() && (vector.getRank() == 2 || vector.getShape()[0] == 1)))
      return wordsType(vector);
    bool isNumber = element.isF32() || element.isInteger(32);
    if (vector.getRank() != 1 || !isNumber ||
        (vector.getDimSize(0) != 2 && vector.getDimSize(0) != 4))
      return "";
    StringRef name = element.isF32() ? "float" : isUnsigned ? "uint" : "int";
    return (name + Twine(vector.getDimSize(0))).str();
  }
  if (type.isIndex() || type.isInteger(32))
    return isUnsigned ? "unsigned" : "int";
  if (type.isInteger(1))
    return "bool";
  if (type.isInteger(8))
    return "int8_t";
  if (isa<FloatTF32Type>(type))
    return "uint32_t";
  if (type.isInteger(16))
    return "int16_t";
  return type.isF32() ? "float" : type.isBF16() ? "__nv_bfloat16" : "";
}

static Expression floatNumber(float value) {
  return Expression(floatLiteral(value),
                    std::signbit(value) ? Precedence::unary : Precedence::postfix);
}

Expression alexc::expressionOf(Attribute constant) {
  if (auto real = dyn_cast<FloatAttr>(constant)) {
    APFloat value = real.getValue();
    bool isExact = true;
    value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &isExact);
    Expression number = floatNumber(value.convertToFloat());
    return real.getType().isBF16() ? makeCall("__float2bfloat16_rn", number) : number;
  }
  auto integer = dyn_cast<IntegerAttr>(constant);
  if (!integer || !integer.getValue().isSignedIntN(32))
    return {};
  if (integer.getType().isInteger(1))
    return Expression(integer.getValue().isZero() ? "false" : "true");
  return Expression::number(integer.getValue().getSExtValue());
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

static bool isFloat(Value value) { return getElementTypeOrSelf(value.getType()).isF32(); }

static Expression floatBinary(Operation *op, StringRef symbol, Operands operands) {
  return isFloat(op->getOperand(0)) ? makeBinary(symbol, operands[0], operands[1], /*isFloat=*/true)
                                    : Expression();
}

static Expression floatCall(Operation *op, StringRef function, Operands operands) {
  return isFloat(op->getOperand(0)) ? makeCall(function, operands) : Expression();
}

Expression alexc::expressionOf(arith::AddFOp op, Operands operands) {
  return floatBinary(op, "+", operands);
}
Expression alexc::expressionOf(arith::SubFOp op, Operands operands) {
  return floatBinary(op, "-", operands);
}
Expression alexc::expressionOf(arith::MulFOp op, Operands operands) {
  return floatBinary(op, "*", operands);
}
Expression alexc::expressionOf(arith::DivFOp op, Operands operands) {
  return floatBinary(op, "/", operands);
}
Expression alexc::expressionOf(arith::MaxNumFOp op, Operands operands) {
  return floatCall(op, "fmaxf", operands);
}
Expression alexc::expressionOf(arith::MinNumFOp op, Operands operands) {
  return floatCall(op, "fminf", operands);
}
Expression alexc::expressionOf(math::FmaOp op, Operands operands) {
  return floatCall(op, "fmaf", operands);
}
Expression alexc::expressionOf(vector::FMAOp op, Operands operands) {
  return floatCall(op, "fmaf", operands);
}
Expression alexc::expressionOf(math::SqrtOp op, Operands operands) {
  return floatCall(op, "sqrtf", operands);
}
Expression alexc::expressionOf(math::AbsFOp op, Operands operands) {
  return floatCall(op, "fabsf", operands);
}

Expression alexc::expressionOf(arith::NegFOp op, Operands operands) {
  if (!isFloat(op.getOperand()))
    return {};
  return makeExpression("-" + operands[0].within(Precedence::postfix), Precedence::unary, operands);
}

/// The operator of a comparison that is false where a side is not a number; "!="
/// is true there, as it is in C++.
static StringRef symbolOf(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::OEQ:
    return "==";
  case arith::CmpFPredicate::UNE:
    return "!=";
  case arith::CmpFPredicate::OLT:
    return "<";
  case arith::CmpFPredicate::OLE:
    return "<=";
  case arith::CmpFPredicate::OGT:
    return ">";
  case arith::CmpFPredicate::OGE:
    return ">=";
  default:
    return "";
  }
}

/// The comparison that is true where one with a printer is false.
static arith::CmpFPredicate negate(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::ULT:
    return arith::CmpFPredicate::OGE;
  case arith::CmpFPredicate::ULE:
    return arith::CmpFPredicate::OGT;
  case arith::CmpFPredicate::UGT:
    return arith::CmpFPredicate::OLE;
  case arith::CmpFPredicate::UGE:
    return arith::CmpFPredicate::OLT;
  default:
    return arith::CmpFPredicate::AlwaysFalse;
  }
}

Expression alexc::expressionOf(arith::CmpFOp op, Operands operands) {
  StringRef symbol = symbolOf(op.getPredicate());
  if (!symbol.empty())
    return floatBinary(op, symbol, operands);
  StringRef opposite = symbolOf(negate(op.getPredicate()));
  Expression inverse = opposite.empty() ? Expression() : floatBinary(op, opposite, operands);
  if (inverse.text.empty())
    return {};
  return makeExpression("!(" + inverse.text + ")", Precedence::unary, inverse);
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

static Type elementOf(Value value) { return getElementTypeOrSelf(value.getType()); }

/// Sums, products and bits: the same mod 2^32 whatever the sign is. Only an index
/// may be signed, for it does not wrap.
static Expression wrapping(Operation *op, StringRef symbol, Operands operands) {
  Type type = elementOf(op->getResult(0));
  Expression lhs = operands[0], rhs = operands[1];
  if (type.isInteger(32)) {
    if (lhs.constant || (!lhs.isUnsigned && !rhs.isUnsigned))
      lhs = lhs.asUnsigned();
    if (rhs.constant)
      rhs = rhs.asUnsigned();
  } else if (!type.isIndex()) {
    return {};
  }
  return makeBinary(symbol, lhs, rhs);
}

static Expression addNumber(Operation *op, const Expression &value, int64_t number) {
  return number < 0 ? wrapping(op, "-", {value, Expression::number(-number)})
                    : wrapping(op, "+", {value, Expression::number(number)});
}

Expression alexc::expressionOf(arith::AddIOp op, Operands operands) {
  return operands[1].constant && op.getType().isIndex()
             ? addNumber(op, operands[0], *operands[1].constant)
             : wrapping(op, "+", operands);
}
Expression alexc::expressionOf(arith::SubIOp op, Operands operands) {
  return operands[1].constant && op.getType().isIndex()
             ? addNumber(op, operands[0], -*operands[1].constant)
             : wrapping(op, "-", operands);
}
Expression alexc::expressionOf(arith::MulIOp op, Operands operands) {
  return wrapping(op, "*", operands);
}

static Expression signedBinary(Operation *op, StringRef symbol, Operands operands) {
  Type type = elementOf(op->getOperand(0));
  bool isKnown = type.isIndex() || type.isInteger(32) || type.isInteger(8);
  return isKnown ? makeBinary(symbol, operands[0].asSigned(), operands[1].asSigned())
                 : Expression();
}

/// Of indices as they are, for they are not negative.
static Expression unsignedBinary(Operation *op, StringRef symbol, Operands operands) {
  Type type = elementOf(op->getOperand(0));
  if (type.isIndex())
    return makeBinary(symbol, operands[0], operands[1]);
  if (!type.isInteger(32))
    return {};
  return makeBinary(symbol, operands[0].asUnsigned(), operands[1].asUnsigned());
}

Expression alexc::expressionOf(arith::DivSIOp op, Operands operands) {
  return signedBinary(op, "/", operands);
}
Expression alexc::expressionOf(arith::DivUIOp op, Operands operands) {
  return unsignedBinary(op, "/", operands);
}
Expression alexc::expressionOf(arith::RemSIOp op, Operands operands) {
  return signedBinary(op, "%", operands);
}
Expression alexc::expressionOf(arith::RemUIOp op, Operands operands) {
  return unsignedBinary(op, "%", operands);
}

static Expression integerCall(Operation *op, StringRef function, Operands operands,
                              bool isUnsigned) {
  Type type = elementOf(op->getResult(0));
  if (!type.isIndex() && !type.isInteger(32))
    return {};
  if (type.isIndex() || !isUnsigned)
    return makeCall(function, {operands[0].asSigned(), operands[1].asSigned()});
  Expression result = makeCall(function, {operands[0].asUnsigned(), operands[1].asUnsigned()});
  result.isUnsigned = true;
  return result;
}

Expression alexc::expressionOf(arith::MaxSIOp op, Operands operands) {
  return integerCall(op, "max", operands, /*isUnsigned=*/false);
}
Expression alexc::expressionOf(arith::MinSIOp op, Operands operands) {
  return integerCall(op, "min", operands, /*isUnsigned=*/false);
}
Expression alexc::expressionOf(arith::MaxUIOp op, Operands operands) {
  return integerCall(op, "max", operands, /*isUnsigned=*/true);
}
Expression alexc::expressionOf(arith::MinUIOp op, Operands operands) {
  return integerCall(op, "min", operands, /*isUnsigned=*/true);
}

static Expression bitwise(Operation *op, StringRef symbol, StringRef ofTruths, Operands operands) {
  if (elementOf(op->getResult(0)).isInteger(1))
    return makeBinary(ofTruths, operands[0], operands[1]);
  return wrapping(op, symbol, operands);
}

Expression alexc::expressionOf(arith::AndIOp op, Operands operands) {
  return bitwise(op, "&", "&&", operands);
}
Expression alexc::expressionOf(arith::OrIOp op, Operands operands) {
  return bitwise(op, "|", "||", operands);
}

Expression alexc::expressionOf(arith::XOrIOp op, Operands operands) {
  bool isTruth = elementOf(op.getResult()).isInteger(1);
  if (isTruth && operands[1].text == "true") // how arith says "not"
    return makeExpression("!" + operands[0].within(Precedence::unary), Precedence::unary,
                          operands[0]);
  return bitwise(op, "^", "!=", operands);
}

static Expression shift(Operation *op, StringRef symbol, Expression value,
                        const Expression &distance) {
  Type type = elementOf(op->getResult(0));
  return type.isInteger(32) || type.isIndex() ? makeBinary(symbol, value, distance) : Expression();
}

Expression alexc::expressionOf(arith::ShLIOp op, Operands operands) {
  return shift(op, "<<", operands[0].asUnsigned(), operands[1]);
}
Expression alexc::expressionOf(arith::ShRSIOp op, Operands operands) {
  return shift(op, ">>", operands[0].asSigned(), operands[1]);
}
Expression alexc::expressionOf(arith::ShRUIOp op, Operands operands) {
  return shift(op, ">>", operands[0].asUnsigned(), operands[1]);
}

static StringRef symbolOf(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return "==";
  case arith::CmpIPredicate::ne:
    return "!=";
  case arith::CmpIPredicate::slt:
  case arith::CmpIPredicate::ult:
    return "<";
  case arith::CmpIPredicate::sle:
  case arith::CmpIPredicate::ule:
    return "<=";
  case arith::CmpIPredicate::sgt:
  case arith::CmpIPredicate::ugt:
    return ">";
  case arith::CmpIPredicate::sge:
  case arith::CmpIPredicate::uge:
    return ">=";
  }
  llvm_unreachable("a predicate of arith.cmpi");
}

Expression alexc::expressionOf(arith::CmpIOp op, Operands operands) {
  using Predicate = arith::CmpIPredicate;
  Predicate predicate = op.getPredicate();
  Expression lhs = operands[0], rhs = operands[1];
  bool isEquality = predicate == Predicate::eq || predicate == Predicate::ne;
  bool isUnsigned = predicate == Predicate::ult || predicate == Predicate::ule ||
                    predicate == Predicate::ugt || predicate == Predicate::uge;
  Type type = elementOf(op.getLhs());
  if (isUnsigned && !type.isIndex() && !type.isInteger(32))
    return {};
  if (isUnsigned || (isEquality && (lhs.isUnsigned || rhs.isUnsigned)))
    return makeBinary(symbolOf(predicate), lhs.asUnsigned(), rhs.asUnsigned());
  return makeBinary(symbolOf(predicate), lhs.asSigned(), rhs.asSigned());
}

Expression alexc::expressionOf(arith::SelectOp op, Operands operands) {
  Expression yes = operands[1], no = operands[2];
  if (yes.isUnsigned || no.isUnsigned) {
    yes = yes.asUnsigned();
    no = no.asUnsigned();
  }
  if (yes.text == "true" && no.text == "false")
    return operands[0];
  return makeConditional(operands[0], yes, no);
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

Expression alexc::expressionOf(arith::IndexCastOp op, Operands operands) {
  if (elementOf(op.getIn()).isInteger(1) || elementOf(op.getResult()).isInteger(1))
    return {};
  if (elementOf(op.getResult()).isInteger(8))
    return makeCast("int8_t", operands[0]);
  return elementOf(op.getIn()).isIndex() ? operands[0] : operands[0].asSigned();
}

Expression alexc::expressionOf(arith::IndexCastUIOp op, Operands operands) {
  if (elementOf(op.getIn()).isInteger(8))
    return makeCast("uint8_t", operands[0]);
  bool isNumber = elementOf(op.getIn()).isInteger(32) || elementOf(op.getResult()).isInteger(32);
  return isNumber ? operands[0] : Expression();
}

Expression alexc::expressionOf(arith::ExtSIOp op, Operands operands) {
  bool isKnown = elementOf(op.getIn()).isInteger(8) && elementOf(op.getResult()).isInteger(32);
  return isKnown ? makeCast("int", operands[0]) : Expression();
}

Expression alexc::expressionOf(arith::ExtUIOp op, Operands operands) {
  Type from = elementOf(op.getIn());
  if (!elementOf(op.getResult()).isInteger(32))
    return {};
  if (from.isInteger(8))
    return makeCast("int", makeCast("uint8_t", operands[0]));
  if (from.isInteger(16))
    return makeCast("int", makeCast("uint16_t", operands[0]));
  return from.isInteger(1) ? makeCast("int", operands[0]) : Expression();
}

Expression alexc::expressionOf(arith::TruncIOp op, Operands operands) {
  Type to = elementOf(op.getResult());
  bool isKnown = elementOf(op.getIn()).isInteger(32) && (to.isInteger(8) || to.isInteger(16));
  return isKnown ? makeCast(cudaType(to), operands[0]) : Expression();
}

Expression alexc::expressionOf(arith::SIToFPOp op, Operands operands) {
  bool isKnown = elementOf(op.getResult()).isF32() && !elementOf(op.getIn()).isInteger(1);
  return isKnown ? makeCast("float", operands[0].asSigned()) : Expression();
}

Expression alexc::expressionOf(arith::UIToFPOp op, Operands operands) {
  Type from = elementOf(op.getIn());
  if (!elementOf(op.getResult()).isF32())
    return {};
  if (from.isInteger(1))
    return makeCast("float", operands[0]);
  return from.isInteger(32) ? makeCast("float", operands[0].asUnsigned()) : Expression();
}

Expression alexc::expressionOf(arith::FPToSIOp op, Operands operands) {
  bool isKnown = isFloat(op.getIn()) && elementOf(op.getResult()).isInteger(32);
  return isKnown ? makeCast("int", operands[0]) : Expression();
}

Expression alexc::expressionOf(arith::BitcastOp op, Operands operands) {
  Type from = elementOf(op.getIn()), to = elementOf(op.getResult());
  if (from.isF32() && to.isInteger(32)) {
    Expression result = makeCall("__float_as_uint", operands);
    result.isUnsigned = true;
    return result;
  }
  if (from.isInteger(32) && to.isF32())
    return makeCall("__uint_as_float", operands[0].asUnsigned());
  return {};
}

Expression alexc::expressionOf(arith::ExtFOp op, Operands operands) {
  Type from = elementOf(op.getIn());
  if (!elementOf(op.getResult()).isF32())
    return {};
  return from.isBF16()              ? makeCall("__bfloat162float", operands)
         : isa<FloatTF32Type>(from) ? makeCall("__uint_as_float", operands)
                                    : Expression();
}

Expression alexc::expressionOf(arith::TruncFOp op, Operands operands) {
  Type to = elementOf(op.getResult());
  if (!isFloat(op.getIn()))
    return {};
  return to.isBF16()              ? makeCall("__float2bfloat16_rn", operands[0])
         : isa<FloatTF32Type>(to) ? makeCall("to_tf32", operands[0])
                                  : Expression();
}

Expression alexc::lowOf(arith::MulUIExtendedOp op, Operands operands) {
  return wrapping(op, "*", operands);
}

Expression alexc::highOf(arith::MulUIExtendedOp op, Operands operands) {
  if (!elementOf(op.getHigh()).isInteger(32))
    return {};
  Expression result = makeCall("__umulhi", {operands[0].asUnsigned(), operands[1].asUnsigned()});
  result.isUnsigned = true;
  return result;
}
