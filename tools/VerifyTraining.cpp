//===- VerifyTraining.cpp - compare the entries of training --------------------===//

#include "tools/VerifyTraining.h"
#include "tools/TrialFiles.h"
#include <fmt/format.h>

using namespace mlir;
using namespace alexc;

namespace {
/// The largest distance of an entry's results.
struct Worst {
  double distance = 0;
  std::string name;
};

/// Results of one entry from elsewhere, compared one by one.
class Comparison {
public:
  Comparison(Location loc, StringRef subject, StringRef entry, double tolerance)
      : loc(loc), subject(subject), entry(entry), tolerance(tolerance) {}

  /// Emits an error where `got` differs.
  void add(const OutputValue &expected, const TensorValue &got);
  bool agrees() const { return differing == 0; }
  const Worst &worst() const { return largest; }

private:
  Location loc;
  StringRef subject, entry;
  double tolerance;
  unsigned differing = 0;
  Worst largest;
};

class TrainingVerification {
public:
  TrainingVerification(ModuleOp before, ModuleOp after, const BinaryRun &binary, Trial &trial,
                       uint64_t seed, const TrainingTolerances &tolerances)
      : before(before), after(after), binary(binary), trial(trial), seed(seed),
        tolerances(tolerances) {}

  LogicalResult run();

private:
  FailureOr<std::vector<OutputValue>> evaluateBefore(func::FuncOp entry);
  void drawMomenta(ArrayRef<OutputValue> gradients);
  LogicalResult compareEntry(func::FuncOp entry);
  LogicalResult comparePasses(ArrayRef<OutputValue> expected, Comparison &comparison,
                              StringRef entry);
  llvm::Error compareBinary(ArrayRef<OutputValue> expected, Comparison &comparison,
                            StringRef entry);
  bool isOver(const Comparison &comparison) const {
    return !comparison.agrees() && !tolerances.keepGoing;
  }

  ModuleOp before, after;
  const BinaryRun &binary;
  Trial &trial;
  uint64_t seed;
  const TrainingTolerances &tolerances;
  int64_t batch = 0;
};
} // namespace

/// The entry of a kind; null where there is none.
static func::FuncOp findEntry(ModuleOp module, StringRef kind) {
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (auto entry = function->getAttrOfType<StringAttr>("alex.entry"); entry && entry == kind)
      return function;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// One result
//===----------------------------------------------------------------------===//

void Comparison::add(const OutputValue &expected, const TensorValue &got) {
  std::fflush(stdout); // errors stand behind the rows before them
  auto error = [&] {
    ++differing;
    return emitError(loc) << subject << ": " << entry << ": '" << expected.name << "': ";
  };
  if (expected.value.shape != got.shape) {
    error() << "expected shape [" << expected.value.shape << "], got [" << got.shape << "]";
    return;
  }
  double apart = distance(expected.value, got);
  if (!(apart <= largest.distance) || largest.name.empty())
    largest = {apart, expected.name};
  if (!(apart <= tolerance)) // also where it is not a number
    error() << fmt::format("differs by {:.1e} of its norm, where {:.0e} is allowed", apart,
                           tolerance);
}

//===----------------------------------------------------------------------===//
// One entry
//===----------------------------------------------------------------------===//

/// Momenta that weigh as much in a step as the gradients do.
void TrainingVerification::drawMomenta(ArrayRef<OutputValue> gradients) {
  std::mt19937_64 random(seed);
  for (const OutputValue &output : gradients) {
    StringRef name = output.name;
    if (!name.consume_back(":gradient"))
      continue;
    trial.gradients[name.str()] = output.value;
    trial.momenta[name.str()] =
        drawNormal(output.value.shape, deviationOf(output.value) / 4, random);
  }
}

FailureOr<std::vector<OutputValue>> TrainingVerification::evaluateBefore(func::FuncOp entry) {
  if (failed(drawTrial(entry, seed, trial)))
    return failure();
  return evaluateOutputs(entry, trial);
}

LogicalResult TrainingVerification::comparePasses(ArrayRef<OutputValue> expected,
                                                  Comparison &comparison, StringRef kind) {
  func::FuncOp entry = findEntry(after, kind);
  if (!entry)
    return emitError(after.getLoc()) << "passes: expected an entry '" << kind << "', got none";
  auto outputs = evaluateOutputs(entry, trial);
  if (failed(outputs))
    return failure();
  std::map<StringRef, const TensorValue *> byName;
  for (const OutputValue &output : *outputs)
    byName[output.name] = &output.value;
  for (const OutputValue &output : expected)
    if (auto found = byName.find(output.name); found == byName.end())
      return entry.emitError("passes: expected a result '") << output.name << "', got none";
    else if (!isOver(comparison))
      comparison.add(output, *found->second);
  return success();
}

/// Reads one tensor after the other: together they would be large.
llvm::Error TrainingVerification::compareBinary(ArrayRef<OutputValue> expected,
                                                Comparison &comparison, StringRef kind) {
  llvm::Expected<std::string> file = binary.runTraining(kind, batch, trial);
  if (!file)
    return file.takeError();
  for (const OutputValue &output : expected) {
    if (isOver(comparison))
      break;
    llvm::Expected<TensorValue> got = readTensor(*file, output.name, output.value.shape);
    if (!got)
      return got.takeError();
    comparison.add(output, *got);
  }
  return llvm::Error::success();
}

LogicalResult TrainingVerification::compareEntry(func::FuncOp entry) {
  StringRef kind = entry->getAttrOfType<StringAttr>("alex.entry").getValue();
  auto expected = evaluateBefore(entry);
  if (failed(expected))
    return failure();
  if (kind == "gradients")
    drawMomenta(*expected);
  Comparison passes(entry.getLoc(), "passes", kind, tolerances.passes);
  if (failed(comparePasses(*expected, passes, kind)) || isOver(passes))
    return failure();
  Comparison compiled(entry.getLoc(), "compiled code", kind, tolerances.compiled);
  if (llvm::Error error = compareBinary(*expected, compiled, kind))
    return emitError(entry.getLoc()) << llvm::toString(std::move(error));
  if (!compiled.agrees() || !passes.agrees())
    return failure();
  fmt::print("{:<24} {:>9.1e} {:>9.1e}  {}\n", kind.str(), passes.worst().distance,
             compiled.worst().distance, compiled.worst().name);
  return success();
}

LogicalResult TrainingVerification::run() {
  SmallVector<func::FuncOp> entries;
  // the gradients first: momenta and `apply` need them
  for (StringRef kind : {"gradients", "train_step", "apply", "evaluate"})
    if (func::FuncOp entry = findEntry(before, kind)) {
      entries.push_back(entry);
      batch = std::max(batch, batchOf(entry));
    }
  // a high rate: an update that is left out shows in the parameters, too
  double step[] = {0.1f, 0.9f, 0.05f, 7, 5, 3, double(batch), 0};
  trial.step = TensorValue({8}, {std::begin(step), std::end(step)});
  fmt::print("{:<24} {:>9} {:>9}  {}\n", fmt::format("training at batch {}", batch), "passes",
             "compiled", "worst");
  bool agrees = true;
  for (func::FuncOp entry : entries) {
    agrees &= succeeded(compareEntry(entry));
    if (!agrees && !tolerances.keepGoing)
      return failure();
  }
  return success(agrees);
}

LogicalResult alexc::verifyTraining(ModuleOp before, ModuleOp after, const BinaryRun &binary,
                                    Trial &trial, uint64_t seed,
                                    const TrainingTolerances &tolerances) {
  return TrainingVerification(before, after, binary, trial, seed, tolerances).run();
}
