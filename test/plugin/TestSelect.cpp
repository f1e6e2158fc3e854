//===- TestSelect.cpp - alex-select with a catalog for tests -----------------===//
//
// Few kernels at round prices, so that tests of the choice do not change with
// the cost models of the code generator. Also shows how a catalog is written.

#include "compiler/Select.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;
using namespace alexc;

namespace {
/// A convolution costs 1 s in blocks of 16 channels and 10 s without, and wants its
/// padding as halo in both; an elementwise op 1 s in any layout, any other op and
/// an update 1 s in the logical one, and a byte moved 1 ms. The gradient of a
/// max_pool wants places of maxima in blocks of 16 channels if it can, to which
/// nothing reorders them. A softmax wants a layout to which nothing reorders.
/// There is no tanh, and nothing at all on cpu "none".
struct TestCatalog : KernelCatalog {
  explicit TestCatalog(Dialect *dialect) : KernelCatalog(dialect) {}

  SmallVector<KernelChoice> choices(Operation *op, const Machine &machine) const override {
    if (machine.name == "none" || isa<TanhOp>(op))
      return {};
    if (auto conv = dyn_cast<Conv2dOp>(op))
      return convChoices(conv);
    if (isa<SoftmaxOp>(op))
      return {{"loops", {Layout::batch(32)}, {Layout()}, 1}};
    if (auto reorder = dyn_cast<ReorderOp>(op))
      return reorderChoices(reorder);
    Layout blocked = Layout::plain(16);
    if (auto grad = dyn_cast<MaxPoolGradOp>(op); grad && channelsOf(grad.getArgmax()) % 16 == 0)
      return {{"loops", {Layout(), blocked}, {Layout()}, 1}};
    SmallVector<Layout> plainOperands(op->getNumOperands());
    SmallVector<Layout> blockedOperands(op->getNumOperands(), blocked);
    SmallVector<Layout> plainResults(op->getNumResults());
    SmallVector<Layout> blockedResults(op->getNumResults(), blocked);
    SmallVector<KernelChoice> all = {{"loops", plainOperands, plainResults, 1}};
    if (op->hasTrait<OpTrait::Elementwise>() && !isa<SgdUpdateOp>(op))
      all.push_back({"loops", blockedOperands, blockedResults, 1});
    return all;
  }

  double copySeconds(int64_t bytes, const Machine &) const override { return bytes * 1e-3; }
  double transferSeconds(int64_t bytes, const Machine &) const override { return bytes * 1e-3; }

private:
  static int64_t channelsOf(Value images) {
    return cast<RankedTensorType>(images.getType()).getDimSize(1);
  }

  SmallVector<KernelChoice> reorderChoices(ReorderOp reorder) const {
    Type from = reorder.getInput().getType(), to = reorder.getType();
    if (layoutOf(to).kind == Layout::Kind::batch)
      return {};
    double seconds = copySeconds(physicalBytes(from) + physicalBytes(to), {});
    return {{"loops", {layoutOf(from)}, {layoutOf(to)}, seconds}};
  }

  SmallVector<KernelChoice> convChoices(Conv2dOp conv) const {
    std::array<int64_t, 4> pad;
    llvm::copy(conv.getPad(), pad.begin());
    KernelChoice plain = {"conv_plain", {Layout().withHalo(pad), Layout()}, {Layout()}, 10};
    if (channelsOf(conv.getInput()) % 16)
      return {plain};
    KernelChoice direct = {"conv_direct",
                           {Layout::plain(16).withHalo(pad), Layout::filter(16, 16)},
                           {Layout::plain(16)},
                           1};
    return {plain, direct};
  }
};

struct TestSelect : PassWrapper<TestSelect, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestSelect)

  TestSelect() = default;
  TestSelect(const TestSelect &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "test-select"; }
  StringRef getDescription() const override { return "alex-select with a catalog for tests"; }

  void runOnOperation() override {
    SelectOptions options;
    options.machine.name = cpu;
    for (StringRef pair : force)
      options.kernels[pair.split(':').first] = pair.split(':').second.str();
    TestCatalog catalog(getContext().getLoadedDialect<AlexDialect>());
    if (failed(selectKernels(getOperation(), catalog, options)))
      signalPassFailure();
  }

  Option<std::string> cpu{*this, "cpu", llvm::cl::init("test")};
  ListOption<std::string> force{*this, "force"};
};
} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "test-select", "1", [] { PassRegistration<TestSelect>(); }};
}
