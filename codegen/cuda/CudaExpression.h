//===- CudaExpression.h - an expression of CUDA C++ as text -----*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDAEXPRESSION_H
#define ALEXC_CODEGEN_CUDA_CUDAEXPRESSION_H

#include "mlir/IR/Value.h"
#include <optional>
#include <string>
#include <vector>

namespace alexc {

/// How tightly C++ binds the outermost operator, the loosest first.
enum class Precedence {
  conditional,
  logicalOr,
  logicalAnd,
  bitOr,
  bitXor,
  bitAnd,
  equality,
  relational,
  shift,
  additive,
  multiplicative,
  unary,
  postfix,
};

/// A value of one kernel as text, and what the printer must know to move it.
struct Expression {
  Expression() = default;
  explicit Expression(std::string text, Precedence precedence = Precedence::postfix)
      : text(std::move(text)), precedence(precedence) {}

  std::string text;
  Precedence precedence = Precedence::postfix;
  /// Of an integer: whether C++ computes with it as unsigned. An index is an int
  /// but for what is computed from threadIdx and blockIdx.
  bool isUnsigned = false;
  bool readsMemory = false;  ///< of memory that the kernel may write
  bool isConvergent = false; ///< all threads of a warp must come by
  std::string op;            ///< the outermost operator of two operands
  std::optional<int64_t> constant;
  llvm::SmallVector<mlir::Value, 1> variables; ///< the loops' variables in it
  /// Of a vector whose elements are known apart; then `text` is empty.
  std::vector<Expression> lanes;

  static Expression number(int64_t value);

  /// The text, in parentheses where the place binds tighter.
  std::string within(Precedence place) const;
  /// Whether it is a name or a number: as cheap to write twice as once.
  bool isLeaf() const;

  /// The same value (mod 2^32) for unsigned and for signed arithmetic.
  Expression asUnsigned() const;
  Expression asSigned() const;
};

/// The expression `text` made of `parts`, with their effects.
Expression makeExpression(std::string text, Precedence precedence,
                          llvm::ArrayRef<Expression> parts);

/// `lhs op rhs`. Associative operators on integers need no parentheses on the
/// right; on floats each keeps its order.
Expression makeBinary(llvm::StringRef op, const Expression &lhs, const Expression &rhs,
                      bool isFloat = false);
/// `name(a, b, c)`
Expression makeCall(llvm::StringRef name, llvm::ArrayRef<Expression> arguments);
/// `static_cast<type>(value)`
Expression makeCast(llvm::StringRef type, const Expression &value);
/// `condition ? yes : no`
Expression makeConditional(const Expression &condition, const Expression &yes,
                           const Expression &no);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDAEXPRESSION_H
