//===- File.cpp - files mapped to read, and written whole or not at all ---===//

#include "runtime/File.h"
#include "runtime/Error.h"
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

using namespace alexrt;

[[noreturn]] static void failWith(const std::string &path, int error) {
  throw Error(fmt::format("{}: {}", path, std::generic_category().message(error)));
}

//===----------------------------------------------------------------------===//
// MappedFile
//===----------------------------------------------------------------------===//

namespace {

/// An open file that closes itself.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0)
      close(number);
  }
};

} // namespace

MappedFile::MappedFile(const std::string &path) : filePath(path) {
  Descriptor descriptor{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status;
  if (descriptor.number < 0 || fstat(descriptor.number, &status) != 0)
    failWith(path, errno);
  if (!S_ISREG(status.st_mode))
    throw Error(fmt::format("{}: not a regular file", path));
  byteCount = static_cast<uint64_t>(status.st_size);
  if (byteCount == 0)
    return;
  void *mapping = mmap(nullptr, byteCount, PROT_READ, MAP_PRIVATE, descriptor.number, 0);
  if (mapping == MAP_FAILED)
    failWith(path, errno);
  madvise(mapping, byteCount, MADV_WILLNEED); // a cold file is then read in large pieces
  bytes = static_cast<const char *>(mapping);
}

MappedFile::~MappedFile() {
  if (bytes)
    munmap(const_cast<char *>(bytes), byteCount);
}

//===----------------------------------------------------------------------===//
// FileWriter
//===----------------------------------------------------------------------===//

/// A copy of the descriptor that a name such as /dev/stdout stands for, which may be
/// a file with other text in it; -1 for other names.
static int standardStream(const std::string &path) {
  for (auto [name, stream] : {std::pair("/dev/stdout", stdout), {"/dev/stderr", stderr}})
    if (path == name)
      return std::fflush(stream), fcntl(fileno(stream), F_DUPFD_CLOEXEC, 0);
  return -1;
}

/// Whether `path` is a device or a pipe.
static bool isDevice(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/// The file that a link leads to, which is what is to be written; else `path`.
static std::string followLink(const std::string &path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error))
    return path;
  std::string target = std::filesystem::canonical(path, error).string();
  return error ? path : target;
}

FileWriter::FileWriter(const std::string &path)
    : path(followLink(path)), inPlace(isDevice(path)),
      temporaryPath(inPlace ? path : fmt::format("{}.{}.partial", this->path, getpid())),
      descriptor(standardStream(path)) {
  inPlace |= descriptor >= 0;
  if (descriptor < 0)
    descriptor = open(temporaryPath.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    failWith(path, errno);
}

FileWriter::~FileWriter() {
  if (descriptor < 0)
    return;
  close(descriptor);
  if (!inPlace)
    unlink(temporaryPath.c_str());
}

void FileWriter::write(const void *data, uint64_t size) {
  const char *next = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written = ::write(descriptor, next, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      failWith(path, errno);
    next += written;
    size -= static_cast<uint64_t>(written);
  }
}

/// Makes a rename last through a power cut, on file systems that can.
static void syncFolderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Descriptor descriptor{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (descriptor.number >= 0)
    fsync(descriptor.number);
}

void FileWriter::commit() {
  if (!inPlace && (fsync(descriptor) != 0 || rename(temporaryPath.c_str(), path.c_str()) != 0))
    failWith(path, errno);
  if (!inPlace)
    syncFolderOf(path);
  close(descriptor);
  descriptor = -1;
}

//===----------------------------------------------------------------------===//
// Names in errors
//===----------------------------------------------------------------------===//

std::string alexrt::inQuotes(const std::string &name) {
  constexpr size_t longest = 100;
  std::string result = "'";
  for (unsigned char c : name.substr(0, longest)) {
    if (c < 0x20 || c == 0x7f)
      result += fmt::format("\\x{:02x}", c);
    else
      result += static_cast<char>(c);
  }
  return result + (name.size() > longest ? "...'" : "'");
}
