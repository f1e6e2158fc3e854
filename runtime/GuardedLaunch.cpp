//===- GuardedLaunch.cpp - faults where a kernel leaves its arguments -----===//

#include "runtime/GuardedLaunch.h"
#include "runtime/Error.h"
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace alexrt;

namespace {

enum class Placement { beforeGuard, behindGuard };

/// A copy of one argument between two inaccessible pages.
class GuardedCopy {
public:
  GuardedCopy(const AlexrtArg &declared, void *original, Placement placement);
  ~GuardedCopy() { munmap(mapping, bodyBytes + 2 * page); }
  GuardedCopy(GuardedCopy &&) = delete;

  void *data() const { return copy; }
  void copyBack() const {
    if (declared.written)
      memcpy(original, copy, declared.bytes);
  }

private:
  const AlexrtArg &declared;
  void *original;
  uint64_t page, bodyBytes;
  char *mapping;
  char *copy;
};

} // namespace

GuardedCopy::GuardedCopy(const AlexrtArg &declared, void *original, Placement placement)
    : declared(declared), original(original), page(static_cast<uint64_t>(sysconf(_SC_PAGESIZE))),
      bodyBytes((declared.bytes + page - 1) / page * page) {
  void *memory = mmap(nullptr, bodyBytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw Error(fmt::format("cannot allocate {} bytes between guard pages", declared.bytes));
  mapping = static_cast<char *>(memory);
  char *body = mapping + page;
  copy = placement == Placement::behindGuard ? body : body + bodyBytes - declared.bytes;
  mprotect(body, bodyBytes, PROT_READ | PROT_WRITE);
  if (declared.written) {
    memset(copy, 0xff, declared.bytes);
  } else {
    memcpy(copy, original, declared.bytes);
    mprotect(body, bodyBytes, PROT_READ);
  }
}

static void launchAt(Placement placement, AlexrtKernel kernel, const AlexrtRecord &record,
                     const AlexrtArg *declared, void *const *arguments, ThreadPool &threads,
                     bool keepResults) {
  std::vector<std::unique_ptr<GuardedCopy>> copies;
  std::vector<void *> addresses;
  for (size_t i = 0; i < record.argCount; ++i) {
    copies.push_back(std::make_unique<GuardedCopy>(declared[i], arguments[i], placement));
    addresses.push_back(copies.back()->data());
  }
  threads.parallelFor(record.work, kernel, addresses.data());
  for (const std::unique_ptr<GuardedCopy> &copy : copies)
    if (keepResults)
      copy->copyBack();
}

void alexrt::launchGuarded(AlexrtKernel kernel, const AlexrtRecord &record,
                           const AlexrtArg *declared, void *const *arguments, ThreadPool &threads) {
  // Only the second run's results are kept: a result may take an operand's place.
  launchAt(Placement::beforeGuard, kernel, record, declared, arguments, threads, false);
  launchAt(Placement::behindGuard, kernel, record, declared, arguments, threads, true);
}
