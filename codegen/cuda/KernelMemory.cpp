//===- KernelMemory.cpp - arrays, loads and stores of a kernel -----------------===//

#include "codegen/cuda/KernelPrinter.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// What is written
//===----------------------------------------------------------------------===//

Value KernelPrinter::baseOf(Value memory) const {
  while (auto view = memory.getDefiningOp<ViewLikeOpInterface>())
    memory = view.getViewSource();
  return memory;
}

void KernelPrinter::collectWrittenMemory() {
  kernel->walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (isa<MemRefType>(operand.getType()) && hasEffect<MemoryEffects::Write>(op, operand))
        written.insert(baseOf(operand));
    if (auto load = dyn_cast<vector::LoadOp>(op))
      vectorAccessed.insert(baseOf(load.getBase()));
    else if (auto store = dyn_cast<vector::StoreOp>(op))
      vectorAccessed.insert(baseOf(store.getBase()));
  });
}

bool KernelPrinter::isConstant(Value memory) {
  return isa<BlockArgument>(baseOf(memory)) && !isWritten(memory) &&
         !llvm::is_contained(kernel.getWorkgroupAttributions(), baseOf(memory));
}

/// Whether a later op may write to `memory`: not where it is an argument that is
/// only read and overlaps no other.
bool KernelPrinter::mayChange(Value memory) {
  auto argument = dyn_cast<BlockArgument>(baseOf(memory));
  bool isAlone = argument && argument.getArgNumber() < kernel.getNumArguments() &&
                 kernel.getArgAttr(argument.getArgNumber(), "llvm.noalias");
  return isWritten(memory) || !isAlone;
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

static std::string extents(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t extent : shape)
    text += "[" + std::to_string(extent) + "]";
  return text;
}

/// The shape as C++ sees it: at least one dimension.
static SmallVector<int64_t> arrayShape(MemRefType type) {
  SmallVector<int64_t> shape(type.getShape());
  if (shape.empty())
    shape.push_back(1);
  return shape;
}

std::string alexc::pointerDeclarator(MemRefType type, StringRef name, bool isConst,
                                     StringRef qualifier) {
  std::string pointer = (isConst ? "const " : "") + cudaType(type.getElementType()) + " ";
  std::string pointed =
      ("*" + qualifier + (qualifier.empty() || name.empty() ? "" : " ") + name).str();
  if (type.getRank() < 2)
    return pointer + pointed;
  return pointer + "(" + pointed + ")" + extents(type.getShape().drop_front());
}

/// Whether C++ can see memory of `type` as an array of arrays.
static bool isPlainArray(MemRefType type) {
  return type.hasStaticShape() && type.getLayout().isIdentity() &&
         !cudaType(type.getElementType()).empty();
}

LogicalResult KernelPrinter::printForm(memref::AllocaOp tile) {
  MemRefType type = tile.getType();
  if (!isPlainArray(type))
    return refuse(tile, "it is no array of a known shape");
  if (tile->getBlock() != &kernel.getBody().front())
    return refuse(tile, "it is not at the start of the kernel");
  std::string name = declareName(tile.getLoc());
  memory[tile] = name;
  line((vectorAccessed.contains(tile) ? "alignas(16) " : "") + cudaType(type.getElementType()) +
       " " + name + extents(arrayShape(type)) + ";");
  return success();
}

LogicalResult KernelPrinter::printView(Operation *view, Value source) {
  auto type = dyn_cast<MemRefType>(view->getResult(0).getType());
  if (!type || !isPlainArray(type))
    return refuse(view, "the result is no array of a known shape");
  if (view->getNumOperands() != 1 ||
      type.getElementType() != getElementTypeOrSelf(source.getType()) ||
      type.getNumElements() != cast<MemRefType>(source.getType()).getNumElements())
    return refuse(view, "it is not all of its source");
  Value result = view->getResult(0);
  if (cast<MemRefType>(source.getType()).getShape() == type.getShape()) {
    memory[result] = memory.lookup(source);
    return success();
  }
  std::string wanted = wantedName(view->getLoc());
  std::string name = names.declare(wanted.empty() ? memory.lookup(source) + "View" : wanted);
  bool isConst = isConstant(source);
  line(pointerDeclarator(type, name, isConst, "const") + " = reinterpret_cast<" +
       pointerDeclarator(type, "", isConst) + ">(" + memory.lookup(source) + ");");
  memory[result] = name;
  return success();
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

static int64_t bytesOf(MemRefType type) {
  return type.getNumElements() * getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8;
}

/// Prints the offset of each tile through `print`; returns where they end.
static int64_t layOut(gpu::GPUFuncOp kernel, function_ref<void(BlockArgument, int64_t)> print) {
  int64_t end = 0;
  for (BlockArgument tile : kernel.getWorkgroupAttributions()) {
    int64_t begin = llvm::alignTo(end, 16);
    print(tile, begin);
    end = begin + bytesOf(cast<MemRefType>(tile.getType()));
  }
  return end;
}

int64_t alexc::sharedBytes(gpu::GPUFuncOp kernel) {
  return layOut(kernel, [](BlockArgument, int64_t) {});
}

LogicalResult KernelPrinter::printSharedTiles() {
  for (BlockArgument tile : kernel.getWorkgroupAttributions())
    if (!isPlainArray(cast<MemRefType>(tile.getType())) ||
        !getElementTypeOrSelf(tile.getType()).isIntOrFloat())
      return refuse(kernel, "a shared tile is no array of a known shape");
  if (kernel.getNumWorkgroupAttributions() > 0)
    line("ALEXC_SMEM(smem);");
  layOut(kernel, [&](BlockArgument tile, int64_t begin) {
    auto type = cast<MemRefType>(tile.getType());
    std::string wanted = wantedName(tile.getLoc());
    std::string name = names.declare(wanted.empty() ? "tile" : wanted);
    memory[tile] = name;
    line("auto &" + name + " = *reinterpret_cast<" + cudaType(type.getElementType()) + " (*)" +
         extents(arrayShape(type)) + ">(smem" + (begin ? " + " + std::to_string(begin) : "") +
         ");");
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

Expression KernelPrinter::element(Value array, ValueRange indices) {
  SmallVector<Expression> parts = use(indices);
  std::string text = memory.lookup(array);
  if (parts.empty())
    text += "[0]";
  for (const Expression &index : parts)
    text += "[" + index.text + "]";
  return makeExpression(text, Precedence::postfix, parts);
}

LogicalResult KernelPrinter::printForm(memref::LoadOp load) {
  Expression loaded = element(load.getMemRef(), load.getIndices());
  loaded.readsMemory |= mayChange(load.getMemRef());
  return define(load.getResult(), std::move(loaded));
}

/// Whether alexc_cuda.cuh loads and stores vectors of `type`.
static bool hasVectorAccess(VectorType type) {
  return type.getElementType().isF32() && !cudaType(type).empty();
}

static std::string vectorFunction(StringRef name, VectorType type) {
  return name.str() + std::to_string(type.getDimSize(0));
}

LogicalResult KernelPrinter::printForm(vector::LoadOp load) {
  if (!hasVectorAccess(load.getVectorType()))
    return refuse(load, "unknown type of vector");
  Expression address = element(load.getBase(), load.getIndices());
  address.text = "&" + address.text;
  Expression loaded = makeCall(vectorFunction("load", load.getVectorType()), address);
  loaded.readsMemory |= mayChange(load.getBase());
  return define(load.getResult(), std::move(loaded));
}

LogicalResult KernelPrinter::printForm(memref::StoreOp store) {
  Expression value = use(store.getValueToStore());
  Expression target = element(store.getMemRef(), store.getIndices());
  flush();
  line(target.text + " = " + value.text + ";");
  return success();
}

LogicalResult KernelPrinter::printForm(vector::StoreOp store) {
  if (!hasVectorAccess(store.getVectorType()))
    return refuse(store, "unknown type of vector");
  Expression value = use(store.getValueToStore());
  Expression target = element(store.getBase(), store.getIndices());
  flush();
  line(vectorFunction("store", store.getVectorType()) + "(&" + target.text + ", " + value.text +
       ");");
  return success();
}

//===----------------------------------------------------------------------===//
// Asynchronous copies
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printForm(nvgpu::DeviceAsyncCopyOp copy) {
  int64_t elementBytes = getElementTypeOrSelf(copy.getDst().getType()).getIntOrFloatBitWidth() / 8;
  int64_t bytes = copy.getDstElements().getSExtValue() * elementBytes;
  if (bytes != 4 && bytes != 16)
    return refuse(copy, Twine("it copies ") + Twine(bytes) + " bytes, not 4 or 16");
  Expression target = element(copy.getDst(), copy.getDstIndices());
  Expression source = element(copy.getSrc(), copy.getSrcIndices());
  std::string text = "cp_async" + std::to_string(bytes);
  std::string last;
  if (Value count = copy.getSrcElements()) {
    Expression size = makeBinary("*", use(count), Expression::number(elementBytes));
    text += "_zfill";
    last = ", " + size.text;
  }
  flush();
  line(text + "(&" + target.text + ", &" + source.text + last + ");");
  return success();
}

LogicalResult KernelPrinter::printForm(nvgpu::DeviceAsyncCreateGroupOp) {
  line("cp_async_commit();");
  return success();
}

LogicalResult KernelPrinter::printForm(nvgpu::DeviceAsyncWaitOp wait) {
  flush();
  line("cp_async_wait<" + std::to_string(wait.getNumGroups().value_or(0)) + ">();");
  return success();
}
