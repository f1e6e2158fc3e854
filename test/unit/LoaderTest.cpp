//===- LoaderTest.cpp - order, threads, resuming, broken pictures ---------===//

#include "runtime/data/Loader.h"
#include "DataTesting.h"

#include <fmt/format.h>
#include <set>

using namespace alexrt;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

Description describe(int64_t crop) {
  Description description;
  description.input = {3, crop, crop};
  description.preprocess.resizeExact = {4, 4};
  description.preprocess.crop = {crop, crop};
  return description;
}

/// Picture `i` of the set is of class i % 2 and all its pixels are 10 * i.
class LoaderTest : public testing::Test {
protected:
  std::string folder = freshFolder();
  Preprocessor preprocessor{describe(3)};
  Augmentation augmentation{true, true, std::nullopt, 1};
  LoaderOptions options{4, 2, 2, [this](const BrokenImage &image) { broken.push_back(image); }};
  std::vector<BrokenImage> broken;
  std::shared_ptr<const Canvases> canvases;

  void writePictures(int count) {
    for (int i = 0; i < count; ++i)
      writeFile(pathOf(i), plainJpeg(4, 4, uint8_t(10 * i)));
  }
  std::string pathOf(int index) const { return fmt::format("{}/all/{:02}.jpg", folder, index); }
  void openSet(uint64_t memoryLimit = Canvases::defaultMemoryLimit) {
    canvases = std::make_shared<Canvases>(openDataset(folder).training, preprocessor, memoryLimit);
  }
  Loader train(const TrainingOrder &order) {
    return Loader(canvases, preprocessor, augmentation, std::nullopt, order, options);
  }
  Loader evaluate(Crops crops = Crops::centre) {
    return Loader(canvases, preprocessor, crops, options);
  }
};

TEST_F(LoaderTest, ShowsEachPictureOnceAnEpoch) {
  writePictures(13);
  openSet();
  Loader loader = train({/*seed=*/1});
  EXPECT_EQ(loader.stepsPerEpoch(), 3);
  std::vector<std::vector<size_t>> epochs(2);
  for (int64_t number = 0; number < 6; ++number) {
    const Batch &batch = *loader.next();
    EXPECT_EQ(batch.epoch, number / 3);
    EXPECT_EQ(batch.step, number % 3);
    EXPECT_EQ(batch.count(), 4u);
    for (size_t i = 0; i < 4; ++i)
      EXPECT_EQ(batch.inputs[27 * i], 10 * batch.indices[i]);
    auto &epoch = epochs[size_t(batch.epoch)];
    epoch.insert(epoch.end(), batch.indices.begin(), batch.indices.end());
  }
  for (const std::vector<size_t> &epoch : epochs)
    EXPECT_THAT(std::set<size_t>(epoch.begin(), epoch.end()), SizeIs(12)); // 1 is dropped
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_THAT(broken, IsEmpty());
}

TEST_F(LoaderTest, DrawsAPermutationOfEachSize) {
  for (size_t size : {0, 1, 2, 5, 1000}) {
    std::vector<uint32_t> order = drawOrder(size, 3, 4);
    EXPECT_THAT(std::set<uint32_t>(order.begin(), order.end()), SizeIs(size));
    EXPECT_TRUE(order.empty() || *std::max_element(order.begin(), order.end()) == size - 1);
  }
  EXPECT_NE(drawOrder(1000, 3, 4), drawOrder(1000, 4, 4));
  EXPECT_NE(drawOrder(1000, 3, 4), drawOrder(1000, 3, 5));
}

/// What the loader makes of `count` batches.
std::vector<Batch> take(Loader &&loader, size_t count) {
  std::vector<Batch> batches;
  while (batches.size() < count)
    batches.push_back(*loader.next());
  return batches;
}

void expectSame(const std::vector<Batch> &a, const std::vector<Batch> &b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].inputs, b[i].inputs) << i;
    EXPECT_EQ(a[i].labels, b[i].labels) << i;
    EXPECT_EQ(a[i].indices, b[i].indices) << i;
  }
}

/// Pictures with a left and a right half, so that crops and flips show.
void writeHalves(const std::string &folder, int count) {
  for (int i = 0; i < count; ++i) {
    Image image = plainImage(4, 4, uint8_t(10 * i));
    for (size_t row = 0; row < 4; ++row)
      std::fill_n(image.pixels.begin() + int64_t(row * 12), 3 * (1 + row % 2), uint8_t(255));
    writeFile(fmt::format("{}/all/{:02}.jpg", folder, i), encodeJpeg(image, 100));
  }
}

TEST_F(LoaderTest, GivesTheSameBitsWithAnyNumberOfThreads) {
  writeHalves(folder, 13);
  openSet();
  options.threads = 1;
  std::vector<Batch> expected = take(train({7}), 8);
  for (int threads : {2, 5})
    for (int ahead : {0, 1, 6})
      for (uint64_t memory : {uint64_t(0), Canvases::defaultMemoryLimit}) {
        openSet(memory);
        options.threads = threads;
        options.ahead = ahead;
        expectSame(take(train({7}), 8), expected);
      }
}

TEST_F(LoaderTest, BeginsAnywhere) {
  writeHalves(folder, 13);
  openSet();
  std::vector<Batch> all = take(train({7}), 8);
  std::vector<Batch> later = take(train({7, 1, /*epoch=*/1, /*step=*/1}), 4);
  EXPECT_EQ(later[0].epoch, 1);
  EXPECT_EQ(later[0].step, 1);
  expectSame(later, {all.begin() + 4, all.end()});
}

TEST_F(LoaderTest, DividesAStepThatIsAccumulated) {
  writeHalves(folder, 13);
  openSet();
  options.batch = 6;
  std::vector<Batch> whole = take(train({7}), 4);
  options.batch = 2;
  std::vector<Batch> parts = take(train({7, /*accumulate=*/3}), 12);
  for (size_t step = 0; step < 4; ++step) {
    std::vector<float> inputs;
    for (size_t part = 0; part < 3; ++part) {
      const Batch &batch = parts[3 * step + part];
      EXPECT_EQ(batch.firstSample, int64_t(2 * part));
      EXPECT_EQ(batch.step, whole[step].step);
      inputs.insert(inputs.end(), batch.inputs.begin(), batch.inputs.end());
    }
    EXPECT_EQ(inputs, whole[step].inputs);
  }
}

TEST_F(LoaderTest, DividesAStepAmongRanks) {
  writeHalves(folder, 17);
  openSet();
  options.batch = 2;
  std::vector<Batch> all = take(train({7, /*accumulate=*/4}), 12);
  TrainingOrder order = {7, /*accumulate=*/2, 0, 0, /*ranks=*/2};
  for (order.rank = 0; order.rank < 2; ++order.rank) {
    std::vector<Batch> parts = take(train(order), 6);
    for (size_t i = 0; i < 6; ++i) {
      const Batch &same = all[i / 2 * 4 + size_t(order.rank) * 2 + i % 2];
      EXPECT_EQ(parts[i].firstSample, same.firstSample);
      EXPECT_EQ(parts[i].inputs, same.inputs);
    }
  }
  order.ranks = 5;
  EXPECT_EQ(errorOf([&] { train(order); }), folder + ": 17 pictures do not fill a step of 20");
}

TEST_F(LoaderTest, NeedsAFullStep) {
  writePictures(7);
  openSet();
  EXPECT_EQ(errorOf([&] {
              train({1, /*accumulate=*/2});
            }),
            folder + ": 7 pictures do not fill a step of 8");
}

TEST_F(LoaderTest, EvaluatesEachPictureOnceInOrder) {
  writePictures(10);
  openSet();
  Loader loader = evaluate();
  EXPECT_EQ(loader.stepsPerEpoch(), 3);
  std::vector<size_t> indices, counts;
  while (const Batch *batch = loader.next()) {
    counts.push_back(batch->count());
    EXPECT_EQ(batch->inputs.size(), batch->count() * 27);
    indices.insert(indices.end(), batch->indices.begin(), batch->indices.end());
  }
  EXPECT_THAT(counts, ElementsAre(4, 4, 2));
  EXPECT_THAT(indices, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(loader.next(), nullptr);
}

TEST_F(LoaderTest, CutsTenCropsOfEachPicture) {
  writeHalves(folder, 2);
  openSet();
  Loader loader = evaluate(Crops::ten);
  const Batch &batch = *loader.next();
  EXPECT_EQ(batch.count(), 2u);
  std::vector<float> expected;
  for (int i = 0; i < 2; ++i)
    preprocessor.append(readImage(pathOf(i)), Crops::ten, expected);
  EXPECT_EQ(batch.inputs, expected);
}

//===----------------------------------------------------------------------===//
// Broken pictures
//===----------------------------------------------------------------------===//

TEST_F(LoaderTest, ReplacesABrokenPictureByTheNextGoodOne) {
  writePictures(8);
  writeFile(pathOf(3), {});
  Bytes whole = readBytes(pathOf(4));
  writeFile(pathOf(4), Bytes(whole.begin(), whole.end() - 20));
  openSet();
  Loader loader = train({1});
  std::vector<size_t> indices;
  for (int number = 0; number < 4; ++number) { // two epochs
    const Batch &batch = *loader.next();
    for (size_t i = 0; i < 4; ++i)
      EXPECT_EQ(batch.inputs[27 * i], 10 * batch.indices[i]);
    indices.insert(indices.end(), batch.indices.begin(), batch.indices.end());
  }
  std::sort(indices.begin(), indices.end());
  EXPECT_THAT(indices, ElementsAre(0, 0, 1, 1, 2, 2, 5, 5, 5, 5, 5, 5, 6, 6, 7, 7));
  std::map<size_t, std::string> reasons;
  for (const BrokenImage &image : broken)
    EXPECT_TRUE(reasons.insert({image.index, image.reason}).second) << "reported twice";
  EXPECT_THAT(
      reasons,
      ElementsAre(
          std::pair<const size_t, std::string>(3, pathOf(3) + ": the file is empty"),
          std::pair<const size_t, std::string>(4, pathOf(4) + ": the JPEG image is truncated")));
  EXPECT_EQ(loader.brokenImages(), 2u);
}

TEST_F(LoaderTest, LeavesBrokenPicturesOutOfAnEvaluation) {
  writePictures(10);
  for (int i : {0, 4, 5, 6, 7, 9})
    writeFile(pathOf(i), {});
  openSet();
  Loader loader = evaluate();
  std::vector<size_t> counts, indices;
  while (const Batch *batch = loader.next()) {
    counts.push_back(batch->count());
    for (size_t i = 0; i < batch->count(); ++i)
      EXPECT_EQ(batch->inputs[27 * i], 10 * batch->indices[i]);
    indices.insert(indices.end(), batch->indices.begin(), batch->indices.end());
  }
  EXPECT_THAT(counts, ElementsAre(3, 1));
  EXPECT_THAT(indices, ElementsAre(1, 2, 3, 8));
  EXPECT_THAT(broken, SizeIs(6));
  Loader again = evaluate();
  EXPECT_EQ(again.next()->count(), 3u);
  EXPECT_EQ(again.next()->count(), 1u);
  EXPECT_EQ(again.next(), nullptr);
  EXPECT_THAT(broken, SizeIs(6)) << "reported again";
}

TEST_F(LoaderTest, EndsWhereNoPictureIsGood) {
  writePictures(5);
  for (int i = 0; i < 5; ++i)
    writeFile(pathOf(i), {});
  openSet();
  std::string expected =
      "no picture of " + folder + " can be read: " + pathOf(0) + ": the file is empty";
  EXPECT_EQ(errorOf([&] { train({1}).next(); }), expected);
  EXPECT_EQ(errorOf([&] { evaluate().next(); }), expected);
  EXPECT_EQ(errorOf([&] { canvases->measure(); }), expected);
}

TEST_F(LoaderTest, ReportsAPictureThatVanishesDuringTheRun) {
  writePictures(8);
  openSet(/*memoryLimit=*/0);
  options.threads = 1;
  options.ahead = 0;
  Loader loader = train({1});
  loader.next();
  std::filesystem::remove(pathOf(2));
  for (int number = 0; number < 6; ++number)
    loader.next();
  ASSERT_THAT(broken, SizeIs(1));
  EXPECT_EQ(broken[0].index, 2u);
  EXPECT_EQ(broken[0].reason, pathOf(2) + ": cannot read: No such file or directory");
}

TEST_F(LoaderTest, EndsWhenTheWholeSetVanishes) {
  writePictures(8);
  openSet(/*memoryLimit=*/0);
  options.threads = 1;
  options.ahead = 0;
  Loader loader = train({1});
  loader.next();
  std::filesystem::remove_all(folder);
  std::string error = errorOf([&] {
    for (int number = 0; number < 6; ++number)
      loader.next();
  });
  EXPECT_THAT(error, testing::MatchesRegex(folder + ": the data set is gone: image [0-7]: " +
                                           folder + "/all/0[0-7].jpg: cannot read: .*"));
}

TEST_F(LoaderTest, KeepsASmallSetInMemory) {
  writePictures(8);
  openSet();
  Loader loader = train({1});
  std::vector<Batch> first = take(train({1}), 2);
  std::filesystem::remove_all(folder + "/all");
  expectSame(take(train({1}), 2), first);
  EXPECT_THAT(broken, IsEmpty());
}

TEST_F(LoaderTest, CountsTheSecondsOfWaiting) {
  writePictures(8);
  openSet();
  Loader loader = train({1});
  EXPECT_EQ(loader.secondsWaited(), 0);
  loader.next();
  EXPECT_GT(loader.secondsWaited(), 0);
}

TEST_F(LoaderTest, StopsAtOnceWhenItIsDestroyed) {
  writePictures(8);
  openSet();
  for (int i = 0; i < 50; ++i)
    train({uint64_t(i)});
}

TEST_F(LoaderTest, MeasuresTheSameWithAnyNumberOfThreads) {
  writeHalves(folder, 9);
  writeFile(pathOf(3), {});
  openSet();
  PixelStatistics one = canvases->measure(1), three = canvases->measure(3);
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.colours.variances, three.colours.variances);
  EXPECT_EQ(one.colours.vectors, three.colours.vectors);
}

} // namespace
