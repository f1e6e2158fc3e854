//===- KernelRunner.h - compile a kernel and run it in this process -*- C++ -*-===//
//
// For tests: takes a kernel function on tensors the whole way through the code
// generator, runs the machine code, and gives the oracle's answer beside it.

#ifndef ALEXC_TEST_UNIT_KERNELRUNNER_H
#define ALEXC_TEST_UNIT_KERNELRUNNER_H

#include "compiler/Interpreter.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <memory>

namespace alexc {

/// Memory of a value in its physical layout, which ends just before a page that
/// may not be touched.
class GuardedBuffer {
public:
  explicit GuardedBuffer(size_t bytes);
  GuardedBuffer(const GuardedBuffer &) = delete;
  GuardedBuffer &operator=(const GuardedBuffer &) = delete;
  ~GuardedBuffer();

  char *data() const { return begin; }
  llvm::MutableArrayRef<char> bytes() const { return {begin, size}; }

private:
  char *pages = nullptr;
  size_t allocated = 0; ///< bytes of the pages, the guard included
  char *begin = nullptr;
  size_t size = 0;
};

/// Calls `visit` with the number of each element in logical order and its number
/// in the memory of `type`, a tensor or a step.
void forEachElement(mlir::Type type, llvm::function_ref<void(size_t, size_t)> visit);

/// A compiled kernel on buffers of its own.
class KernelRunner {
public:
  /// Compiles the only function of `module`, which is a kernel, for `cpu`. The
  /// module is used up. Null where the code generator reported an error.
  static std::unique_ptr<KernelRunner> compile(mlir::ModuleOp module, llvm::StringRef cpu);

  int64_t workItems() const { return work; }
  /// Fills the operands, halos with zeros; the results with NaN. A result that is
  /// tied to an operand lies in its memory.
  void setOperands(llvm::ArrayRef<TensorValue> values);
  /// Computes the items [begin, end).
  void run(int64_t begin, int64_t end);
  /// Result `number` in logical order. A halo that is not zero is reported as a
  /// failure of the test.
  TensorValue result(unsigned number) const;
  llvm::ArrayRef<char> resultMemory(unsigned number) const;

private:
  struct Argument {
    mlir::Type type;
    std::shared_ptr<GuardedBuffer> buffer; ///< a tied result has its operand's

    void write(size_t offset, size_t element, double value);
    double read(size_t offset) const;
  };
  using Function = void (*)(void *const *arguments, int64_t begin, int64_t end);

  std::unique_ptr<llvm::orc::LLJIT> code;
  Function function = nullptr;
  int64_t work = 0;
  std::vector<Argument> operands, results;
};

} // namespace alexc

#endif // ALEXC_TEST_UNIT_KERNELRUNNER_H
