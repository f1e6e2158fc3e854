//===- PixelDataset.h - pictures held as bare pixels ------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PIXELDATASET_H
#define ALEXC_RUNTIME_PIXELDATASET_H

#include "runtime/data/Dataset.h"

namespace alexrt {

/// Pictures of one size in memory, from one or more files.
class PixelDataset : public Dataset {
public:
  PixelDataset(std::string path, Size size, int64_t channels)
      : where(std::move(path)), pictureSize(size), channels(channels) {}

  const std::string &path() const override { return where; }
  size_t size() const override { return labels.size(); }
  const std::vector<std::string> &classNames() const override { return names; }
  int32_t label(size_t index) const override { return labels[index]; }
  std::string nameOf(size_t index) const override;
  Image load(size_t index) const override;
  Size pixelSize() const override { return pictureSize; }

  /// The files' readers call these.
  void setClassNames(std::vector<std::string> classNames) { names = std::move(classNames); }
  /// The pictures that are added from now on come from `file`.
  void beginFile(const std::string &file) { files.push_back({file, labels.size()}); }
  /// Adds a picture (C, H, W).
  void add(const uint8_t *pixels, int32_t label);

private:
  struct File {
    std::string name;
    size_t first; ///< picture
  };

  std::string where;
  Size pictureSize;
  int64_t channels; ///< 1 or 3
  std::vector<std::string> names;
  std::vector<File> files;
  std::vector<int32_t> labels;
  std::vector<uint8_t> pixels; ///< (N, C, H, W)
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_PIXELDATASET_H
