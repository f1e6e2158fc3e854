//===- VerifyAttributes.cpp - alex attributes on other ops -------------------===//
//
// The table of Dialect.td: what the dialect's attributes may be where they
// stand on modules, functions and layers. An attribute that is not in the table
// belongs to whoever put it there.

#include "dialect/Dialect.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace alexc;

namespace {
/// A condition on an attribute, and how an error calls what it wants.
struct Expectation {
  bool (*holds)(Attribute) = nullptr;
  StringRef wanted;
};

template <typename AttributeType>
bool is(Attribute attribute) {
  return isa<AttributeType>(attribute);
}

template <int64_t smallest>
bool isIntegerFrom(Attribute attribute) {
  auto integer = dyn_cast<IntegerAttr>(attribute);
  return integer && integer.getType().isSignlessInteger(64) && integer.getInt() >= smallest;
}

bool isEntryKind(Attribute attribute) {
  auto kind = dyn_cast<StringAttr>(attribute);
  return kind &&
         llvm::is_contained({"infer", "evaluate", "train_step", "gradients", "apply", "load"},
                            kind.getValue());
}

bool isTarget(Attribute attribute) {
  auto target = dyn_cast<StringAttr>(attribute);
  return target && (target == "cpu" || target == "cuda");
}

bool isOutput(Attribute attribute) {
  auto output = dyn_cast<StringAttr>(attribute);
  return output && (output == "loss" || output == "prob" || output == "input_gradient");
}

bool isFactor(Attribute attribute) {
  auto factor = dyn_cast<FloatAttr>(attribute);
  return factor && factor.getType().isF64() && factor.getValueAsDouble() >= 0 &&
         factor.getValue().isFinite();
}

bool isRows(Attribute attribute) {
  auto rows = dyn_cast<DenseI64ArrayAttr>(attribute);
  return rows && rows.size() == 2 && rows[0] >= 0 && rows[1] > 0;
}

/// As PartAttr of Alexrt.td.
bool isPart(Attribute attribute) {
  auto part = dyn_cast<DenseI64ArrayAttr>(attribute);
  return part && part.size() == 2 && part[0] >= 0 && part[1] >= 0 && part[1] <= int64_t(1) << 30;
}

bool isScratch(Attribute attribute) {
  auto list = dyn_cast<DenseI64ArrayAttr>(attribute);
  return isIntegerFrom<0>(attribute) ||
         (list && !list.empty() &&
          llvm::all_of(list.asArrayRef(), [](int64_t n) { return n >= 0; }));
}

bool isAddressList(Attribute attribute) {
  auto list = dyn_cast<ArrayAttr>(attribute);
  return list && llvm::all_of(list, llvm::IsaPred<AtAttr>);
}
} // namespace

static const Expectation anyString{is<StringAttr>, "a string"};
static const Expectation unit{is<UnitAttr>, "a unit attribute"};
static const Expectation address{is<AtAttr>, "an address such as #alex.at<io, 0>"};

/// What an attribute of an op must be.
static Expectation expectedOfOp(StringRef name) {
  return llvm::StringSwitch<Expectation>(name)
      .Case("alex.network", {is<DictionaryAttr>, "a dictionary"})
      .Cases({"alex.cpu", "alex.gpu", "alex.kernel", "alex.plan", "alex.link_precision"}, anyString)
      .Case("alex.devices", {isIntegerFrom<1>, "a positive 64-bit integer"})
      .Case("alex.target", {isTarget, R"("cpu" or "cuda")"})
      .Case("alex.entry",
            {isEntryKind, "an entry: infer, evaluate, train_step, gradients, apply or load"})
      .Cases({"alex.batch", "alex.pieces"}, {isIntegerFrom<1>, "a positive 64-bit integer"})
      .Case("alex.scratch", {isScratch, "a 64-bit integer of at least zero"})
      .Case("alex.part", {isPart, "[dimension, first] of a part"})
      .Case("alex.at", {isAddressList, "an array of #alex.at"})
      .Cases({"alex.keep", "alex.no_fuse"}, unit)
      .Default({});
}

/// What an attribute of a function's argument or result must be.
static Expectation expectedOfArgument(StringRef name) {
  return llvm::StringSwitch<Expectation>(name)
      .Cases({"alex.state", "alex.momentum", "alex.gradient"}, anyString)
      .Cases({"alex.input", "alex.labels"}, unit)
      .Cases({"alex.rate_factor", "alex.decay_factor"},
             {isFactor, "a 64-bit float of at least zero"})
      .Case("alex.rows", {isRows, "[first, count] of some rows"})
      .Case("alex.output", {isOutput, R"("loss", "prob" or "input_gradient")"})
      .Case("alex.at", address)
      .Default({});
}

static LogicalResult check(Operation *op, NamedAttribute attribute, Expectation expectation) {
  if (!expectation.holds || expectation.holds(attribute.getValue()))
    return success();
  return op->emitError() << attribute.getName().getValue() << ": expected " << expectation.wanted
                         << ", got " << attribute.getValue();
}

/// An address for each result.
static LogicalResult checkAddresses(Operation *op, ArrayAttr addresses) {
  if (addresses.size() == op->getNumResults())
    return success();
  return op->emitError("alex.at: expected ")
         << op->getNumResults() << " addresses, got " << addresses.size();
}

/// A part along a dimension that the first result has.
static LogicalResult checkPart(Operation *op, DenseI64ArrayAttr part) {
  auto type =
      op->getNumResults() ? dyn_cast<RankedTensorType>(op->getResult(0).getType()) : nullptr;
  int64_t rank = type ? type.getRank() : 0;
  if (part[0] < rank)
    return success();
  return op->emitError("alex.part: expected a dimension below ") << rank << ", got " << part[0];
}

LogicalResult AlexDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (failed(check(op, attribute, expectedOfOp(attribute.getName()))))
    return failure();
  if (attribute.getName() == "alex.at")
    return checkAddresses(op, cast<ArrayAttr>(attribute.getValue()));
  if (attribute.getName() == "alex.part")
    return checkPart(op, cast<DenseI64ArrayAttr>(attribute.getValue()));
  return success();
}

LogicalResult AlexDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned,
                                                    NamedAttribute attribute) {
  return check(op, attribute, expectedOfArgument(attribute.getName()));
}

LogicalResult AlexDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                                       NamedAttribute attribute) {
  return check(op, attribute, expectedOfArgument(attribute.getName()));
}
