//===- KernelPrinter.h - the state of printing one kernel -------*- C++ -*-===//
//
// Values become expressions. One that is used once, further on in its block, is
// kept as text and folded into its user; any other becomes a local. Text that
// reads memory is written out before anything that may change what it reads.

#ifndef ALEXC_CODEGEN_CUDA_KERNELPRINTER_H
#define ALEXC_CODEGEN_CUDA_KERNELPRINTER_H

#include "codegen/cuda/CudaArithmetic.h"
#include "codegen/cuda/CudaPrinter.h"
#include "codegen/cuda/CudaText.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace alexc {

/// `name` as a pointer to arrays of the shape behind the first dimension, and
/// without a name the type of one: `const float (*__restrict__ x)[3][8]`.
std::string pointerDeclarator(mlir::MemRefType type, llvm::StringRef name, bool isConst,
                              llvm::StringRef qualifier = "");

class KernelPrinter {
public:
  KernelPrinter(mlir::gpu::GPUFuncOp kernel, llvm::raw_ostream &out);

  /// Prints the function `name`.
  mlir::LogicalResult print(llvm::StringRef name);
  /// Prints the host function `entry`, after print().
  void printEntry(llvm::StringRef entry);

private:
  // Statements (KernelPrinter.cpp).
  mlir::LogicalResult printParameters(llvm::StringRef name);
  mlir::LogicalResult printSharedTiles();
  mlir::LogicalResult printBlock(mlir::Block &block);
  mlir::LogicalResult printOp(mlir::Operation *op);
  mlir::LogicalResult printForm(mlir::scf::ForOp loop);
  mlir::LogicalResult printForm(mlir::scf::IfOp branch);
  mlir::LogicalResult printForm(mlir::scf::YieldOp yield);
  mlir::LogicalResult printForm(mlir::gpu::ReturnOp op) { return mlir::success(); }
  mlir::LogicalResult printForm(mlir::gpu::BarrierOp barrier);
  mlir::LogicalResult printAssignments(mlir::ValueRange targets, mlir::ValueRange values);
  mlir::LogicalResult declareVariable(mlir::Value variable, mlir::Value result,
                                      const Expression *init);
  Expression boundOf(mlir::Value bound);

  // Memory (KernelMemory.cpp).
  mlir::LogicalResult printForm(mlir::memref::AllocaOp tile);
  mlir::LogicalResult printForm(mlir::memref::LoadOp load);
  mlir::LogicalResult printForm(mlir::memref::StoreOp store);
  mlir::LogicalResult printForm(mlir::vector::LoadOp load);
  mlir::LogicalResult printForm(mlir::vector::StoreOp store);
  mlir::LogicalResult printForm(mlir::nvgpu::DeviceAsyncCopyOp copy);
  mlir::LogicalResult printForm(mlir::nvgpu::DeviceAsyncCreateGroupOp group);
  mlir::LogicalResult printForm(mlir::nvgpu::DeviceAsyncWaitOp wait);
  mlir::LogicalResult printView(mlir::Operation *view, mlir::Value source);
  void collectWrittenMemory();
  mlir::Value baseOf(mlir::Value memory) const;
  bool isWritten(mlir::Value memory) const { return written.contains(baseOf(memory)); }
  bool isConstant(mlir::Value memory);
  bool mayChange(mlir::Value memory);
  /// `x[n][k][p][q]`
  Expression element(mlir::Value memory, mlir::ValueRange indices);

  // Values (KernelValues.cpp).
  mlir::LogicalResult printForm(mlir::arith::ConstantOp constant);
  mlir::LogicalResult printForm(mlir::arith::MulUIExtendedOp product);
  mlir::LogicalResult printForm(mlir::vector::BroadcastOp broadcast);
  mlir::LogicalResult printForm(mlir::vector::ExtractOp extract);
  mlir::LogicalResult printForm(mlir::vector::InsertOp insert);
  mlir::LogicalResult printForm(mlir::vector::FromElementsOp elements);
  mlir::LogicalResult printForm(mlir::vector::ToElementsOp elements);
  mlir::LogicalResult printForm(mlir::vector::ShuffleOp shuffle);
  mlir::LogicalResult printForm(mlir::vector::BitCastOp cast) { return printWords(cast); }
  mlir::LogicalResult printForm(mlir::vector::ShapeCastOp cast) { return printWords(cast); }
  mlir::LogicalResult printWords(mlir::Operation *cast);
  mlir::LogicalResult printForm(mlir::arith::TruncFOp rounding);
  mlir::LogicalResult printForm(mlir::nvgpu::MmaSyncOp product);
  mlir::LogicalResult printForm(mlir::gpu::ShuffleOp shuffle);
  mlir::LogicalResult printIdentifier(mlir::Operation *op, llvm::StringRef variable,
                                      mlir::gpu::Dimension dimension);
  mlir::LogicalResult printSize(mlir::Operation *op, std::optional<llvm::ArrayRef<int32_t>> sizes,
                                mlir::gpu::Dimension dimension);
  template <typename Op>
  mlir::LogicalResult printElementwise(Op op);
  std::vector<Expression> lanesOf(mlir::Value vector);

  /// The text of `value`, to be written in the next statement.
  Expression use(mlir::Value value);
  llvm::SmallVector<Expression> use(mlir::ValueRange values);
  /// As use(), but a name or a number, or a vector whose elements are.
  Expression useLeaf(mlir::Value value);
  /// Says that `value` is `expression`, and declares a local if it is not to be
  /// folded.
  mlir::LogicalResult define(mlir::Value value, Expression expression);
  bool mayFold(mlir::Value value, const Expression &expression);
  void declareLocal(mlir::Value value, const Expression &expression);
  /// Declares locals for the pending texts that must not be moved further.
  void flush();
  /// The same for those among the operands of `user` that all threads of a warp must
  /// come by.
  void flushConvergent(mlir::Operation *user);

  /// The name that the value's location asks for; empty if it asks for none.
  std::string wantedName(mlir::Location loc) const;
  std::string declareName(mlir::Location loc);
  void line(const llvm::Twine &text);
  mlir::LogicalResult refuse(mlir::Operation *op, const llvm::Twine &reason = "");

  mlir::gpu::GPUFuncOp kernel;
  llvm::raw_ostream &out;
  unsigned indent = 2;
  NameScopes names;
  std::string functionName;
  llvm::DenseMap<mlir::Value, Expression> locals;
  llvm::MapVector<mlir::Value, Expression> pending;
  llvm::DenseMap<mlir::Value, std::string> memory; ///< names of arrays and pointers
  llvm::DenseSet<mlir::Value> written;             ///< memory that the kernel writes
  llvm::DenseSet<mlir::Value> vectorAccessed;      ///< memory that it reads or writes as vectors
  llvm::DenseSet<mlir::Location> layers;           ///< locations whose names are no variable's
};

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_KERNELPRINTER_H
