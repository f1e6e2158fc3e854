//===- PackDataset.cpp - read what alexc pack has written -----------------===//

#include "runtime/Error.h"
#include "runtime/Safetensors.h"
#include "runtime/data/Pack.h"
#include "runtime/data/PackFiles.h"
#include "runtime/data/Shard.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>

using namespace alexrt;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

class PackDataset : public Dataset {
public:
  explicit PackDataset(const std::string &path);

  const std::string &path() const override { return where; }
  size_t size() const override { return pictures.size(); }
  const std::vector<std::string> &classNames() const override { return names; }
  int32_t label(size_t index) const override { return int32_t(pictures[index].entry.label); }
  std::string nameOf(size_t index) const override;
  Image load(size_t index) const override;
  std::vector<uint8_t> encoded(size_t index) const override;
  const PixelStatistics *statistics() const override { return &measured; }

private:
  struct Picture {
    uint32_t shard, place; ///< place within the shard
    uint64_t nameBegin;    ///< in `pictureNames`
    ShardEntry entry;
  };

  std::string where;
  std::vector<std::string> names;
  std::vector<std::string> shards;
  std::vector<Picture> pictures;
  std::string pictureNames;
  PixelStatistics measured;

  void addShard(const std::string &file, uint32_t checksum);
  void readStatistics(int64_t size);
};

} // namespace

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

Json alexrt::readPackJson(const std::string &path) {
  std::ifstream file(path);
  Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    throw Error(fmt::format("{}: not a JSON file", path));
  if (!json.is_object() || json.value("format", Json()) != packFormat)
    throw Error(fmt::format("{}: not the description of a pack", path));
  return json;
}

PackDataset::PackDataset(const std::string &path) : where(path) {
  std::string description = (fs::path(path) / packFile).string();
  Json json = readPackJson(description);
  try {
    names = json.at("classes").get<std::vector<std::string>>();
    for (const Json &shard : json.at("shards"))
      addShard(shard.at("file").get<std::string>(), shard.at("crc32").get<uint32_t>());
    if (pictures.size() != json.at("images").get<size_t>())
      throw Error(fmt::format("{}: expected {} images in all shards, got {}", description,
                              json.at("images").get<size_t>(), pictures.size()));
    readStatistics(json.at("size").get<int64_t>());
  } catch (const Json::exception &error) {
    throw Error(fmt::format("{}: damaged: a value is missing or of another type", description));
  }
  if (pictures.empty())
    throw Error(fmt::format("{}: the pack is empty", path));
}

void PackDataset::addShard(const std::string &file, uint32_t checksum) {
  std::string path = (fs::path(where) / fs::path(file).filename()).string();
  ShardTable table = readShardTable(path);
  if (table.checksum != checksum)
    throw Error(fmt::format("{}: another shard than {} says", path, packFile));
  uint64_t nameBegin = pictureNames.size();
  for (uint32_t place = 0; place < table.entries.size(); ++place) {
    pictures.push_back({uint32_t(shards.size()), place, nameBegin, table.entries[place]});
    nameBegin += table.entries[place].nameBytes;
  }
  pictureNames += table.names;
  shards.push_back(path);
}

void PackDataset::readStatistics(int64_t size) {
  std::string path = (fs::path(where) / statisticsFile).string();
  Safetensors file(path);
  try {
    Array mean = readTensor(file, meanTensor);
    if (mean.shape != Shape{3, size, size})
      throw Error(fmt::format("{}: expected {}, got {}", meanTensor, toString({3, size, size}),
                              toString(mean.shape)));
    measured = {{size, size}, 3, std::move(mean.data), toColours(readTensor(file, coloursTensor))};
  } catch (const Error &error) {
    std::string reason = error.what();
    bool isNamed = reason.rfind(path, 0) == 0;
    throw Error(isNamed ? reason : fmt::format("{}: {}", path, reason));
  }
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

std::string PackDataset::nameOf(size_t index) const {
  const Picture &picture = pictures[index];
  return fmt::format("{}[{}] ({})", shards[picture.shard], picture.place,
                     pictureNames.substr(picture.nameBegin, picture.entry.nameBytes));
}

std::vector<uint8_t> PackDataset::encoded(size_t index) const {
  const Picture &picture = pictures[index];
  try {
    return readShardPicture(shards[picture.shard], picture.entry);
  } catch (const Error &error) {
    throw Error(fmt::format("{}: {}", nameOf(index), error.what()));
  }
}

Image PackDataset::load(size_t index) const { return decodePicture(*this, index, encoded(index)); }

DatasetPointer alexrt::openPack(const std::string &path) {
  return std::make_shared<PackDataset>(path);
}
