//===- Layout.cpp - physical layout of a tensor ----------------------------===//

#include "dialect/Dialect.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// The largest block and halo.
static constexpr int64_t maxSide = 4096;
/// The largest value in memory, 2^50 bytes, and the largest address, 2^56: sums
/// of them stay in 64 bits.
static constexpr int64_t maxBytes = int64_t(1) << 50, maxAddress = int64_t(1) << 56;

std::string Layout::keyword() const {
  auto block = [](int64_t size) { return size == 1 ? "" : std::to_string(size); };
  switch (kind) {
  case Kind::plain:
    return channelBlock == 1 ? "nchw" : "nchw" + block(channelBlock) + "c";
  case Kind::batch:
    return "cn" + block(outerBlock);
  case Kind::filter:
    return "kcrs" + (channelBlock == 1 ? "" : block(channelBlock) + "c") +
           std::to_string(outerBlock) + "k";
  case Kind::transposed:
    return "ckrs" + (channelBlock == 1 ? "" : block(channelBlock) + "k") +
           std::to_string(outerBlock) + "c";
  }
  llvm_unreachable("unknown layout kind");
}

void Layout::print(AsmPrinter &printer) const {
  printer << keyword();
  if (hasHalo())
    printer << " halo [" << halo[0] << ", " << halo[1] << ", " << halo[2] << ", " << halo[3] << "]";
}

/// The layout that `keyword` names, without halo.
static std::optional<Layout> parseKeyword(StringRef keyword) {
  auto number = [](StringRef digits) {
    int64_t value = 1;
    bool isRight = digits.empty() || !digits.getAsInteger(10, value);
    return isRight && value > 0 && value <= maxSide ? value : 0;
  };
  SmallVector<StringRef> groups;
  Layout layout;
  if (keyword == "nchw")
    return layout;
  if (llvm::Regex("^nchw([0-9]+)c$").match(keyword, &groups))
    layout = Layout::plain(number(groups[1]));
  else if (llvm::Regex("^cn([0-9]*)$").match(keyword, &groups))
    layout = Layout::batch(number(groups[1]));
  else if (llvm::Regex("^kcrs(([0-9]+)c)?([0-9]+)k$").match(keyword, &groups))
    layout = Layout::filter(number(groups[2]), number(groups[3]));
  else if (llvm::Regex("^ckrs(([0-9]+)k)?([0-9]+)c$").match(keyword, &groups))
    layout = Layout::transposed(number(groups[2]), number(groups[3]));
  else
    return std::nullopt;
  if (layout.channelBlock == 0 || layout.outerBlock == 0)
    return std::nullopt;
  return layout;
}

static ParseResult parseHalo(AsmParser &parser, Layout &layout) {
  SmallVector<int64_t> sides;
  SMLoc start = parser.getCurrentLocation();
  auto side = [&] { return parser.parseInteger(sides.emplace_back()); };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, side))
    return failure();
  if (sides.size() != 4 || llvm::any_of(sides, [](int64_t s) { return s < 0 || s > maxSide; }))
    return parser.emitError(start, "expected a halo of four sides [top, left, bottom, right] of at "
                                   "most ")
           << maxSide;
  llvm::copy(sides, layout.halo.begin());
  return success();
}

FailureOr<Layout> Layout::parse(AsmParser &parser) {
  StringRef keyword;
  SMLoc start = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<Layout> layout = parseKeyword(keyword);
  if (!layout) {
    parser.emitError(start, "expected a layout such as nchw, nchw16c, cn32 or kcrs16c32k, got '")
        << keyword << "'";
    return failure();
  }
  if (succeeded(parser.parseOptionalKeyword("halo")) && parseHalo(parser, *layout))
    return failure();
  return *layout;
}

//===----------------------------------------------------------------------===//
// Places of types
//===----------------------------------------------------------------------===//

llvm::hash_code alexc::hash_value(const Layout &layout) {
  return llvm::hash_combine(layout.kind, layout.channelBlock, layout.outerBlock,
                            llvm::hash_combine_range(layout.halo.begin(), layout.halo.end()));
}

static OnAttr encodingOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? dyn_cast_or_null<OnAttr>(tensor.getEncoding()) : OnAttr();
}

Layout alexc::layoutOf(Type type) {
  OnAttr on = encodingOf(type);
  return on ? on.getLayout() : Layout();
}

std::optional<int64_t> alexc::deviceOf(Type type) {
  OnAttr on = encodingOf(type);
  return on ? std::optional<int64_t>(on.getDevice()) : std::nullopt;
}

RankedTensorType alexc::placed(Type type, int64_t device, const Layout &layout) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape(), tensor.getElementType(),
                               OnAttr::get(type.getContext(), device, layout));
}

RankedTensorType alexc::unplaced(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape(), tensor.getElementType());
}

static SmallVector<int64_t> storedShape(const Layout &layout, ArrayRef<int64_t> logical) {
  SmallVector<int64_t> shape(logical);
  switch (layout.kind) {
  case Layout::Kind::plain:
    if (shape.size() == 4) {
      shape[2] += layout.halo[0] + layout.halo[2];
      shape[3] += layout.halo[1] + layout.halo[3];
    }
    if (layout.channelBlock > 1) {
      shape[1] /= layout.channelBlock;
      shape.push_back(layout.channelBlock);
    }
    return shape;
  case Layout::Kind::batch: // (N/block, C, block)
    return {llvm::divideCeilSigned(shape[0], layout.outerBlock), shape[1], layout.outerBlock};
  case Layout::Kind::filter: // (K/panel, C/block, R, S, block, panel)
    return {shape[0] / layout.outerBlock,
            shape[1] / layout.channelBlock,
            shape[2],
            shape[3],
            layout.channelBlock,
            layout.outerBlock};
  case Layout::Kind::transposed: // (C/panel, K/block, R, S, block, panel)
    return {shape[1] / layout.outerBlock,
            shape[0] / layout.channelBlock,
            shape[2],
            shape[3],
            layout.channelBlock,
            layout.outerBlock};
  }
  llvm_unreachable("unknown layout kind");
}

SmallVector<int64_t> alexc::physicalShape(Type type) {
  if (isa<StepType>(type))
    return {8};
  return storedShape(layoutOf(type), cast<RankedTensorType>(type).getShape());
}

Type alexc::storedElement(Type type) {
  if (isa<StepType>(type))
    return IntegerType::get(type.getContext(), 32);
  Type element = cast<RankedTensorType>(type).getElementType();
  bool isHalf = element.isF16() || element.isBF16();
  return isHalf ? IntegerType::get(type.getContext(), 16) : element; // kernels see their bits
}

int64_t alexc::physicalBytes(Type type) {
  return ShapedType::getNumElements(physicalShape(type)) *
         storedElement(type).getIntOrFloatBitWidth() / 8;
}

LogicalResult OnAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t device, Layout) {
  if (device < 0)
    return emitError() << "expected a device number, got " << device;
  return success();
}

LogicalResult AtAttr::verify(function_ref<InFlightDiagnostic()> emitError, Segment segment,
                             int64_t offset, int64_t start, int64_t device) {
  if (offset < 0 || offset > maxAddress)
    return emitError() << "expected an offset from 0 to 2^56, got " << offset;
  if (start < 0 || start > maxAddress || (start && !isByParameter(segment)))
    return emitError() << "expected a start from 0 to 2^56, and only within a parameter, got "
                       << start;
  if (device < 0)
    return emitError() << "expected a device number, got " << device;
  return success();
}

/// Whether values of these dimensions in memory take at most `maxBytes`.
static bool hasUsableSize(ArrayRef<int64_t> physical, int64_t bitsOfElement) {
  int64_t bits = bitsOfElement;
  return llvm::none_of(physical, [&](int64_t size) {
    return llvm::MulOverflow(bits, size, bits) || bits / 8 > maxBytes;
  });
}

LogicalResult OnAttr::verifyEncoding(ArrayRef<int64_t> shape, Type elementType,
                                     function_ref<InFlightDiagnostic()> emitError) const {
  Layout layout = getLayout();
  if (!elementType) // the parser said so, and asks all the same
    return failure();
  if (!elementType.isIntOrFloat())
    return emitError() << "expected integers or floats, got " << elementType;
  if (!hasUsableShape(shape))
    return emitError() << "expected fixed, positive dimensions and at most 2^40 elements, got ["
                       << shape << "]";
  bool isPlain = layout.kind == Layout::Kind::plain;
  bool isBlocked = isPlain && layout.channelBlock > 1;
  size_t wantedRank = layout.kind == Layout::Kind::batch ? 2 : 4;
  if ((!isPlain || isBlocked || layout.hasHalo()) && shape.size() != wantedRank)
    return emitError() << "layout " << layout.keyword() << " expects rank " << wantedRank
                       << ", got " << shape.size();
  bool isTransposed = layout.kind == Layout::Kind::transposed;
  int64_t channels = isTransposed ? layout.outerBlock : layout.channelBlock;
  int64_t filters = isTransposed                          ? layout.channelBlock
                    : layout.kind == Layout::Kind::filter ? layout.outerBlock
                                                          : 1;
  if (layout.kind != Layout::Kind::batch && channels > 1 && shape[1] % channels)
    return emitError() << "layout " << layout.keyword() << " expects channels divisible by "
                       << channels << ", got " << shape[1];
  if (filters > 1 && shape[0] % filters)
    return emitError() << "layout " << layout.keyword() << " expects filters divisible by "
                       << filters << ", got " << shape[0];
  if (!isPlain && layout.hasHalo())
    return emitError() << "layout " << layout.keyword() << " has no halo";
  SmallVector<int64_t> physical = storedShape(layout, shape);
  if (!hasUsableSize(physical, elementType.getIntOrFloatBitWidth()))
    return emitError() << "expected at most 2^50 bytes in memory, got [" << ArrayRef(physical)
                       << "] of " << elementType;
  return success();
}
