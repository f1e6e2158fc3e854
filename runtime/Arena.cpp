//===- Arena.cpp - memory in one piece, in huge pages ---------------------===//

#include "runtime/Arena.h"
#include "runtime/Error.h"
#include <fmt/format.h>
#include <sys/mman.h>

using namespace alexrt;

static constexpr uint64_t hugePage = 2 << 20;

Arena::Arena(uint64_t bytes) {
  if (bytes == 0)
    return;
  // The kernel gives huge pages only where they are aligned.
  uint64_t slack = bytes >= hugePage ? hugePage : 0;
  void *memory =
      mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw Error(fmt::format("cannot allocate {} bytes", bytes));
  mapping = memory;
  mappedBytes = bytes + slack;
  byteCount = bytes;
  auto address = reinterpret_cast<uintptr_t>(memory);
  uint64_t skipped = slack ? (hugePage - address % hugePage) % hugePage : 0;
  start = static_cast<char *>(memory) + skipped;
  madvise(start, bytes, MADV_HUGEPAGE);
}

Arena::~Arena() {
  if (mapping)
    munmap(mapping, mappedBytes);
}
