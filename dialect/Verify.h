//===- Verify.h - checks that several ops have in common --------*- C++ -*-===//

#ifndef ALEXC_DIALECT_VERIFY_H
#define ALEXC_DIALECT_VERIFY_H

#include "dialect/Dialect.h"

namespace alexc {

inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// Checks that the multiply-adds of a convolution can be counted.
mlir::LogicalResult verifyMacs(mlir::Operation *op, llvm::ArrayRef<int64_t> filter,
                               llvm::ArrayRef<int64_t> output);

/// Checks the attributes of a normalisation, or of the gradient of one.
template <typename Op>
mlir::LogicalResult verifyLrn(Op op) {
  int64_t channels = shapeOf(op.getInput())[1], groups = op.getGroups();
  // lrn_c1
  if (channels % groups)
    return op.emitOpError("expects channels divisible by groups, got ")
           << channels << " and " << groups;
  // lrn_c2
  if (op.getForm() == LrnForm::within && groups != 1)
    return op.emitOpError("expects one group for a window within a channel, got ") << groups;
  // lrn_c3
  for (auto [name, value] : {std::pair<llvm::StringRef, llvm::APFloat>{"k", op.getK()},
                             {"alpha", op.getAlpha()},
                             {"beta", op.getBeta()}})
    if (!value.isFinite() || value.isNegative() || (name == "k" && value.isZero()))
      return op.emitOpError("expects ")
             << name << (name == "k" ? " above zero" : " of at least zero") << ", got "
             << value.convertToDouble();
  return mlir::success();
}

} // namespace alexc

#endif // ALEXC_DIALECT_VERIFY_H
