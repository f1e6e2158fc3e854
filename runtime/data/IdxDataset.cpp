//===- IdxDataset.cpp - MNIST's files -------------------------------------===//
//
// http://yann.lecun.com/exdb/mnist: big-endian, a magic number, the dimensions,
// then bytes. zlib reads a file that is not compressed as it is.

#include "runtime/Error.h"
#include "runtime/data/DatasetFormats.h"
#include "runtime/data/PixelDataset.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <zlib.h>

using namespace alexrt;
namespace fs = std::filesystem;

namespace {

constexpr uint32_t imagesMagic = 0x803, labelsMagic = 0x801;
constexpr uint32_t largestSide = 4096;

class IdxReader {
public:
  explicit IdxReader(std::string path) : path(std::move(path)), file(open(this->path)) {}
  ~IdxReader() { gzclose(file); }
  IdxReader(const IdxReader &) = delete;
  IdxReader &operator=(const IdxReader &) = delete;

  /// Reads the magic number and the dimensions. Throws Error where the number
  /// is another or the header is cut short.
  std::vector<uint32_t> readHeader(uint32_t magic, const char *what);
  /// Reads `count` bytes; false where the file ends before. Throws Error where
  /// it is damaged.
  bool read(void *bytes, size_t count);
  /// Throws Error where more follows.
  void expectEnd();

private:
  std::string path;
  gzFile file;

  static gzFile open(const std::string &path) {
    gzFile file = gzopen(path.c_str(), "rb");
    if (!file)
      throw Error(fmt::format("{}: cannot read: {}", path, std::strerror(errno)));
    return file;
  }
  uint32_t readWord();
};

bool IdxReader::read(void *bytes, size_t count) {
  if (gzread(file, bytes, unsigned(count)) == int(count))
    return true;
  int error = Z_OK;
  const char *text = gzerror(file, &error);
  if (error == Z_DATA_ERROR)
    throw Error(fmt::format("{}: damaged: {}", path, text));
  return false;
}

void IdxReader::expectEnd() {
  uint8_t byte; // or the checksum, which stands at the end
  if (read(&byte, 1))
    throw Error(fmt::format("{}: more bytes than the header says", path));
}

uint32_t IdxReader::readWord() {
  uint8_t bytes[4];
  if (!read(bytes, sizeof(bytes)))
    throw Error(fmt::format("{}: cut short: the header is not whole", path));
  return uint32_t(bytes[0]) << 24 | uint32_t(bytes[1]) << 16 | uint32_t(bytes[2]) << 8 | bytes[3];
}

std::vector<uint32_t> IdxReader::readHeader(uint32_t magic, const char *what) {
  uint32_t got = readWord();
  if (got != magic)
    throw Error(fmt::format("{}: expected the magic number {:#x} of IDX {}, got {:#x}", path, magic,
                            what, got));
  std::vector<uint32_t> dimensions(magic & 0xff);
  for (uint32_t &dimension : dimensions)
    dimension = readWord();
  return dimensions;
}

} // namespace

static std::vector<uint8_t> readLabels(const std::string &path) {
  IdxReader reader(path);
  uint32_t count = reader.readHeader(labelsMagic, "labels")[0];
  std::vector<uint8_t> labels;
  for (uint32_t index = 0; index < count; ++index) {
    uint8_t label;
    if (!reader.read(&label, 1))
      throw Error(fmt::format("{}: cut short: label {} of {} is missing", path, index, count));
    labels.push_back(label);
  }
  reader.expectEnd();
  return labels;
}

static DatasetPointer readPair(const std::string &folder, const std::string &imagesPath,
                               const std::string &labelsPath) {
  IdxReader reader(imagesPath);
  std::vector<uint32_t> shape = reader.readHeader(imagesMagic, "images");
  for (uint32_t side : {shape[1], shape[2]})
    if (side < 1 || side > largestSide)
      throw Error(fmt::format("{}: expected images of 1 to {} pixels a side, got {}x{}", imagesPath,
                              largestSide, shape[1], shape[2]));
  std::vector<uint8_t> labels = readLabels(labelsPath);
  if (labels.size() != shape[0])
    throw Error(fmt::format("{}: {} images, but {} has {} labels", imagesPath, shape[0], labelsPath,
                            labels.size()));
  if (labels.empty())
    throw Error(fmt::format("{}: no images", imagesPath));
  auto dataset = std::make_shared<PixelDataset>(folder, Size{shape[1], shape[2]}, 1);
  dataset->beginFile(imagesPath);
  std::vector<uint8_t> picture(size_t(shape[1]) * shape[2]);
  for (size_t index = 0; index < labels.size(); ++index) {
    if (!reader.read(picture.data(), picture.size()))
      throw Error(fmt::format("{}: cut short: image {} of {} is not whole", imagesPath, index,
                              labels.size()));
    dataset->add(picture.data(), labels[index]);
  }
  reader.expectEnd();
  return dataset;
}

/// The file of one part in `folder`, under any of the names that it goes by;
/// empty where there is none.
static std::string findFile(const std::string &folder, const std::string &part,
                            const std::string &kind, const char *rank) {
  for (const char *separator : {"-", "."})
    for (const char *ending : {"", ".gz"}) {
      fs::path path =
          fs::path(folder) / fmt::format("{}-{}{}{}-ubyte{}", part, kind, separator, rank, ending);
      if (fs::exists(path))
        return path.string();
    }
  return "";
}

static DatasetPointer openPart(const std::string &folder, const std::string &part) {
  std::string images = findFile(folder, part, "images", "idx3");
  std::string labels = findFile(folder, part, "labels", "idx1");
  if (images.empty() && labels.empty())
    return nullptr;
  if (images.empty() || labels.empty())
    throw Error(fmt::format("{}: {}-{} is missing", folder, part,
                            images.empty() ? "images-idx3-ubyte" : "labels-idx1-ubyte"));
  return readPair(folder, images, labels);
}

DatasetParts alexrt::openIdx(const std::string &folder) {
  DatasetParts parts{openPart(folder, "train"), openPart(folder, "t10k")};
  if (!parts.training)
    std::swap(parts.training, parts.validation);
  return parts;
}
