// What ThreadSanitizer must know of fibers and barriers. Its functions are found when the program
// is linked: a program whose kernels are built with -fsanitize=thread is checked for races, any
// other pays a test of a constant. The emulator itself is never instrumented.
#pragma once

namespace alexc::emulator {

/// Whether ThreadSanitizer is part of the program.
bool racesAreDetected();

void *createRaceFiber();
void *currentRaceFiber();
/// The switch that follows leaves for `fiber` and orders nothing.
void switchRaceFiber(void *fiber);
void nameRaceFiber(void *fiber, const char *name);
/// What came before a release of a mark happens before what comes after an acquire of it.
void releaseMark(void *mark);
void acquireMark(void *mark);
/// A mark that no one has used, or not for long.
void *freshMark();

} // namespace alexc::emulator
