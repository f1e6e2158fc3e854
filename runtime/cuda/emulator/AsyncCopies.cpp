// cp.async. Copies happen at the wait for them, the latest that CUDA allows, so that a missing wait
// leaves poison; ALEXC_EMULATOR_COPIES=eager is the other extreme.
#include "emulator/Worker.h"

#include "emulator/Diagnostics.h"
#include "emulator/Options.h"

#include <array>

namespace alexc::emulator {

namespace {
struct Copy {
  void *target;
  const void *source;
  unsigned size, bytes, group;
};
} // namespace

/// The copies of a thread in flight, oldest first, in a ring.
struct AsyncCopies {
  static constexpr unsigned capacity = 128;
  std::array<Copy, capacity> ring;
  unsigned first = 0, end = 0;
  unsigned group = 0; ///< the one that is open
};

static void perform(const Copy &copy) {
  memcpy(copy.target, copy.source, copy.bytes);
  memset(static_cast<char *>(copy.target) + copy.bytes, 0, copy.size - copy.bytes);
}

static AsyncCopies &copiesOf(Thread *thread) {
  if (!thread->copies)
    thread->copies = new AsyncCopies; // freeCopies
  return *thread->copies;
}

static void checkCopy(const void *target, const void *source, unsigned size, unsigned bytes,
                      Site where) {
  auto *shared = static_cast<const unsigned char *>(target);
  if (shared < currentBlock->shared ||
      shared + size > currentBlock->shared + currentBlock->sharedBytes)
    failAt(where, "cp.async of %u bytes to shared memory at offset %td of %llu", size,
           shared - currentBlock->shared, currentBlock->sharedBytes);
  if (reinterpret_cast<uintptr_t>(target) % size || reinterpret_cast<uintptr_t>(source) % size)
    failAt(where, "cp.async: address is not a multiple of %u", size);
  if (bytes > size)
    failAt(where, "cp.async of %u bytes of which %u are to be copied", size, bytes);
}

void copyAsync(void *target, const void *source, unsigned size, unsigned bytes, Site where) {
  currentThread->where = where;
  checkCopy(target, source, size, bytes, where);
  AsyncCopies &copies = copiesOf(currentThread);
  Copy copy{target, source, size, bytes, copies.group};
  if (options().eagerCopies)
    return perform(copy);
  if (copies.end - copies.first == AsyncCopies::capacity)
    failAt(where, "more than %u cp.async in flight", AsyncCopies::capacity);
  copies.ring[copies.end++ % AsyncCopies::capacity] = copy;
}

void commitCopies() { ++copiesOf(currentThread).group; }

void waitForCopies(unsigned pending) {
  AsyncCopies &copies = copiesOf(currentThread);
  for (; copies.first != copies.end; ++copies.first) {
    const Copy &copy = copies.ring[copies.first % AsyncCopies::capacity];
    if (copy.group + pending >= copies.group)
      return;
    perform(copy);
  }
}

void freeCopies(Thread *thread) { delete thread->copies; }

void finishCopies(Thread *thread) {
  if (!thread->copies)
    return;
  commitCopies();
  waitForCopies(0);
}

} // namespace alexc::emulator
