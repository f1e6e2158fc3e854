//===- Fold.cpp - folders and canonicalizers of alex ops --------------------===//

#include "dialect/Dialect.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace alexc;

/// `value` in place of the op's result. Nothing where layouts differ, or where
/// the user wants to see the layer's value.
static OpFoldResult foldTo(Operation *op, Value value) {
  bool isSame = value.getType() == op->getResult(0).getType();
  return isSame && !op->hasAttr("alex.keep") ? value : Value();
}

/// relu(relu(x)) is relu(x).
OpFoldResult ReluOp::fold(FoldAdaptor) {
  return getInput().getDefiningOp<ReluOp>() ? foldTo(*this, getInput()) : Value();
}

OpFoldResult ScaleOp::fold(FoldAdaptor) {
  return getFactor().isExactlyValue(1.0) ? foldTo(*this, getInput()) : Value();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 ? foldTo(*this, getInputs().front()) : Value();
}

/// A slice of all channels.
OpFoldResult SliceOp::fold(FoldAdaptor) { return foldTo(*this, getInput()); }

/// A reorder to the layout that the value has is nothing; a reorder of a
/// reorder starts from where that one did.
OpFoldResult ReorderOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto source = getInput().getDefiningOp<ReorderOp>();
  if (!source || source == *this)
    return {};
  getInputMutable().assign(source.getInput());
  return getResult();
}

namespace {
/// Dropout in an inference entry: a factor in the paper's form, nothing in the
/// inverted one. The weights stay as they are in the file; the paper's 0.5 is a
/// power of two, so its factor is exact wherever it is applied.
struct DropoutAtInference : OpRewritePattern<DropoutOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DropoutOp dropout, PatternRewriter &rewriter) const override {
    if (dropout.getStep())
      return rewriter.notifyMatchFailure(dropout, "drops in training");
    bool isPaper = dropout.getForm() == DropoutForm::paper;
    double factor = isPaper ? 1 - dropout.getRate().convertToDouble() : 1; // 1 folds away
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
