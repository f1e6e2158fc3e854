#include "emulator/Memory.h"

#include "emulator/Diagnostics.h"
#include "emulator/Options.h"

#include <algorithm>
#include <map>
#include <sys/mman.h>
#include <unistd.h>

namespace alexc::emulator {

static constexpr size_t alignment = 16; // the least that kernels count on: ends are guarded closely

static std::map<uintptr_t, Allocation> &allocations() {
  static std::map<uintptr_t, Allocation> result; // by first page
  return result;
}

static size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }
size_t pageBytes() { return static_cast<size_t>(getpagesize()); }

void poison(void *memory, size_t bytes) {
  // not by vector registers, which traps search for poison
  size_t words = bytes / 4;
  asm volatile("rep stosl" : "+D"(memory), "+c"(words) : "a"(poisonWord) : "memory");
}

/// Pages for `bytes`, between two that may not be touched; null where there is no memory. Large
/// buffers end at a huge page, so that opening and closing them is quick.
static char *mapGuarded(size_t bytes) {
  constexpr size_t hugePage = size_t(2) << 20;
  size_t page = pageBytes(), unit = bytes >= hugePage ? hugePage : page;
  size_t total = bytes + 2 * unit + page;
  void *memory =
      mmap(nullptr, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
  size_t end = roundUp(reinterpret_cast<uintptr_t>(memory) + page + bytes, unit);
  char *start = reinterpret_cast<char *>(end - bytes);
  char *first = static_cast<char *>(memory), *guard = start + bytes + page;
  munmap(first, static_cast<size_t>(start - page - first));
  munmap(guard, static_cast<size_t>(first + total - guard));
  mprotect(start, bytes, PROT_READ | PROT_WRITE);
  madvise(start, bytes, MADV_HUGEPAGE);
  return start;
}

void *allocate(unsigned device, size_t bytes, bool pinned) {
  installFaultHandler();
  size_t used = roundUp(bytes, alignment), mapped = roundUp(used, pageBytes());
  char *mapping = mapGuarded(std::max(mapped, pageBytes()));
  if (!mapping)
    return nullptr;
  mapped = std::max(mapped, pageBytes());
  if (options().poison)
    poison(mapping, mapped);
  if (options().protect && !pinned)
    mprotect(mapping, mapped, PROT_NONE);
  char *start = mapping + mapped - used;
  allocations()[reinterpret_cast<uintptr_t>(mapping)] = {start,  bytes,  mapping,
                                                         mapped, device, pinned};
  return start;
}

const Allocation *findAllocation(const void *address) {
  auto where = reinterpret_cast<uintptr_t>(address);
  auto next = allocations().upper_bound(where);
  if (next != allocations().begin()) {
    const Allocation &allocation = std::prev(next)->second;
    if (where - std::prev(next)->first < allocation.mapped + pageBytes())
      return &allocation;
  }
  bool isGuard = next != allocations().end() && next->first - where <= pageBytes();
  return isGuard ? &next->second : nullptr; // the page before
}

size_t allocatedBytes(unsigned device) {
  size_t result = 0;
  for (auto &[address, allocation] : allocations())
    result += allocation.device == device && !allocation.pinned ? allocation.mapped : 0;
  return result;
}

/// The first byte of [begin, end) that is not poison any more; null where all are.
static const char *firstWritten(const char *begin, const char *end) {
  for (; begin != end; ++begin) {
    unsigned shift = reinterpret_cast<uintptr_t>(begin) % 4 * 8;
    if (static_cast<unsigned char>(*begin) != (poisonWord >> shift & 0xff))
      return begin;
  }
  return nullptr;
}

static void checkUnwritten(const Allocation &allocation, const char *begin, const char *end) {
  if (const char *written = firstWritten(begin, end))
    fail("wrote outside a buffer of %zu bytes of device %u, at offset %td", allocation.bytes,
         allocation.device, written - allocation.start);
}

void checkBufferEnds(unsigned device) {
  if (!options().poison)
    return;
  for (auto &[address, allocation] : allocations())
    if (!allocation.pinned && hasAccess(device, allocation.device))
      checkUnwritten(allocation, allocation.start + allocation.bytes,
                     allocation.mapping + allocation.mapped);
}

bool release(void *address, bool pinned) {
  const Allocation *found = findAllocation(address);
  if (!found || found->start != address || found->pinned != pinned)
    return false;
  Allocation allocation = *found;
  if (options().poison && !pinned) {
    mprotect(allocation.mapping, allocation.mapped, PROT_READ);
    checkUnwritten(allocation, allocation.mapping, allocation.start);
  }
  munmap(allocation.mapping - pageBytes(), allocation.mapped + 2 * pageBytes());
  allocations().erase(reinterpret_cast<uintptr_t>(allocation.mapping));
  return true;
}

static bool access[maxDevices][maxDevices];

bool hasAccess(unsigned device, unsigned owner) { return device == owner || access[device][owner]; }
void setAccess(unsigned device, unsigned owner, bool value) { access[device][owner] = value; }

template <typename Open>
static void protectMemory(Open open) {
  if (!options().protect)
    return;
  for (auto &[address, allocation] : allocations())
    if (!allocation.pinned)
      mprotect(allocation.mapping, allocation.mapped,
               open(allocation) ? PROT_READ | PROT_WRITE : PROT_NONE);
}

void exposeTo(unsigned device) {
  protectMemory([&](const Allocation &a) { return hasAccess(device, a.device); });
}
void exposeAll() {
  protectMemory([](const Allocation &) { return true; });
}
void hideAll() {
  protectMemory([](const Allocation &) { return false; });
}

} // namespace alexc::emulator
