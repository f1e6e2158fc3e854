//===- FileDataset.cpp - folders of pictures, and lists of them -----------===//

#include "runtime/Error.h"
#include "runtime/File.h"
#include "runtime/data/DatasetFormats.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>

using namespace alexrt;
namespace fs = std::filesystem;

namespace {

/// A file for each picture.
class FileDataset : public Dataset {
public:
  struct Picture {
    std::string file; ///< relative to `root`
    int32_t label;
  };

  FileDataset(std::string path, std::string root, std::vector<std::string> names,
              std::vector<Picture> pictures)
      : where(std::move(path)), root(std::move(root)), names(std::move(names)),
        pictures(std::move(pictures)) {}

  const std::string &path() const override { return where; }
  size_t size() const override { return pictures.size(); }
  const std::vector<std::string> &classNames() const override { return names; }
  int32_t label(size_t index) const override { return pictures[index].label; }
  std::string nameOf(size_t index) const override {
    return (fs::path(root) / pictures[index].file).string();
  }
  Image load(size_t index) const override { return readImage(nameOf(index)); }
  std::vector<uint8_t> encoded(size_t index) const override {
    return readPictureFile(nameOf(index));
  }

private:
  std::string where, root;
  std::vector<std::string> names;
  std::vector<Picture> pictures;
};

} // namespace

//===----------------------------------------------------------------------===//
// A folder for each class
//===----------------------------------------------------------------------===//

static bool isHidden(const fs::path &path) { return path.filename().string().rfind(".", 0) == 0; }

/// By its name: a broken picture is to be reported, and a note beside pictures
/// is not.
static bool isPictureName(const fs::path &path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return char(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

std::vector<std::string> alexrt::foldersIn(const std::string &path) {
  std::vector<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(path))
    if (entry.is_directory() && !isHidden(entry.path()))
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// Paths below `root` of the pictures in its folder `name`, sorted.
static std::vector<std::string> picturesIn(const fs::path &root, const std::string &name) {
  std::vector<std::string> files;
  for (const fs::directory_entry &entry : fs::recursive_directory_iterator(root / name))
    if (!isHidden(entry.path()) && isPictureName(entry.path()) && !entry.is_directory())
      files.push_back(entry.path().lexically_relative(root).string());
  std::sort(files.begin(), files.end());
  return files;
}

/// The place of `name` in `classes`, the classes of the training part.
static size_t classOf(const std::string &path, const std::string &name,
                      const std::vector<std::string> &classes) {
  auto found = std::lower_bound(classes.begin(), classes.end(), name);
  if (found == classes.end() || *found != name)
    throw Error(fmt::format("{}: class {} is not one of the training set's {} classes", path,
                            inQuotes(name), classes.size()));
  return size_t(found - classes.begin());
}

DatasetPointer alexrt::openImageFolder(const std::string &path, std::vector<std::string> names) {
  std::vector<std::string> folders = foldersIn(path);
  if (names.empty())
    names = folders;
  std::vector<FileDataset::Picture> pictures;
  for (const std::string &folder : folders) {
    size_t label = classOf(path, folder, names);
    std::vector<std::string> files = picturesIn(path, folder);
    if (files.empty())
      throw Error(
          fmt::format("{}: class {} ({}) has no JPEG or PNG files", path, label, inQuotes(folder)));
    for (std::string &file : files)
      pictures.push_back({std::move(file), int32_t(label)});
  }
  return std::make_shared<FileDataset>(path, path, std::move(names), std::move(pictures));
}

//===----------------------------------------------------------------------===//
// A list
//===----------------------------------------------------------------------===//

/// Without the white space at its end, which a line of another system's has.
static std::string trimEnd(std::string text) {
  text.erase(text.find_last_not_of(" \t\r") + 1);
  return text;
}

/// Reads "path label"; paths may hold spaces.
static FileDataset::Picture parseLine(const std::string &line, const std::string &where) {
  size_t space = line.find_last_of(" \t");
  std::string path = space == std::string::npos ? "" : trimEnd(line.substr(0, space));
  if (path.empty())
    throw Error(fmt::format("{}: expected \"path label\", got {}", where, inQuotes(line)));
  int32_t label = -1;
  const char *begin = line.data() + space + 1, *end = line.data() + line.size();
  auto [stop, error] = std::from_chars(begin, end, label);
  if (error != std::errc() || stop != end || label < 0)
    throw Error(fmt::format("{}: expected a label from 0 to 2147483647, got {}", where,
                            inQuotes(line.substr(space + 1))));
  return {path, label};
}

DatasetPointer alexrt::openList(const std::string &path, const std::string &imageFolder) {
  MappedFile file(path);
  std::string text(file.data(), file.size());
  std::vector<FileDataset::Picture> pictures;
  size_t lineNumber = 0;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = trimEnd(text.substr(begin, end - begin));
    begin = end + 1;
    ++lineNumber;
    if (!line.empty())
      pictures.push_back(parseLine(line, fmt::format("{}:{}", path, lineNumber)));
  }
  if (pictures.empty())
    throw Error(fmt::format("{}: the list names no pictures", path));
  return std::make_shared<FileDataset>(path, imageFolder, std::vector<std::string>(),
                                       std::move(pictures));
}
