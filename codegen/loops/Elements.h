//===- Elements.h - one element of any value, computed on demand -*- C++ -*-===//

#ifndef ALEXC_CODEGEN_ELEMENTS_H
#define ALEXC_CODEGEN_ELEMENTS_H

#include "codegen/KernelBuilder.h"
#include "llvm/ADT/DenseMap.h"

namespace alexc {

/// Where an element of an activation (N, C, H, W), a matrix (N, C) or a filter
/// (K, C/groups, R, S) lies. What a channel is depends on Elements::Form.
struct Position {
  Index n = 0, c = 0, h = 0, w = 0;
};

/// Computes single elements of the values of a kernel, by asking for the
/// elements of the operands that they are made of: the shared lowering of all
/// ops. Nothing is stored, so that overlapping windows compute an operand's
/// elements again.
class Elements {
public:
  /// What one element is.
  enum class Form {
    scalar,  ///< one number
    block,   ///< a block of channels as a vector; Position::c counts blocks
    columns, ///< neighbours in the last dimension as a vector, from the position
  };

  Elements(KernelBuilder &kb, Kernel &kernel, Form form, int64_t lanes)
      : kb(kb), kernel(kernel), form(form), lanes(lanes) {}

  /// The ops of a kernel, in order.
  static llvm::SmallVector<mlir::Operation *> ops(Kernel &kernel);
  /// Succeeds if all ops of the kernel have a rule; else an error at the op.
  static mlir::LogicalResult check(Kernel &kernel);
  /// Whether elements of `form` can be had of all values of the kernel; `lanes`
  /// is the channel block for Form::block.
  static bool hasForm(Kernel &kernel, Form form, int64_t lanes);

  /// The element of result `number` of the kernel.
  mlir::Value result(unsigned number, Position at);
  void store(mlir::Value element, const Buffer &buffer, Position at);

  /// Computes what softmax needs to know of row `n`. To be called for each row
  /// before its elements are asked for.
  void beginRow(Index n);

private:
  /// The elements at one position, each computed once.
  struct Point {
    Position at;
    llvm::DenseMap<mlir::Value, mlir::Value> known;

    explicit Point(Position at) : at(at) {}
  };
  struct Window; // the part of a window that lies inside its image
  using Combine = llvm::function_ref<mlir::Value(mlir::Value sum, Index r, Index s)>;

  mlir::Value get(Point &point, mlir::Value value);
  mlir::Value get(mlir::Value value, Position at);
  mlir::Value compute(Point &point, mlir::Operation *op);
  mlir::Value load(const Buffer &buffer, Position at);
  /// The operand that `value` is, or null for one that the kernel computes.
  const Buffer *operand(mlir::Value value) const;
  mlir::Value overWindow(const Window &window, mlir::Value init, Combine combine);

  mlir::Value convolve(Conv2dOp op, Position at);
  mlir::Value normalize(LrnOp op, Position at);
  mlir::Value normalizeWithin(LrnOp op, Position at);
  mlir::Value maximum(MaxPoolOp op, Position at);
  mlir::Value average(AvgPoolOp op, Position at);
  mlir::Value multiply(LinearOp op, Position at);
  mlir::Value flatten(FlattenOp op, Position at);
  mlir::Value softmax(SoftmaxOp op, Position at);
  mlir::Value concatenate(ConcatOp op, unsigned first, int64_t begin, Position at);

  KernelBuilder &kb;
  Kernel &kernel;
  Form form;
  int64_t lanes;
  struct RowStatistics {
    mlir::Value maximum, sum;
  };
  llvm::DenseMap<mlir::Operation *, RowStatistics> rows; ///< of each softmax
};

} // namespace alexc

#endif // ALEXC_CODEGEN_ELEMENTS_H
