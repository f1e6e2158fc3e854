//===- Spread.h - how a value is spread over devices -----------*- C++ -*-===//

#ifndef ALEXC_COMPILER_SPREAD_H
#define ALEXC_COMPILER_SPREAD_H

#include "compiler/partition/Plan.h"

namespace alexc {

/// Where the parts of a value are.
struct Spread {
  enum class Kind {
    whole,      ///< on device `where`
    everywhere, ///< all of it on each device
    pieces,     ///< each device has its part of dimension `where`
    shares      ///< each device has a summand of it
  };
  Kind kind = Kind::whole;
  int64_t where = 0;

  static Spread whole(int64_t device) { return {Kind::whole, device}; }
  static Spread everywhere() { return {Kind::everywhere, 0}; }
  static Spread pieces(int64_t dim) { return {Kind::pieces, dim}; }
  static Spread shares() { return {Kind::shares, 0}; }

  bool operator==(const Spread &other) const { return kind == other.kind && where == other.where; }
  bool isPieces(int64_t dim) const { return *this == pieces(dim); }
};

/// How an op wants its operands spread to make its results spread as it says.
struct OpSpread {
  llvm::SmallVector<Spread> operands, results;
};

/// The spread of an op whose layer has filters: the layer itself, and the
/// gradients of its input, filter and bias. None for other ops.
std::optional<OpSpread> spreadOfProduct(mlir::Operation *op, const LayerPlan &plan,
                                        int64_t devices);

/// The spread in which an op of the way forward without filters can go on from an
/// operand that has `spread`: the same, unless a window or a row reaches into
/// the parts of other devices.
Spread spreadBehind(mlir::Operation *op, Spread spread, int64_t devices);

} // namespace alexc

#endif // ALEXC_COMPILER_SPREAD_H
