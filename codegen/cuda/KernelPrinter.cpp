//===- KernelPrinter.cpp - statements of a kernel ------------------------------===//

#include "codegen/cuda/KernelPrinter.h"
#include "codegen/cuda/VariableNames.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;

KernelPrinter::KernelPrinter(gpu::GPUFuncOp kernel, llvm::raw_ostream &out)
    : kernel(kernel), out(out), layers(layerLocations(kernel)) {
  collectWrittenMemory();
}

void KernelPrinter::line(const Twine &text) { printStatement(out, text.str(), indent); }

LogicalResult KernelPrinter::refuse(Operation *op, const Twine &reason) {
  InFlightDiagnostic error = op->emitOpError("has no form in CUDA C++");
  if (!reason.isTriviallyEmpty())
    error << ": " << reason.str();
  return error;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

std::string KernelPrinter::wantedName(Location loc) const {
  auto name = dyn_cast<NameLoc>(loc);
  if (!name || layers.contains(loc))
    return "";
  return cudaIdentifier(name.getName());
}

std::string KernelPrinter::declareName(Location loc) {
  std::string wanted = wantedName(loc);
  return wanted.empty() ? names.declareTemporary() : names.declare(wanted);
}

//===----------------------------------------------------------------------===//
// Values on their way to a user
//===----------------------------------------------------------------------===//

Expression KernelPrinter::use(Value value) {
  if (auto local = locals.find(value); local != locals.end())
    return local->second;
  auto text = pending.find(value);
  assert(text != pending.end() && "a value is printed before its users");
  Expression result = text->second;
  if (value.hasOneUse())
    pending.erase(text);
  return result;
}

SmallVector<Expression> KernelPrinter::use(ValueRange values) {
  return llvm::map_to_vector(values, [&](Value value) { return use(value); });
}

Expression KernelPrinter::useLeaf(Value value) {
  auto text = pending.find(value);
  bool isCheap = text == pending.end() || text->second.isLeaf() || text->second.constant ||
                 !text->second.lanes.empty();
  if (!isCheap) {
    Expression expression = text->second;
    pending.erase(text);
    declareLocal(value, expression);
  }
  return use(value);
}

/// Short sums and products of indices are written where they are used, however
/// often: x[2 * p + r] says more than x[t7].
static bool isPlainIndex(Value value, const Expression &expression) {
  return value.getType().isIndex() && !expression.readsMemory && !expression.isUnsigned &&
         expression.text.size() <= 12 &&
         StringRef(expression.text).find_first_of("(/%") == StringRef::npos;
}

bool KernelPrinter::mayFold(Value value, const Expression &expression) {
  Operation *op = value.getDefiningOp();
  if (expression.constant || !expression.lanes.empty())
    return true;
  if (!wantedName(op->getLoc()).empty() || op->hasAttr(commentAttrName))
    return false;
  if (isPlainIndex(value, expression))
    return true;
  return value.hasOneUse() && (*value.user_begin())->getBlock() == op->getBlock() &&
         expression.text.size() <= 60;
}

/// The text of a vector made of its elements; the elements are forgotten unless
/// they may be written twice.
static void joinLanes(Expression &vector, VectorType type) {
  ArrayRef<Expression> lanes = vector.lanes;
  bool isSplat =
      llvm::all_of(lanes, [&](const Expression &lane) { return lane.text == lanes.front().text; });
  bool isCheap =
      llvm::all_of(lanes, [](const Expression &lane) { return lane.isLeaf() || lane.constant; });
  bool isUnsigned = llvm::any_of(lanes, [](const Expression &lane) { return lane.isUnsigned; });
  Expression whole;
  if (lanes.size() == 1)
    whole = lanes.front();
  else if (isSplat && isCheap && type.getElementType().isF32())
    whole = makeCall("splat" + std::to_string(lanes.size()), lanes.front());
  else
    whole = makeCall("make_" + cudaType(type, isUnsigned), lanes);
  whole.isUnsigned = isUnsigned;
  if (isCheap)
    whole.lanes = std::move(vector.lanes);
  vector = std::move(whole);
}

LogicalResult KernelPrinter::define(Value value, Expression expression) {
  Operation *op = value.getDefiningOp();
  auto isWrong = [](const Expression &lane) { return lane.text.empty(); };
  if (expression.lanes.empty() ? isWrong(expression) : llvm::any_of(expression.lanes, isWrong))
    return refuse(op);
  auto vector = dyn_cast<VectorType>(value.getType());
  bool isTruthVector = vector && vector.getElementType().isInteger(1);
  if (!isTruthVector && cudaType(value.getType()).empty())
    return refuse(op, "unknown type");
  if (value.use_empty())
    return success();
  if (vector && !isTruthVector && expression.text.empty())
    joinLanes(expression, vector);
  if (mayFold(value, expression))
    pending[value] = std::move(expression);
  else
    declareLocal(value, expression);
  return success();
}

void KernelPrinter::declareLocal(Value value, const Expression &expression) {
  bool isUnsigned = expression.isUnsigned && !value.getType().isIndex();
  std::string name = declareName(value.getLoc());
  line("const " + cudaType(value.getType(), isUnsigned) + " " + name + " = " + expression.text +
       ";");
  locals[value] = Expression(name);
  locals[value].isUnsigned = isUnsigned;
}

void KernelPrinter::flushConvergent(Operation *user) {
  for (Value operand : user->getOperands())
    if (auto text = pending.find(operand); text != pending.end() && text->second.isConvergent)
      (void)useLeaf(operand);
}

void KernelPrinter::flush() {
  SmallVector<Value> stuck;
  for (const auto &[value, expression] : pending)
    if (expression.readsMemory || expression.isConvergent)
      stuck.push_back(value);
  for (Value value : stuck) {
    Expression expression = pending[value];
    pending.erase(value);
    declareLocal(value, expression);
  }
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printBlock(Block &block) {
  for (Operation &op : block) {
    if (auto comment = op.getAttrOfType<StringAttr>(commentAttrName))
      printComment(out, comment, indent);
    if (failed(printOp(&op)))
      return failure();
  }
  return success();
}

/// Declares the variable that stands for `variable`, which a loop carries, and for
/// what it leaves, `result`; an `if` has only a result.
LogicalResult KernelPrinter::declareVariable(Value variable, Value result, const Expression *init) {
  bool isUnsigned = result.getType().isInteger(32);
  std::string type = cudaType(result.getType(), isUnsigned);
  if (type.empty())
    return refuse(result.getDefiningOp(), "unknown type");
  bool isNamed = variable && !wantedName(variable.getLoc()).empty();
  Expression local = Expression(declareName(isNamed ? variable.getLoc() : result.getLoc()));
  local.isUnsigned = isUnsigned;
  line(type + " " + local.text + (init ? " = " + init->text : "") + ";");
  locals[result] = local;
  if (variable) {
    local.variables.push_back(variable);
    locals[variable] = local;
  }
  return success();
}

/// A loop's bound, which C++ computes before each iteration.
Expression KernelPrinter::boundOf(Value bound) {
  Expression expression = use(bound);
  if (!expression.readsMemory && !expression.isConvergent && expression.variables.empty())
    return expression.asSigned();
  Expression local = Expression(names.declare("end"));
  line("const int " + local.text + " = " + expression.text + ";");
  return local;
}

LogicalResult KernelPrinter::printForm(scf::ForOp loop) {
  Value counter = loop.getInductionVar();
  if (!counter.getType().isIndex())
    return refuse(loop, "the counter is no index");
  for (auto [variable, init, result] :
       llvm::zip(loop.getRegionIterArgs(), loop.getInitArgs(), loop.getResults())) {
    Expression expression = use(init);
    if (failed(declareVariable(variable, result, &expression)))
      return failure();
  }
  Expression begin = use(loop.getLowerBound());
  Expression end = boundOf(loop.getUpperBound()), step = boundOf(loop.getStep());
  flush();
  if (Attribute unroll = loop->getAttr(unrollAttrName)) {
    auto times = dyn_cast<IntegerAttr>(unroll);
    line("#pragma unroll" + (times ? " " + std::to_string(times.getInt()) : ""));
  }
  names.enter();
  std::string wanted = wantedName(counter.getLoc());
  std::string i = wanted.empty() ? names.declareCounter() : names.declare(wanted);
  locals[counter] = Expression(i);
  std::string next = step.constant == 1 ? "++" + i : i + " += " + step.text;
  line("for (int " + i + " = " + begin.text + "; " + i + " < " + end.within(Precedence::additive) +
       "; " + next + ") {");
  indent += 2;
  if (failed(printBlock(*loop.getBody())))
    return failure();
  indent -= 2;
  names.leave();
  line("}");
  return success();
}

LogicalResult KernelPrinter::printForm(scf::IfOp branch) {
  Expression condition = use(branch.getCondition());
  for (Value result : branch.getResults())
    if (failed(declareVariable(nullptr, result, nullptr)))
      return failure();
  flush();
  line("if (" + condition.text + ") {");
  for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()}) {
    if (region->empty())
      continue;
    if (region == &branch.getElseRegion())
      line("} else {");
    names.enter();
    indent += 2;
    if (failed(printBlock(region->front())))
      return failure();
    indent -= 2;
    names.leave();
  }
  line("}");
  return success();
}

LogicalResult KernelPrinter::printForm(scf::YieldOp yield) {
  if (auto loop = dyn_cast<scf::ForOp>(yield->getParentOp()))
    return printAssignments(loop.getRegionIterArgs(), yield.getResults());
  for (auto [result, value] : llvm::zip(yield->getParentOp()->getResults(), yield.getResults()))
    line(locals[result].text + " = " + use(value).text + ";");
  return success();
}

/// `target = text`, shorter where the value is the target and something more.
static std::string assignment(Value target, const std::string &name, Value value,
                              const Expression &expression) {
  Operation *op = value.getDefiningOp();
  std::string front = name + " " + expression.op + " ";
  bool isCompound = op && op->getNumOperands() == 2 && op->getOperand(0) == target &&
                    StringRef("+-*").contains(expression.op) && !expression.op.empty() &&
                    StringRef(expression.text).starts_with(front);
  if (isCompound)
    return name + " " + expression.op + "= " + expression.text.substr(front.size()) + ";";
  return name + " = " + expression.text + ";";
}

/// Assigns all `values` at once: one that reads a variable which another assignment
/// has changed by then is put aside first.
LogicalResult KernelPrinter::printAssignments(ValueRange targets, ValueRange values) {
  SmallVector<Expression> expressions = use(values);
  for (auto [i, expression] : llvm::enumerate(expressions)) {
    bool isStale = llvm::any_of(expression.variables, [&, i = i](Value read) {
      return llvm::is_contained(targets.take_front(i), read);
    });
    if (!isStale)
      continue;
    std::string type = cudaType(values[i].getType(), expression.isUnsigned);
    std::string name = names.declareTemporary();
    line("const " + type + " " + name + " = " + expression.text + ";");
    expression = Expression(name);
  }
  for (auto [target, value, expression] : llvm::zip(targets, values, expressions))
    if (target != value)
      line(assignment(target, locals[target].text, value, expression));
  return success();
}

LogicalResult KernelPrinter::printForm(gpu::BarrierOp) {
  flush();
  line("__syncthreads();");
  return success();
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

/// The operator or function of alexc_cuda.cuh that does `op` on whole vectors.
static Expression wholeVector(Operation *op, ArrayRef<Expression> operands) {
  return llvm::TypeSwitch<Operation *, Expression>(op)
      .Case<arith::AddFOp>([&](auto) { return makeBinary("+", operands[0], operands[1], true); })
      .Case<arith::SubFOp>([&](auto) { return makeBinary("-", operands[0], operands[1], true); })
      .Case<arith::MulFOp>([&](auto) { return makeBinary("*", operands[0], operands[1], true); })
      .Case<arith::DivFOp>([&](auto) { return makeBinary("/", operands[0], operands[1], true); })
      .Case<math::FmaOp, vector::FMAOp>([&](auto) { return makeCall("fma", operands); })
      .Default(Expression());
}

template <typename Op>
LogicalResult KernelPrinter::printElementwise(Op op) {
  Value result = op->getResult(0);
  auto vector = dyn_cast<VectorType>(result.getType());
  if (isa<arith::SelectOp, arith::AndIOp, arith::OrIOp>(op.getOperation()))
    flushConvergent(op); // ?:, && and || leave out operands
  if (!vector)
    return define(result, expressionOf(op, use(op->getOperands())));
  if (vector.getRank() != 1)
    return refuse(op, "the vector has more than one dimension");
  if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, math::FmaOp, vector::FMAOp>(
          op.getOperation()))
    return define(result, wholeVector(op, use(op->getOperands())));
  std::vector<std::vector<Expression>> operands;
  for (Value operand : op->getOperands())
    operands.push_back(lanesOf(operand));
  Expression lanes;
  for (int64_t lane = 0; lane < vector.getDimSize(0); ++lane) {
    auto ofLane = llvm::map_to_vector(operands, [&](const std::vector<Expression> &of) {
      return of.size() == 1 ? of.front() : of[lane]; // a select may have one condition
    });
    lanes.lanes.push_back(expressionOf(op, ofLane));
  }
  return define(result, std::move(lanes));
}

/// To bf16, a number or two that become a word, or to tf32 as tensor cores round.
LogicalResult KernelPrinter::printForm(arith::TruncFOp rounding) {
  auto vector = dyn_cast<VectorType>(rounding.getType());
  bool isToTf32 = isa<FloatTF32Type>(getElementTypeOrSelf(rounding.getType()));
  auto wanted =
      isToTf32 ? arith::RoundingMode::to_nearest_away : arith::RoundingMode::to_nearest_even;
  if (rounding.getRoundingmode().value_or(arith::RoundingMode::to_nearest_even) != wanted)
    return refuse(rounding, "the mode of rounding");
  if (!vector || vector.getNumElements() != 2)
    return printElementwise(rounding);
  if (!vector.getElementType().isBF16() || cudaType(rounding.getIn().getType()) != "float2")
    return refuse(rounding);
  return define(rounding.getResult(), makeCall("pack_bf16", use(rounding.getIn())));
}

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printOp(Operation *op) {
  auto elementwise = [&](auto op) { return printElementwise(op); };
  auto form = [&](auto op) { return printForm(op); };
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      // control flow
      .Case<scf::ForOp, scf::IfOp, scf::YieldOp, gpu::ReturnOp, gpu::BarrierOp>(form)
      // memory
      .Case<memref::AllocaOp, memref::LoadOp, memref::StoreOp, vector::LoadOp, vector::StoreOp>(
          form)
      .Case<memref::ReinterpretCastOp, memref::CastOp, memref::MemorySpaceCastOp>(
          [&](auto view) { return printView(view, view.getSource()); })
      .Case<memref::CollapseShapeOp, memref::ExpandShapeOp>(
          [&](auto view) { return printView(view, view.getSrc()); })
      .Case<nvgpu::DeviceAsyncCopyOp, nvgpu::DeviceAsyncCreateGroupOp, nvgpu::DeviceAsyncWaitOp>(
          form)
      // threads
      .Case<gpu::ThreadIdOp>(
          [&](auto id) { return printIdentifier(id, "threadIdx", id.getDimension()); })
      .Case<gpu::BlockIdOp>(
          [&](auto id) { return printIdentifier(id, "blockIdx", id.getDimension()); })
      .Case<gpu::BlockDimOp>(
          [&](auto dim) { return printSize(dim, kernel.getKnownBlockSize(), dim.getDimension()); })
      .Case<gpu::GridDimOp>(
          [&](auto dim) { return printSize(dim, kernel.getKnownGridSize(), dim.getDimension()); })
      .Case<gpu::ShuffleOp>(form)
      .Case<nvgpu::MmaSyncOp>(form)
      // values
      .Case<arith::ConstantOp, arith::MulUIExtendedOp, arith::TruncFOp>(form)
      .Case<vector::BroadcastOp, vector::ExtractOp, vector::InsertOp, vector::FromElementsOp,
            vector::ToElementsOp, vector::ShuffleOp, vector::BitCastOp, vector::ShapeCastOp>(form)
      .Case<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::NegFOp,
            arith::MaxNumFOp, arith::MinNumFOp, arith::CmpFOp, math::FmaOp, vector::FMAOp,
            math::SqrtOp, math::AbsFOp>(elementwise)
      .Case<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::DivSIOp, arith::DivUIOp,
            arith::RemSIOp, arith::RemUIOp, arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp,
            arith::MinUIOp, arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::ShLIOp,
            arith::ShRSIOp, arith::ShRUIOp, arith::CmpIOp, arith::SelectOp>(elementwise)
      .Case<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp, arith::ExtUIOp,
            arith::TruncIOp, arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::BitcastOp,
            arith::ExtFOp>(elementwise)
      .Default([&](Operation *op) { return refuse(op); });
}
