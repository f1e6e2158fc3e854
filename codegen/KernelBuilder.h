//===- KernelBuilder.h - write a kernel that reads like one -----*- C++ -*-===//
//
// A thin layer over OpBuilder: index arithmetic with operators, loops as
// lambdas, activations addressed by (n, c block, h, w) whatever their layout.
// It emits scf, memref, arith, math and vector ops and knows no target.

#ifndef ALEXC_CODEGEN_KERNELBUILDER_H
#define ALEXC_CODEGEN_KERNELBUILDER_H

#include "codegen/CpuTarget.h"
#include "dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace alexc {

class KernelBuilder;

/// An index, a constant where it can be: `4 * p + r` folds as it is written.
class Index {
public:
  Index(int64_t constant) : constant(constant) {}
  Index(KernelBuilder &builder, mlir::Value value);

  bool isConstant() const { return !value; }
  int64_t getConstant() const { return constant; }
  /// The SSA value, made on demand for a constant.
  mlir::Value materialize(KernelBuilder &builder) const;

  friend Index operator+(Index lhs, Index rhs);
  friend Index operator-(Index lhs, Index rhs);
  friend Index operator*(Index lhs, Index rhs);
  friend Index operator/(Index lhs, Index rhs); ///< of non-negative indices
  friend Index operator%(Index lhs, Index rhs); ///< of non-negative indices

private:
  KernelBuilder *builder = nullptr;
  mlir::Value value;
  int64_t constant = 0;

  friend class KernelBuilder;
  template <typename Op, typename Fold>
  static Index binary(Index lhs, Index rhs, Fold fold);
};

/// One operand or result of a kernel: the tensor it stands for and its memory.
struct Buffer {
  mlir::Value memref;          ///< of the physical shape of `type`
  mlir::RankedTensorType type; ///< logical shape, device, layout; null for `!alex.step`

  bool isStep() const { return !type; }
  Layout layout() const { return isStep() ? Layout() : layoutOf(type); }
  int64_t dim(unsigned i) const { return type.getDimSize(i); }
};

/// The words of `!alex.step` in memory: struct AlexrtStep of runtime/alexrt.h. The
/// first three hold the bits of a float.
enum class StepWord : int64_t {
  learningRate,
  momentum,
  weightDecay,
  seedLow,
  seedHigh,
  step,
  firstSample, ///< the number of the batch's first sample within the step
};

class KernelBuilder {
public:
  /// How the target has it that a product is added without being rounded.
  enum class FusedAdd {
    vectorOp, ///< vector.fma: a multiply and an add where a CPU has no FMA
    mathOp,   ///< math.fma: an instruction of every GPU, but may be a call on a CPU
  };

  KernelBuilder(mlir::OpBuilder &builder, mlir::Location loc,
                FusedAdd fusedAdd = FusedAdd::vectorOp)
      : b(builder), loc(loc), fusedAdd(fusedAdd) {}

  mlir::OpBuilder &b;
  mlir::Location loc;

  // Values.
  mlir::Value constant(float value);
  /// `value` as a scalar (lanes == 1) or in all lanes of a vector.
  mlir::Value splat(float value, int64_t lanes);
  mlir::Value broadcast(mlir::Value scalar, int64_t lanes);
  /// The sum of a vector's lanes, by halves: always in the same order.
  mlir::Value sumOfLanes(mlir::Value vector);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs);
  mlir::Value div(mlir::Value lhs, mlir::Value rhs);
  mlir::Value max(mlir::Value lhs, mlir::Value rhs);
  mlir::Value min(mlir::Value lhs, mlir::Value rhs);
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  Index minimum(Index lhs, Index rhs);
  Index maximum(Index lhs, Index rhs);

  // Integers of 32 bits, as numbers (lanes == 1) or vectors.
  /// The low bits of `value` in all lanes.
  mlir::Value integer(Index value, int64_t lanes);
  /// 0, step, 2 * step, ...
  mlir::Value counting(int64_t lanes, int64_t step = 1);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value lhs, mlir::Value rhs);
  mlir::Value select(mlir::Value condition, mlir::Value yes, mlir::Value no);
  Index select(mlir::Value condition, Index yes, Index no);

  // Memory. `lanes` == 1 is a scalar, else a vector of that many elements that
  // lie side by side in the last dimension.
  mlir::Value load(mlir::Value memref, llvm::ArrayRef<Index> indices, int64_t lanes = 1);
  void store(mlir::Value value, mlir::Value memref, llvm::ArrayRef<Index> indices);
  /// Begins to bring the cache line of an element near; any address will do.
  void prefetch(mlir::Value memref, llvm::ArrayRef<Index> indices, bool isWrite);
  /// A word of a step's memory, in all lanes; `asFloat` takes it for a float's bits.
  mlir::Value loadWord(mlir::Value step, StepWord word, int64_t lanes, bool asFloat = false);
  /// A row buffer on the stack of the kernel, made at its start.
  mlir::Value stackBuffer(llvm::ArrayRef<int64_t> shape);

  // Control flow.
  using Body = llvm::function_ref<void(Index)>;
  using Reduction = llvm::function_ref<llvm::SmallVector<mlir::Value>(Index, mlir::ValueRange)>;
  void forEach(Index begin, Index end, Index step, Body body);
  void forEach(Index begin, Index end, Body body) { forEach(begin, end, 1, body); }
  /// A loop that carries values; returns what the last iteration left.
  llvm::SmallVector<mlir::Value> reduce(Index begin, Index end, Index step, mlir::ValueRange inits,
                                        Reduction body);
  /// Loops in each other over [0, extents[i]), the outermost first, that carry
  /// values. An extent of one makes no loop.
  using NestBody =
      llvm::function_ref<llvm::SmallVector<mlir::Value>(llvm::ArrayRef<Index>, mlir::ValueRange)>;
  llvm::SmallVector<mlir::Value> reduceNest(llvm::ArrayRef<int64_t> extents, mlir::ValueRange inits,
                                            NestBody body);
  void ifTrue(mlir::Value condition, llvm::function_ref<void()> then);
  mlir::Value equal(Index lhs, Index rhs);
  mlir::Value less(Index lhs, Index rhs);
  /// Splits a position in a row-major list of work items: (n, c, p) of shape
  /// {N, C, P}.
  llvm::SmallVector<Index> delinearize(Index position, llvm::ArrayRef<int64_t> shape);

  // Activations in a plain layout, rank 4 or 2 (then h = w = 0), addressed by
  // channel block; a vector of the layout's channel block is one element.
  mlir::Value loadBlock(const Buffer &buffer, Index n, Index block, Index h, Index w);
  void storeBlock(mlir::Value value, const Buffer &buffer, Index n, Index block, Index h, Index w);
  /// Zeros the halo of plane (n, block), if the layout has one. A kernel calls
  /// it once per plane of each result: the reader trusts the zeros.
  void zeroHalo(const Buffer &buffer, Index n, Index block);

private:
  FusedAdd fusedAdd;

  llvm::SmallVector<Index> blockIndices(const Buffer &buffer, Index n, Index block, Index h,
                                        Index w);
};

/// A kernel under construction: the op it computes (one layer or a fused op) on
/// its buffers.
struct Kernel {
  mlir::Operation *op;
  llvm::SmallVector<Buffer> operands, results;

  /// The layer whose generator makes the kernel: `op`, or the first of its body.
  mlir::Operation *root() const;
  /// The buffer of a value that `op` or its body reads from memory; null for one
  /// that the body computes.
  const Buffer *find(mlir::Value value) const;
  /// Whether all tensors are in layouts nchw{b}c with one block size.
  bool hasChannelBlocks() const;
};

/// A kernel of a CPU: computes the work items [begin, end).
struct CpuKernel : Kernel {
  Index begin = 0, end = 0;
  const CpuTarget &target;
};

} // namespace alexc

#endif // ALEXC_CODEGEN_KERNELBUILDER_H
