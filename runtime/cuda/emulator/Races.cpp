#include "emulator/Races.h"

#include <atomic>
#include <cstdint>

extern "C" {
__attribute__((weak)) void *__tsan_get_current_fiber();
__attribute__((weak)) void *__tsan_create_fiber(unsigned flags);
__attribute__((weak)) void __tsan_switch_to_fiber(void *fiber, unsigned flags);
__attribute__((weak)) void __tsan_set_fiber_name(void *fiber, const char *name);
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);
}

namespace alexc::emulator {

static const bool detected = __tsan_create_fiber != nullptr;
static constexpr unsigned withoutOrdering = 1;

bool racesAreDetected() { return __tsan_create_fiber != nullptr; }

void *createRaceFiber() { return detected ? __tsan_create_fiber(0) : nullptr; }

void *currentRaceFiber() { return detected ? __tsan_get_current_fiber() : nullptr; }

void switchRaceFiber(void *fiber) {
  if (detected)
    __tsan_switch_to_fiber(fiber, withoutOrdering);
}

void nameRaceFiber(void *fiber, const char *name) {
  if (detected)
    __tsan_set_fiber_name(fiber, name);
}

void releaseMark(void *mark) {
  if (detected)
    __tsan_release(mark);
}

void acquireMark(void *mark) {
  if (detected)
    __tsan_acquire(mark);
}

void *freshMark() {
  static uint64_t marks[4096]; // ThreadSanitizer tells addresses apart by 8 bytes
  static std::atomic<unsigned> next{0};
  return &marks[next++ % 4096];
}

} // namespace alexc::emulator
