//===- Dataset.cpp - what is at a path, and which part is for what --------===//

#include "runtime/data/Dataset.h"
#include "runtime/Error.h"
#include "runtime/data/DatasetFormats.h"
#include "runtime/data/Loader.h"
#include "runtime/data/Pack.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>

using namespace alexrt;
namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// Which format
//===----------------------------------------------------------------------===//

/// The folder of the validation part beside train/; empty where there is none.
static std::string validationFolder(const std::string &path) {
  for (const char *name : {"val", "test"})
    if (fs::is_directory(fs::path(path) / name))
      return (fs::path(path) / name).string();
  return "";
}

static DatasetParts openClassFolders(const std::string &path,
                                     const std::vector<std::string> &classes) {
  std::vector<std::string> folders = foldersIn(path);
  if (folders.empty())
    throw Error(fmt::format("{}: no data set: expected a folder for each class, train/, or the "
                            "files of CIFAR, MNIST or alexc pack",
                            path));
  std::string validation = validationFolder(path);
  std::string training = (fs::path(path) / "train").string();
  // "train" can be a class among others
  bool hasParts = fs::is_directory(training) && (!validation.empty() || folders.size() == 1);
  if (!hasParts)
    return {openImageFolder(path, classes), nullptr};
  DatasetPointer pictures = openImageFolder(training, classes);
  if (pictures->size() == 0)
    throw Error(fmt::format("{}: no folder for any class", training));
  if (validation.empty())
    return {pictures, nullptr};
  return {pictures, openImageFolder(validation, pictures->classNames())};
}

static bool isPack(const fs::path &folder) { return fs::exists(folder / "pack.json"); }

static DatasetParts openFolder(const std::string &path, const std::vector<std::string> &classes) {
  if (isPack(path))
    return {openPack(path), nullptr};
  if (fs::path folder = path; isPack(folder / "train") && isPack(folder / "val"))
    return {openPack((folder / "train").string()), openPack((folder / "val").string())};
  if (DatasetParts parts = openCifar(path); parts.training)
    return parts;
  if (DatasetParts parts = openIdx(path); parts.training)
    return parts;
  return openClassFolders(path, classes);
}

DatasetParts alexrt::openDataset(const std::string &path, const DatasetOptions &options) {
  try {
    fs::file_status status = fs::status(path);
    if (!fs::exists(status))
      throw Error(fmt::format("{}: no such file or folder", path));
    if (fs::is_directory(status))
      return openFolder(path, options.classes);
    std::string beside = fs::path(path).parent_path().string();
    return {openList(path, options.imageFolder.empty() ? beside : options.imageFolder), nullptr};
  } catch (const fs::filesystem_error &error) {
    throw Error(fmt::format("{}: {}", error.path1().string(), error.code().message()));
  }
}

//===----------------------------------------------------------------------===//
// A part of a set
//===----------------------------------------------------------------------===//

namespace {

class SelectedDataset : public Dataset {
public:
  SelectedDataset(DatasetPointer whole, std::vector<size_t> indices)
      : whole(std::move(whole)), indices(std::move(indices)) {}

  const std::string &path() const override { return whole->path(); }
  size_t size() const override { return indices.size(); }
  const std::vector<std::string> &classNames() const override { return whole->classNames(); }
  int32_t label(size_t index) const override { return whole->label(indices[index]); }
  std::string nameOf(size_t index) const override { return whole->nameOf(indices[index]); }
  Image load(size_t index) const override { return whole->load(indices[index]); }
  std::vector<uint8_t> encoded(size_t index) const override {
    return whole->encoded(indices[index]);
  }
  Size pixelSize() const override { return whole->pixelSize(); }

private:
  DatasetPointer whole;
  std::vector<size_t> indices;
};

} // namespace

DatasetPointer alexrt::selectFrom(DatasetPointer dataset, std::vector<size_t> indices) {
  return std::make_shared<SelectedDataset>(std::move(dataset), std::move(indices));
}

/// Both parts keep the set's order.
static DatasetParts holdOut(const DatasetPointer &dataset, double fraction) {
  auto count = size_t(std::llround(fraction * double(dataset->size())));
  if (count == 0 || count >= dataset->size())
    throw Error(fmt::format("{}: cannot hold out {} of {} pictures for validation", dataset->path(),
                            count, dataset->size()));
  std::vector<uint32_t> order = drawOrder(dataset->size(), /*seed=*/0, /*epoch=*/0);
  std::vector<size_t> held(order.begin(), order.begin() + int64_t(count));
  std::vector<size_t> rest(order.begin() + int64_t(count), order.end());
  std::sort(held.begin(), held.end());
  std::sort(rest.begin(), rest.end());
  return {selectFrom(dataset, std::move(rest)), selectFrom(dataset, std::move(held))};
}

//===----------------------------------------------------------------------===//
// Which part is for what
//===----------------------------------------------------------------------===//

DatasetPointer alexrt::openForEvaluation(const std::string &path, const DatasetOptions &options) {
  DatasetParts parts = openDataset(path, options);
  return parts.validation ? parts.validation : parts.training;
}

/// Labels are places in the lists of names, which must therefore agree.
static void checkSameClasses(const Dataset &training, const Dataset &validation) {
  const std::vector<std::string> &ours = training.classNames(), &theirs = validation.classNames();
  if (!ours.empty() && !theirs.empty() && ours != theirs)
    throw Error(fmt::format("{} has other classes than {}", validation.path(), training.path()));
}

DatasetParts alexrt::openForTraining(const std::string &path, const ValidationOptions &validation,
                                     const DatasetOptions &options) {
  if (validation.path.empty()) {
    DatasetParts parts = openDataset(path, options);
    bool holdsOut = !parts.validation && validation.fraction > 0;
    return holdsOut ? holdOut(parts.training, validation.fraction) : parts;
  }
  DatasetParts parts{openDataset(path, options).training, nullptr};
  DatasetOptions validationOptions = options;
  validationOptions.classes = parts.training->classNames();
  parts.validation = openForEvaluation(validation.path, validationOptions);
  checkSameClasses(*parts.training, *parts.validation);
  return parts;
}

//===----------------------------------------------------------------------===//
// Pictures and labels
//===----------------------------------------------------------------------===//

void alexrt::checkLabels(const Dataset &dataset, int64_t classes) {
  for (size_t index = 0; index < dataset.size(); ++index)
    if (dataset.label(index) >= classes)
      throw Error(fmt::format("{}: image {} has label {}, but the network has {} classes",
                              dataset.nameOf(index), index, dataset.label(index), classes));
}

Image alexrt::decodePicture(const Dataset &dataset, size_t index,
                            const std::vector<uint8_t> &file) {
  try {
    return decodeImage(file);
  } catch (const Error &error) {
    throw Error(fmt::format("{}: {}", dataset.nameOf(index), error.what()));
  }
}

void alexrt::throwUnreadable(const Dataset &dataset) {
  std::string reason = "it has none";
  try {
    if (dataset.size() > 0)
      dataset.load(0);
  } catch (const Error &error) {
    reason = error.what();
  }
  throw Error(fmt::format("no picture of {} can be read: {}", dataset.path(), reason));
}
