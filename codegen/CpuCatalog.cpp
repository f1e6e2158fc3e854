//===- CpuCatalog.cpp - the kernels of a CPU ----------------------------------===//
//
// Which layouts each kernel wants, and a cost model of two numbers: a core does
// its arithmetic at a share of its peak, or waits for its memory. Only the order
// of the costs matters, so one clock and one bandwidth stand for all machines.

#include "codegen/CpuCatalog.h"
#include "codegen/Convolution.h"
#include "codegen/CpuTarget.h"
#include "codegen/cpu/Generators.h"
#include "codegen/loops/LrnPool.h"
#include "codegen/loops/LrnPoolGrad.h"

using namespace mlir;
using namespace alexc;

static constexpr double clockRate = 3e9;       // cycles a second
static constexpr double bytesPerSecond = 25e9; // of one core
static constexpr double directShare = 0.9;     // of the peak, measured
static constexpr double plainShare = 0.3;      // conv_plain, along rows
static constexpr double gradPlainShare = 0.15; // conv_grad_plain, along rows
static constexpr double streamShare = 0.45;    // linear_stream, several images
static constexpr double panelTraffic = 1.2;    // linear_panel passes over its sums
static constexpr double vectorWindows = 1.5;   // loops read overlapping windows again,
static constexpr double scalarWindows = 8;     // and slowly number by number
static constexpr int64_t largestStream = 8;    // images of linear_stream

namespace {

/// The choices for one op on one CPU.
class Choices {
public:
  Choices(Operation *op, const CpuTarget &target) : op(op), target(target) {
    auto fused = dyn_cast<FusedOp>(op);
    if (fused)
      for (Operation &inner : fused.getBody().front().without_terminator())
        ops.push_back(&inner);
    else
      ops.push_back(op);
  }

  SmallVector<KernelChoice> find();

private:
  void findConvolutions(Conv2dOp conv);
  void addConvDirect(Conv2dOp conv);
  void findDataGrads(Conv2dDataGradOp grad);
  void addConvDataGrad(Conv2dDataGradOp grad);
  void findFilterGrads(Conv2dFilterGradOp grad);
  void findProducts(LinearOp linear);
  void findProductGradients(LayerOpInterface gradient);
  void findLoops();
  void addReorder(ReorderOp reorder);
  void addAsItLies();
  void addFlattens(FlattenOp flatten);
  void addUnflattens(UnflattenOp unflatten);
  void addBiasGrads(BiasGradOp bias);
  SmallVector<Layout> imageLayouts(RankedTensorType images) const;
  void addUniform(StringRef name, const Layout &layout, double slowdown);
  void addGenerator(StringRef name, ArrayRef<std::pair<Value, Layout>> ofRoot, const Layout &result,
                    double seconds);

  bool isGenerated() const;
  bool isDivisible(int64_t lanes) const;
  bool canBe(const Layout &layout) const;
  bool isReadByEpilogue(Value operandOfRoot) const;
  int64_t bytes() const;
  /// Seconds of `flops` at a share of the peak.
  double compute(double flops, double share) const {
    double perCycle = 2.0 * 2 * target.lanes; // two units, multiply and add
    return flops / (perCycle * clockRate * share);
  }
  double move(double bytes) const { return bytes / bytesPerSecond; }

  Operation *op;
  const CpuTarget &target;
  SmallVector<Operation *> ops; // of the kernel; the first is its root
  SmallVector<KernelChoice> choices;
};
} // namespace

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

static int64_t bytesOf(Type type) {
  return physicalBytes(isa<StepType>(type) ? type : unplaced(type));
}

/// `layout` for what may have one; vectors and steps have none.
static Layout layoutFor(Type type, const Layout &layout) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() > 1 ? layout : Layout();
}

/// The operand of a fused op, or of `op` itself, that a value of its body is.
static int64_t operandNumber(Operation *op, Value value) {
  if (isa<FusedOp>(op))
    return cast<BlockArgument>(value).getArgNumber();
  return llvm::find(op->getOperands(), value) - op->operand_begin();
}

SmallVector<KernelChoice> Choices::find() {
  Operation *root = ops.front();
  if (isGenerated() && isa<Conv2dOp>(root))
    findConvolutions(cast<Conv2dOp>(root));
  else if (isGenerated() && isa<Conv2dDataGradOp>(root))
    findDataGrads(cast<Conv2dDataGradOp>(root));
  else if (isGenerated() && isa<Conv2dFilterGradOp>(root))
    findFilterGrads(cast<Conv2dFilterGradOp>(root));
  else if (isGenerated() && isa<LinearOp>(root))
    findProducts(cast<LinearOp>(root));
  else if (isGenerated() && isa<LinearDataGradOp, LinearFilterGradOp>(root))
    findProductGradients(cast<LayerOpInterface>(root));
  else
    findLoops();
  return std::move(choices);
}

/// Whether the generators of convolutions and products can make the kernel: they
/// go on with elementwise ops, and read their own operands from memory.
bool Choices::isGenerated() const {
  auto isElementwise = [](Operation *inner) { return inner->hasTrait<OpTrait::Elementwise>(); };
  return llvm::all_of(llvm::drop_begin(ops), isElementwise);
}

/// Bytes of all operands and results.
int64_t Choices::bytes() const {
  int64_t sum = 0;
  for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    sum += bytesOf(type);
  return sum;
}

//===----------------------------------------------------------------------===//
// Generators
//===----------------------------------------------------------------------===//

/// A generator's choice: the layouts of its root's operands; other operands are
/// read where the result is written.
void Choices::addGenerator(StringRef name, ArrayRef<std::pair<Value, Layout>> ofRoot,
                           const Layout &result, double seconds) {
  SmallVector<Layout> operands, results;
  for (Type type : op->getOperandTypes())
    operands.push_back(layoutFor(type, result));
  for (Type type : op->getResultTypes())
    results.push_back(layoutFor(type, result));
  for (auto [value, layout] : ofRoot)
    if (value)
      operands[operandNumber(op, value)] = layout;
  choices.push_back({name.str(), operands, results, seconds});
}

bool Choices::isReadByEpilogue(Value operandOfRoot) const {
  return llvm::any_of(operandOfRoot.getUsers(), [&](Operation *user) {
    return user != ops.front() && llvm::is_contained(ops, user);
  });
}

/// Filters of one group, or of a piece where the plan has some: what any plan makes
/// of the layer can then have the same kernel, and adds in the same order.
static int64_t filtersOfPiece(Operation *op, Value output, int64_t groups) {
  auto pieces = op->getAttrOfType<IntegerAttr>("alex.pieces");
  return typeOf(output).getDimSize(1) / std::max(groups, pieces ? pieces.getInt() : 1);
}

void Choices::findConvolutions(Conv2dOp conv) {
  addConvDirect(conv);
  bool isVector = conv.getStride()[1] == 1 && typeOf(conv.getOutput()).getDimSize(3) >= 4;
  double share = isVector ? plainShare : plainShare / target.lanes;
  addGenerator("conv_plain",
               {{conv.getInput(), Layout::plain().withHalo(Convolution(conv).imageHalo())},
                {conv.getFilter(), Layout()},
                {conv.getBias(), Layout()}},
               Layout(), std::max(move(bytes()), compute(2.0 * conv.getMacs(), share)));
}

void Choices::addConvDirect(Conv2dOp conv) {
  int64_t filters = filtersOfPiece(conv, conv.getOutput(), conv.getGroups());
  int64_t channels = typeOf(conv.getFilter()).getDimSize(1);
  if (filters % target.lanes)
    return;
  int64_t panel = filters % (2 * target.lanes) ? target.lanes : 2 * target.lanes;
  int64_t block = channels % target.lanes ? 1 : target.lanes;
  // the epilogue would read blocks of the input
  if (block == 1 && isReadByEpilogue(conv.getInput()))
    return;
  addGenerator("conv_direct",
               {{conv.getInput(), Layout::plain(block).withHalo(Convolution(conv).imageHalo())},
                {conv.getFilter(), Layout::filter(block, panel)},
                {conv.getBias(), Layout()}},
               Layout::plain(target.lanes),
               std::max(move(bytes()), compute(2.0 * conv.getMacs(), directShare)));
}

void Choices::findDataGrads(Conv2dDataGradOp grad) {
  constexpr int64_t widestRow = 1 << 17; // conv_grad_plain has one on a thread's stack
  if (typeOf(grad->getResult(0)).getDimSize(3) + grad.getPad()[1] + grad.getPad()[3] > widestRow)
    return findLoops();
  addConvDataGrad(grad);
  double share = gradPlainShare / (grad.getStride()[1] == 1 ? 1 : target.lanes);
  addGenerator("conv_grad_plain", {{grad.getGradient(), Layout()}, {grad.getFilter(), Layout()}},
               Layout(), std::max(move(bytes()), compute(2.0 * grad.getMacs(), share)));
}

/// The panels and blocks of `conv_direct` with channels and filters exchanged.
void Choices::addConvDataGrad(Conv2dDataGradOp grad) {
  Convolution conv(grad);
  int64_t channels = dimOf(conv.filter, 1), filters = dimOf(conv.filter, 0) / conv.groups;
  if (channels % target.lanes || conv.stride[0] != 1 || conv.stride[1] != 1)
    return;
  int64_t panel = channels % (2 * target.lanes) ? target.lanes : 2 * target.lanes;
  int64_t block = filters % target.lanes ? 1 : target.lanes;
  // the epilogue would read blocks of the gradient
  if (block == 1 && isReadByEpilogue(conv.output))
    return;
  addGenerator("conv_data_grad",
               {{conv.output, Layout::plain(block).withHalo(conv.outputHalo())},
                {conv.filter, Layout::transposed(block, panel)}},
               Layout::plain(target.lanes),
               std::max(move(bytes()), compute(2.0 * grad.getMacs(), directShare)));
}

void Choices::findFilterGrads(Conv2dFilterGradOp grad) {
  if (grad.getParts() > 1)
    return findLoops();
  Convolution conv(grad);
  if (filtersOfPiece(grad, conv.output, conv.groups) % target.lanes == 0) {
    int64_t block = dimOf(conv.filter, 1) % target.lanes ? 1 : target.lanes;
    addGenerator("conv_filter_grad",
                 {{conv.image, Layout::plain(block).withHalo(conv.imageHalo())},
                  {conv.output, Layout::plain(target.lanes)}},
                 Layout(), std::max(move(bytes()), compute(2.0 * grad.getMacs(), directShare)));
  }
  double share = gradPlainShare / (conv.stride[1] == 1 ? 1 : target.lanes);
  addGenerator("conv_grad_plain",
               {{conv.image, Layout::plain().withHalo(conv.imageHalo())}, {conv.output, Layout()}},
               Layout(), std::max(move(bytes()), compute(2.0 * grad.getMacs(), share)));
}

void Choices::findProducts(LinearOp linear) {
  RankedTensorType input = typeOf(linear.getInput());
  int64_t images = input.getDimSize(0);
  auto add = [&](StringRef name, const Layout &layout, double seconds) {
    addGenerator(
        name,
        {{linear.getInput(), layout}, {linear.getFilter(), Layout()}, {linear.getBias(), Layout()}},
        layout, seconds);
  };
  if (images <= largestStream)
    add("linear_stream", Layout(),
        std::max(move(bytes()), compute(2.0 * linear.getMacs(), streamShare)));
  Layout batch = batchLayout(images, target);
  double padded = static_cast<double>(llvm::alignTo(images, batch.outerBlock)) / images;
  add("linear_panel", batch,
      std::max(panelTraffic * move(bytes()),
               compute(2.0 * linear.getMacs() * padded, directShare)));
}

/// All in the logical order: the weights are used, and updated, where they are.
void Choices::findProductGradients(LayerOpInterface gradient) {
  StringRef name = isa<LinearDataGradOp>(*gradient) ? "linear_data_grad" : "linear_filter_grad";
  auto filter = dyn_cast<LinearFilterGradOp>(*gradient);
  if (filter && typeOf(filter.getInput()).getDimSize(0) > mostImagesOfFilterGrad)
    return findLoops();
  addGenerator(name, {}, Layout(),
               std::max(move(bytes()), compute(2.0 * gradient.getMacs(), directShare)));
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Whether the channels of all values come in whole blocks of `lanes`.
bool Choices::isDivisible(int64_t lanes) const {
  auto isDivisibleValue = [&](Value value) {
    if (isa<StepType>(value.getType()))
      return true;
    return typeOf(value).getRank() == 4 && typeOf(value).getDimSize(1) % lanes == 0;
  };
  return llvm::all_of(ops, [&](Operation *inner) {
    if (auto lrn = dyn_cast<LrnOp>(inner))
      if (lrn.getForm() == LrnForm::across &&
          typeOf(lrn.getInput()).getDimSize(1) / lrn.getGroups() % lanes)
        return false;
    if (auto lrn = dyn_cast<LrnGradOp>(inner))
      if (lrn.getForm() == LrnForm::across &&
          typeOf(lrn.getInput()).getDimSize(1) / lrn.getGroups() % lanes)
        return false;
    if (auto slice = dyn_cast<SliceOp>(inner))
      if (slice.getDim() == 1 && slice.getBegin() % lanes)
        return false;
    if (auto slice = dyn_cast<SliceGradOp>(inner))
      if (slice.getDim() == 1 && slice.getBegin() % lanes)
        return false;
    // parameters keep the logical order
    return !isa<Conv2dOp, LinearOp, SgdUpdateOp>(inner) &&
           llvm::all_of(inner->getOperands(), isDivisibleValue) &&
           llvm::all_of(inner->getResults(), isDivisibleValue);
  });
}

/// Whether all operands and results are matrices, if `layout` is one of matrices.
bool Choices::canBe(const Layout &layout) const {
  if (layout.kind == Layout::Kind::plain)
    return layout.channelBlock == 1 || isDivisible(layout.channelBlock);
  auto isMatrix = [](Type type) {
    return isa<StepType>(type) || cast<RankedTensorType>(type).getRank() == 2;
  };
  auto isCutInImages = [](Operation *inner) { // these lie in blocks
    auto dim = inner->getAttrOfType<IntegerAttr>("dim");
    return dim && dim.getInt() == 0;
  };
  return llvm::none_of(ops, isCutInImages) && llvm::all_of(op->getOperandTypes(), isMatrix) &&
         llvm::all_of(op->getResultTypes(), isMatrix) &&
         llvm::none_of(ops, llvm::IsaPred<SoftmaxOp, SoftmaxGradOp, LinearOp, LinearDataGradOp,
                                          LinearFilterGradOp, SgdUpdateOp>);
}

/// A kernel whose operands and results are all in `layout`.
void Choices::addUniform(StringRef name, const Layout &layout, double slowdown) {
  if (!canBe(layout))
    return;
  addGenerator(name, {}, layout, slowdown * move(bytes()));
}

void Choices::findLoops() {
  if (auto reorder = dyn_cast<ReorderOp>(op))
    return addReorder(reorder);
  if (isa<TransferOp, ConvertOp>(op))
    return addAsItLies();
  if (auto flatten = dyn_cast<FlattenOp>(op))
    return addFlattens(flatten);
  if (auto unflatten = dyn_cast<UnflattenOp>(op))
    return addUnflattens(unflatten);
  if (auto bias = dyn_cast<BiasGradOp>(ops.front()))
    return addBiasGrads(bias);
  if (isLrnPool(op))
    addUniform("lrn_pool", Layout::plain(target.lanes), 1);
  if (isLrnPoolGrad(op))
    addUniform("lrn_pool_grad", Layout::plain(target.lanes), 1);
  bool hasWindows = llvm::any_of(
      ops, llvm::IsaPred<LrnOp, MaxPoolOp, AvgPoolOp, LrnGradOp, MaxPoolGradOp, AvgPoolGradOp>);
  addUniform("loops", Layout::plain(target.lanes), hasWindows ? vectorWindows : 1);
  addUniform("loops", Layout(), hasWindows ? scalarWindows : 1);
  if (op->getNumResults() && typeOf(op->getResult(0)).getRank() == 2)
    addUniform("loops", batchLayout(typeOf(op->getResult(0)).getDimSize(0), target), 1);
}

/// A reorder is what its types say.
void Choices::addReorder(ReorderOp reorder) {
  choices.push_back({"loops",
                     {layoutOf(reorder.getInput().getType())},
                     {layoutOf(reorder.getOutput().getType()).withoutHalo()},
                     move(bytes())});
}

/// A transfer, or a change of precision: numbers stay where they lie.
void Choices::addAsItLies() {
  RankedTensorType type = typeOf(op->getOperand(0));
  SmallVector<Layout> layouts = imageLayouts(type);
  if (type.getRank() == 2)
    layouts.push_back(batchLayout(type.getDimSize(0), target));
  for (const Layout &layout : layouts)
    choices.push_back({isa<TransferOp>(op) ? "copy" : "loops",
                       SmallVector<Layout>(op->getNumOperands(), layout),
                       {layout},
                       move(bytes())});
}

/// The layouts that images of this type can have.
SmallVector<Layout> Choices::imageLayouts(RankedTensorType images) const {
  if (images.getRank() == 4 && images.getDimSize(1) % target.lanes == 0)
    return {Layout(), Layout::plain(target.lanes)};
  return {Layout()};
}

void Choices::addFlattens(FlattenOp flatten) {
  RankedTensorType input = typeOf(flatten.getInput());
  for (const Layout &source : imageLayouts(input))
    for (const Layout &result : {Layout(), batchLayout(input.getDimSize(0), target)})
      choices.push_back({"loops", {source}, {result}, move(bytes())});
}

void Choices::addUnflattens(UnflattenOp unflatten) {
  for (const Layout &result : imageLayouts(typeOf(unflatten.getOutput())))
    choices.push_back({"loops", {Layout()}, {result}, move(bytes())});
}

/// Vectors of channels, or of pixels: all layouts of images will do. Rows are added
/// in one order, so that plans that lay them out in another way give the same bits.
void Choices::addBiasGrads(BiasGradOp bias) {
  RankedTensorType gradient = typeOf(bias.getGradient());
  for (const Layout &layout : imageLayouts(gradient))
    addGenerator("loops", {{bias.getGradient(), layout}}, Layout(), move(bytes()));
}

SmallVector<KernelChoice> alexc::cpuKernels(Operation *op, StringRef cpu) {
  CpuTarget target;
  std::string error;
  if (!CpuTarget::lookup(cpu, target, error))
    return {};
  return Choices(op, target).find();
}

double alexc::cpuCopySeconds(int64_t bytes) { return bytes / bytesPerSecond; }
