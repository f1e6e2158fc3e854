//===- GuardedLaunch.cpp - faults where a kernel leaves its arguments -----===//

#include "runtime/GuardedLaunch.h"
#include "runtime/Error.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace alexrt;

namespace {

enum class Placement { beforeGuard, behindGuard };

/// Arguments that are one buffer.
struct Buffer {
  void *original;
  uint64_t bytes;
  bool isRead, isWritten;
};

/// A copy of a buffer between two inaccessible pages.
class GuardedCopy {
public:
  GuardedCopy(const Buffer &buffer, Placement placement);
  ~GuardedCopy() { munmap(mapping, bodyBytes + 2 * page); }
  GuardedCopy(GuardedCopy &&) = delete;

  void *data() const { return copy; }
  void copyBack() const {
    if (buffer.isWritten)
      memcpy(buffer.original, copy, buffer.bytes);
  }

private:
  const Buffer &buffer;
  uint64_t page, bodyBytes;
  char *mapping;
  char *copy;
};

/// The buffers of a launch, and which of them each argument is.
struct Buffers {
  Buffers(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments);

  std::vector<Buffer> list;
  std::vector<size_t> ofArgument;
};

} // namespace

GuardedCopy::GuardedCopy(const Buffer &buffer, Placement placement)
    : buffer(buffer), page(static_cast<uint64_t>(sysconf(_SC_PAGESIZE))),
      bodyBytes((buffer.bytes + page - 1) / page * page) {
  void *memory = mmap(nullptr, bodyBytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw Error(fmt::format("cannot allocate {} bytes between guard pages", buffer.bytes));
  mapping = static_cast<char *>(memory);
  char *body = mapping + page;
  copy = placement == Placement::behindGuard ? body : body + bodyBytes - buffer.bytes;
  mprotect(body, bodyBytes, PROT_READ | PROT_WRITE);
  if (buffer.isRead)
    memcpy(copy, buffer.original, buffer.bytes);
  else
    memset(copy, 0xff, buffer.bytes);
  if (!buffer.isWritten)
    mprotect(body, bodyBytes, PROT_READ);
}

Buffers::Buffers(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments) {
  for (size_t i = 0; i < record.argCount; ++i) {
    Buffer buffer = {arguments[i], declared[i].bytes, !declared[i].written,
                     declared[i].written != 0};
    auto same = std::find_if(list.begin(), list.end(), [&](const Buffer &earlier) {
      return earlier.original == buffer.original && earlier.bytes == buffer.bytes;
    });
    ofArgument.push_back(same - list.begin());
    if (same == list.end()) {
      list.push_back(buffer);
    } else {
      same->isRead |= buffer.isRead;
      same->isWritten |= buffer.isWritten;
    }
  }
}

static void launchAt(Placement placement, AlexrtKernel kernel, int64_t work, const Buffers &buffers,
                     ThreadPool &threads, bool keepResults) {
  std::vector<std::unique_ptr<GuardedCopy>> copies;
  for (const Buffer &buffer : buffers.list)
    copies.push_back(std::make_unique<GuardedCopy>(buffer, placement));
  std::vector<void *> addresses;
  for (size_t number : buffers.ofArgument)
    addresses.push_back(copies[number]->data());
  threads.parallelFor(work, kernel, addresses.data());
  for (const std::unique_ptr<GuardedCopy> &copy : copies)
    if (keepResults)
      copy->copyBack();
}

void alexrt::launchGuarded(AlexrtKernel kernel, const AlexrtRecord &record,
                           const AlexrtArg *declared, void *const *arguments, ThreadPool &threads) {
  Buffers buffers(record, declared, arguments);
  // Only the second run's results are kept: a result may take an operand's place.
  launchAt(Placement::beforeGuard, kernel, record.work, buffers, threads, false);
  launchAt(Placement::behindGuard, kernel, record.work, buffers, threads, true);
}
