//===- NpyTest.cpp - fp32 arrays in NumPy's file format -------------------===//

#include "runtime/Npy.h"
#include "RuntimeTesting.h"

using namespace alexrt;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

class NpyTest : public FolderTest {
protected:
  /// A file of format version `version` with this dictionary and data.
  std::string bytesOf(const std::string &dictionary, size_t dataBytes, int version = 1) const {
    uint32_t length = static_cast<uint32_t>(dictionary.size());
    std::string prefix = "\x93NUMPY" + std::string(1, static_cast<char>(version)) + '\0';
    prefix.append(reinterpret_cast<const char *>(&length), version == 1 ? 2 : 4);
    return prefix + dictionary + std::string(dataBytes, '\0');
  }
  Array readBytes(const std::string &bytes) const { return readNpy(write("x.npy", bytes)); }
  std::string errorOfBytes(const std::string &bytes) const {
    return errorOf([&] { readBytes(bytes); }, folder);
  }
  std::string errorOfShape(const std::string &shape) const {
    return errorOfBytes(
        bytesOf("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }", 4));
  }
};

TEST_F(NpyTest, ReadsWhatItWrote) {
  std::vector<float> data = {1, -2, 3, 0.5f, 5, 6};
  writeNpy(path("x.npy"), {3, 2}, data.data());
  Array array = readNpy(path("x.npy"));
  EXPECT_THAT(array.shape, ElementsAre(3, 2));
  EXPECT_EQ(array.data, data);
}

TEST_F(NpyTest, WritesWhatNumpyWrites) {
  float one = 1;
  writeNpy(path("x.npy"), {1}, &one);
  std::string bytes = read("x.npy");
  std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  std::string header = dictionary + std::string(117 - dictionary.size(), ' ') + '\n';
  EXPECT_EQ(bytes, std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header +
                       std::string("\x00\x00\x80\x3f", 4));
}

TEST_F(NpyTest, ReadsScalar) {
  Array array = readBytes(bytesOf("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4));
  EXPECT_THAT(array.shape, IsEmpty());
  EXPECT_THAT(array.data, ElementsAre(0));
}

TEST_F(NpyTest, ReadsVersions2And3AndAnyOrderOfKeys) {
  std::string dictionary = "{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}";
  EXPECT_THAT(readBytes(bytesOf(dictionary, 8, 2)).shape, ElementsAre(2));
  EXPECT_THAT(readBytes(bytesOf(dictionary, 8, 3)).shape, ElementsAre(2));
}

TEST_F(NpyTest, MissingFile) {
  EXPECT_EQ(errorOf([&] { readNpy(path("x.npy")); }, folder), "x.npy: No such file or directory");
}

TEST_F(NpyTest, OtherFile) {
  EXPECT_EQ(errorOfBytes(""), "x.npy: not a .npy file");
  EXPECT_EQ(errorOfBytes("\x93NUMPY"), "x.npy: not a .npy file");
  EXPECT_EQ(errorOfBytes("some text"), "x.npy: not a .npy file");
}

TEST_F(NpyTest, OtherVersion) {
  EXPECT_EQ(errorOfBytes(bytesOf("", 0, 4)), "x.npy: expected .npy version 1, 2 or 3, got 4");
}

TEST_F(NpyTest, TruncatedHeader) {
  EXPECT_EQ(errorOfBytes(bytesOf("{'descr'}", 0).substr(0, 14)),
            "x.npy: truncated: the header ends at byte 19, the file at 14");
  EXPECT_EQ(errorOfBytes(bytesOf("{}", 0).substr(0, 8)),
            "x.npy: truncated: the header ends at byte 10, the file at 8");
}

TEST_F(NpyTest, OtherType) {
  EXPECT_EQ(errorOfBytes(bytesOf("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 8)),
            "x.npy: expected dtype '<f4' (little-endian fp32), got '<f8'");
}

TEST_F(NpyTest, FortranOrder) {
  EXPECT_EQ(errorOfBytes(bytesOf("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4)),
            "x.npy: expected fortran_order False, got 'True'");
}

TEST_F(NpyTest, MissingKey) {
  EXPECT_EQ(errorOfBytes(bytesOf("{'descr': '<f4', 'shape': (1,), }", 4)),
            "x.npy: 'fortran_order' is missing in the header");
}

TEST_F(NpyTest, BrokenHeader) {
  EXPECT_EQ(errorOfBytes(bytesOf("{'descr' '<f4'}", 0)),
            "x.npy: expected a colon behind 'descr' in the header");
  EXPECT_EQ(errorOfBytes(bytesOf("{'descr': '<f4'", 0)),
            "x.npy: the value of 'descr' does not end in the header");
}

TEST_F(NpyTest, BrokenShape) {
  for (std::string shape : {"3", "(-1,)", "(1.5,)", "(1 1)", "(x,)"})
    EXPECT_EQ(errorOfShape(shape), "x.npy: expected a shape such as (2, 3), got '" + shape + "'");
  EXPECT_EQ(errorOfShape("(4294967296, 4294967296)"),
            "x.npy: expected a shape such as (2, 3), got '(4294967296, 4294967296)'");
}

TEST_F(NpyTest, DataThatDoesNotFitTheShape) {
  EXPECT_EQ(errorOfShape("(2, 3)"), "x.npy: expected 24 bytes of data for shape [2, 3], got 4");
}

} // namespace
