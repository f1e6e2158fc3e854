//===- CudaCatalog.cpp - the kernels of a GPU ---------------------------------===//
//
// All values lie in the logical order, so that nothing is ever reordered and
// parameters are used, and updated, where they are.

#include "codegen/cuda/CudaCatalog.h"
#include "codegen/cuda/GpuTarget.h"
#include "codegen/cuda/TiledProduct.h"

using namespace mlir;
using namespace alexc;

/// A thread of the shared loops loads two numbers for each product.
static constexpr double loopsSlowdown = 10;

/// Between two GPUs: PCI Express 4.0 with 16 lanes, which any two have. Many have more.
static constexpr double linkBytesPerSecond = 25e9;

/// An architecture that is compiled for, or a product that is asked about.
static bool lookUp(StringRef name, GpuTarget &target) {
  std::string error;
  return GpuTarget::lookup(name, target, error) || GpuTarget::lookupProduct(name, target, error);
}

/// Bytes of all operands and results.
static double bytesOf(Operation *op) {
  double sum = 0;
  for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    sum += physicalBytes(isa<StepType>(type) ? type : unplaced(type));
  return sum;
}

/// The product that `op` begins with, if all that follows is elementwise.
static std::optional<TiledProduct> findProduct(Operation *op, Precision precision) {
  auto fused = dyn_cast<FusedOp>(op);
  if (!fused)
    return productOf(op, precision);
  auto isEpilogue = [&](Operation &inner) {
    return &inner == fused.getRoot() || inner.hasTrait<OpTrait::Elementwise>();
  };
  if (!llvm::all_of(fused.getBody().front().without_terminator(), isEpilogue))
    return std::nullopt;
  return productOf(fused.getRoot(), precision);
}

/// Whether a thread has room for the sums of all images.
static bool isFewImages(LinearOp op) {
  return cast<RankedTensorType>(op.getInput().getType()).getDimSize(0) <= 8;
}

/// Seconds of a thread's instructions where a warp takes a row of the weights: for
/// four of its numbers they are loaded, and multiplied with each image's.
static double matrixVectorSeconds(LinearOp op, const GpuTarget &target) {
  double images = cast<RankedTensorType>(op.getInput().getType()).getDimSize(0);
  double fours = cast<RankedTensorType>(op.getFilter().getType()).getNumElements() / 4.0;
  double instructionsPerSecond = target.multiprocessors * 128.0 * target.clockRate;
  return fours * (3 + 5 * images) / instructionsPerSecond;
}

SmallVector<KernelChoice> alexc::cudaKernels(Operation *op, const Machine &machine) {
  GpuTarget target;
  std::string error;
  if (!lookUp(machine.name, target) || !readPrecision(machine.precision, target.precision, error))
    return {};
  double moving = bytesOf(op) / target.bytesPerSecond;
  SmallVector<KernelChoice> choices;
  auto add = [&](StringRef name, double seconds) {
    choices.push_back({name.str(), SmallVector<Layout>(op->getNumOperands()),
                       SmallVector<Layout>(op->getNumResults()), std::max(moving, seconds)});
  };
  if (auto transfer = dyn_cast<TransferOp>(op)) {
    add("copy", cudaTransferSeconds(physicalBytes(unplaced(transfer.getType())), machine.name));
    return choices;
  }
  std::optional<TiledProduct> product = findProduct(op, target.precision);
  double computing = product ? product->seconds(target) : 0;
  if (product) {
    Operation *root = isa<FusedOp>(op) ? cast<FusedOp>(op).getRoot() : op;
    bool isLinear = isa<LinearOp, LinearDataGradOp, LinearFilterGradOp>(root);
    add(isLinear ? "linear_gemm" : "conv_gemm", computing);
    if (auto linear = dyn_cast<LinearOp>(root); linear && isFewImages(linear))
      add("linear_gemv", matrixVectorSeconds(linear, target));
  }
  add("loops", loopsSlowdown * computing);
  return choices;
}

/// Enough blocks for a large GPU, none with too little to do, and not too much memory:
/// by sizes that a plan by filters leaves as they are.
int64_t alexc::cudaParts(Conv2dFilterGradOp op) {
  constexpr int64_t mostParts = 64, fewestTerms = 2048, mostColumns = 32768;
  ArrayRef<int64_t> filter = cast<RankedTensorType>(op.getFilterGradient().getType()).getShape();
  auto gradient = cast<RankedTensorType>(op.getGradient().getType());
  int64_t images = gradient.getDimSize(0);
  int64_t terms = gradient.getNumElements() / gradient.getDimSize(1);
  int64_t columns = filter[1] * filter[2] * filter[3];
  auto mayBe = [&](int64_t parts) {
    return parts <= mostParts && images % parts == 0 && terms >= parts * fewestTerms &&
           columns * parts <= mostColumns && parts * int64_t(op.getGroups()) <= mostBlocksDeep;
  };
  int64_t parts = 1;
  while (mayBe(2 * parts))
    parts *= 2;
  return parts;
}

double alexc::cudaCopySeconds(int64_t bytes, StringRef architecture) {
  GpuTarget target;
  return lookUp(architecture, target) ? bytes / target.bytesPerSecond
                                      : std::numeric_limits<double>::infinity();
}

double alexc::cudaTransferSeconds(int64_t bytes, StringRef architecture) {
  GpuTarget target;
  return lookUp(architecture, target) ? bytes / linkBytesPerSecond
                                      : std::numeric_limits<double>::infinity();
}
