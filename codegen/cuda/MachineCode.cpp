//===- MachineCode.cpp - what became of a kernel in machine code ---------------===//

#include "codegen/cuda/MachineCode.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Support/Regex.h"
#include <cstdlib>
#include <vector>

using namespace alexc;
using llvm::StringRef;

/// `_ZN12tiny_kernels5conv1EPf` is conv1.
static std::string kernelName(StringRef symbol) {
  const std::string mangled = symbol.str(); // the demangler points into it
  llvm::ItaniumPartialDemangler demangler;
  if (demangler.partialDemangle(mangled.c_str()))
    return mangled;
  size_t size = 0;
  char *text = demangler.getFunctionBaseName(nullptr, &size);
  std::string name = text ? text : mangled;
  std::free(text);
  return name;
}

//===----------------------------------------------------------------------===//
// ptxas
//===----------------------------------------------------------------------===//

/// The number in front of `unit`: 40 of "Used 40 registers, used 1 barriers".
static int64_t numberBefore(StringRef line, StringRef unit) {
  StringRef number = line.take_front(line.find(unit)).rtrim();
  number = number.substr(number.find_last_not_of("0123456789") + 1);
  int64_t result = 0;
  return line.contains(unit) && !number.getAsInteger(10, result) ? result : 0;
}

llvm::StringMap<KernelResources> alexc::readPtxasLog(StringRef log) {
  llvm::StringMap<KernelResources> kernels;
  KernelResources *kernel = nullptr;
  for (StringRef line : llvm::split(log, '\n')) {
    if (line.contains("Compiling entry function '"))
      kernel = &kernels[kernelName(line.split('\'').second.split('\'').first)];
    if (!kernel)
      continue;
    if (line.contains("stack frame")) {
      kernel->stackBytes = numberBefore(line, " bytes stack frame");
      kernel->spilledBytes =
          numberBefore(line, " bytes spill stores") + numberBefore(line, " bytes spill loads");
    } else if (line.contains("Used ")) {
      kernel->registers = numberBefore(line, " registers");
      kernel->sharedBytes = numberBefore(line, " bytes smem");
    }
  }
  return kernels;
}

//===----------------------------------------------------------------------===//
// nvdisasm
//===----------------------------------------------------------------------===//

namespace {
struct Instruction {
  StringRef name;   ///< "LDS" of LDS.128
  StringRef target; ///< the label that a branch goes to
};

/// A kernel as it is read: its instructions, and where its labels stand.
class Listing {
public:
  void add(Instruction instruction) { instructions.push_back(instruction); }
  void addLabel(StringRef label) { labels[label] = instructions.size(); }
  std::optional<InnerLoop> findLoop() const;

private:
  struct Range {
    size_t begin, end; ///< the last one is the branch
    bool holds(const Range &other) const { return begin <= other.begin && other.end <= end; }
  };
  std::vector<Range> innermostLoops() const;
  InnerLoop count(const Range &range) const;

  std::vector<Instruction> instructions;
  llvm::StringMap<size_t> labels;
};
} // namespace

static bool isOneOf(StringRef name, StringRef names) {
  return (" " + names + " ").str().find((" " + name + " ").str()) != std::string::npos;
}

InnerLoop Listing::count(const Range &range) const {
  InnerLoop loop;
  for (size_t i = range.begin; i <= range.end; ++i) {
    StringRef name = instructions[i].name;
    ++loop.instructions;
    loop.multiplyAdds += name == "FFMA";
    loop.tensor += name == "HMMA";
    loop.otherFloat += isOneOf(name, "FADD FMUL FMNMX FSETP FSEL FSET");
    loop.shared += isOneOf(name, "LDS STS LDSM ATOMS");
    loop.global += isOneOf(name, "LDG STG LD ST LDL STL LDGSTS RED ATOM ATOMG");
    loop.special += name == "MUFU";
  }
  return loop;
}

/// Where a branch goes back, and no other within.
std::vector<Listing::Range> Listing::innermostLoops() const {
  std::vector<Range> loops;
  for (size_t i = 0; i < instructions.size(); ++i) {
    auto target = labels.find(instructions[i].target);
    if (target != labels.end() && target->second < i)
      loops.push_back({target->second, i});
  }
  std::vector<Range> innermost;
  llvm::copy_if(loops, std::back_inserter(innermost), [&](const Range &loop) {
    return llvm::none_of(loops, [&](const Range &other) {
      return loop.holds(other) && (loop.begin != other.begin || loop.end != other.end);
    });
  });
  return innermost;
}

std::optional<InnerLoop> Listing::findLoop() const {
  std::optional<InnerLoop> best;
  auto rank = [](const InnerLoop &loop) {
    return std::make_tuple(loop.tensor, loop.multiplyAdds, loop.instructions);
  };
  for (const Range &range : innermostLoops())
    if (InnerLoop loop = count(range); !best || rank(*best) < rank(loop))
      best = loop;
  return best;
}

llvm::StringMap<InnerLoop> alexc::readDisassembly(StringRef text) {
  // "/*0240*/ @P3 BRA `(.L_x_1) ;"
  llvm::Regex instruction("^ +/\\*[0-9a-f]+\\*/ +(@!?U?P[0-9T]+ +)?([A-Z][A-Z0-9_]*)(.*);");
  llvm::Regex label("^(\\.L[A-Za-z0-9_]*):");
  llvm::Regex branch("`\\((\\.L[A-Za-z0-9_]*)\\)");
  llvm::StringMap<Listing> kernels;
  Listing *kernel = nullptr;
  llvm::SmallVector<StringRef> parts, target;
  for (StringRef line : llvm::split(text, '\n')) {
    if (line.consume_front(".text.") && line.ends_with(":")) {
      kernel = &kernels[kernelName(line.drop_back())];
    } else if (kernel && label.match(line, &parts)) {
      kernel->addLabel(parts[1]);
    } else if (kernel && instruction.match(line, &parts) && parts[2] != "NOP") {
      bool isBranch = parts[2] == "BRA" && branch.match(parts[3], &target);
      kernel->add({parts[2], isBranch ? target[1] : StringRef()});
    }
  }
  llvm::StringMap<InnerLoop> loops;
  for (auto &[name, listing] : kernels)
    if (std::optional<InnerLoop> loop = listing.findLoop())
      loops[name] = *loop;
  return loops;
}

//===----------------------------------------------------------------------===//
// Rates
//===----------------------------------------------------------------------===//

double InnerLoop::shareOfPeak(const GpuTarget &target) const {
  if (multiplyAdds == 0 && tensor == 0)
    return 0;
  // bf16 has twice the rate of tf32, and an instruction of it twice the work
  const double termsOfTensor = 16 * 8 * 8;
  double onTensorCores = static_cast<double>(tensor) * termsOfTensor /
                         static_cast<double>(target.tensorMultiplyAddsPerCycle);
  // instructions of a warp that a multiprocessor takes in a cycle, from sm_80 on
  double floatRate = static_cast<double>(target.multiplyAddsPerCycle) / 32;
  const double issueRate = 4, memoryRate = 1, specialRate = 0.5;
  double useful = tensor ? onTensorCores : static_cast<double>(multiplyAdds) / floatRate;
  double cycles = std::max({static_cast<double>(instructions) / issueRate, onTensorCores,
                            static_cast<double>(multiplyAdds + otherFloat) / floatRate,
                            static_cast<double>(shared + global) / memoryRate,
                            static_cast<double>(special) / specialRate});
  return useful / cycles;
}
