//===- MathApproximations.h - exponentials and powers ---------*- C++ -*-===//
//
// Functions expanded into arith and vector ops: no libm and no libdevice in
// kernels, hence the same arithmetic on every target. Each takes and returns a
// scalar or a vector of f32, is within a few units in the last place (5e-7
// relative), and maps what is not a number to the same.

#ifndef ALEXC_CODEGEN_MATHAPPROXIMATIONS_H
#define ALEXC_CODEGEN_MATHAPPROXIMATIONS_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// e^x; infinity above 88.7, zero below -104.
mlir::Value emitExp(KernelBuilder &kb, mlir::Value x);
/// ln(x) for a positive, normal x.
mlir::Value emitLogarithm(KernelBuilder &kb, mlir::Value x);
/// tanh(x).
mlir::Value emitTanh(KernelBuilder &kb, mlir::Value x);
/// 1 / (1 + e^-x).
mlir::Value emitSigmoid(KernelBuilder &kb, mlir::Value x);
/// x^exponent for a positive, normal x: products, square roots and a division
/// where the exponent is a small multiple of a quarter, else 2^(exponent log2 x).
mlir::Value emitPower(KernelBuilder &kb, mlir::Value x, double exponent);

} // namespace alexc

#endif // ALEXC_CODEGEN_MATHAPPROXIMATIONS_H
