// Accesses to guarded memory, told in the words of the kernel.
#include "emulator/Memory.h"

#include "emulator/Diagnostics.h"
#include "emulator/Options.h"
#include "emulator/Worker.h"

#include <csignal>
#include <cstdio>
#include <ucontext.h>
#include <unistd.h>

namespace alexc::emulator {

static struct sigaction previousHandler;

static std::string describeBuffer(const Allocation &allocation, const char *address) {
  bool inside = address >= allocation.start && address < allocation.start + allocation.bytes;
  std::string memory =
      allocation.pinned ? "pinned memory" : "device " + std::to_string(allocation.device);
  return std::string(inside ? "inside" : "outside") + " a buffer of " +
         std::to_string(allocation.bytes) + " bytes of " + memory + ", at offset " +
         std::to_string(address - allocation.start);
}

/// Whether the address is in the guard page behind the worker's shared memory.
static bool isBehindShared(const char *address) {
  auto *end = reinterpret_cast<const char *>(currentWorker->sharedEnd);
  return address >= end && address < end + getpagesize();
}

[[noreturn]] static void failInKernel(const void *instruction, const char *address) {
  if (isBehindShared(address))
    failAtInstruction(instruction, "illegal access to shared memory: at offset %td of %llu bytes",
                      address - reinterpret_cast<const char *>(currentBlock->shared),
                      currentBlock->sharedBytes);
  if (currentWorker->team->stacks.isBelow(address))
    failAtInstruction(instruction,
                      "overflow of the thread's stack of %zu bytes (ALEXC_EMULATOR_STACK)",
                      options().stackBytes);
  if (const Allocation *allocation = findAllocation(address))
    failAtInstruction(instruction, "illegal access %s",
                      describeBuffer(*allocation, address).c_str());
  failAtInstruction(instruction, "illegal access to address %p",
                    static_cast<const void *>(address));
}

static void handleFault(int, siginfo_t *info, void *context) {
  auto *address = static_cast<const char *>(info->si_addr);
  auto *instruction = reinterpret_cast<const void *>(
      static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RIP]);
  if (currentThread)
    failInKernel(instruction, address);
  if (const Allocation *allocation = findAllocation(address))
    failAtInstruction(instruction, "host code touched memory %s",
                      describeBuffer(*allocation, address).c_str());
  sigaction(SIGSEGV, &previousHandler, nullptr); // not ours: comes again
}

namespace {
/// What signal handlers of this OS thread run on.
class AlternateStack {
public:
  AlternateStack() {
    stack_t alternate{};
    alternate.ss_sp = pages.start;
    alternate.ss_size = bytes;
    sigaltstack(&alternate, nullptr);
  }
  ~AlternateStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }

private:
  static constexpr size_t bytes = 256 * 1024;
  Pages pages{bytes};
};
} // namespace

void installFaultHandler() {
  // the fault may be on the stack of a fiber, which is small
  static thread_local AlternateStack stack;
  (void)stack;
  static const bool once = [] {
    struct sigaction action {};
    action.sa_sigaction = handleFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    return sigaction(SIGSEGV, &action, &previousHandler) == 0;
  }();
  if (!once)
    fail("cannot install a handler of SIGSEGV");
}

} // namespace alexc::emulator
