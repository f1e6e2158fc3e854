#include "emulator/SideFiber.h"

#include "emulator/Races.h"
#include "emulator/Worker.h"

namespace alexc::emulator {

static thread_local SideFiber *starting;

void SideFiber::serve() {
  for (SideFiber *me = starting;;) {
    (*me->current)();
    switchRaceFiber(me->callerRaceFiber);
    alexcEmulatorSwitch(&me->stackPointer, me->callerStackPointer);
  }
}

void SideFiber::run(const std::function<void()> &function) {
  if (!racesAreDetected())
    return function();
  if (!stack) {
    constexpr size_t bytes = 256 * 1024;
    stack = std::make_unique<char[]>(bytes);
    stackPointer = prepareStack(stack.get() + bytes, serve);
    raceFiber = createRaceFiber();
    nameRaceFiber(raceFiber, "stream");
  }
  starting = this;
  current = &function;
  callerRaceFiber = currentRaceFiber();
  switchRaceFiber(raceFiber);
  alexcEmulatorSwitch(&callerStackPointer, stackPointer);
}

} // namespace alexc::emulator
