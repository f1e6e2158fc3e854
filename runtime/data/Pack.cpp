//===- Pack.cpp - scale, encode, shuffle, describe ------------------------===//
//
// An unfinished pack is the folder OUTPUT.partial: plan.json, which says what is
// being packed and how, and for each complete shard its file and its pixel sums.
// A run that finds the same plan keeps the shards that are there.

#include "runtime/data/Pack.h"
#include "runtime/Error.h"
#include "runtime/Safetensors.h"
#include "runtime/ThreadPool.h"
#include "runtime/data/PackFiles.h"
#include "runtime/data/Shard.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <mutex>

using namespace alexrt;
namespace fs = std::filesystem;
using Json = nlohmann::json;

static constexpr const char *planFile = "plan.json";

//===----------------------------------------------------------------------===//
// One picture
//===----------------------------------------------------------------------===//

namespace {

/// A picture as the pack has it.
struct PackedPicture {
  std::vector<uint8_t> jpeg;
  bool isCopied = false;
  std::string error; ///< why there is none
};

} // namespace

static Image scaleToSquare(const Image &image, int64_t size) {
  Size full = sizeWithShorterSide({image.height, image.width}, size);
  return resizeImage(image, full, centreWindow(full, {size, size}));
}

static PackedPicture packPicture(const Dataset &dataset, size_t index, const PackOptions &options,
                                 PixelSums &sums) {
  PackedPicture packed;
  std::vector<uint8_t> file = dataset.encoded(index);
  Image image = file.empty() ? dataset.load(index) : decodePicture(dataset, index, file);
  bool hasSize = image.height == options.size && image.width == options.size;
  packed.isCopied = hasSize && isJpeg(file);
  if (packed.isCopied) {
    packed.jpeg = std::move(file);
  } else {
    packed.jpeg = encodeJpeg(hasSize ? image : scaleToSquare(image, options.size), options.quality);
    image = decodeJpeg(packed.jpeg); // what training will see
  }
  sums.add(image.pixels.data());
  return packed;
}

//===----------------------------------------------------------------------===//
// A pack
//===----------------------------------------------------------------------===//

namespace {

class Packer {
public:
  Packer(const Dataset &dataset, const std::string &output, const PackOptions &options);
  PackResult run();

private:
  const Dataset &dataset;
  const PackOptions &options;
  fs::path output, folder; ///< `folder` until it is complete
  Json plan;
  std::vector<uint32_t> order;
  size_t shardCount;
  ThreadPool threads;
  std::vector<PixelSums> threadSums;
  PixelSums sums;
  PackResult result;
  Json shards = Json::array();
  std::mutex mutex; ///< of progress
  size_t done = 0;

  Json makePlan() const;
  bool isComplete() const;
  PackResult resultOfEarlierRun();
  void prepareFolder();
  void packShard(size_t number);
  bool resumeShard(size_t number, const fs::path &file);
  void writeShard(size_t number, const fs::path &file);
  void packSome(size_t begin, size_t end, ShardWriter &shard);
  PackedPicture packOne(size_t index, PixelSums &sums);
  void describeShard(const fs::path &file);
  void finish();

  size_t shardBegin(size_t number) const { return order.size() * number / shardCount; }
  static fs::path sumsOf(fs::path shard) { return shard.replace_extension(".sums"); }
};

/// A picture out of `picturesPerShard` is lost with an interrupted run.
constexpr size_t picturesPerShard = 1024;

size_t countShards(const Dataset &dataset, const PackOptions &options) {
  size_t wanted = options.shards > 0 ? size_t(options.shards)
                                     : (dataset.size() + picturesPerShard - 1) / picturesPerShard;
  return std::clamp<size_t>(wanted, 1, std::max<size_t>(1, dataset.size()));
}

} // namespace

Packer::Packer(const Dataset &dataset, const std::string &output, const PackOptions &options)
    : dataset(dataset), options(options), output(output), folder(output + ".partial"),
      order(drawOrder(dataset.size(), /*seed=*/0, /*epoch=*/0)),
      shardCount(countShards(dataset, options)), threads(options.threads),
      threadSums(size_t(threads.size()), PixelSums({options.size, options.size}, 3)),
      sums({options.size, options.size}, 3) {
  plan = makePlan();
}

/// Whatever changes the pack's files.
Json Packer::makePlan() const {
  uint32_t checksum = 0;
  auto add = [&](const std::string &line) {
    checksum = checksumOf(line.data(), line.size(), checksum);
  };
  for (const std::string &name : dataset.classNames())
    add(name + "\n");
  for (size_t index = 0; index < dataset.size(); ++index)
    add(fmt::format("{} {}\n", dataset.nameOf(index), dataset.label(index)));
  return {{"format", packFormat}, {"images", dataset.size()}, {"names_crc32", checksum},
          {"size", options.size}, {"shards", shardCount},     {"quality", options.quality}};
}

[[noreturn]] static void throwExists(const fs::path &output) {
  throw Error(fmt::format("{} already exists: remove it, or give another name", output.string()));
}

PackResult Packer::run() {
  if (dataset.size() == 0)
    throw Error(fmt::format("{}: no pictures to pack", dataset.path()));
  if (fs::exists(output) && !isComplete())
    throwExists(output);
  if (fs::exists(output)) // by an earlier run of the same plan
    return resultOfEarlierRun();
  prepareFolder();
  for (size_t number = 0; number < shardCount; ++number)
    packShard(number);
  if (result.images == 0)
    throwUnreadable(dataset);
  finish();
  return result;
}

PackResult Packer::resultOfEarlierRun() {
  result.images = result.resumed = openPack(output.string())->size();
  result.broken = dataset.size() - result.images;
  Json description = readPackJson((output / packFile).string());
  for (const Json &shard : description.at("shards"))
    result.bytes += shard.value("bytes", uint64_t(0));
  return result;
}

/// Whether the output is the pack that this run would make.
bool Packer::isComplete() const {
  fs::path description = output / packFile;
  return fs::exists(description) &&
         readPackJson(description.string()).value("plan", Json()) == plan;
}

static bool isUnfinishedPack(const fs::path &folder) {
  return fs::exists(folder / planFile) || fs::is_empty(folder);
}

static void writeText(const fs::path &path, const std::string &text) {
  FileWriter file(path.string());
  file.write(text.data(), text.size());
  file.commit();
}

/// Makes the folder, or keeps what an earlier run of the same plan left there.
void Packer::prepareFolder() {
  fs::path planPath = folder / planFile;
  if (fs::exists(folder)) {
    if (!isUnfinishedPack(folder))
      throw Error(fmt::format("{} is in the way: it is no unfinished pack", folder.string()));
    if (fs::exists(planPath) && readPackJson(planPath.string()) == plan)
      return;
    fs::remove_all(folder);
  }
  fs::create_directories(folder);
  writeText(planPath, plan.dump());
}

//===----------------------------------------------------------------------===//
// Shards
//===----------------------------------------------------------------------===//

void Packer::packShard(size_t number) {
  fs::path file = folder / fmt::format("shard-{:05}.alexshard", number);
  if (!resumeShard(number, file))
    writeShard(number, file);
  describeShard(file);
}

/// Takes a shard of an earlier run; false where it is not there as a whole.
bool Packer::resumeShard(size_t number, const fs::path &file) {
  if (!fs::exists(file) || !fs::exists(sumsOf(file)))
    return false;
  MappedFile bytes(sumsOf(file).string());
  std::vector<uint64_t> words(bytes.size() / sizeof(uint64_t));
  std::copy_n(bytes.data(), words.size() * sizeof(uint64_t),
              reinterpret_cast<char *>(words.data()));
  if (!sums.addWords(words))
    return false;
  size_t pictures = shardBegin(number + 1) - shardBegin(number);
  result.resumed += pictures;
  result.broken += pictures - readShardTable(file.string()).entries.size();
  done += pictures;
  if (options.onProgress)
    options.onProgress(done, order.size());
  return true;
}

/// The sums come after the shard: where they are, both are whole.
void Packer::writeShard(size_t number, const fs::path &file) {
  Size size = {options.size, options.size};
  std::fill(threadSums.begin(), threadSums.end(), PixelSums(size, 3));
  ShardWriter shard(file.string());
  size_t end = shardBegin(number + 1), step = 32 * size_t(threads.size());
  for (size_t begin = shardBegin(number); begin < end; begin += step)
    packSome(begin, std::min(begin + step, end), shard);
  shard.commit();
  for (size_t i = 1; i < threadSums.size(); ++i)
    threadSums[0].add(threadSums[i]);
  const std::vector<uint64_t> &words = threadSums[0].words();
  FileWriter sumsFile(sumsOf(file).string());
  sumsFile.write(words.data(), words.size() * sizeof(uint64_t));
  sumsFile.commit();
  sums.add(threadSums[0]);
}

/// Packs the pictures at places [begin, end) of the order, with all threads.
void Packer::packSome(size_t begin, size_t end, ShardWriter &shard) {
  std::vector<PackedPicture> packed(end - begin);
  int64_t shares = threads.size();
  threads.parallelFor(shares, [&](int64_t firstShare, int64_t endShare) {
    for (int64_t share = firstShare; share < endShare; ++share)
      for (size_t i = size_t(share); i < packed.size(); i += size_t(shares))
        packed[i] = packOne(order[begin + i], threadSums[size_t(share)]);
  });
  for (size_t i = 0; i < packed.size(); ++i) {
    size_t index = order[begin + i];
    if (packed[i].error.empty()) {
      shard.add(packed[i].jpeg, dataset.label(index), dataset.nameOf(index));
      result.copied += packed[i].isCopied;
      continue;
    }
    ++result.broken;
    if (options.onBroken)
      options.onBroken({index, packed[i].error});
  }
}

PackedPicture Packer::packOne(size_t index, PixelSums &sums) {
  PackedPicture packed;
  try {
    packed = packPicture(dataset, index, options, sums);
  } catch (const std::exception &error) {
    packed.error = error.what();
  }
  std::lock_guard<std::mutex> lock(mutex);
  ++done;
  if (options.onProgress)
    options.onProgress(done, order.size());
  return packed;
}

void Packer::describeShard(const fs::path &file) {
  ShardTable table = readShardTable(file.string());
  result.images += table.entries.size();
  result.bytes += table.fileBytes;
  shards.push_back({{"file", file.filename().string()},
                    {"images", table.entries.size()},
                    {"bytes", table.fileBytes},
                    {"crc32", table.checksum}});
}

//===----------------------------------------------------------------------===//
// The end
//===----------------------------------------------------------------------===//

/// Writes what describes the shards, removes what they no longer need, and
/// gives the folder its name.
void Packer::finish() {
  PixelStatistics statistics = sums.statistics();
  Array colours = toArray(statistics.colours);
  writeSafetensors((folder / statisticsFile).string(),
                   {{meanTensor, {3, options.size, options.size}, statistics.mean.data()},
                    {coloursTensor, colours.shape, colours.data.data()}});
  Json description = {{"format", packFormat},    {"source", dataset.path()},
                      {"size", options.size},    {"images", result.images},
                      {"broken", result.broken}, {"classes", dataset.classNames()},
                      {"shards", shards},        {"plan", plan}};
  writeText(folder / packFile, description.dump(1, ' ', false, Json::error_handler_t::replace));
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (std::string extension = entry.path().extension().string();
        extension == ".sums" || extension == ".partial" || entry.path().filename() == planFile)
      fs::remove(entry.path());
  fs::rename(folder, output);
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

static PackResult packBoth(const DatasetParts &parts, const std::string &output,
                           const PackOptions &options) {
  PackOptions partOptions = options;
  size_t before = 0, total = parts.training->size() + parts.validation->size();
  if (options.onProgress)
    partOptions.onProgress = [&](size_t done, size_t) { options.onProgress(before + done, total); };
  fs::path folder = output;
  if (!fs::exists(folder / "train" / packFile) || !fs::exists(folder / "val" / packFile)) {
    if (fs::exists(folder))
      throwExists(folder);
    folder = output + ".partial";
    if (fs::exists(folder / planFile)) // of a set without parts
      fs::remove_all(folder);
  }
  PackResult result = packDataset(*parts.training, (folder / "train").string(), partOptions);
  before = parts.training->size();
  result += packDataset(*parts.validation, (folder / "val").string(), partOptions);
  if (folder != output)
    fs::rename(folder, output);
  return result;
}

PackResult &PackResult::operator+=(const PackResult &other) {
  images += other.images;
  broken += other.broken;
  copied += other.copied;
  resumed += other.resumed;
  bytes += other.bytes;
  return *this;
}

PackResult alexrt::packDataset(const Dataset &dataset, const std::string &output,
                               const PackOptions &options) {
  try {
    return Packer(dataset, output, options).run();
  } catch (const fs::filesystem_error &error) {
    throw Error(fmt::format("{}: {}", error.path1().string(), error.code().message()));
  }
}

PackResult alexrt::packDataset(const DatasetParts &parts, const std::string &output,
                               const PackOptions &options) {
  if (!parts.validation)
    return packDataset(*parts.training, output, options);
  try {
    return packBoth(parts, output, options);
  } catch (const fs::filesystem_error &error) {
    throw Error(fmt::format("{}: {}", error.path1().string(), error.code().message()));
  }
}
