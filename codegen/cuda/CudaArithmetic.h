//===- CudaArithmetic.h - operators of arith and math as C++ ----*- C++ -*-===//
//
// One function per op, on the texts of its operands, for one element: an op on
// vectors is printed element by element. No text comes back where C++ has no
// such operator on these types.

#ifndef ALEXC_CODEGEN_CUDA_CUDAARITHMETIC_H
#define ALEXC_CODEGEN_CUDA_CUDAARITHMETIC_H

#include "codegen/cuda/CudaExpression.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace alexc {

using Operands = llvm::ArrayRef<Expression>;

/// A constant of type index, i1, i8, i32, f32 or bf16.
Expression expressionOf(mlir::Attribute constant);

/// The C++ type of a scalar, or of a vector of two or four f32 or i32, or of the words
/// that hold a vector of bf16 or rows of f32; empty where there is none. `isUnsigned`: of an
/// integer of 32 bits.
std::string cudaType(mlir::Type type, bool isUnsigned = false);

Expression expressionOf(mlir::arith::AddFOp op, Operands operands);
Expression expressionOf(mlir::arith::SubFOp op, Operands operands);
Expression expressionOf(mlir::arith::MulFOp op, Operands operands);
Expression expressionOf(mlir::arith::DivFOp op, Operands operands);
Expression expressionOf(mlir::arith::NegFOp op, Operands operands);
Expression expressionOf(mlir::arith::MaxNumFOp op, Operands operands);
Expression expressionOf(mlir::arith::MinNumFOp op, Operands operands);
Expression expressionOf(mlir::arith::CmpFOp op, Operands operands);
Expression expressionOf(mlir::math::FmaOp op, Operands operands);
Expression expressionOf(mlir::vector::FMAOp op, Operands operands);
Expression expressionOf(mlir::math::SqrtOp op, Operands operands);
Expression expressionOf(mlir::math::AbsFOp op, Operands operands);

Expression expressionOf(mlir::arith::AddIOp op, Operands operands);
Expression expressionOf(mlir::arith::SubIOp op, Operands operands);
Expression expressionOf(mlir::arith::MulIOp op, Operands operands);
Expression expressionOf(mlir::arith::DivSIOp op, Operands operands);
Expression expressionOf(mlir::arith::DivUIOp op, Operands operands);
Expression expressionOf(mlir::arith::RemSIOp op, Operands operands);
Expression expressionOf(mlir::arith::RemUIOp op, Operands operands);
Expression expressionOf(mlir::arith::MaxSIOp op, Operands operands);
Expression expressionOf(mlir::arith::MinSIOp op, Operands operands);
Expression expressionOf(mlir::arith::MaxUIOp op, Operands operands);
Expression expressionOf(mlir::arith::MinUIOp op, Operands operands);
Expression expressionOf(mlir::arith::AndIOp op, Operands operands);
Expression expressionOf(mlir::arith::OrIOp op, Operands operands);
Expression expressionOf(mlir::arith::XOrIOp op, Operands operands);
Expression expressionOf(mlir::arith::ShLIOp op, Operands operands);
Expression expressionOf(mlir::arith::ShRSIOp op, Operands operands);
Expression expressionOf(mlir::arith::ShRUIOp op, Operands operands);
Expression expressionOf(mlir::arith::CmpIOp op, Operands operands);
Expression expressionOf(mlir::arith::SelectOp op, Operands operands);

Expression expressionOf(mlir::arith::IndexCastOp op, Operands operands);
Expression expressionOf(mlir::arith::IndexCastUIOp op, Operands operands);
Expression expressionOf(mlir::arith::ExtSIOp op, Operands operands);
Expression expressionOf(mlir::arith::ExtUIOp op, Operands operands);
Expression expressionOf(mlir::arith::TruncIOp op, Operands operands);
Expression expressionOf(mlir::arith::SIToFPOp op, Operands operands);
Expression expressionOf(mlir::arith::UIToFPOp op, Operands operands);
Expression expressionOf(mlir::arith::FPToSIOp op, Operands operands);
Expression expressionOf(mlir::arith::BitcastOp op, Operands operands);
Expression expressionOf(mlir::arith::ExtFOp op, Operands operands);
Expression expressionOf(mlir::arith::TruncFOp op, Operands operands);

/// The low and the high half of a product.
Expression lowOf(mlir::arith::MulUIExtendedOp op, Operands operands);
Expression highOf(mlir::arith::MulUIExtendedOp op, Operands operands);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDAARITHMETIC_H
