// The switch between fibers, and their stacks.
#include "emulator/Worker.h"

#include "emulator/Diagnostics.h"
#include "emulator/Options.h"
#include "emulator/Races.h"

#include <sys/mman.h>

// Callee-saved registers of the System V ABI. Left by an indirect jump, not by a return: the
// return predictor would name the place where this fiber was left, not where the next one was.
asm(R"(
.text
.globl alexcEmulatorSwitch
.type alexcEmulatorSwitch,@function
.p2align 4
alexcEmulatorSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
.size alexcEmulatorSwitch, .-alexcEmulatorSwitch
)");

namespace alexc::emulator {

static constexpr uint64_t canary = 0x5ca1ab1e0ddba11;
static constexpr size_t guardBytes = 64 * 1024;
static constexpr unsigned savedRegisters = 6;

static char *mapPages(size_t bytes) {
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    fail("out of memory: no %zu bytes for threads of a block", bytes);
  return static_cast<char *>(memory);
}

Pages::Pages(size_t bytes) : start(mapPages(bytes)), bytes(bytes) {}

Pages::~Pages() { munmap(start, bytes); }

static constexpr size_t hugePage = size_t(2) << 20;

// an odd number of cache lines more than asked: stacks spread over the sets of the cache
Stacks::Stacks()
    : stride(options().stackBytes + 13 * 64), pages(stride * maxThreads + 3 * hugePage) {
  auto start = reinterpret_cast<uintptr_t>(pages.start);
  memory = reinterpret_cast<char *>((start + 2 * hugePage - 1) & ~(hugePage - 1));
  madvise(memory, stride * maxThreads, MADV_HUGEPAGE);
  mprotect(memory - guardBytes, guardBytes, PROT_NONE);
  free.reserve(maxThreads);
}

char *Stacks::bottom(int stack) const { return memory + static_cast<size_t>(stack) * stride; }

int Stacks::take(unsigned thread) {
  if (racesAreDetected())
    return static_cast<int>(thread);
  if (free.empty())
    return used++;
  int stack = free.back();
  free.pop_back();
  return stack;
}

void Stacks::giveBack(int stack) {
  if (!racesAreDetected())
    free.push_back(stack);
}

void *prepareStack(char *top, void (*entry)()) {
  auto *word = reinterpret_cast<void **>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t(15));
  *--word = nullptr; // in place of a return address, which keeps the stack aligned
  *--word = reinterpret_cast<void *>(entry);
  word -= savedRegisters;
  memset(word, 0, savedRegisters * sizeof *word);
  return word;
}

void *Stacks::prepare(int stack, void (*entry)()) {
  memcpy(bottom(stack), &canary, sizeof canary);
  return prepareStack(bottom(stack) + stride, entry);
}

bool Stacks::overflowed(int stack) const {
  return memcmp(bottom(stack), &canary, sizeof canary) != 0;
}

bool Stacks::isBelow(const char *address) const {
  return address >= memory - guardBytes && address < memory;
}

} // namespace alexc::emulator
