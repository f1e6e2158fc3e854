//===- AppendFile.cpp - a file that grows ---------------------------------===//

#include "runtime/training/AppendFile.h"
#include "runtime/Error.h"
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

using namespace alexrt;

/// What gathers before it is written without being asked for.
static constexpr size_t mostPendingBytes = 1 << 16;

static Error errorOf(const std::string &path) {
  return Error(fmt::format("{}: {}", path, std::generic_category().message(errno)));
}

AppendFile::AppendFile(const std::string &path) : filePath(path) {
  descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw errorOf(path);
}

AppendFile::~AppendFile() {
  try {
    flush();
  } catch (const Error &) { // whoever must know has flushed before
  }
  close(descriptor);
}

void AppendFile::append(std::string_view bytes) {
  pending += bytes;
  if (pending.size() >= mostPendingBytes)
    flush();
}

void AppendFile::flush() {
  while (!pending.empty()) {
    ssize_t written = write(descriptor, pending.data(), pending.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      throw errorOf(filePath);
    pending.erase(0, static_cast<size_t>(written));
  }
}

void AppendFile::truncate(uint64_t size) {
  if (ftruncate(descriptor, static_cast<off_t>(size)) != 0)
    throw errorOf(filePath);
}
