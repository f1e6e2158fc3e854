#include "emulator/Diagnostics.h"

#include "emulator/Execution.h"
#include "emulator/Grid.h"

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <unistd.h>

namespace alexc::emulator {

std::string text(uint3 index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," +
         std::to_string(index.z) + ")";
}

static std::string context() {
  std::string result;
  if (const Launch *launch = currentLaunch())
    result = "kernel " + functionName(launch->kernel);
  if (currentBlock)
    result += ", block " + text(currentBlock->index);
  if (currentThread)
    result += ", thread " + text(currentThread->index);
  return result.empty() ? result : result + ": ";
}

[[noreturn]] static void report(const std::string &place, const char *format, va_list arguments) {
  static std::atomic_flag reported = ATOMIC_FLAG_INIT;
  while (reported.test_and_set()) // another worker reports and ends the program
    pause();
  char message[1024];
  vsnprintf(message, sizeof message, format, arguments);
  fflush(stdout);
  fprintf(stderr, "%s: error: %s%s\n", place.empty() ? "emulator" : place.c_str(),
          context().c_str(), message);
  fflush(stderr);
  _exit(1);
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  report("", format, arguments);
}

void failAt(Site where, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  report(where ? std::string(where.file) + ":" + std::to_string(where.line) : "", format,
         arguments);
}

void failAtInstruction(const void *address, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  report(sourceLine(address), format, arguments);
}

} // namespace alexc::emulator
