//===- ProgramTable.cpp - the network as one constant -------------------------===//

#include "codegen/ProgramTable.h"
#include "dialect/Alexrt.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/IR/Constants.h"

using namespace mlir;
using namespace alexc;

static_assert(int(Segment::param) == ALEXRT_PARAM && int(Segment::weights) == ALEXRT_WEIGHTS &&
                  int(Segment::scratch) == ALEXRT_SCRATCH && int(Segment::io) == ALEXRT_IO &&
                  int(Segment::momentum) == ALEXRT_MOMENTUM &&
                  int(Segment::gradient) == ALEXRT_GRADIENT && int(Segment::step) == ALEXRT_STEP,
              "segments of the dialect and of the runtime");

//===----------------------------------------------------------------------===//
// From the programs
//===----------------------------------------------------------------------===//

namespace {
class TableReader {
public:
  explicit TableReader(ModuleOp module) : module(module) {}

  FailureOr<ProgramTable> read();

private:
  LogicalResult readProgram(ProgramOp program);
  LogicalResult readLaunch(LaunchOp launch, ProgramTable::Program &program);
  void readCopy(CopyOp copy, ProgramTable::Program &program);
  template <typename EventOp>
  void readEvent(EventOp op, AlexrtAction action, ProgramTable::Program &program);
  uint32_t kernelIndex(StringRef name);

  ModuleOp module;
  ProgramTable table;
  llvm::MapVector<StringRef, uint32_t> kernels;
};
} // namespace

/// Makes the segment of `at` as large as it must be to hold the bytes.
static void cover(ProgramTable::Program &program, AtAttr at, int64_t bytes) {
  uint64_t &size = program.segmentBytes[at.getDevice()][static_cast<uint32_t>(at.getSegment())];
  if (!isByParameter(at.getSegment()))
    size = std::max<uint64_t>(size, at.getOffset() + bytes);
}

static void addArgument(ProgramTable::Program &program, AtAttr at, int64_t bytes, bool written) {
  cover(program, at, bytes);
  program.args.push_back({static_cast<uint32_t>(at.getDevice()),
                          static_cast<uint32_t>(at.getSegment()), written, /*unused=*/0,
                          static_cast<uint64_t>(at.getOffset()),
                          static_cast<uint64_t>(at.getStart()), static_cast<uint64_t>(bytes)});
}

uint32_t TableReader::kernelIndex(StringRef name) {
  auto [entry, isNew] = kernels.insert({name, kernels.size()});
  if (isNew)
    table.kernels.push_back(name.str());
  return entry->second;
}

LogicalResult TableReader::readLaunch(LaunchOp launch, ProgramTable::Program &program) {
  FunctionOpInterface kernel = findKernel(module, launch.getKernelAttr().getAttr());
  auto work = kernel ? kernel->getAttrOfType<IntegerAttr>(workAttrName) : nullptr;
  bool isOfDevice = kernel && !isa<ModuleOp>(kernel->getParentOp());
  if (!work && !isOfDevice)
    return launch.emitOpError("expects a lowered kernel, with attribute ") << workAttrName;
  size_t firstArg = program.args.size(), reads = launch.getReads().size();
  for (auto [i, at] : llvm::enumerate(llvm::concat<const Attribute>(
           launch.getReads().getValue(), launch.getWrites().getValue()))) {
    auto buffer = dyn_cast<MemRefType>(kernel.getArgumentTypes()[i]);
    if (!buffer || !buffer.hasStaticShape())
      return launch.emitOpError("expects a kernel on buffers of known size, got ")
             << kernel.getArgumentTypes()[i];
    int64_t bytes = buffer.getNumElements() * buffer.getElementTypeBitWidth() / 8;
    addArgument(program, cast<AtAttr>(at), bytes, i >= reads);
  }
  program.records.push_back({ALEXRT_LAUNCH, static_cast<uint32_t>(launch.getQueue()),
                             kernelIndex(launch.getKernel()), static_cast<uint32_t>(firstArg),
                             static_cast<uint32_t>(program.args.size() - firstArg), /*unused=*/0,
                             isOfDevice ? 1 : work.getInt()});
  return success();
}

void TableReader::readCopy(CopyOp copy, ProgramTable::Program &program) {
  uint32_t firstArg = program.args.size();
  addArgument(program, copy.getSource(), copy.getBytes(), false);
  addArgument(program, copy.getTarget(), copy.getBytes(), true);
  program.records.push_back({ALEXRT_COPY, static_cast<uint32_t>(copy.getQueue()), /*kernel=*/0,
                             firstArg, /*argCount=*/2, /*unused=*/0, /*work=*/0});
}

template <typename EventOp>
void TableReader::readEvent(EventOp op, AlexrtAction action, ProgramTable::Program &program) {
  auto event = static_cast<uint32_t>(op.getEvent());
  program.eventCount = std::max<uint64_t>(program.eventCount, event + 1);
  program.records.push_back({static_cast<uint32_t>(action), static_cast<uint32_t>(op.getQueue()),
                             event, /*firstArg=*/0, /*argCount=*/0, /*unused=*/0, /*work=*/0});
}

LogicalResult TableReader::readProgram(ProgramOp op) {
  ProgramTable::Program &program = table.programs.emplace_back();
  program.name = op.getName().str();
  program.segmentBytes.resize(table.deviceCount);
  if (op.getDevices() != table.deviceCount)
    return op.emitOpError("expects scratch memory of ")
           << table.deviceCount << " devices, got " << op.getDevices();
  for (const ProgramOp::Port &port : op.getPorts())
    if (port.at)
      cover(program, port.at, physicalBytes(port.type));
  for (auto [device, bytes] : llvm::enumerate(op.getScratch()))
    program.segmentBytes[device][ALEXRT_SCRATCH] = bytes;
  for (Operation &record : op.getBody().front()) {
    if (auto launch = dyn_cast<LaunchOp>(record)) {
      if (failed(readLaunch(launch, program)))
        return failure();
    } else if (auto copy = dyn_cast<CopyOp>(record)) {
      readCopy(copy, program);
    } else if (auto signal = dyn_cast<SignalOp>(record)) {
      readEvent(signal, ALEXRT_SIGNAL, program);
    } else if (auto wait = dyn_cast<WaitOp>(record)) {
      readEvent(wait, ALEXRT_WAIT, program);
    }
  }
  return success();
}

/// `name` with anything that no C identifier holds as an underscore.
static std::string identifier(StringRef name) {
  std::string result = name.str();
  for (char &c : result)
    if (!llvm::isAlnum(c))
      c = '_';
  return result;
}

FailureOr<ProgramTable> TableReader::read() {
  auto network = module->getAttrOfType<DictionaryAttr>("alex.network");
  auto name = network ? network.getAs<StringAttr>("name") : nullptr;
  if (!name)
    return module.emitError("expects attribute alex.network with a name");
  table.network = identifier(name);
  if (auto devices = module->getAttrOfType<IntegerAttr>("alex.devices"))
    table.deviceCount = devices.getInt();
  for (auto program : module.getOps<ProgramOp>())
    if (failed(readProgram(program)))
      return failure();
  if (table.programs.empty())
    return module.emitError("holds no program");
  return std::move(table);
}

FailureOr<ProgramTable> alexc::readProgramTable(ModuleOp module) {
  return TableReader(module).read();
}

//===----------------------------------------------------------------------===//
// To LLVM constants
//===----------------------------------------------------------------------===//

namespace {
/// Builds constants of the structs in alexrt.h, field by field.
class TableWriter {
public:
  TableWriter(const ProgramTable &table, llvm::Module &module)
      : table(table), module(module), context(module.getContext()) {}

  void write();

private:
  llvm::Constant *u32(uint32_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), value);
  }
  llvm::Constant *u64(uint64_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), value);
  }
  llvm::Constant *structure(ArrayRef<llvm::Constant *> fields) {
    return llvm::ConstantStruct::getAnon(context, fields);
  }
  llvm::Constant *null() {
    return llvm::ConstantPointerNull::get(llvm::PointerType::get(context, 0));
  }
  llvm::Constant *text(StringRef value, const llvm::Twine &name) {
    return constant(llvm::ConstantDataArray::getString(context, value), name);
  }
  llvm::GlobalVariable *constant(llvm::Constant *value, const llvm::Twine &name);
  llvm::Constant *array(ArrayRef<llvm::Constant *> elements, const llvm::Twine &name);
  llvm::Constant *kernel(StringRef name);
  llvm::Constant *program(const ProgramTable::Program &program);

  const ProgramTable &table;
  llvm::Module &module;
  llvm::LLVMContext &context;
};
} // namespace

llvm::GlobalVariable *TableWriter::constant(llvm::Constant *value, const llvm::Twine &name) {
  return new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                  llvm::GlobalValue::PrivateLinkage, value, name);
}

/// The address of an array of structs of one type.
llvm::Constant *TableWriter::array(ArrayRef<llvm::Constant *> elements, const llvm::Twine &name) {
  if (elements.empty())
    return null();
  auto *type = llvm::ArrayType::get(elements.front()->getType(), elements.size());
  return constant(llvm::ConstantArray::get(type, elements), name);
}

llvm::Constant *TableWriter::kernel(StringRef name) {
  llvm::Function *function = module.getFunction(name);
  assert(function && "the table's kernels are in the module");
  function->setLinkage(llvm::GlobalValue::InternalLinkage);
  function->setName(table.network + "." + name);
  return function;
}

llvm::Constant *TableWriter::program(const ProgramTable::Program &program) {
  SmallVector<llvm::Constant *> records, args, segments;
  for (const AlexrtRecord &r : program.records)
    records.push_back(structure({u32(r.action), u32(r.queue), u32(r.kernel), u32(r.firstArg),
                                 u32(r.argCount), u32(r.unused), u64(r.work)}));
  for (const AlexrtArg &a : program.args)
    args.push_back(structure({u32(a.device), u32(a.segment), u32(a.written), u32(a.unused),
                              u64(a.offset), u64(a.start), u64(a.bytes)}));
  for (const auto &ofDevice : program.segmentBytes)
    segments.push_back(llvm::ConstantDataArray::get(context, ArrayRef(ofDevice)));
  return structure({text(program.name, program.name + ".name"),
                    array(records, program.name + ".records"), u64(program.records.size()),
                    array(args, program.name + ".args"), u64(program.eventCount),
                    array(segments, program.name + ".segments")});
}

void TableWriter::write() {
  auto kernels = llvm::map_to_vector(table.kernels, [&](StringRef name) { return kernel(name); });
  SmallVector<llvm::Constant *> programs;
  for (const ProgramTable::Program &entry : table.programs)
    programs.push_back(program(entry));
  llvm::GlobalVariable *network = constant(
      structure({u32(ALEXRT_ABI_VERSION), u32(table.deviceCount), u64(kernels.size()),
                 array(kernels, "kernels"), array(programs, "programs"), u64(programs.size()),
                 text(table.description, "description"), /*deviceKernels=*/null(),
                 /*device=*/null()}),
      "alexrt_network_" + table.network);
  network->setLinkage(llvm::GlobalValue::ExternalLinkage);
}

void alexc::emitProgramTable(const ProgramTable &table, llvm::Module &module) {
  TableWriter(table, module).write();
}
