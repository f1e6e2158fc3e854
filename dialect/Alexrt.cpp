//===- Alexrt.cpp - the alexrt dialect ---------------------------------------===//
//
// Registration, and the constraints that Alexrt.td cannot state, each under its
// label.

#include "dialect/Alexrt.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace alexc;

#include "dialect/AlexrtDialect.cpp.inc"

static ParseResult parseScratch(OpAsmParser &parser, DenseI64ArrayAttr &scratch) {
  SmallVector<int64_t> bytes;
  auto parseOne = [&] { return parser.parseInteger(bytes.emplace_back()); };
  OptionalParseResult single = parser.parseOptionalInteger(bytes.emplace_back());
  if (single.has_value()) {
    scratch = parser.getBuilder().getDenseI64ArrayAttr(bytes);
    return *single;
  }
  bytes.clear();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseOne))
    return failure();
  scratch = parser.getBuilder().getDenseI64ArrayAttr(bytes);
  return success();
}

static void printScratch(OpAsmPrinter &printer, Operation *, DenseI64ArrayAttr scratch) {
  if (scratch.size() == 1)
    printer << scratch[0];
  else
    printer << "[" << scratch.asArrayRef() << "]";
}

#define GET_OP_CLASSES
#include "dialect/Alexrt.cpp.inc"

void AlexrtDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Alexrt.cpp.inc"
      >();
}

std::array<ProgramOp::Port, 5> ProgramOp::getPorts() {
  auto port = [](StringRef name, std::optional<AtAttr> at, std::optional<Type> type) {
    return Port{name, at.value_or(AtAttr()), type.value_or(Type())};
  };
  return {port("input", getInput(), getInputType()), port("labels", getLabels(), getLabelsType()),
          port("output", getOutput(), getOutputType()), port("loss", getLoss(), getLossType()),
          port("input_gradient", getInputGradient(), getInputGradientType())};
}

static LogicalResult verifyPort(ProgramOp program, const ProgramOp::Port &port) {
  // program_c4
  if (bool(port.at) != bool(port.type))
    return program.emitOpError("expects an address and a type of the ")
           << port.name << ", got " << (port.at ? "no type" : "no address");
  if (!port.at)
    return success();
  // program_c3
  if (port.at.getSegment() != Segment::io)
    return program.emitOpError("expects the ") << port.name << " in segment io, got " << port.at;
  // program_c4
  if (port.at.getOffset() % 4)
    return program.emitOpError("expects the ")
           << port.name << " at a multiple of 4 bytes, got " << port.at;
  if (port.at.getDevice() >= program.getDevices())
    return program.emitOpError("expects the ")
           << port.name << " on a device below " << program.getDevices() << ", got " << port.at;
  return success();
}

LogicalResult ProgramOp::verify() {
  // program_c1
  StringRef entry = getEntry();
  bool takesLabels = entry == "evaluate" || entry == "train_step" || entry == "gradients";
  bool takesImages = takesLabels || entry == "infer";
  if (!takesImages && entry != "load" && entry != "apply")
    return emitOpError("expects entry load, infer, evaluate, train_step, gradients or apply, got ")
           << getEntryAttr();
  // program_c2
  if (takesImages && !getBatch())
    return emitOpError("expects the batch of entry ") << entry;
  for (const Port &port : getPorts()) {
    bool isLabel = port.name == "labels" || port.name == "loss";
    bool isOptional = port.name == "input_gradient";
    if (!port.at && !isOptional && (isLabel ? takesLabels : takesImages))
      return emitOpError("expects the ") << port.name << " of entry " << entry;
  }
  for (const Port &port : getPorts())
    if (failed(verifyPort(*this, port)))
      return failure();
  return success();
}

static LogicalResult verifyAddress(Operation *op, AtAttr at) {
  // launch_c3
  int64_t unit = at.getSegment() == Segment::io ? 4 : 64; // there, of some labels too
  if (!isByParameter(at.getSegment()) && at.getOffset() % unit)
    return op->emitOpError("expects offsets that are multiples of ") << unit << ", got " << at;
  // launch_c5
  auto program = cast<ProgramOp>(op->getParentOp());
  ArrayRef<int64_t> scratch = program.getScratch();
  if (at.getDevice() >= program.getDevices())
    return op->emitOpError("expects devices below ") << program.getDevices() << ", got " << at;
  if (at.getSegment() == Segment::scratch && at.getOffset() >= scratch[at.getDevice()])
    return op->emitOpError("expects addresses within ")
           << scratch[at.getDevice()] << " bytes of scratch memory, got " << at;
  return success();
}

/// Whether a program of kind `entry` may write to `segment`.
static bool mayWrite(StringRef entry, Segment segment) {
  switch (segment) {
  case Segment::param:
  case Segment::momentum:
    return entry == "train_step" || entry == "apply";
  case Segment::gradient:
    return entry == "gradients";
  case Segment::step:
    return false;
  default:
    return true;
  }
}

static LogicalResult verifyWritable(Operation *op, AtAttr at) {
  // launch_c4
  StringRef entry = cast<ProgramOp>(op->getParentOp()).getEntry();
  if (!mayWrite(entry, at.getSegment()))
    return op->emitOpError("entry ") << entry << " cannot write here: " << at;
  return success();
}

/// Queue d is of device d, queue (devices + d) brings it values.
static LogicalResult verifyQueue(Operation *op, uint64_t queue, int64_t first, int64_t last) {
  if (static_cast<int64_t>(queue) >= first && static_cast<int64_t>(queue) <= last)
    return success();
  return op->emitOpError("expects a queue from ") << first << " to " << last << ", got " << queue;
}

LogicalResult LaunchOp::verify() {
  // launch_c6
  int64_t devices = cast<ProgramOp>((*this)->getParentOp()).getDevices();
  if (failed(verifyQueue(*this, getQueue(), 0, devices - 1)))
    return failure();
  for (Attribute at : llvm::concat<const Attribute>(getReads().getValue(), getWrites().getValue()))
    if (cast<AtAttr>(at).getDevice() != static_cast<int64_t>(getQueue()))
      return emitOpError("expects addresses on device ") << getQueue() << ", got " << at;
  for (AtAttr at : getReads().getAsRange<AtAttr>())
    if (failed(verifyAddress(*this, at)))
      return failure();
  for (AtAttr at : getWrites().getAsRange<AtAttr>())
    if (failed(verifyAddress(*this, at)) || failed(verifyWritable(*this, at)))
      return failure();
  return success();
}

FunctionOpInterface alexc::findKernel(ModuleOp module, StringAttr name) {
  if (auto kernel = module.lookupSymbol<FunctionOpInterface>(name))
    return kernel;
  for (Operation &nested : *module.getBody())
    if (nested.hasTrait<OpTrait::SymbolTable>())
      if (Operation *kernel = SymbolTable::lookupSymbolIn(&nested, name))
        return dyn_cast<FunctionOpInterface>(kernel);
  return {};
}

/// Operands and results of a kernel: a lowered one has buffers for both, and
/// then, on a CPU, the range of work items.
static int64_t countArguments(FunctionOpInterface kernel) {
  int64_t arguments = kernel.getNumArguments() + kernel.getNumResults();
  return kernel->hasAttr(workAttrName) ? arguments - 2 : arguments;
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // launch_c1
  FunctionOpInterface kernel =
      findKernel((*this)->getParentOfType<ModuleOp>(), getKernelAttr().getAttr());
  if (!kernel)
    return emitOpError("expects a kernel function, got unknown symbol ") << getKernelAttr();
  if (!kernel->hasAttr(kernelAttrName))
    return emitOpError("expects a function with attribute ")
           << kernelAttrName << ", got " << getKernelAttr();
  // launch_c2
  bool isWrapped = kernel->getName().getDialectNamespace() == "llvm"; // takes one pointer to all
  int64_t got = getReads().size() + getWrites().size();
  int64_t wanted = isWrapped ? got : countArguments(kernel);
  if (got == wanted)
    return success();
  InFlightDiagnostic error = emitOpError("expects ") << wanted << " addresses, got " << got;
  error.attachNote(kernel->getLoc()) << "the kernel is here";
  return error;
}

LogicalResult CopyOp::verify() {
  // copy_c2
  int64_t devices = cast<ProgramOp>((*this)->getParentOp()).getDevices();
  if (failed(verifyQueue(*this, getQueue(), 0, 2 * devices - 1)))
    return failure();
  if (static_cast<int64_t>(getQueue()) % devices != getTarget().getDevice())
    return emitOpError("expects a queue of the target's device, got ") << getQueue();
  // copy_c1
  return success(succeeded(verifyAddress(*this, getSource())) &&
                 succeeded(verifyAddress(*this, getTarget())) &&
                 succeeded(verifyWritable(*this, getTarget())));
}

template <typename EventOp>
static LogicalResult verifyEventQueue(EventOp op) {
  int64_t devices = cast<ProgramOp>(op->getParentOp()).getDevices();
  return verifyQueue(op, op.getQueue(), 0, 2 * devices - 1); // signal_c1, wait_c1
}

LogicalResult SignalOp::verify() {
  // signal_c2
  for (Operation *op = (*this)->getPrevNode(); op; op = op->getPrevNode())
    if (auto other = dyn_cast<SignalOp>(op); other && other.getEvent() == getEvent())
      return emitOpError("expects an event of its own, got ") << getEvent();
  return verifyEventQueue(*this);
}

LogicalResult WaitOp::verify() {
  // wait_c2
  for (Operation *op = (*this)->getPrevNode(); op; op = op->getPrevNode())
    if (auto signal = dyn_cast<SignalOp>(op); signal && signal.getEvent() == getEvent())
      return verifyEventQueue(*this);
  return emitOpError("expects a signal of event ") << getEvent() << " before it";
}

LogicalResult ValueOp::verify() {
  // value_c2
  int64_t rank = cast<RankedTensorType>(getType()).getRank();
  if (getPart() && getPart()->front() >= rank)
    return emitOpError("expects a part along a dimension below ")
           << rank << ", got " << getPart()->front();
  return verifyAddress(*this, getAt()); // value_c1
}
