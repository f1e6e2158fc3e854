//===- Shard.cpp - JPEG files back to back --------------------------------===//

#include "runtime/data/Shard.h"
#include "runtime/Error.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <zlib.h>

using namespace alexrt;

namespace {

constexpr char magic[8] = {'A', 'L', 'E', 'X', 'S', 'H', 'R', 'D'};
constexpr uint32_t version = 1;

struct Head {
  char magic[8];
  uint32_t version, zero;
};

struct Tail {
  uint32_t count, checksum;
  uint64_t tableOffset;
  char magic[8];
};

static_assert(sizeof(Head) == 16 && sizeof(ShardEntry) == 24 && sizeof(Tail) == 24,
              "the file's records have no gaps");

/// A file that is open to read.
class Reader {
public:
  /// Throws Error without a name.
  explicit Reader(const std::string &path) : file(path, std::ios::binary) {
    if (!file)
      throw Error(fmt::format("cannot read: {}", std::strerror(errno)));
  }

  uint64_t size() {
    file.seekg(0, std::ios::end);
    return uint64_t(file.tellg());
  }
  void read(uint64_t offset, void *bytes, uint64_t count) {
    file.seekg(std::streamoff(offset));
    if (!file.read(static_cast<char *>(bytes), std::streamsize(count)))
      throw Error("cut short");
  }

private:
  std::ifstream file;
};

} // namespace

uint32_t alexrt::checksumOf(const void *bytes, uint64_t size, uint32_t before) {
  return uint32_t(crc32_z(before, static_cast<const Bytef *>(bytes), size));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

ShardWriter::ShardWriter(const std::string &path) : file(path), position(sizeof(Head)) {
  Head head = {{}, version, 0};
  std::memcpy(head.magic, magic, sizeof(magic));
  file.write(&head, sizeof(head));
}

void ShardWriter::add(const std::vector<uint8_t> &jpeg, int32_t label, const std::string &name) {
  entries.push_back({position, uint32_t(jpeg.size()), uint32_t(label),
                     checksumOf(jpeg.data(), jpeg.size()), uint32_t(name.size())});
  names += name;
  file.write(jpeg.data(), jpeg.size());
  position += jpeg.size();
}

void ShardWriter::commit() {
  uint64_t tableBytes = entries.size() * sizeof(ShardEntry);
  uint32_t checksum =
      checksumOf(names.data(), names.size(), checksumOf(entries.data(), tableBytes));
  Tail tail = {uint32_t(entries.size()), checksum, position, {}};
  std::memcpy(tail.magic, magic, sizeof(magic));
  file.write(entries.data(), tableBytes);
  file.write(names.data(), names.size());
  file.write(&tail, sizeof(tail));
  file.commit();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Throws Error unless the table lies between the pictures and the tail.
static void checkEnds(const Head &head, const Tail &tail, uint64_t fileBytes) {
  if (std::memcmp(head.magic, magic, sizeof(magic)) != 0)
    throw Error("not a shard of alexc pack");
  if (head.version != version)
    throw Error(fmt::format("expected version {} of the format, got {}", version, head.version));
  uint64_t end = fileBytes - sizeof(Tail);
  bool fits = std::memcmp(tail.magic, magic, sizeof(magic)) == 0 &&
              tail.tableOffset >= sizeof(Head) && tail.tableOffset <= end &&
              tail.count <= (end - tail.tableOffset) / sizeof(ShardEntry);
  if (!fits)
    throw Error("cut short or damaged");
}

/// Throws Error where the entries point outside the pictures or the names.
static void checkEntries(const ShardTable &table, uint64_t tableOffset) {
  uint64_t nameBytes = 0;
  for (const ShardEntry &entry : table.entries) {
    nameBytes += entry.nameBytes;
    bool fits = entry.offset >= sizeof(Head) && entry.offset <= tableOffset &&
                entry.bytes <= tableOffset - entry.offset && entry.label <= INT32_MAX;
    if (!fits)
      throw Error("damaged: an entry points outside the file");
  }
  if (nameBytes != table.names.size())
    throw Error("damaged: the names do not fit the table");
}

static ShardTable readTable(const std::string &path) {
  Reader file(path);
  ShardTable table;
  table.fileBytes = file.size();
  if (table.fileBytes < sizeof(Head) + sizeof(Tail))
    throw Error("cut short or damaged");
  Head head;
  Tail tail;
  file.read(0, &head, sizeof(head));
  file.read(table.fileBytes - sizeof(tail), &tail, sizeof(tail));
  checkEnds(head, tail, table.fileBytes);
  uint64_t entryBytes = tail.count * sizeof(ShardEntry);
  table.entries.resize(tail.count);
  table.names.resize(table.fileBytes - sizeof(tail) - tail.tableOffset - entryBytes);
  file.read(tail.tableOffset, table.entries.data(), entryBytes);
  file.read(tail.tableOffset + entryBytes, table.names.data(), table.names.size());
  table.checksum = checksumOf(table.names.data(), table.names.size(),
                              checksumOf(table.entries.data(), entryBytes));
  if (table.checksum != tail.checksum)
    throw Error("damaged: the table's checksum does not match");
  checkEntries(table, tail.tableOffset);
  return table;
}

ShardTable alexrt::readShardTable(const std::string &path) {
  try {
    return readTable(path);
  } catch (const Error &error) {
    throw Error(fmt::format("{}: {}", path, error.what()));
  }
}

std::vector<uint8_t> alexrt::readShardPicture(const std::string &path, const ShardEntry &entry) {
  std::vector<uint8_t> jpeg(entry.bytes);
  Reader(path).read(entry.offset, jpeg.data(), jpeg.size());
  if (checksumOf(jpeg.data(), jpeg.size()) != entry.checksum)
    throw Error("damaged: the checksum does not match");
  return jpeg;
}
