//===- Shard.h - JPEG files back to back ------------------------*- C++ -*-===//
//
// All numbers little-endian:
//   "ALEXSHRD", version 1 (u32), 0 (u32)
//   the JPEG files
//   the table; for each: place in the file (u64), bytes (u32), label (u32), CRC32
//     of the JPEG (u32), bytes of its name (u32)
//   the names, back to back
//   number of pictures (u32), CRC32 of table and names (u32), place of the table
//     (u64), "ALEXSHRD"

#ifndef ALEXC_RUNTIME_SHARD_H
#define ALEXC_RUNTIME_SHARD_H

#include "runtime/File.h"

#include <vector>

namespace alexrt {

/// A picture in the table.
struct ShardEntry {
  uint64_t offset;
  uint32_t bytes, label, checksum, nameBytes;
};

/// Writes a shard aside, and to its place when it is complete. Throws Error
/// naming the file.
class ShardWriter {
public:
  explicit ShardWriter(const std::string &path);

  void add(const std::vector<uint8_t> &jpeg, int32_t label, const std::string &name);
  void commit();

private:
  FileWriter file;
  uint64_t position;
  std::vector<ShardEntry> entries;
  std::string names;
};

/// What a shard holds.
struct ShardTable {
  std::vector<ShardEntry> entries;
  std::string names;
  uint32_t checksum = 0; ///< of the table
  uint64_t fileBytes = 0;
};

/// Reads and checks a shard's table. Throws Error naming the file.
ShardTable readShardTable(const std::string &path);

/// Reads a picture and compares its checksum. Throws Error without a name.
std::vector<uint8_t> readShardPicture(const std::string &path, const ShardEntry &entry);

/// CRC32 as zlib and PNG compute it.
uint32_t checksumOf(const void *bytes, uint64_t size, uint32_t before = 0);

} // namespace alexrt

#endif // ALEXC_RUNTIME_SHARD_H
