//===- Layout.h - physical layout of a tensor -------------------*- C++ -*-===//

#ifndef ALEXC_DIALECT_LAYOUT_H
#define ALEXC_DIALECT_LAYOUT_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpImplementation.h"

namespace alexc {

/// How the elements of a tensor lie in memory. The default is the logical
/// order. The keywords of `#alex.on` are described in Dialect.td.
struct Layout {
  enum class Kind {
    plain,      ///< the logical order, or channels in blocks (`nchw`, `nchw16c`)
    batch,      ///< rank 2, feature-major, batches in blocks (`cn32`)
    filter,     ///< packed filters (`kcrs16c32k`)
    transposed, ///< the same with channels and filters exchanged, and with windows
                ///< from their last element to their first (`ckrs16k32c`)
  };

  Kind kind = Kind::plain;
  int64_t channelBlock = 1; ///< plain, filter: channels side by side; transposed: filters
  int64_t outerBlock = 1;   ///< batch: images of a block; filter: filters of a panel;
                            ///< transposed: channels of a panel
  std::array<int64_t, 4> halo = {0, 0, 0, 0}; ///< plain: top, left, bottom, right

  static Layout plain(int64_t channelBlock = 1) { return {Kind::plain, channelBlock, 1}; }
  static Layout batch(int64_t block) { return {Kind::batch, 1, block}; }
  static Layout filter(int64_t channelBlock, int64_t panel) {
    return {Kind::filter, channelBlock, panel};
  }
  static Layout transposed(int64_t filterBlock, int64_t panel) {
    return {Kind::transposed, filterBlock, panel};
  }
  Layout withHalo(std::array<int64_t, 4> sides) const {
    Layout result = *this;
    result.halo = sides;
    return result;
  }
  Layout withoutHalo() const { return withHalo({0, 0, 0, 0}); }
  bool hasHalo() const { return halo != std::array<int64_t, 4>{0, 0, 0, 0}; }

  bool operator==(const Layout &other) const {
    return kind == other.kind && channelBlock == other.channelBlock &&
           outerBlock == other.outerBlock && halo == other.halo;
  }
  bool operator!=(const Layout &other) const { return !(*this == other); }

  /// Parses and prints what stands behind the device in `#alex.on`.
  static mlir::FailureOr<Layout> parse(mlir::AsmParser &parser);
  void print(mlir::AsmPrinter &printer) const;
  /// The keyword alone: `nchw16c`.
  std::string keyword() const;
};

llvm::hash_code hash_value(const Layout &layout);

/// The layout in the encoding of `type`; the default where it has none.
Layout layoutOf(mlir::Type type);
/// The device in the encoding of `type`; none where it is not placed.
std::optional<int64_t> deviceOf(mlir::Type type);
/// `type` on `device` in `layout`.
mlir::RankedTensorType placed(mlir::Type type, int64_t device, const Layout &layout = Layout());
/// `type` without encoding.
mlir::RankedTensorType unplaced(mlir::Type type);
/// The dimensions as they lie in memory, blocks and halo included: (1, 96, 27,
/// 27) in `nchw16c halo [2, 2, 2, 2]` is (1, 6, 31, 31, 16). `!alex.step` is 8
/// words.
llvm::SmallVector<int64_t> physicalShape(mlir::Type type);
/// What lies in memory at each place of physicalShape(): the tensor's element,
/// i32 for the words of `!alex.step`.
mlir::Type storedElement(mlir::Type type);
/// Bytes of the value in memory.
int64_t physicalBytes(mlir::Type type);

} // namespace alexc

#endif // ALEXC_DIALECT_LAYOUT_H
