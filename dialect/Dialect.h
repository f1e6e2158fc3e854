//===- Dialect.h - the alex dialect -----------------------------*- C++ -*-===//

#ifndef ALEXC_DIALECT_DIALECT_H
#define ALEXC_DIALECT_DIALECT_H

#include "dialect/Layout.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace alexc {

/// Gives the results of `op` the SSA name of its layer.
void nameResultsAfterLayer(mlir::Operation *op, mlir::OpAsmSetValueNameFn setName);
/// Whether the types are pairwise equal but for their encodings.
bool haveSameShapes(mlir::TypeRange lhs, mlir::TypeRange rhs);

/// Whether there are dimensions, all known and positive, and the elements at most
/// 2^40: then no product of sizes that a pass forms overflows.
bool hasUsableShape(llvm::ArrayRef<int64_t> shape);

/// The shape of what an alex.conv2d makes of an image (N, C, H, W) with filters
/// (K, C/groups, R, S); none where the window does not fit.
std::optional<llvm::SmallVector<int64_t>> convolvedShape(llvm::ArrayRef<int64_t> image,
                                                         llvm::ArrayRef<int64_t> filter,
                                                         llvm::ArrayRef<int64_t> stride,
                                                         llvm::ArrayRef<int64_t> pad);
/// The multiply-adds of a convolution or matrix product with `filter` (K, ...) that
/// gives `output` (N, K, ...); none if they are 2^63 or more.
std::optional<int64_t> macsOf(llvm::ArrayRef<int64_t> filter, llvm::ArrayRef<int64_t> output);
/// The shape of what a pool makes of an image (N, C, H, W); none where the
/// window does not fit.
std::optional<llvm::SmallVector<int64_t>> pooledShape(llvm::ArrayRef<int64_t> image,
                                                      llvm::ArrayRef<int64_t> window,
                                                      llvm::ArrayRef<int64_t> stride,
                                                      llvm::ArrayRef<int64_t> pad, bool ceil);

/// Why `consumer` cannot join a kernel whose generator ends in an epilogue; empty
/// if it can. Elementwise ops can, and they may read other values at the same
/// position if they are gradients or updates. An add has no operand that comes
/// first.
std::string refuseUnlessElementwise(mlir::Operation *consumer);

/// Trait of layers whose generators end in an epilogue; see Ops.td.
template <typename ConcreteOp>
struct EndsInEpilogue : mlir::OpTrait::TraitBase<ConcreteOp, EndsInEpilogue> {};

/// Trait of ops whose SSA name is the layer's; see Ops.td.
template <typename ConcreteOp>
struct NamedAfterLayer : mlir::OpTrait::TraitBase<ConcreteOp, NamedAfterLayer> {};

} // namespace alexc

#include "dialect/Dialect.h.inc"

#include "dialect/Enums.h.inc"

#include "dialect/Interfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialect/Attributes.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialect/Types.h.inc"

#define GET_OP_CLASSES
#include "dialect/Ops.h.inc"

namespace alexc {

/// Whether addresses in `segment` are numbers of parameters, not bytes.
inline bool isByParameter(Segment segment) {
  return segment == Segment::param || segment == Segment::momentum || segment == Segment::gradient;
}

} // namespace alexc

#endif // ALEXC_DIALECT_DIALECT_H
