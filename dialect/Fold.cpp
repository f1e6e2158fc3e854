//===- Fold.cpp - folders and canonicalizers of alex ops --------------------===//

#include "dialect/Dialect.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace alexc;

/// A layer whose value the user wants to see does not disappear.
static bool isKept(Operation *op) { return op->hasAttr("alex.keep"); }

/// relu(relu(x)) is relu(x).
OpFoldResult ReluOp::fold(FoldAdaptor) {
  return getInput().getDefiningOp<ReluOp>() && !isKept(*this) ? getInput() : Value();
}

OpFoldResult ScaleOp::fold(FoldAdaptor) {
  return getFactor().isExactlyValue(1.0) && !isKept(*this) ? getInput() : Value();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 && !isKept(*this) ? getInputs().front() : Value();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  return getInput().getType() == getOutput().getType() && !isKept(*this) ? getInput() : Value();
}

/// A reorder to the layout that the value has, or back to where it came from.
OpFoldResult ReorderOp::fold(FoldAdaptor) {
  if (getInput().getType() == getOutput().getType())
    return getInput();
  if (auto source = getInput().getDefiningOp<ReorderOp>())
    if (source.getInput().getType() == getOutput().getType())
      return source.getInput();
  return {};
}

namespace {
/// Dropout in an inference entry: a factor in the paper's form, nothing in the
/// inverted one. The weights stay as they are in the file; the paper's 0.5 is a
/// power of two, so its factor is exact wherever it is applied.
struct DropoutAtInference : OpRewritePattern<DropoutOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DropoutOp dropout, PatternRewriter &rewriter) const override {
    bool isPaper = dropout.getForm() == DropoutForm::paper;
    double factor = isPaper ? 1 - dropout.getRate().convertToDouble() : 1;
    if (factor == 1 && !isKept(dropout))
      return rewriter.replaceOp(dropout, dropout.getInput()), success();
    DictionaryAttr marks = dropout->getDiscardableAttrDictionary();
    auto scale = rewriter.replaceOpWithNewOp<ScaleOp>(
        dropout, dropout.getType(), dropout.getInput(), rewriter.getF64FloatAttr(factor),
        dropout.getLayerAttr());
    scale->setDiscardableAttrs(marks);
    return success();
  }
};
} // namespace

void DropoutOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropoutAtInference>(context);
}
