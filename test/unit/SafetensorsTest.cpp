//===- SafetensorsTest.cpp - weights files --------------------------------===//

#include "runtime/Safetensors.h"
#include "RuntimeTesting.h"

using namespace alexrt;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

namespace {

class SafetensorsTest : public FolderTest {
protected:
  /// A file of this header and so many bytes of data.
  std::string writeFile(const std::string &header, size_t dataBytes) const {
    uint64_t length = header.size();
    std::string bytes(reinterpret_cast<const char *>(&length), sizeof length);
    return write("w.safetensors", bytes + header + std::string(dataBytes, '\0'));
  }
  std::string errorOfFile(const std::string &header, size_t dataBytes) const {
    std::string file = writeFile(header, dataBytes);
    return errorOf([&] { Safetensors tensors(file); }, folder);
  }
  std::string errorOfBytes(const std::string &bytes) const {
    std::string file = write("w.safetensors", bytes);
    return errorOf([&] { Safetensors tensors(file); }, folder);
  }
};

/// A header's entry for one tensor.
std::string entry(const std::string &name, const std::string &shape, int begin, int end,
                  const std::string &dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

TEST_F(SafetensorsTest, ReadsWhatItWrote) {
  std::vector<float> weight = {1, 2, 3, 4, 5, 6}, bias = {-1, 0.5f, 7};
  writeSafetensors(path("w"), {{"z.weight", {3, 2}, weight.data()}, {"a.bias", {3}, bias.data()}},
                   {{"step", "12"}});
  Safetensors file(path("w"));
  auto *data = static_cast<const float *>(file.find("z.weight", {3, 2}));
  EXPECT_EQ(std::vector<float>(data, data + 6), weight);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
  data = static_cast<const float *>(file.find("a.bias", {3}));
  EXPECT_EQ(std::vector<float>(data, data + 3), bias);
  EXPECT_THAT(file.metadata(), ElementsAre(Pair("step", "12")));
  EXPECT_EQ(file.dataBytes(), 36u);
}

TEST_F(SafetensorsTest, WriterLeavesNothingBeside) {
  writeSafetensors(path("w"), {});
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST_F(SafetensorsTest, WriterNamesAFolderThatDoesNotExist) {
  EXPECT_EQ(errorOf([&] { writeSafetensors(path("no/w"), {}); }, folder),
            "no/w: No such file or directory");
}

TEST_F(SafetensorsTest, MissingFile) {
  EXPECT_EQ(errorOf([&] { Safetensors file(path("w")); }, folder), "w: No such file or directory");
}

TEST_F(SafetensorsTest, FolderInsteadOfFile) {
  EXPECT_EQ(errorOf([&] { Safetensors file(folder.string()); }, folder.parent_path()),
            folder.filename().string() + ": not a regular file");
}

TEST_F(SafetensorsTest, EmptyFile) {
  EXPECT_EQ(errorOfBytes(""),
            "w.safetensors: truncated: a safetensors file has at least 8 bytes, got 0");
}

TEST_F(SafetensorsTest, TextInsteadOfTensors) {
  EXPECT_EQ(errorOfBytes("some text instead"),
            "w.safetensors: not a safetensors file: its header would have 8675467939688574835 "
            "bytes");
}

TEST_F(SafetensorsTest, TruncatedHeader) {
  EXPECT_EQ(errorOfBytes(std::string("\x40\0\0\0\0\0\0\0{\"a\"", 12)),
            "w.safetensors: truncated: the header ends at byte 72, the file at 12");
}

TEST_F(SafetensorsTest, HeaderThatIsNotJson) {
  EXPECT_EQ(errorOfFile("{\"a\": x}", 0), "w.safetensors: the header is not valid JSON at byte 15");
}

TEST_F(SafetensorsTest, HeaderThatIsNoObject) {
  EXPECT_EQ(errorOfFile("[]", 0), "w.safetensors: expected the header to be an object, got array");
}

TEST_F(SafetensorsTest, DuplicateTensor) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[1]", 0, 4) + "," + entry("a", "[1]", 4, 8) + "}", 8),
            "w.safetensors: 'a' appears twice in the header");
}

TEST_F(SafetensorsTest, HeaderOfAMillionBrackets) {
  std::string brackets(1000000, '[');
  EXPECT_EQ(errorOfFile("{\"a\": {\"dtype\": \"F32\", \"shape\": " + brackets +
                            std::string(1000000, ']') + ", \"data_offsets\": [0, 4]}}",
                        4),
            "w.safetensors: the header's arrays are too deep for a safetensors file");
}

TEST_F(SafetensorsTest, EntryThatIsNoTensor) {
  EXPECT_EQ(errorOfFile("{\"a\": 3}", 0),
            "w.safetensors: tensor 'a': expected dtype, shape and data_offsets in the header");
}

TEST_F(SafetensorsTest, NegativeDimension) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[-1]", 0, 4) + "}", 4),
            "w.safetensors: tensor 'a': expected a shape of non-negative integers, got '[-1]'");
}

TEST_F(SafetensorsTest, HugeShape) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[4294967296,4294967296]", 0, 4) + "}", 4),
            "w.safetensors: tensor 'a': the shape '[4294967296,4294967296]' is too large");
}

TEST_F(SafetensorsTest, OffsetsBackwards) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[1]", 4, 0) + "}", 4),
            "w.safetensors: tensor 'a': expected data_offsets [begin, end], got '[4,0]'");
}

TEST_F(SafetensorsTest, OverlappingTensors) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[2]", 0, 8) + "," + entry("b", "[2]", 4, 12) + "}", 12),
            "w.safetensors: tensor 'b': expected its data to begin at 8, where the tensor before "
            "it ends, got 4");
}

TEST_F(SafetensorsTest, GapBetweenTensors) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[1]", 0, 4) + "," + entry("b", "[1]", 8, 12) + "}", 12),
            "w.safetensors: tensor 'b': expected its data to begin at 4, where the tensor before "
            "it ends, got 8");
}

TEST_F(SafetensorsTest, TruncatedData) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[3]", 0, 12) + "}", 8),
            "w.safetensors: tensor 'a': truncated: its data ends at 12, the file's at 8");
}

TEST_F(SafetensorsTest, BytesBehindTheData) {
  EXPECT_EQ(errorOfFile("{" + entry("a", "[1]", 0, 4) + "}", 7),
            "w.safetensors: 3 bytes behind the last tensor");
}

TEST_F(SafetensorsTest, MetadataThatIsNoObject) {
  EXPECT_EQ(errorOfFile("{\"__metadata__\": 1}", 0),
            "w.safetensors: expected __metadata__ to be an object, got number");
}

TEST_F(SafetensorsTest, MetadataThatIsNoString) {
  EXPECT_EQ(errorOfFile("{\"__metadata__\": {\"step\": 1}}", 0),
            "w.safetensors: expected __metadata__ 'step' to be a string, got number");
}

/// What find says of a file with one tensor "conv1.weight".
class SafetensorsFindTest : public SafetensorsTest {
protected:
  std::string errorOfFind(const std::string &entry, size_t bytes, const std::string &name,
                          const Shape &shape) const {
    Safetensors file(writeFile("{" + entry + "}", bytes));
    return errorOf([&] { file.find(name, shape); }, folder);
  }
};

TEST_F(SafetensorsFindTest, MissingTensor) {
  EXPECT_EQ(errorOfFind(entry("conv1.weight", "[1]", 0, 4), 4, "conv1.bias", {1}),
            "w.safetensors: tensor 'conv1.bias' is missing");
}

TEST_F(SafetensorsFindTest, WrongShape) {
  EXPECT_EQ(errorOfFind(entry("conv1.weight", "[2,3]", 0, 24), 24, "conv1.weight", {3, 2}),
            "w.safetensors: tensor 'conv1.weight': expected shape [3, 2], got [2, 3]");
}

TEST_F(SafetensorsFindTest, WrongType) {
  EXPECT_EQ(errorOfFind(entry("conv1.weight", "[2]", 0, 4, "F16"), 4, "conv1.weight", {2}),
            "w.safetensors: tensor 'conv1.weight': expected dtype F32, got 'F16'");
}

TEST_F(SafetensorsFindTest, OffsetsThatDoNotFitTheShape) {
  EXPECT_EQ(errorOfFind(entry("conv1.weight", "[2]", 0, 12), 12, "conv1.weight", {2}),
            "w.safetensors: tensor 'conv1.weight': expected 8 bytes for shape [2], got 12");
}

TEST_F(SafetensorsTest, NamesCannotBreakTheLine) {
  std::string longName(10000, 'n');
  EXPECT_EQ(errorOfFile("{\"a\\nb\": 3}", 0).find('\n'), std::string::npos);
  EXPECT_LT(errorOfFile("{\"" + longName + "\": 3}", 0).size(), 300u);
}

} // namespace
