//===- EntryBuilder.h - build an entry function from a spec -----*- C++ -*-===//

#ifndef ALEXC_COMPILER_ENTRYBUILDER_H
#define ALEXC_COMPILER_ENTRYBUILDER_H

#include "compiler/spec/Spec.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace alexc {

/// A parameter tensor of the network.
struct Parameter {
  std::string name; ///< "conv1.weight"
  llvm::SmallVector<int64_t> shape;
  Initializer initializer;
  double rateFactor = 1, decayFactor = 1;
};

/// What one layer of an entry came to, for one image.
struct LayerReport {
  llvm::SmallVector<int64_t> shape; ///< without the batch
  int64_t params = 0, macs = 0;
};

/// The location of something in a spec that belongs to no layer.
mlir::Location locationOf(mlir::MLIRContext &context, const SourcePosition &where);

/// Builds `func.func @KIND_N` for one batch size. Every check that needs shapes
/// is made here, before the op exists, in the words of the spec. An `infer`
/// returns the last layer's value. `evaluate`, `train_step` and `gradients`
/// read labels too and return loss and probabilities; the last two also read
/// the numbers of a training step, with which dropout drops. Their way back is
/// alex-differentiate's.
class EntryBuilder {
public:
  EntryBuilder(mlir::OpBuilder builder, const Spec &spec, llvm::StringRef kind, int64_t batch)
      : builder(builder), spec(spec), kind(kind), batch(batch) {}

  /// The function, or failure after a diagnostic.
  mlir::FailureOr<mlir::func::FuncOp> build();

  const std::vector<Parameter> &parameters() const { return allParameters; }
  const std::vector<LayerReport> &reports() const { return allReports; }
  int64_t classes() const { return outputColumns; }

private:
  using Shape = llvm::ArrayRef<int64_t>;

  bool hasLabels() const { return kind != "infer"; }
  bool isTrained() const { return kind == "train_step" || kind == "gradients"; }
  void addInputs(mlir::Type images);
  mlir::LogicalResult buildLayer(const LayerSpec &layer);
  void finish();

  mlir::FailureOr<mlir::Value> build(const Conv2dSpec &conv);
  mlir::FailureOr<mlir::Value> build(const ReluSpec &);
  mlir::FailureOr<mlir::Value> build(const TanhSpec &);
  mlir::FailureOr<mlir::Value> build(const SigmoidSpec &);
  mlir::FailureOr<mlir::Value> build(const LrnSpec &lrn);
  mlir::FailureOr<mlir::Value> build(const PoolSpec &pool);
  mlir::FailureOr<mlir::Value> build(const FlattenSpec &);
  mlir::FailureOr<mlir::Value> build(const LinearSpec &linear);
  mlir::FailureOr<mlir::Value> build(const DropoutSpec &dropout);
  mlir::FailureOr<mlir::Value> build(const SoftmaxSpec &);
  mlir::FailureOr<mlir::Value> build(const ConcatSpec &);
  mlir::FailureOr<mlir::Value> build(const SliceSpec &slice);
  mlir::FailureOr<mlir::Value> build(const AddSpec &);

  /// An op of this layer with inferred result types.
  template <typename Op, typename... Arguments>
  mlir::FailureOr<mlir::Value> create(Arguments &&...arguments);

  mlir::LogicalResult checkInputCount();
  mlir::LogicalResult checkScores();
  mlir::LogicalResult checkImages();
  mlir::LogicalResult checkRows();
  mlir::LogicalResult checkGroups(int64_t groups);
  mlir::LogicalResult checkWindow(Shape window, Shape padding);
  /// Refuses tensors of more than 2^40 bytes, before anything multiplies.
  mlir::LogicalResult checkSize(Shape shape, llvm::StringRef what);

  /// Refuses a product whose multiply-adds cannot be counted.
  mlir::LogicalResult checkWork(mlir::Value output, mlir::Value weight);

  /// A new argument that holds this layer's weight or bias.
  mlir::FailureOr<mlir::Value> addParameter(Shape shape, bool isBias);
  Parameter describeParameter(Shape shape, bool isBias) const;
  mlir::FailureOr<mlir::Value> addWeight(Shape shape) { return addParameter(shape, false); }
  /// A bias of `size` elements, or no value.
  mlir::FailureOr<mlir::Value> addBias(bool exists, int64_t size);
  mlir::BlockArgument addArgument(mlir::Type type, llvm::ArrayRef<mlir::NamedAttribute> attributes,
                                  mlir::Location loc);

  mlir::Value input() const { return operands.front(); }
  Shape shape(unsigned number = 0) const {
    return llvm::cast<mlir::RankedTensorType>(operands[number].getType()).getShape();
  }
  mlir::InFlightDiagnostic fail() { return mlir::emitError(loc); }

  mlir::OpBuilder builder;
  const Spec &spec;
  std::string kind;
  int64_t batch;
  mlir::func::FuncOp function;
  mlir::Value labels, step;            ///< null in an entry that does not read them
  llvm::StringMap<mlir::Value> values; ///< of the layers built, and "input"
  std::vector<Parameter> allParameters;
  std::vector<LayerReport> allReports;
  int64_t outputColumns = 0;
  llvm::SmallVector<mlir::Value> outputs; ///< loss and probabilities, of an entry with labels

  // The layer being built.
  const LayerSpec *layer = nullptr;
  mlir::Location loc = builder.getUnknownLoc();
  mlir::StringAttr layerName;
  llvm::SmallVector<mlir::Value> operands;
};

} // namespace alexc

#endif // ALEXC_COMPILER_ENTRYBUILDER_H
