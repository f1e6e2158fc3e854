//===- DataTesting.h - what tests of pictures and data sets share ---------===//

#ifndef ALEXC_TEST_DATATESTING_H
#define ALEXC_TEST_DATATESTING_H

#include "RuntimeTesting.h"
#include "runtime/data/Image.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

namespace alexrt {

using Bytes = std::vector<uint8_t>;

/// An empty folder of the running test's own.
inline std::string freshFolder() {
  const testing::TestInfo &test = *testing::UnitTest::GetInstance()->current_test_info();
  std::string path = testing::TempDir() + "alexc-" + test.test_suite_name() + "-" + test.name();
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

/// Writes a file and the folders above it; returns its path.
inline std::string writeFile(const std::string &path, const Bytes &bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
  return path;
}

inline std::string writeText(const std::string &path, const std::string &text) {
  return writeFile(path, Bytes(text.begin(), text.end()));
}

inline Bytes readBytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// A grey picture, which survives a JPEG file unharmed.
inline Image plainImage(int64_t height, int64_t width, uint8_t grey) {
  return {height, width, Bytes(size_t(height * width * 3), grey)};
}

inline Bytes plainJpeg(int64_t height, int64_t width, uint8_t grey) {
  return encodeJpeg(plainImage(height, width, grey), 100);
}

} // namespace alexrt

#endif // ALEXC_TEST_DATATESTING_H
