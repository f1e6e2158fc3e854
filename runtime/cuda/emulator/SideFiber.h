// Work of a stream, which for ThreadSanitizer is a thread of its own.
#pragma once

#include <functional>
#include <memory>

namespace alexc::emulator {

/// Runs functions one by one: on a stack and as a thread of its own where races are detected, or
/// else like any call.
class SideFiber {
public:
  void run(const std::function<void()> &function);

private:
  static void serve();

  std::unique_ptr<char[]> stack;
  void *stackPointer = nullptr, *callerStackPointer = nullptr;
  void *raceFiber = nullptr, *callerRaceFiber = nullptr;
  const std::function<void()> *current = nullptr;
};

} // namespace alexc::emulator
