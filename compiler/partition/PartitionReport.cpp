//===- PartitionReport.cpp - what a plan costs before it runs ----------------===//

#include "compiler/partition/PartitionReport.h"
#include "compiler/LiveRanges.h"
#include "compiler/Remarks.h"
#include "compiler/partition/Plan.h"
#include <numeric>

using namespace mlir;
using namespace alexc;

int64_t PartitionReport::bytesForward() const {
  return std::accumulate(edges.begin(), edges.end(), int64_t(0),
                         [](int64_t sum, const auto &edge) { return sum + edge.forward; });
}

int64_t PartitionReport::bytesBackward() const {
  return std::accumulate(edges.begin(), edges.end(), int64_t(0),
                         [](int64_t sum, const auto &edge) { return sum + edge.backward; });
}

namespace {
/// Adds up one entry.
class Summary {
public:
  Summary(func::FuncOp entry, const KernelCatalog &catalog, const Machine &machine)
      : entry(entry), catalog(catalog), machine(machine) {}

  PartitionReport run();

private:
  DeviceLoad &device(int64_t number) { return report.devices[number]; }
  void addArguments();
  void addOp(Operation *op);
  void addLayer(StringRef name, int64_t device, int64_t macs);
  void addTransfer(TransferOp transfer);
  void addParameters(TransferOp transfer, int64_t from, int64_t to, int64_t bytes);
  PartitionEdge &findEdge(StringRef source, StringRef reader, int64_t from, int64_t to);
  void schedule(Operation *op, double &queue, double seconds);
  double secondsOf(Operation *op) const;

  func::FuncOp entry;
  const KernelCatalog &catalog;
  const Machine &machine;
  PartitionReport report;
  SmallVector<double> computing, receiving; ///< of each device: when its queue is free
  DenseMap<Value, double> ready;            ///< when a value is there
};
} // namespace

static int64_t deviceOrFirst(Type type) { return deviceOf(type).value_or(0); }

/// What a user calls the value that crosses: behind views and joins, the layer.
static std::string sourceLayer(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && (isView(op) || isa<FlattenOp, UnflattenOp, ReorderOp, ConvertOp>(op)))
    op = op->getOperand(0).getDefiningOp();
  return op ? layerOfName(StringRef(layerName(op)).rsplit('+').second.empty()
                              ? StringRef(layerName(op))
                              : StringRef(layerName(op)).rsplit('+').second)
                  .str()
            : "input";
}

/// The layer that reads what `transfer` brings, behind joins and forms of it.
static std::string readerLayer(TransferOp transfer) {
  Operation *reader = transfer;
  while (reader && !reader->use_empty()) {
    reader = *reader->user_begin();
    if (!isa<ConcatOp, ReorderOp, FlattenOp, SliceOp, ConvertOp>(reader))
      break;
  }
  bool isReturn = !isa<LayerOpInterface>(reader);
  return isReturn ? "output" : layerOfName(layerName(reader)).str();
}

/// Whether what crosses is of parameters: their gradients, or their new values.
static bool isOfParameters(TransferOp transfer) {
  std::string name = layerName(transfer);
  return transfer.getOld() || StringRef(name).contains("filter_grad") ||
         StringRef(name).contains("bias_grad");
}

void Summary::addArguments() {
  for (BlockArgument argument : entry.getArguments()) {
    auto at = entry.getArgAttrOfType<AtAttr>(argument.getArgNumber(), "alex.at");
    DeviceLoad &load = device(at.getDevice());
    int64_t bytes = physicalBytes(argument.getType());
    switch (at.getSegment()) {
    case Segment::param:
    case Segment::weights:
      load.parameters += bytes;
      break;
    case Segment::momentum:
    case Segment::gradient:
      load.momenta += bytes;
      break;
    case Segment::io:
      load.ports += bytes;
      break;
    default:
      break;
    }
  }
}

/// The catalog's prediction for the kernel that alex-select chose.
double Summary::secondsOf(Operation *op) const {
  auto kernel = op->getAttrOfType<StringAttr>("alex.kernel");
  if (!kernel || isView(op))
    return 0;
  double seconds = 0;
  for (const KernelChoice &choice : catalog.choices(op, machine)) {
    bool fits = llvm::all_of(llvm::zip(op->getResults(), choice.results), [](auto pair) {
      return layoutOf(std::get<0>(pair).getType()).withoutHalo() == std::get<1>(pair);
    });
    if (choice.name == kernel.getValue() && (fits || seconds == 0))
      seconds = choice.seconds;
  }
  return seconds;
}

/// Behind what its queue does and what makes its operands.
void Summary::schedule(Operation *op, double &queue, double seconds) {
  double begin = queue;
  for (Value operand : op->getOperands())
    begin = std::max(begin, ready.lookup(operand));
  queue = begin + seconds;
  for (Value result : op->getResults())
    ready[result] = queue;
  report.step = std::max(report.step, queue);
}

void Summary::addTransfer(TransferOp transfer) {
  int64_t from = deviceOrFirst(transfer.getInput().getType());
  int64_t to = deviceOrFirst(transfer.getType()), bytes = physicalBytes(transfer.getType());
  double seconds = secondsOf(transfer);
  report.transfer += seconds;
  schedule(transfer, receiving[to], seconds);
  bool isBack = isGradientName(layerName(transfer));
  if (isOfParameters(transfer))
    return addParameters(transfer, from, to, bytes);
  std::string reader = isBack ? layerOfName(layerName(transfer)).str() : readerLayer(transfer);
  if (isBack)
    std::swap(from, to); // the edge is that of the way forward
  std::string source = isBack ? reader : sourceLayer(transfer.getInput());
  PartitionEdge &edge = findEdge(source, reader, from, to);
  (isBack ? edge.backward : edge.forward) += bytes;
}

/// The edge that `reader` has between the two devices; a new one from `source`.
PartitionEdge &Summary::findEdge(StringRef source, StringRef reader, int64_t from, int64_t to) {
  for (PartitionEdge &edge : report.edges)
    if (edge.reader == reader && edge.from == from && edge.to == to)
      return edge;
  return report.edges.emplace_back(PartitionEdge{source.str(), reader.str(), from, to, 0, 0});
}

/// Gradients go to the owner of the parameters, new values come back from it.
void Summary::addParameters(TransferOp transfer, int64_t from, int64_t to, int64_t bytes) {
  std::string layer = layerOfName(layerName(transfer)).str() + ", parameters";
  if (transfer.getOld())
    findEdge(layer, layer, from, to).forward += bytes;
  else
    findEdge(layer, layer, to, from).backward += bytes;
}

/// Each once, whatever parts of it there are.
void Summary::addLayer(StringRef name, int64_t device, int64_t macs) {
  if (name.contains(':') || name.starts_with("reorder of "))
    return;
  auto layer = llvm::find_if(report.layers, [&](const auto &known) { return known.name == name; });
  if (layer == report.layers.end())
    layer =
        report.layers.insert(layer, {name.str(), std::vector<int64_t>(report.devices.size(), -1)});
  layer->macs[device] = std::max<int64_t>(layer->macs[device], 0) + macs;
}

void Summary::addOp(Operation *op) {
  if (auto transfer = dyn_cast<TransferOp>(op))
    return addTransfer(transfer);
  int64_t number = deviceOrFirst(op->getResult(0).getType());
  double seconds = secondsOf(op);
  device(number).compute += seconds;
  if (auto layer = dyn_cast<LayerOpInterface>(op)) {
    device(number).macs += layer.getMacs();
    addLayer(layer.getLayerName(), number, layer.getMacs());
  }
  schedule(op, computing[number], seconds);
}

PartitionReport Summary::run() {
  SmallVector<int64_t> scratch = scratchOf(entry);
  report.devices.resize(scratch.size());
  computing.assign(scratch.size(), 0);
  receiving.assign(scratch.size(), 0);
  for (auto [number, bytes] : llvm::enumerate(scratch))
    device(number).scratch = bytes;
  addArguments();
  for (Operation &op : entry.front().without_terminator())
    addOp(&op);
  return std::move(report);
}

PartitionReport alexc::reportPartition(func::FuncOp entry, const KernelCatalog &catalog,
                                       const Machine &machine) {
  return Summary(entry, catalog, machine).run();
}
