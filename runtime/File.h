//===- File.h - files mapped to read, and written whole or not at all -----===//

#ifndef ALEXC_RUNTIME_FILE_H
#define ALEXC_RUNTIME_FILE_H

#include <cstdint>
#include <string>
#include <utility>

namespace alexrt {

/// A file in memory, read only, for as long as the object lives.
class MappedFile {
public:
  /// Throws Error naming the file. A file of no bytes has size 0.
  explicit MappedFile(const std::string &path);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  const std::string &path() const { return filePath; }
  const char *data() const { return bytes; }
  uint64_t size() const { return byteCount; }

private:
  std::string filePath;
  const char *bytes = nullptr;
  uint64_t byteCount = 0;
};

/// Writes a file beside its place and puts it there when it is complete. A
/// writer that is destroyed before `commit` leaves nothing behind. A device or a
/// pipe is written to where it is; of a link, the file that it leads to.
class FileWriter {
public:
  /// Throws Error naming the file.
  explicit FileWriter(const std::string &path);
  ~FileWriter();
  FileWriter(const FileWriter &) = delete;
  FileWriter &operator=(const FileWriter &) = delete;

  void write(const void *data, uint64_t size);
  /// Syncs the file to the disk, renames it to its place and syncs the folder.
  void commit();

private:
  std::string path;
  bool inPlace;
  std::string temporaryPath;
  int descriptor = -1;
};

/// `name` in single quotes for an error: control characters escaped, a long
/// name cut short.
std::string inQuotes(const std::string &name);

} // namespace alexrt

#endif // ALEXC_RUNTIME_FILE_H
