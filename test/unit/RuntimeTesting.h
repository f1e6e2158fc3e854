//===- RuntimeTesting.h - what the runtime's tests share --------*- C++ -*-===//

#ifndef ALEXC_TEST_UNIT_RUNTIMETESTING_H
#define ALEXC_TEST_UNIT_RUNTIMETESTING_H

#include "runtime/Error.h"
#include "gmock/gmock.h"
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// A folder that lives as long as a test.
class FolderTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "alexrt-XXXXXX";
    folder = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string &name) const { return (folder / name).string(); }

  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  std::string read(const std::string &name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder;
};

/// The message of the Error that `action` throws, without the folder's name.
template <typename Action>
std::string errorOf(Action action, const std::filesystem::path &folder = {}) {
  try {
    action();
  } catch (const alexrt::Error &error) {
    std::string message = error.what(), prefix = (folder / "").string();
    bool hasPrefix = !prefix.empty() && message.rfind(prefix, 0) == 0;
    return hasPrefix ? message.substr(prefix.size()) : message;
  }
  return "no error";
}

#endif // ALEXC_TEST_UNIT_RUNTIMETESTING_H
