// ALEXC_EMULATOR_POISON=trap: the first arithmetic on memory that nothing has written.
//
// Poison is a signaling NaN, on which arithmetic raises the invalid exception, and that is
// unmasked while kernels run. Other reasons for the exception (infinity minus infinity) are told
// apart by the registers: they hold poison before the instruction, or quiet poison after it. So an
// instruction without poison is run once more, masked and alone.
#include "emulator/Memory.h"

#include "emulator/Diagnostics.h"
#include "emulator/Execution.h"

#include <cfenv>
#include <csignal>
#include <cstring>
#include <ucontext.h>

namespace alexc::emulator {

static constexpr unsigned invalidFlag = 0x1, invalidMask = 0x80; // of MXCSR
static constexpr unsigned long long trapFlag = 0x100;            // of RFLAGS

/// Whether a vector register of the interrupted code holds `word`.
static bool registersHold(const ucontext_t *context, uint32_t word) {
  constexpr size_t softwareBytes = 464, extendedMagic = 0x46505853, xmmOffset = 160;
  auto *state = reinterpret_cast<const char *>(context->uc_mcontext.fpregs);
  uint32_t magic, extended;
  memcpy(&magic, state + softwareBytes, sizeof magic);
  memcpy(&extended, state + softwareBytes + 4, sizeof extended);
  size_t end = magic == extendedMagic ? extended : 416; // without more: 16 registers of 16 bytes
  for (size_t offset = xmmOffset; offset + 4 <= end; offset += 4)
    if (memcmp(state + offset, &word, sizeof word) == 0)
      return true;
  return false;
}

[[noreturn]] static void failUnwritten(const void *instruction) {
  failAtInstruction(instruction, "arithmetic on memory that nothing has written");
}

static __thread const void *steppedInstruction;

static void handleInvalid(int, siginfo_t *info, void *context) {
  auto *interrupted = static_cast<ucontext_t *>(context);
  if (registersHold(interrupted, poisonWord))
    failUnwritten(info->si_addr);
  steppedInstruction = info->si_addr;
  interrupted->uc_mcontext.fpregs->mxcsr |= invalidMask;
  interrupted->uc_mcontext.gregs[REG_EFL] |= trapFlag;
}

static void handleStep(int, siginfo_t *, void *context) {
  auto *interrupted = static_cast<ucontext_t *>(context);
  if (registersHold(interrupted, quietPoisonWord))
    failUnwritten(steppedInstruction);
  interrupted->uc_mcontext.fpregs->mxcsr &= ~(invalidMask | invalidFlag);
  interrupted->uc_mcontext.gregs[REG_EFL] &= ~trapFlag;
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(signal, &action, nullptr);
}

void enableTraps() {
  static const bool once = [] {
    install(SIGFPE, handleInvalid);
    install(SIGTRAP, handleStep);
    return true;
  }();
  if (once)
    feenableexcept(FE_INVALID);
}

void disableTraps() { fedisableexcept(FE_INVALID); }

} // namespace alexc::emulator
