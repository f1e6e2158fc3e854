//===- PackTest.cpp - what alexc pack writes, and damage to it ------------===//

#include "runtime/data/Pack.h"
#include "DataTesting.h"
#include "runtime/data/Canvases.h"

#include <fmt/format.h>
#include <map>

using namespace alexrt;
using testing::ElementsAre;

namespace {

/// Pictures of many sizes; the fourth has the pack's already.
class PackTest : public testing::Test {
protected:
  std::string folder = freshFolder();
  std::string images = folder + "/images", output = folder + "/set.alexpack";
  PackOptions options;

  void SetUp() override {
    options.size = 8;
    options.shards = 3;
    options.threads = 2;
    for (int i = 0; i < 10; ++i)
      writeFile(pathOf(i), plainJpeg(8 + (i != 3) * i, 8 + (i != 3) * 2 * i, uint8_t(10 * i)));
  }
  std::string pathOf(int i) const { return fmt::format("{}/{}/{}.jpg", images, i % 2, i); }
  PackResult pack() { return packDataset(openDataset(images), output, options); }
  DatasetPointer openOutput() { return openDataset(output).training; }
  std::string openingError() {
    return errorOf([&] { openOutput(); });
  }
};

TEST_F(PackTest, HoldsEachPictureAtTheSize) {
  std::vector<size_t> progress;
  options.onProgress = [&](size_t done, size_t total) {
    EXPECT_EQ(total, 10u);
    progress.push_back(done);
  };
  PackResult result = pack();
  EXPECT_EQ(result.images, 10u);
  EXPECT_EQ(result.copied, 2u); // 0.jpg has the size as well
  EXPECT_THAT(progress, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  DatasetPointer set = openOutput();
  EXPECT_THAT(set->classNames(), ElementsAre("0", "1"));
  std::map<int, int32_t> labels; // by grey
  for (size_t index = 0; index < set->size(); ++index) {
    Image image = set->load(index);
    EXPECT_EQ(image.height, 8);
    EXPECT_EQ(image.width, 8);
    EXPECT_TRUE(isJpeg(set->encoded(index)));
    labels[image.pixels[5] / 10] = set->label(index);
  }
  EXPECT_EQ(labels.size(), 10u);
  for (auto [number, label] : labels)
    EXPECT_EQ(label, number % 2);
}

TEST_F(PackTest, CopiesWhatHasTheSizeByteForByte) {
  pack();
  DatasetPointer set = openOutput();
  for (size_t index = 0; index < set->size(); ++index)
    if (set->label(index) == 1 && set->load(index).pixels[0] == 30)
      EXPECT_EQ(set->encoded(index), readBytes(pathOf(3)));
}

TEST_F(PackTest, NamesShardAndSource) {
  options.shards = 1;
  pack();
  EXPECT_THAT(openOutput()->nameOf(4),
              testing::MatchesRegex(output + "/shard-00000.alexshard\\[4\\] \\(" + images +
                                    "/[01]/[0-9].jpg\\)"));
}

TEST_F(PackTest, CarriesTheStatisticsOfItsPictures) {
  pack();
  Description description;
  description.input = {3, 8, 8};
  description.preprocess.resizeExact = description.preprocess.crop = {8, 8};
  Preprocessor preprocessor(description);
  DatasetPointer set = openOutput();
  std::vector<size_t> everything(set->size());
  for (size_t index = 0; index < set->size(); ++index)
    everything[index] = index;
  PixelStatistics carried = Canvases(set, preprocessor).measure();
  PixelStatistics measured = Canvases(selectFrom(set, everything), preprocessor).measure();
  EXPECT_EQ(set->statistics()->mean, carried.mean);
  EXPECT_EQ(carried.mean, measured.mean);
  EXPECT_FLOAT_EQ(carried.colours.variances[0], measured.colours.variances[0]);
}

/// All files of a pack.
std::map<std::string, Bytes> filesIn(const std::string &folder) {
  std::map<std::string, Bytes> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    files[entry.path().filename().string()] = readBytes(entry.path().string());
  return files;
}

/// An interruption, from within the progress report.
struct Interruption {};

TEST_F(PackTest, GoesOnWhereItWasInterrupted) {
  pack();
  std::map<std::string, Bytes> expected = filesIn(output);
  std::filesystem::remove_all(output);
  options.threads = 1;
  options.onBroken = [](const BrokenImage &) { throw Interruption(); };
  std::string last = pathOf(int(9)); // made broken: its shard is not completed
  Bytes whole = readBytes(last);
  writeFile(last, {});
  EXPECT_THROW(pack(), Interruption);
  EXPECT_FALSE(std::filesystem::exists(output));
  writeFile(last, whole);
  size_t complete = 0;
  for (const auto &[name, bytes] : filesIn(output + ".partial"))
    complete += name.find(".sums") != std::string::npos;
  PackResult result = pack();
  EXPECT_EQ(result.images, 10u);
  EXPECT_EQ(result.resumed > 0, complete > 0);
  EXPECT_EQ(filesIn(output), expected);
}

TEST_F(PackTest, StartsAnewWithOtherSettings) {
  options.onBroken = [](const BrokenImage &) { throw Interruption(); };
  writeFile(pathOf(9), {});
  EXPECT_THROW(pack(), Interruption);
  options.onBroken = nullptr;
  options.size = 4;
  EXPECT_EQ(pack().resumed, 0u);
  EXPECT_EQ(openOutput()->load(0).height, 4);
}

TEST_F(PackTest, LeavesACompletePackAlone) {
  pack();
  std::map<std::string, Bytes> before = filesIn(output);
  PackResult again = pack();
  EXPECT_EQ(again.resumed, 10u);
  EXPECT_GT(again.bytes, 0u);
  EXPECT_EQ(filesIn(output), before);
  options.size = 4;
  EXPECT_EQ(errorOf([&] { pack(); }), output + " already exists: remove it, or give another name");
}

TEST_F(PackTest, TouchesNoFolderOfSomethingElse) {
  writeText(output + ".partial/thesis.txt", "years of work");
  EXPECT_EQ(errorOf([&] { pack(); }), output + ".partial is in the way: it is no unfinished pack");
  writeText(output, "a file");
  EXPECT_EQ(errorOf([&] { pack(); }), output + " already exists: remove it, or give another name");
}

TEST_F(PackTest, LeavesBrokenPicturesOut) {
  writeFile(pathOf(4), {});
  std::vector<BrokenImage> broken;
  options.onBroken = [&](const BrokenImage &image) { broken.push_back(image); };
  PackResult result = pack();
  EXPECT_EQ(result.images, 9u);
  EXPECT_EQ(result.broken, 1u);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].reason, pathOf(4) + ": the file is empty");
  EXPECT_EQ(openOutput()->size(), 9u);
  for (int i = 0; i < 10; ++i)
    writeFile(pathOf(i), {});
  std::filesystem::remove_all(output);
  EXPECT_EQ(errorOf([&] { pack(); }),
            "no picture of " + images + " can be read: " + pathOf(0) + ": the file is empty");
}

TEST_F(PackTest, HasThePartsOfItsSource) {
  std::filesystem::create_directories(folder + "/parts");
  std::filesystem::rename(images, folder + "/parts/train");
  images = folder + "/parts";
  writeFile(images + "/test/1/a.jpg", plainJpeg(9, 9, 200));
  PackResult result = pack();
  EXPECT_EQ(result.images, 11u);
  DatasetParts parts = openDataset(output);
  EXPECT_EQ(parts.training->size(), 10u);
  ASSERT_EQ(parts.validation->size(), 1u);
  EXPECT_EQ(parts.validation->label(0), 1);
  EXPECT_EQ(parts.validation->load(0).pixels[0], 200);
  EXPECT_EQ(pack().resumed, 11u);
}

//===----------------------------------------------------------------------===//
// Damage
//===----------------------------------------------------------------------===//

TEST_F(PackTest, SeesADamagedPicture) {
  options.shards = 1;
  pack();
  std::string shard = output + "/shard-00000.alexshard";
  Bytes file = readBytes(shard);
  file[100] ^= 1;
  writeFile(shard, file);
  DatasetPointer set = openOutput();
  EXPECT_EQ(errorOf([&] { set->load(0); }),
            set->nameOf(0) + ": damaged: the checksum does not match");
  std::filesystem::remove(shard);
  EXPECT_EQ(errorOf([&] { set->load(0); }),
            set->nameOf(0) + ": cannot read: No such file or directory");
}

TEST_F(PackTest, SeesADamagedShard) {
  pack();
  std::string shard = output + "/shard-00001.alexshard";
  Bytes whole = readBytes(shard);
  writeFile(shard, Bytes(whole.begin(), whole.end() - 1));
  EXPECT_EQ(openingError(), shard + ": cut short or damaged");
  Bytes changed = whole;
  changed[changed.size() - 30] ^= 1; // in the last name
  writeFile(shard, changed);
  EXPECT_EQ(openingError(), shard + ": damaged: the table's checksum does not match");
  changed = whole;
  changed[0] = 'B';
  writeFile(shard, changed);
  EXPECT_EQ(openingError(), shard + ": not a shard of alexc pack");
  changed = whole;
  changed[8] = 2;
  writeFile(shard, changed);
  EXPECT_EQ(openingError(), shard + ": expected version 1 of the format, got 2");
  writeFile(shard, readBytes(output + "/shard-00000.alexshard"));
  EXPECT_EQ(openingError(), shard + ": another shard than pack.json says");
  std::filesystem::remove(shard);
  EXPECT_EQ(openingError(), shard + ": cannot read: No such file or directory");
}

TEST_F(PackTest, SeesADamagedDescription) {
  pack();
  std::string file = output + "/pack.json";
  writeText(file, "{");
  EXPECT_EQ(openingError(), file + ": not a JSON file");
  writeText(file, "{}");
  EXPECT_EQ(openingError(), file + ": not the description of a pack");
  writeText(file, "{\"format\": \"alexpack 1\", \"shards\": 7}");
  EXPECT_EQ(openingError(), file + ": damaged: a value is missing or of another type");
  writeText(file, "{\"format\": \"alexpack 1\", \"classes\": [], \"shards\": [], \"images\": 3}");
  EXPECT_EQ(openingError(), file + ": expected 3 images in all shards, got 0");
}

TEST_F(PackTest, SurvivesAnyByte) {
  pack();
  for (const auto &[name, whole] : filesIn(output)) {
    for (size_t place = 0; place < whole.size(); place += 1 + whole.size() / 150) {
      Bytes damaged = whole;
      damaged[place] ^= 0x81;
      writeFile(output + "/" + name, damaged);
      openingError();
      damaged.resize(place);
      writeFile(output + "/" + name, damaged);
      openingError();
    }
    writeFile(output + "/" + name, whole);
  }
}

} // namespace
