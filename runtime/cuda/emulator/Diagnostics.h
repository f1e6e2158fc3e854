// Errors of the emulated program: one line, then exit status 1.
#pragma once

#include "emulator/Site.h"
#include "emulator/Types.h"

#include <string>

namespace alexc::emulator {

/// Ends the program: "FILE:LINE: error: kernel K, block (x,y,z), thread (x,y,z): MESSAGE". Place
/// and kernel are left out where unknown.
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
[[noreturn]] void failAt(Site where, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// The same for the instruction at `address`, whose line is looked up in the debug information.
[[noreturn]] void failAtInstruction(const void *address, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// "(x,y,z)" of a block or a thread.
std::string text(uint3 index);
/// The name of the function at `address`, or the address where it has none.
std::string functionName(const void *address);
/// "FILE:LINE" of an instruction; empty without debug information or addr2line.
std::string sourceLine(const void *address);

} // namespace alexc::emulator
