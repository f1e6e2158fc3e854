//===- AppendFile.h - a file that grows ------------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_APPENDFILE_H
#define ALEXC_RUNTIME_TRAINING_APPENDFILE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace alexrt {

/// Gathers what is appended and writes it behind the file's end in one piece,
/// so that a process that is killed leaves whole records.
class AppendFile {
public:
  /// Opens or creates the file. Throws Error naming it.
  explicit AppendFile(const std::string &path);
  /// Writes the rest, as far as that is possible.
  ~AppendFile();
  AppendFile(const AppendFile &) = delete;
  AppendFile &operator=(const AppendFile &) = delete;

  const std::string &path() const { return filePath; }
  /// Writes only when much has gathered. Throws Error as flush does.
  void append(std::string_view bytes);
  /// Throws Error naming the file; what could not be written is kept and tried
  /// again by the next flush.
  void flush();
  /// Cuts the file behind its first `size` bytes. Throws Error naming it.
  void truncate(uint64_t size);

private:
  std::string filePath;
  int descriptor = -1;
  std::string pending;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_APPENDFILE_H
