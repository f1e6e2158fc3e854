// Where in the kernel's text something was called.
#pragma once

namespace alexc::emulator {

/// A line of a kernel. As a default argument, Site::here() is the line of the call.
struct Site {
  const char *file;
  int line;

  static constexpr Site here(const char *file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
  /// False where nothing is known yet.
  explicit operator bool() const { return file != nullptr; }
  bool operator==(const Site &other) const { return line == other.line && file == other.file; }
  bool operator!=(const Site &other) const { return !(*this == other); }
};

} // namespace alexc::emulator
