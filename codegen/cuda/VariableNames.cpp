//===- VariableNames.cpp - names of variables in textual IR --------------------===//

#include "codegen/cuda/VariableNames.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace alexc;

llvm::DenseSet<Location> alexc::layerLocations(gpu::GPUFuncOp kernel) {
  llvm::DenseSet<Location> result;
  kernel.getLoc()->walk([&](Location loc) {
    result.insert(loc);
    return WalkResult::advance();
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// Leaves a kernel no locations but the names of variables.
static void dropLayers(gpu::GPUFuncOp kernel) {
  llvm::DenseSet<Location> layers = layerLocations(kernel);
  Location unknown = UnknownLoc::get(kernel.getContext());
  auto withoutLayer = [&](Location loc) { return layers.contains(loc) ? unknown : loc; };
  kernel.walk([&](Operation *op) {
    op->setLoc(withoutLayer(op->getLoc()));
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setLoc(withoutLayer(argument.getLoc()));
  });
}

void alexc::printWithNames(ModuleOp module, llvm::raw_ostream &out) {
  module.walk([](gpu::GPUFuncOp kernel) { dropLayers(kernel); });
  bool hasVariables = !module.getOps<gpu::GPUModuleOp>().empty(); // else they are layers' names
  module.print(out, OpPrintingFlags().printNameLocAsPrefix(hasVariables));
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The name at `range`, `%row_3`, without the number that makes it unique; empty for one
/// that stands for no name, `%3` or `%arg3`.
static StringRef nameAt(SMRange range) {
  StringRef text(range.Start.getPointer(),
                 range.isValid() ? range.End.getPointer() - range.Start.getPointer() : 0);
  text.consume_front("%");
  StringRef name = text.rtrim("0123456789");
  if (name.empty() || (name == "arg" && name != text))
    return "";
  return name.ends_with("_") ? name.drop_back() : text;
}

/// The names that `op` has its results printed with if nobody names them.
static llvm::StringSet<> ownNames(Operation *op) {
  llvm::StringSet<> names;
  if (auto naming = dyn_cast<OpAsmOpInterface>(op))
    naming.getAsmResultNames([&](Value, StringRef name) { names.insert(name); });
  return names;
}

static Location named(StringRef name, Location loc) {
  return NameLoc::get(StringAttr::get(loc.getContext(), name), loc);
}

/// Names the results of the ops of a kernel and the arguments of its blocks.
static void takeNames(gpu::GPUFuncOp kernel, const AsmParserState &text) {
  kernel.walk([&](Operation *op) {
    const auto *definition = text.getOpDef(op);
    StringRef name = definition && !definition->resultGroups.empty()
                         ? nameAt(definition->resultGroups.front().definition.loc)
                         : StringRef();
    if (!name.empty() && !ownNames(op).contains(name))
      op->setLoc(named(name, op->getLoc()));
  });
  kernel.walk([&](Block *block) {
    const auto *definition = text.getBlockDef(block);
    if (!definition)
      return;
    for (auto [argument, place] : llvm::zip(block->getArguments(), definition->arguments))
      if (StringRef name = nameAt(place.loc); !name.empty())
        argument.setLoc(named(name, argument.getLoc()));
  });
}

/// The module that `block` holds, or one around what it holds.
static OwningOpRef<ModuleOp> takeModule(Block &block, Location file) {
  if (auto module = dyn_cast_or_null<ModuleOp>(block.empty() ? nullptr : &block.front());
      module && llvm::hasSingleElement(block)) {
    module->remove();
    return module;
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(file);
  module->getBody()->getOperations().splice(module->getBody()->end(), block.getOperations());
  return succeeded(verify(*module)) ? std::move(module) : nullptr;
}

OwningOpRef<ModuleOp> alexc::parseWithNames(StringRef path, MLIRContext *context) {
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(path, &error);
  if (!buffer) {
    emitError(UnknownLoc::get(context), error);
    return nullptr;
  }
  bool isText = !isBytecode(*buffer);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  if (!isText)
    return parseSourceFile<ModuleOp>(sources, context);
  Block block;
  AsmParserState text;
  if (failed(parseAsmSourceFile(sources, &block, context, &text)))
    return nullptr;
  OwningOpRef<ModuleOp> module = takeModule(block, FileLineColLoc::get(context, path, 0, 0));
  if (module)
    module->walk([&](gpu::GPUFuncOp kernel) { takeNames(kernel, text); });
  return module;
}
