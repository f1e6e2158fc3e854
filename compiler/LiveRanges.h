//===- LiveRanges.h - how long values are alive ----------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_LIVERANGES_H
#define ALEXC_COMPILER_LIVERANGES_H

#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace alexc {

/// Whether `op` would compute nothing if its operand and result had these
/// layouts: a flatten or unflatten of what lies in the logical order, and a slice
/// of images or filters, which lie one after the other.
bool isViewIn(mlir::Operation *op, const Layout &operand, const Layout &result);

/// Whether `op` computes nothing in the layouts that it has.
bool isView(mlir::Operation *op);

/// The value in whose memory `value` lies: itself, unless it is a view, or the
/// new value of something that an op overwrites.
mlir::Value memoryOf(mlir::Value value);

/// Where `value` is, whose memory begins at `memory`: there, and further where it
/// is a part.
AtAttr addressIn(AtAttr memory, mlir::Value value);

/// An error where an op overwrites a value (LayerOpInterface::getTiedOperand)
/// that an op behind it, or the entry's caller, still reads.
mlir::LogicalResult verifyOverwriting(mlir::func::FuncOp entry);

/// The life of a value in scratch memory, in positions of the entry's ops. Ends
/// are included: what an op reads is alive while it writes.
struct LiveRange {
  mlir::Value value;
  int64_t first, last;
  int64_t bytes; ///< its room, rounded up to the alignment of all values

  bool overlaps(const LiveRange &other) const { return first <= other.last && other.first <= last; }
};

/// All values of `entry` that need scratch memory, in program order: results
/// of ops that lie in no other value's memory and are not returned.
llvm::SmallVector<LiveRange> liveRanges(mlir::func::FuncOp entry);

/// The bytes alive at the worst moment: no plan needs less.
int64_t leastBytes(llvm::ArrayRef<LiveRange> ranges);

/// What `alex.scratch` of an entry says: bytes of each device, or nothing.
llvm::SmallVector<int64_t> scratchOf(mlir::func::FuncOp entry);
/// Says it.
void setScratch(mlir::func::FuncOp entry, llvm::ArrayRef<int64_t> bytes);

/// `bytes` rounded up to the alignment of all values, a cache line.
int64_t alignedBytes(int64_t bytes);

} // namespace alexc

#endif // ALEXC_COMPILER_LIVERANGES_H
