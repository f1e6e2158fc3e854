//===- DatasetTest.cpp - each format, and what is wrong with files --------===//

#include "runtime/data/Dataset.h"
#include "DataTesting.h"

#include <fmt/format.h>
#include <zlib.h>

using namespace alexrt;
using testing::ElementsAre;

namespace {

std::string openingError(const std::string &path, const DatasetOptions &options = {}) {
  return errorOf([&] { openDataset(path, options); });
}

/// All labels, in order.
std::vector<int32_t> labelsOf(const Dataset &dataset) {
  std::vector<int32_t> labels;
  for (size_t index = 0; index < dataset.size(); ++index)
    labels.push_back(dataset.label(index));
  return labels;
}

/// The first pixel's red of each picture.
std::vector<int> pixelsOf(const Dataset &dataset) {
  std::vector<int> pixels;
  for (size_t index = 0; index < dataset.size(); ++index)
    pixels.push_back(dataset.load(index).pixels[0]);
  return pixels;
}

void writePicture(const std::string &path, uint8_t grey) { writeFile(path, plainJpeg(8, 8, grey)); }

//===----------------------------------------------------------------------===//
// Image folders
//===----------------------------------------------------------------------===//

TEST(ImageFolder, SortsClassesAndFiles) {
  std::string folder = freshFolder();
  writePicture(folder + "/dog/b.jpg", 3);
  writePicture(folder + "/dog/a.JPEG", 2);
  writePicture(folder + "/cat/nested/z.jpg", 1);
  writeText(folder + "/dog/notes.txt", "not a picture");
  writePicture(folder + "/dog/.hidden.jpg", 9);
  writePicture(folder + "/.thumbnails/a.jpg", 9);
  DatasetParts parts = openDataset(folder);
  EXPECT_EQ(parts.validation, nullptr);
  EXPECT_THAT(parts.training->classNames(), ElementsAre("cat", "dog"));
  EXPECT_THAT(labelsOf(*parts.training), ElementsAre(0, 1, 1));
  EXPECT_THAT(pixelsOf(*parts.training), ElementsAre(1, 2, 3));
  EXPECT_EQ(parts.training->nameOf(1), folder + "/dog/a.JPEG");
  EXPECT_EQ(parts.training->encoded(1), plainJpeg(8, 8, 2));
}

TEST(ImageFolder, HasTwoParts) {
  for (const char *name : {"val", "test"}) {
    std::string folder = freshFolder();
    writePicture(folder + "/train/cat/a.jpg", 1);
    writePicture(folder + "/train/dog/a.jpg", 2);
    writePicture(folder + "/" + name + "/dog/a.jpg", 3); // no cats, but dogs are still class 1
    DatasetParts parts = openDataset(folder);
    EXPECT_THAT(labelsOf(*parts.training), ElementsAre(0, 1));
    EXPECT_THAT(labelsOf(*parts.validation), ElementsAre(1));
    EXPECT_THAT(pixelsOf(*openForEvaluation(folder)), ElementsAre(3));
  }
}

TEST(ImageFolder, TakesTrainForAClassAmongOthers) {
  std::string folder = freshFolder();
  writePicture(folder + "/bus/a.jpg", 1);
  writePicture(folder + "/train/a.jpg", 2);
  EXPECT_THAT(openDataset(folder).training->classNames(), ElementsAre("bus", "train"));
}

TEST(ImageFolder, RefusesWhatIsNoSet) {
  std::string folder = freshFolder();
  EXPECT_EQ(openingError(folder + "/nowhere"), folder + "/nowhere: no such file or folder");
  EXPECT_EQ(openingError(folder), folder + ": no data set: expected a folder for each class, "
                                           "train/, or the files of CIFAR, MNIST or alexc pack");
  writePicture(folder + "/cat/a.jpg", 1);
  std::filesystem::create_directory(folder + "/empty");
  EXPECT_EQ(openingError(folder), folder + ": class 1 ('empty') has no JPEG or PNG files");
}

TEST(ImageFolder, RefusesAnUnknownClassInValidation) {
  std::string folder = freshFolder();
  writePicture(folder + "/train/cat/a.jpg", 1);
  writePicture(folder + "/val/dog/a.jpg", 1);
  EXPECT_EQ(openingError(folder),
            folder + "/val: class 'dog' is not one of the training set's 1 classes");
  EXPECT_EQ(errorOf([&] { openForTraining(folder + "/train", {folder + "/val"}); }),
            folder + "/val: class 'dog' is not one of the training set's 1 classes");
}

TEST(ImageFolder, NamesAPictureThatHasVanished) {
  std::string folder = freshFolder();
  writePicture(folder + "/cat/a.jpg", 1);
  DatasetPointer dataset = openDataset(folder).training;
  std::filesystem::remove(folder + "/cat/a.jpg");
  EXPECT_EQ(errorOf([&] { dataset->load(0); }),
            folder + "/cat/a.jpg: cannot read: No such file or directory");
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

TEST(List, ReadsPathsAndLabels) {
  std::string folder = freshFolder();
  writePicture(folder + "/a b.jpg", 1);
  writePicture(folder + "/flat/c.JPEG", 2);
  std::string list = writeText(folder + "/val.txt", "a b.jpg 7\r\n\nflat/c.JPEG\t0");
  DatasetPointer dataset = openForEvaluation(list);
  EXPECT_THAT(labelsOf(*dataset), ElementsAre(7, 0));
  EXPECT_THAT(pixelsOf(*dataset), ElementsAre(1, 2));
  DatasetOptions elsewhere;
  elsewhere.imageFolder = folder + "/flat";
  writeText(list, "c.JPEG 0\n");
  EXPECT_THAT(pixelsOf(*openForEvaluation(list, elsewhere)), ElementsAre(2));
}

TEST(List, NamesTheBadLine) {
  std::string list = freshFolder() + "/val.txt";
  writeText(list, "a.jpg 1\nb.jpg\n");
  EXPECT_EQ(openingError(list), list + ":2: expected \"path label\", got 'b.jpg'");
  writeText(list, "a.jpg cat\n");
  EXPECT_EQ(openingError(list), list + ":1: expected a label from 0 to 2147483647, got 'cat'");
  writeText(list, "a.jpg 1\n\na.jpg -1\n");
  EXPECT_EQ(openingError(list), list + ":3: expected a label from 0 to 2147483647, got '-1'");
  writeText(list, "a.jpg 2147483648\n");
  EXPECT_EQ(openingError(list),
            list + ":1: expected a label from 0 to 2147483647, got '2147483648'");
  writeText(list, "\n");
  EXPECT_EQ(openingError(list), list + ": the list names no pictures");
}

//===----------------------------------------------------------------------===//
// CIFAR
//===----------------------------------------------------------------------===//

/// A record whose planes are red, red + 1 and red + 2.
void appendRecord(Bytes &file, const Bytes &labels, uint8_t red) {
  file.insert(file.end(), labels.begin(), labels.end());
  for (uint8_t channel = 0; channel < 3; ++channel)
    file.insert(file.end(), 32 * 32, uint8_t(red + channel));
}

TEST(Cifar, ReadsTenClasses) {
  std::string folder = freshFolder();
  Bytes first, second, test;
  appendRecord(first, {3}, 10);
  appendRecord(first, {9}, 20);
  appendRecord(second, {0}, 30);
  appendRecord(test, {1}, 40);
  writeFile(folder + "/data_batch_1.bin", first);
  writeFile(folder + "/data_batch_2.bin", second);
  writeFile(folder + "/test_batch.bin", test);
  std::string names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
  writeText(folder + "/batches.meta.txt", names);
  DatasetParts parts = openDataset(folder);
  EXPECT_THAT(labelsOf(*parts.training), ElementsAre(3, 9, 0));
  EXPECT_THAT(pixelsOf(*parts.training), ElementsAre(10, 20, 30));
  EXPECT_THAT(pixelsOf(*parts.validation), ElementsAre(40));
  EXPECT_EQ(parts.training->classNames()[9], "truck");
  EXPECT_EQ(parts.training->nameOf(1), folder + "/data_batch_1.bin[1]");
  EXPECT_EQ(parts.training->nameOf(2), folder + "/data_batch_2.bin[0]");
  Image image = parts.training->load(2);
  EXPECT_EQ(image.pixels[3 * 1023 + 2], 32);
}

TEST(Cifar, TakesTheFineLabelOfAHundred) {
  std::string folder = freshFolder();
  Bytes file;
  appendRecord(file, {19, 99}, 1);
  writeFile(folder + "/train.bin", file);
  EXPECT_THAT(labelsOf(*openDataset(folder).training), ElementsAre(99));
}

TEST(Cifar, RefusesWrongFiles) {
  std::string folder = freshFolder(), path = folder + "/data_batch_1.bin";
  Bytes file;
  appendRecord(file, {1}, 1);
  appendRecord(file, {10}, 1);
  writeFile(path, file);
  EXPECT_EQ(openingError(folder), path + ": image 1: expected a label from 0 to 9, got 10");
  file.pop_back();
  writeFile(path, file);
  EXPECT_EQ(openingError(folder),
            path + ": expected records of 3073 bytes, got 6145 bytes: image 1 is not whole");
  writeFile(path, {});
  EXPECT_EQ(openingError(folder),
            path + ": expected records of 3073 bytes, got 0 bytes: image 0 is not whole");
}

//===----------------------------------------------------------------------===//
// IDX
//===----------------------------------------------------------------------===//

void appendWord(Bytes &file, uint32_t word) {
  for (int shift : {24, 16, 8, 0})
    file.push_back(uint8_t(word >> shift));
}

/// `count` pictures of 2x3 pixels; all pixels of a picture are its number.
Bytes idxImages(uint32_t count) {
  Bytes file;
  for (uint32_t word : {0x803u, count, 2u, 3u})
    appendWord(file, word);
  for (uint32_t picture = 0; picture < count; ++picture)
    file.insert(file.end(), 6, uint8_t(picture));
  return file;
}

Bytes idxLabels(const Bytes &labels) {
  Bytes file;
  appendWord(file, 0x801);
  appendWord(file, uint32_t(labels.size()));
  file.insert(file.end(), labels.begin(), labels.end());
  return file;
}

void writeGzip(const std::string &path, const Bytes &bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), unsigned(bytes.size()));
  gzclose(file);
}

const char *const trainImages = "/train-images-idx3-ubyte", *const trainLabels =
                                                                "/train-labels-idx1-ubyte";

TEST(Idx, ReadsBothPartsGzippedOrNot) {
  std::string folder = freshFolder();
  writeFile(folder + trainImages, idxImages(3));
  writeGzip(folder + trainLabels + ".gz", idxLabels({4, 5, 6}));
  writeGzip(folder + "/t10k-images.idx3-ubyte.gz", idxImages(1));
  writeFile(folder + "/t10k-labels.idx1-ubyte", idxLabels({9}));
  DatasetParts parts = openDataset(folder);
  EXPECT_THAT(labelsOf(*parts.training), ElementsAre(4, 5, 6));
  EXPECT_THAT(pixelsOf(*parts.training), ElementsAre(0, 1, 2));
  EXPECT_THAT(labelsOf(*parts.validation), ElementsAre(9));
  Image image = parts.training->load(2);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.pixels, Bytes(18, 2));
  EXPECT_EQ(parts.training->nameOf(2), folder + trainImages + "[2]");
}

TEST(Idx, RefusesWrongImages) {
  std::string folder = freshFolder(), images = folder + trainImages;
  writeFile(folder + trainLabels, idxLabels({4, 5, 6}));
  writeFile(images, idxLabels({4, 5, 6}));
  EXPECT_EQ(openingError(folder),
            images + ": expected the magic number 0x803 of IDX images, got 0x801");
  Bytes file = idxImages(3);
  writeFile(images, Bytes(file.begin(), file.begin() + 10));
  EXPECT_EQ(openingError(folder), images + ": cut short: the header is not whole");
  writeFile(images, Bytes(file.begin(), file.end() - 7));
  EXPECT_EQ(openingError(folder), images + ": cut short: image 1 of 3 is not whole");
  file.push_back(0);
  writeFile(images, file);
  EXPECT_EQ(openingError(folder), images + ": more bytes than the header says");
  file[11] = 0; // no rows
  writeFile(images, file);
  EXPECT_EQ(openingError(folder), images + ": expected images of 1 to 4096 pixels a side, got 0x3");
}

TEST(Idx, RefusesLabelsThatDoNotFit) {
  std::string folder = freshFolder(), images = folder + trainImages, labels = folder + trainLabels;
  writeFile(images, idxImages(3));
  EXPECT_EQ(openingError(folder), folder + ": train-labels-idx1-ubyte is missing");
  writeFile(labels, idxLabels({4, 5}));
  EXPECT_EQ(openingError(folder), images + ": 3 images, but " + labels + " has 2 labels");
  Bytes file = idxLabels({4, 5, 6});
  file.pop_back();
  writeFile(labels, file);
  EXPECT_EQ(openingError(folder), labels + ": cut short: label 2 of 3 is missing");
  writeFile(images, idxImages(0));
  writeFile(labels, idxLabels({}));
  EXPECT_EQ(openingError(folder), images + ": no images");
}

TEST(Idx, SeesDamageInAGzippedFile) {
  std::string folder = freshFolder();
  writeFile(folder + trainLabels, idxLabels({4, 5, 6}));
  writeGzip(folder + trainImages + ".gz", idxImages(3));
  Bytes file = readBytes(folder + trainImages + ".gz");
  file[file.size() - 6] ^= 1; // the checksum
  writeFile(folder + trainImages + ".gz", file);
  std::string path = folder + trainImages + ".gz";
  EXPECT_EQ(openingError(folder), path + ": damaged: " + path + ": incorrect data check");
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// Ten pictures in two classes.
std::string writeTen() {
  std::string folder = freshFolder();
  for (int i = 0; i < 10; ++i)
    writePicture(fmt::format("{}/class{}/{}.jpg", folder, i / 5, i), uint8_t(10 * i));
  return folder;
}

TEST(Parts, HoldsOutTheSamePicturesEachTime) {
  std::string folder = writeTen();
  DatasetParts parts = openForTraining(folder, {"", 0.3});
  EXPECT_EQ(parts.validation->size(), 3u);
  std::vector<int> all = pixelsOf(*parts.training), held = pixelsOf(*parts.validation);
  EXPECT_EQ(held, pixelsOf(*openForTraining(folder, {"", 0.3}).validation));
  EXPECT_TRUE(std::is_sorted(held.begin(), held.end()));
  all.insert(all.end(), held.begin(), held.end());
  EXPECT_THAT(all, testing::UnorderedElementsAre(0, 10, 20, 30, 40, 50, 60, 70, 80, 90));
  EXPECT_EQ(openForTraining(folder, {}).validation, nullptr);
  EXPECT_EQ(errorOf([&] {
              openForTraining(folder, {"", 0.01});
            }),
            folder + ": cannot hold out 0 of 10 pictures for validation");
}

TEST(Parts, ValidatesWithAnotherSet) {
  std::string folder = writeTen();
  writePicture(folder + "/../alexc-other/class1/a.jpg", 77);
  DatasetParts parts = openForTraining(folder, {folder + "/../alexc-other"});
  EXPECT_EQ(parts.training->size(), 10u);
  EXPECT_THAT(pixelsOf(*parts.validation), ElementsAre(77));
  EXPECT_THAT(labelsOf(*parts.validation), ElementsAre(1));
}

TEST(Parts, SelectsPictures) {
  DatasetPointer some = selectFrom(openDataset(writeTen()).training, {7, 2});
  EXPECT_THAT(pixelsOf(*some), ElementsAre(70, 20));
  EXPECT_THAT(labelsOf(*some), ElementsAre(1, 0));
}

TEST(Parts, NamesALabelThatTheNetworkHasNot) {
  std::string folder = writeTen();
  DatasetPointer dataset = openDataset(folder).training;
  checkLabels(*dataset, 2);
  EXPECT_EQ(errorOf([&] { checkLabels(*dataset, 1); }),
            folder + "/class1/5.jpg: image 5 has label 1, but the network has 1 classes");
}

//===----------------------------------------------------------------------===//
// Any bytes at all
//===----------------------------------------------------------------------===//

/// Opens `folder` with its file `path` cut short and with bytes changed: that
/// ends well or with an Error.
void tryDamaged(const std::string &folder, const std::string &path) {
  Bytes whole = readBytes(path);
  auto open = [&](const Bytes &bytes) {
    writeFile(path, bytes);
    errorOf([&] { pixelsOf(*openDataset(folder).training); });
  };
  for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 60)
    open(Bytes(whole.begin(), whole.begin() + int64_t(size)));
  for (size_t place = 0; place < whole.size(); place += 1 + whole.size() / 200)
    for (uint8_t flipped : {0x01, 0x80, 0xff}) {
      Bytes damaged = whole;
      damaged[place] ^= flipped;
      open(damaged);
    }
  writeFile(path, whole);
}

TEST(Damage, NeverCrashes) {
  std::string folder = freshFolder();
  writeFile(folder + "/idx" + trainImages, idxImages(3));
  writeGzip(folder + "/idx" + trainLabels + ".gz", idxLabels({4, 5, 6}));
  tryDamaged(folder + "/idx", folder + "/idx" + trainImages);
  tryDamaged(folder + "/idx", folder + "/idx" + trainLabels + ".gz");
  Bytes records;
  appendRecord(records, {1, 2}, 1);
  writeFile(folder + "/cifar/train.bin", records);
  tryDamaged(folder + "/cifar", folder + "/cifar/train.bin");
  writePicture(folder + "/images/a/a.jpg", 1);
  tryDamaged(folder + "/images", folder + "/images/a/a.jpg");
  std::string list = writeText(folder + "/list.txt", "images/a/a.jpg 1\nimages/a/a.jpg 22\n");
  tryDamaged(list, list);
}

} // namespace
