//===- Remarks.cpp - what passes tell the user -----------------------------===//

#include "compiler/Remarks.h"
#include "dialect/Dialect.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringSet.h"
#include <fmt/format.h>
#include <map>

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

std::string alexc::layerName(Operation *op) {
  if (auto layer = op->getAttrOfType<StringAttr>("layer"); layer && !layer.empty())
    return layer.str();
  if (auto symbol = op->getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName()))
    return symbol.str();
  return op->getName().getStringRef().str();
}

std::string alexc::bytesText(int64_t bytes) {
  if (bytes < 1000)
    return fmt::format("{} B", bytes);
  if (bytes < 1000 * 1000)
    return fmt::format("{:.1f} kB", bytes / 1e3);
  return fmt::format("{:.1f} MB", bytes / 1e6);
}

void alexc::remarkDone(StringRef pass, Operation *op, const std::string &text) {
  remark::passed(op->getLoc(), remark::RemarkOpts::name("done").category(pass))
      << remark::add("{0}: {1}", layerName(op), text);
}

void alexc::remarkRefused(StringRef pass, Operation *op, const std::string &text) {
  remark::missed(op->getLoc(), remark::RemarkOpts::name("refused").category(pass))
      << remark::add("{0}: {1}", layerName(op), text);
}

void alexc::remarkFound(StringRef pass, Operation *op, const std::string &text) {
  remark::analysis(op->getLoc(), remark::RemarkOpts::name("found").category(pass))
      << remark::add("{0}: {1}", layerName(op), text);
}

//===----------------------------------------------------------------------===//
// The log
//===----------------------------------------------------------------------===//

/// Where the user looks: the first place in a file, of a fused op its root's.
static Location placeInFile(Location loc) {
  FileLineColLoc place = loc->findInstanceOf<FileLineColLoc>();
  return place ? Location(place) : loc;
}

/// `FILE:LINE:COL: ` of a place in a file, else nothing.
static std::string prefixOf(Location place) {
  auto file = dyn_cast<FileLineColLoc>(place);
  if (!file)
    return "";
  return fmt::format("{}:{}:{}: ", file.getFilename().str(), file.getLine(), file.getColumn());
}

namespace {
/// Writes remarks down; the engine calls it for each.
struct Listener : remark::detail::MLIRRemarkStreamerBase {
  explicit Listener(std::function<void(Location, std::string)> take) : take(std::move(take)) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    Location place = placeInFile(remark.getLocation());
    std::string line = prefixOf(place) + "remark:";
    for (const remark::detail::Remark::Arg &argument : remark.getArgs())
      line += " " + (argument.key == "Remark" ? argument.val : argument.key + " " + argument.val);
    take(place, line);
  }

  std::function<void(Location, std::string)> take;
};
} // namespace

RemarkLog::RemarkLog(MLIRContext &context) {
  // `all` alone switches nothing on
  remark::RemarkCategories categories;
  categories.passed = categories.missed = categories.failed = categories.analysis = ".*";
  auto listener = std::make_unique<Listener>([entries = entries](Location place, std::string line) {
    entries->emplace_back(place, std::move(line));
  });
  LogicalResult enabled = remark::enableOptimizationRemarks(
      context, std::move(listener), std::make_unique<remark::RemarkEmittingPolicyAll>(),
      categories);
  assert(succeeded(enabled) && "one log per context");
  (void)enabled;
}

void RemarkLog::recordProgramOrder(ModuleOp module) {
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    programOrder.try_emplace(placeInFile(op->getLoc()), programOrder.size());
  });
}

void RemarkLog::print(raw_ostream &out) const {
  std::multimap<size_t, StringRef> sorted; // by place in the program, then as they came
  for (const auto &[place, line] : *entries) {
    auto found = programOrder.find(place);
    sorted.emplace(found == programOrder.end() ? programOrder.size() : found->second, line);
  }
  llvm::StringSet<> seen;
  for (const auto &[position, line] : sorted)
    if (seen.insert(line).second)
      out << line << "\n";
}
