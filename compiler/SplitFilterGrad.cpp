//===- SplitFilterGrad.cpp - alex-split-filter-grad ---------------------------===//

#include "compiler/KernelCatalog.h"
#include "compiler/Passes.h"
#include "compiler/Remarks.h"

namespace alexc {
#define GEN_PASS_DEF_SPLITFILTERGRADPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// `rows` of a filter in each of `parts`.
static RankedTensorType partsType(RankedTensorType filter, int64_t parts) {
  SmallVector<int64_t> shape(filter.getShape());
  shape[0] *= parts;
  return RankedTensorType::get(shape, filter.getElementType(), filter.getEncoding());
}

/// Replaces `whole` by a gradient of each part and their sum, which keeps its name.
static void split(Conv2dFilterGradOp whole, int64_t parts) {
  OpBuilder builder(whole);
  auto type = cast<RankedTensorType>(whole.getFilterGradient().getType());
  StringAttr layer = whole.getLayerAttr();
  StringAttr ofParts = layer ? builder.getStringAttr(layer.getValue() + ":parts") : StringAttr();
  Value shares =
      Conv2dFilterGradOp::create(builder, whole.getLoc(), partsType(type, parts), whole.getInput(),
                                 whole.getGradient(), whole.getStrideAttr(), whole.getPadAttr(),
                                 whole.getGroupsAttr(), ofParts, builder.getI64IntegerAttr(parts));
  auto sum = SumPartsOp::create(builder, whole.getLoc(), type, shares,
                                builder.getI64IntegerAttr(parts), layer);
  sum->setDiscardableAttrs(llvm::to_vector(whole->getDiscardableAttrs()));
  whole.replaceAllUsesWith(sum.getOutput());
  whole.erase();
}

namespace {
struct SplitFilterGradPass : alexc::impl::SplitFilterGradPassBase<SplitFilterGradPass> {
  using SplitFilterGradPassBase::SplitFilterGradPassBase;

  void runOnOperation() override {
    auto *catalog =
        getContext().getLoadedDialect<AlexDialect>()->getRegisteredInterface<KernelCatalog>();
    if (!catalog)
      return; // nobody wants parts
    Machine machine = Machine::of(getOperation()->getParentOfType<ModuleOp>());
    machine.isGpu |= target == "cuda";
    for (auto whole : llvm::make_early_inc_range(getOperation().getOps<Conv2dFilterGradOp>())) {
      int64_t parts = whole.getParts() == 1 ? catalog->parts(whole, machine) : 1;
      if (parts == 1)
        continue;
      remarkDone(getArgument(), whole, "summed in " + std::to_string(parts) + " parts");
      split(whole, parts);
    }
  }
};
} // namespace
