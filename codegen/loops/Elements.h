//===- Elements.h - one element of any value, computed on demand -*- C++ -*-===//

#ifndef ALEXC_CODEGEN_ELEMENTS_H
#define ALEXC_CODEGEN_ELEMENTS_H

#include "codegen/loops/Convert.h"
#include "codegen/loops/Dropout.h"
#include "codegen/loops/Lrn.h"
#include "llvm/ADT/DenseMap.h"
#include <functional>

namespace alexc {

/// Where an element of an activation (N, C, H, W), a matrix (N, C) or a filter
/// (K, C/groups, R, S) lies. What a channel is depends on Elements::Form.
struct Position {
  Index n = 0, c = 0, h = 0, w = 0;
};

/// Threads that share the reductions of a row; alone, one takes all columns.
struct RowTeam {
  Index first = 0;  ///< column of the thread at hand
  int64_t size = 1; ///< threads
  /// Combines the results of all threads; null for one.
  std::function<mlir::Value(mlir::vector::CombiningKind, mlir::Value)> combine = nullptr;
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

  /// Computes the elements of some results of the kernel at `at`, and then stores
  /// them at `to`: a result may lie where an operand does.
  void storeResults(llvm::ArrayRef<unsigned> numbers, Position at, Position to);

  /// Computes what softmax and its gradient need to know of row `n`. To be called for each row
  /// before its elements are asked for.
  void beginRow(Index n, RowTeam team = {});

private:
  /// The elements at one position, each computed once.
  struct Point {
    Position at;
    llvm::DenseMap<mlir::Value, mlir::Value> known;

    explicit Point(Position at) : at(at) {}
  };
  struct Window; // the part of a window that lies inside its image
  using Combine = llvm::function_ref<mlir::Value(mlir::Value sum, Index r, Index s)>;

  struct RowStatistics {
    mlir::Value maximum, sum;
  };
  using Values = llvm::SmallVector<mlir::Value>;

  void store(mlir::Value element, const Buffer &buffer, Position at);
  mlir::Value get(Point &point, mlir::Value value);
  mlir::Value get(mlir::Value value, Position at);
  Values compute(Point &point, mlir::Operation *op);
  Values computeElementwise(Point &point, mlir::Operation *op);
  mlir::Value computeGradient(mlir::Operation *op, Position at);
  mlir::Value load(const Buffer &buffer, Position at);
  Place placeOf(mlir::Operation *op, Position at) const;
  mlir::Value overWindow(const Window &window, mlir::Value init, Combine combine);
  mlir::Value numberOf(mlir::Value vector, Index i);

  mlir::Value convolve(Conv2dOp op, Position at);
  mlir::Value normalize(LrnOp op, Position at);
  Values maximum(MaxPoolOp op, Position at);
  Values maximumAndPlace(MaxPoolOp op, const Window &window, Position at);
  mlir::Value average(AvgPoolOp op, Position at);
  mlir::Value multiply(LinearOp op, Position at);
  mlir::Value flatten(FlattenOp op, Position at);
  mlir::Value softmax(SoftmaxOp op, Position at);
  /// Neighbours that one step along dimension `dim` stands for.
  int64_t unitOf(uint64_t dim) const;
  mlir::Value concatenate(ConcatOp op, unsigned first, int64_t begin, Position at);
  mlir::Value slice(SliceOp op, Position at);

  mlir::Value gradient(Conv2dDataGradOp op, Position at);
  mlir::Value gradient(Conv2dFilterGradOp op, Position at);
  mlir::Value gradient(SumPartsOp op, Position at);
  mlir::Value gradient(LinearDataGradOp op, Position at);
  mlir::Value gradient(LinearFilterGradOp op, Position at);
  mlir::Value gradient(LrnGradOp op, Position at);
  mlir::Value gradient(MaxPoolGradOp op, Position at);
  mlir::Value gradient(AvgPoolGradOp op, Position at);
  mlir::Value gradient(UnflattenOp op, Position at);
  mlir::Value gradient(SoftmaxGradOp op, Position at);
  mlir::Value gradient(SoftmaxCrossEntropyGradOp op, Position at);
  mlir::Value gradient(SliceGradOp op, Position at);

  /// Sum of `add` over the elements of the window of a normalisation around `at`,
  /// or of the mirrored window.
  mlir::Value sumOfWindow(const LrnRule &rule, mlir::Value image, bool isMirrored, Position at,
                          llvm::function_ref<mlir::Value(mlir::Value sum, Position)> add);
  mlir::Value sumOfSquares(const LrnRule &rule, mlir::Value image, Position at);
  /// Sum of `element` over the windows of a pool of `op`'s attributes that hold
  /// the pixel `at`; it gets the window's number and which element of it that is.
  template <typename Op>
  mlir::Value overWindowsOf(Op op, llvm::ArrayRef<int64_t> window, Position at,
                            llvm::function_ref<mlir::Value(Position, Index r, Index s)> element);
  mlir::Value sumOfRow(mlir::Value rows, Index n, float init,
                       llvm::function_ref<mlir::Value(mlir::Value sum, Position)> add);
  mlir::Value combineRow(mlir::vector::CombiningKind kind, mlir::Value value);
  RowStatistics statistics(SoftmaxOp op, Index n);
  RowStatistics statistics(SoftmaxGradOp op, Index n);

  KernelBuilder &kb;
  Kernel &kernel;
  Form form;
  int64_t lanes;
  llvm::DenseMap<mlir::Operation *, RowStatistics> rows; ///< of each softmax and gradient
  RowTeam team;
};

} // namespace alexc

#endif // ALEXC_CODEGEN_ELEMENTS_H
