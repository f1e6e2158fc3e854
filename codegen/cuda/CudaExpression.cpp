//===- CudaExpression.cpp - an expression of CUDA C++ as text ------------------===//

#include "codegen/cuda/CudaExpression.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace alexc;
using llvm::StringRef;

Expression Expression::number(int64_t value) {
  Expression result(std::to_string(value), value < 0 ? Precedence::unary : Precedence::postfix);
  if (value == INT32_MIN) // the minus is no part of a literal
    result = Expression("(-2147483647 - 1)");
  result.constant = value;
  return result;
}

std::string Expression::within(Precedence place) const {
  return precedence < place ? "(" + text + ")" : text;
}

bool Expression::isLeaf() const {
  return lanes.empty() &&
         llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; });
}

Expression Expression::asUnsigned() const {
  if (isUnsigned)
    return *this;
  Expression result = *this;
  if (constant) {
    auto bits = static_cast<uint32_t>(*constant);
    result.text = bits > 0xffff ? "0x" + llvm::utohexstr(bits, /*LowerCase=*/true) + "u"
                                : std::to_string(bits) + "u";
    result.precedence = Precedence::postfix;
  } else {
    result = makeCast("unsigned", *this);
  }
  result.isUnsigned = true;
  return result;
}

Expression Expression::asSigned() const { return isUnsigned ? makeCast("int", *this) : *this; }

Expression alexc::makeExpression(std::string text, Precedence precedence,
                                 llvm::ArrayRef<Expression> parts) {
  Expression result(std::move(text), precedence);
  for (const Expression &part : parts) {
    result.readsMemory |= part.readsMemory;
    result.isConvergent |= part.isConvergent;
    llvm::append_range(result.variables, part.variables);
  }
  return result;
}

static Precedence precedenceOf(StringRef op) {
  return llvm::StringSwitch<Precedence>(op)
      .Case("||", Precedence::logicalOr)
      .Case("&&", Precedence::logicalAnd)
      .Case("|", Precedence::bitOr)
      .Case("^", Precedence::bitXor)
      .Case("&", Precedence::bitAnd)
      .Cases({"==", "!="}, Precedence::equality)
      .Cases({"<", "<=", ">", ">="}, Precedence::relational)
      .Cases({"<<", ">>"}, Precedence::shift)
      .Cases({"+", "-"}, Precedence::additive)
      .Default(Precedence::multiplicative);
}

/// What an operand of `op` must bind as tightly as to stand without parentheses.
/// Where nobody knows C++'s order by heart, it is written.
static Precedence placeOfOperand(StringRef op, const Expression &operand, bool mayChain) {
  Precedence own = precedenceOf(op);
  if (mayChain && operand.op == op)
    return own;
  if (own == Precedence::multiplicative && (op == "%" || operand.op == "%"))
    return Precedence::unary;
  switch (own) {
  case Precedence::logicalOr:
    return Precedence::equality;
  case Precedence::bitOr:
  case Precedence::bitXor:
  case Precedence::bitAnd:
  case Precedence::shift:
    return Precedence::unary;
  case Precedence::logicalAnd:
    return Precedence::equality;
  case Precedence::equality:
  case Precedence::relational:
    return Precedence::additive;
  default:
    return own;
  }
}

Expression alexc::makeBinary(StringRef op, const Expression &lhs, const Expression &rhs,
                             bool isFloat) {
  Precedence own = precedenceOf(op);
  bool isArithmetic = own == Precedence::additive || own == Precedence::multiplicative;
  bool isAssociative = !isFloat && llvm::StringSwitch<bool>(op)
                                       .Cases({"+", "*", "&&", "||", "&", "|", "^"}, true)
                                       .Default(false);
  bool isShift = own == Precedence::shift;
  Precedence left = placeOfOperand(op, lhs, !isShift);
  Precedence right = placeOfOperand(op, rhs, isAssociative);
  if (isArithmetic && !(isAssociative && rhs.op == op))
    right = std::max(right, static_cast<Precedence>(static_cast<int>(own) + 1));
  Expression result = makeExpression((lhs.within(left) + " " + op + " " + rhs.within(right)).str(),
                                     own, {lhs, rhs});
  result.op = op.str();
  bool isInteger = isArithmetic || (own >= Precedence::bitOr && own <= Precedence::bitAnd);
  result.isUnsigned = !isFloat && ((isInteger && (lhs.isUnsigned || rhs.isUnsigned)) ||
                                   (isShift && lhs.isUnsigned));
  return result;
}

Expression alexc::makeCall(StringRef name, llvm::ArrayRef<Expression> arguments) {
  std::string text = name.str() + "(";
  for (const auto &[i, argument] : llvm::enumerate(arguments))
    text += (i ? ", " : "") + argument.text;
  return makeExpression(text + ")", Precedence::postfix, arguments);
}

Expression alexc::makeCast(StringRef type, const Expression &value) {
  return makeCall(("static_cast<" + type + ">").str(), value);
}

Expression alexc::makeConditional(const Expression &condition, const Expression &yes,
                                  const Expression &no) {
  auto above = static_cast<Precedence>(static_cast<int>(Precedence::conditional) + 1);
  Expression result =
      makeExpression(condition.within(above) + " ? " + yes.within(above) + " : " + no.text,
                     Precedence::conditional, {condition, yes, no});
  result.isUnsigned = yes.isUnsigned || no.isUnsigned;
  return result;
}
