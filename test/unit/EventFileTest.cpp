//===- EventFileTest.cpp - scalars for TensorBoard ------------------------===//
//
// The file is taken apart again by the published formats: TFRecord's framing
// and protobuf's fields.

#include "runtime/training/EventFile.h"
#include "RuntimeTesting.h"
#include "runtime/training/Crc32c.h"
#include <cstring>
#include <map>

using namespace alexrt;
using testing::ElementsAre;
using testing::SizeIs;

namespace {

template <typename Number>
Number numberAt(const std::string &bytes, size_t offset) {
  Number value;
  memcpy(&value, bytes.substr(offset, sizeof value).data(), sizeof value);
  return value;
}

/// The records' data, each framed by its length and two checksums.
std::vector<std::string> recordsOf(const std::string &file) {
  std::vector<std::string> records;
  for (size_t offset = 0; offset < file.size();) {
    size_t length = numberAt<uint64_t>(file, offset);
    EXPECT_EQ(numberAt<uint32_t>(file, offset + 8), maskedCrc32c(file.substr(offset, 8)));
    records.push_back(file.substr(offset + 12, length));
    EXPECT_EQ(numberAt<uint32_t>(file, offset + 12 + length), maskedCrc32c(records.back()));
    offset += length + 16;
  }
  return records;
}

uint64_t readVarint(const std::string &message, size_t &offset) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    auto byte = static_cast<unsigned char>(message.at(offset++));
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80)
      return value;
  }
}

/// The fields of a message in order, as bytes; a varint as a decimal number.
std::multimap<uint64_t, std::string> fieldsOf(const std::string &message) {
  std::multimap<uint64_t, std::string> fields;
  for (size_t offset = 0; offset < message.size();) {
    uint64_t key = readVarint(message, offset);
    if ((key & 7) == 0) {
      fields.insert({key >> 3, std::to_string(readVarint(message, offset))});
      continue;
    }
    size_t length = (key & 7) == 1 ? 8 : (key & 7) == 5 ? 4 : readVarint(message, offset);
    fields.insert({key >> 3, message.substr(offset, length)});
    offset += length;
  }
  return fields;
}

std::string field(const std::string &message, uint64_t number) {
  auto fields = fieldsOf(message);
  EXPECT_EQ(fields.count(number), 1u) << number;
  return fields.find(number)->second;
}

using EventFileTest = FolderTest;

// RFC 3720, appendix B.4.
TEST(Crc32cTest, AgreesWithPublishedValues) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
}

TEST_F(EventFileTest, HoldsScalarsAsTensorBoardReadsThem) {
  std::string file;
  {
    EventFile events(folder, 300);
    events.append(301, {{"loss/step", 2.5}, {"lr", 0.125}});
    file = std::filesystem::path(events.path()).filename();
  }
  EXPECT_EQ(file.rfind("events.out.tfevents.", 0), 0u);
  std::vector<std::string> records = recordsOf(read(file));
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(field(records[0], 3), "brain.Event:2");
  EXPECT_GT(numberAt<double>(field(records[0], 1), 0), 1.7e9); // seconds since 1970
  EXPECT_EQ(field(records[1], 2), "300");
  EXPECT_EQ(field(field(records[1], 7), 1), "1"); // SessionLog.START

  EXPECT_EQ(field(records[2], 2), "301");
  std::vector<std::pair<std::string, float>> scalars;
  for (const auto &[number, value] : fieldsOf(field(records[2], 5)))
    scalars.push_back({field(value, 1), numberAt<float>(field(value, 2), 0)});
  EXPECT_THAT(scalars, ElementsAre(testing::Pair("loss/step", 2.5f), testing::Pair("lr", 0.125f)));
}

TEST_F(EventFileTest, NamesAFileThatCannotBeMade) {
  EXPECT_THAT(errorOf([&] { EventFile events(path("missing"), 0); }, folder),
              testing::MatchesRegex("missing/events.out.tfevents.*: No such file or directory"));
}

} // namespace
