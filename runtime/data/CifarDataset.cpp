//===- CifarDataset.cpp - CIFAR-10 and CIFAR-100 --------------------------===//
//
// The "binary version" of https://www.cs.toronto.edu/~kriz/cifar.html: records
// of a label (CIFAR-100: the coarse label, then the fine one, which is the
// class) and (3, 32, 32) bytes.

#include "runtime/Error.h"
#include "runtime/File.h"
#include "runtime/data/DatasetFormats.h"
#include "runtime/data/PixelDataset.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>

using namespace alexrt;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t pictureBytes = 3 * 32 * 32;

/// One of the two sets.
struct Kind {
  uint64_t labelBytes;
  int32_t classes;
  const char *namesFile;
  std::vector<std::string> training; ///< files
  const char *validation;
};

const Kind cifar10 = {1,
                      10,
                      "batches.meta.txt",
                      {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                       "data_batch_4.bin", "data_batch_5.bin"},
                      "test_batch.bin"};
const Kind cifar100 = {2, 100, "fine_label_names.txt", {"train.bin"}, "test.bin"};

} // namespace

static void readRecords(const Kind &kind, const std::string &path, PixelDataset &dataset) {
  MappedFile file(path);
  uint64_t recordBytes = kind.labelBytes + pictureBytes;
  if (file.size() == 0 || file.size() % recordBytes != 0)
    throw Error(fmt::format("{}: expected records of {} bytes, got {} bytes: image {} is not whole",
                            path, recordBytes, file.size(), file.size() / recordBytes));
  dataset.beginFile(path);
  auto *record = reinterpret_cast<const uint8_t *>(file.data());
  for (uint64_t index = 0; index < file.size() / recordBytes; ++index, record += recordBytes) {
    int32_t label = record[kind.labelBytes - 1];
    if (label >= kind.classes)
      throw Error(fmt::format("{}: image {}: expected a label from 0 to {}, got {}", path, index,
                              kind.classes - 1, label));
    dataset.add(record + kind.labelBytes, label);
  }
}

/// The classes' names, one a line; none where the file is not there or does not
/// name each.
static std::vector<std::string> readNames(const Kind &kind, const fs::path &folder) {
  std::ifstream file(folder / kind.namesFile);
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);)
    if (!line.empty())
      names.push_back(line);
  return names.size() == size_t(kind.classes) ? names : std::vector<std::string>();
}

/// Those of `files` that are in `folder`; null where none is.
static DatasetPointer openPart(const Kind &kind, const std::string &folder,
                               const std::vector<std::string> &files) {
  auto dataset = std::make_shared<PixelDataset>(folder, Size{32, 32}, 3);
  dataset->setClassNames(readNames(kind, folder));
  for (const std::string &file : files)
    if (fs::exists(fs::path(folder) / file))
      readRecords(kind, (fs::path(folder) / file).string(), *dataset);
  return dataset->size() ? dataset : nullptr;
}

DatasetParts alexrt::openCifar(const std::string &folder) {
  for (const Kind *kind : {&cifar10, &cifar100})
    if (DatasetPointer training = openPart(*kind, folder, kind->training))
      return {training, openPart(*kind, folder, {kind->validation})};
  return {};
}
