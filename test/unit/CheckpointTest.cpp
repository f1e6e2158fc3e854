//===- CheckpointTest.cpp - a run on the disk, to be taken up again -------===//

#include "runtime/training/Checkpoint.h"
#include "RuntimeTesting.h"
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace alexrt;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

namespace {

const NetworkIdentity network = {"net", {{"fc.weight", {2, 3}, {}}}};

class CheckpointTest : public FolderTest {
protected:
  std::vector<float> weight = {1, 2, 3, 4, 5, 6}, momentum = {0, 0, 0, 0, 0, 0.5f};

  std::vector<TensorView> tensors() const {
    return {{"fc.weight", {2, 3}, weight.data()}, {"fc.weight:momentum", {2, 3}, momentum.data()}};
  }
  static TrainingState stateOf(uint64_t step) {
    TrainingState state;
    state.step = step;
    return state;
  }
  void writeStep(const CheckpointFolder &run, uint64_t step, bool isBest = false) const {
    run.write(network, stateOf(step), tensors(), isBest);
  }
  std::string errorOfRead(const std::string &name, const NetworkIdentity &expected = network) {
    return errorOf([&] { readCheckpoint(path(name), expected); }, folder);
  }
};

TEST_F(CheckpointTest, ReadsWhatItWrote) {
  TrainingState state = stateOf(1234);
  state.epoch = 3;
  state.position = 17;
  state.seed = 0xfedcba9876543210u;
  state.imagesPerStep = 256;
  state.images = 1000;
  state.classes = {"cat", "dog"};
  state.schedule = {2, 0.1, 1, true};
  state.training = {128, 64, 32, 0.1 + 0.2};
  state.hyperParameters = "{\n}\n";
  writeCheckpoint(path("c"), network, state, tensors());
  Checkpoint checkpoint = readCheckpoint(path("c"), network);
  EXPECT_EQ(checkpoint.state.step, 1234u);
  EXPECT_EQ(checkpoint.state.epoch, 3);
  EXPECT_EQ(checkpoint.state.position, 17);
  EXPECT_EQ(checkpoint.state.seed, 0xfedcba9876543210u);
  EXPECT_EQ(checkpoint.state.imagesPerStep, 256);
  EXPECT_EQ(checkpoint.state.images, 1000);
  EXPECT_THAT(checkpoint.state.classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(classesOf(*checkpoint.file), ElementsAre("cat", "dog"));
  EXPECT_EQ(checkpoint.state.schedule.divisions, 2);
  EXPECT_EQ(checkpoint.state.schedule.bestError, 0.1);
  EXPECT_EQ(checkpoint.state.schedule.epochsWithoutImprovement, 1);
  EXPECT_TRUE(checkpoint.state.schedule.isFinished);
  EXPECT_EQ(checkpoint.state.training.top5Errors, 32);
  EXPECT_EQ(checkpoint.state.training.lossSum, 0.1 + 0.2); // every bit
  EXPECT_EQ(checkpoint.state.hyperParameters, "{\n}\n");
  auto *read = static_cast<const float *>(checkpoint.file->find("fc.weight:momentum", {2, 3}));
  EXPECT_THAT(std::vector<float>(read, read + 6), momentum);
}

TEST_F(CheckpointTest, RefusesDamagedFiles) {
  writeCheckpoint(path("c"), network, stateOf(1), tensors());
  std::string bytes = read("c");
  write("cut", bytes.substr(0, bytes.size() - 5));
  EXPECT_THAT(errorOfRead("cut"), MatchesRegex("cut: tensor 'fc.weight:momentum': truncated: .*"));

  std::string changed = bytes;
  changed[changed.size() - 2] ^= 1;
  write("weights", changed);
  EXPECT_EQ(errorOfRead("weights"),
            "weights: the checksum is wrong: the file was damaged or edited");

  std::string edited = bytes;
  size_t seed = edited.find("\"step\":\"1\"");
  ASSERT_NE(seed, edited.npos);
  edited.replace(seed, 10, "\"step\":\"7\"");
  write("metadata", edited);
  EXPECT_EQ(errorOfRead("metadata"),
            "metadata: the checksum is wrong: the file was damaged or edited");
}

TEST_F(CheckpointTest, RefusesWhatIsNotOfThisNetwork) {
  writeSafetensors(path("w"), tensors());
  EXPECT_EQ(errorOfRead("w"), "w: no checkpoint of a run: weights alone are given with --weights");
  writeCheckpoint(path("c"), network, stateOf(1), tensors());
  EXPECT_EQ(errorOfRead("c", {"other", network.params}),
            "c: a checkpoint of network 'net', expected 'other'");
  EXPECT_EQ(errorOfRead("c", {"net", {{"fc.weight", {3, 2}, {}}}}),
            "c: network 'net' had other layers or shapes when this was written");
}

TEST_F(CheckpointTest, KeepsTheNewestAndTheBest) {
  CheckpointFolder run(path("run"), 2);
  EXPECT_THAT(run.steps(), ElementsAre());
  writeStep(run, 1, /*isBest=*/true);
  for (uint64_t step : {2, 3, 100'000'000})
    writeStep(run, step);
  EXPECT_THAT(run.steps(), ElementsAre(100'000'000, 3));
  EXPECT_EQ(readCheckpoint(run.bestPath(), network).state.step, 1u);
}

TEST_F(CheckpointTest, FallsBackToTheNewestThatIsWhole) {
  CheckpointFolder run(path("run"), 1);
  writeStep(run, 5);
  write("run/step-00000009.safetensors", "half a fi");
  std::vector<std::string> errors;
  auto newest = run.readNewest(network, [&](const std::string &error) { errors.push_back(error); });
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->state.step, 5u);
  EXPECT_THAT(errors, ElementsAre(HasSubstr("step-00000009.safetensors: not a safetensors file")));
  writeStep(run, 6); // takes the place of step 5, not of itself
  EXPECT_THAT(run.steps(), ElementsAre(9, 6));
}

TEST_F(CheckpointTest, CleansUpAfterARunThatWasKilled) {
  std::filesystem::create_directory(path("run"));
  write("run/step-00000001.safetensors.77.partial", "half");
  CheckpointFolder run(path("run"), 1);
  EXPECT_TRUE(std::filesystem::is_empty(path("run")));
}

TEST_F(CheckpointTest, NamesAFolderThatCannotBeMade) {
  write("file", "");
  EXPECT_EQ(errorOf([&] { CheckpointFolder run(path("file/run"), 1); }, folder),
            "file/run: Not a directory");
}

/// Files may have so many bytes as long as this lives, as on a full disk.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit limit = {bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before); }

private:
  rlimit before;
};

TEST_F(CheckpointTest, LeavesThePreviousOneWhereTheDiskIsFull) {
  CheckpointFolder run(path("run"), 1);
  writeStep(run, 1);
  std::string error;
  {
    FileSizeLimit limit(600); // the header fits, the tensors do not
    error = errorOf([&] { writeStep(run, 2); }, folder);
  }
  EXPECT_EQ(error, "run/step-00000002.safetensors: File too large");
  EXPECT_THAT(run.steps(), ElementsAre(1));
  EXPECT_EQ(readCheckpoint(run.pathOfStep(1), network).state.step, 1u);
  size_t files = std::distance(std::filesystem::directory_iterator(path("run")), {});
  EXPECT_EQ(files, 1u);
}

TEST_F(CheckpointTest, LeavesThePreviousOneInAFolderThatCannotBeWritten) {
  CheckpointFolder run(path("run"), 1);
  writeStep(run, 1);
  std::filesystem::permissions(path("run"), std::filesystem::perms(0555));
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  constexpr uid_t nobody = 65534;
  bool isRoot = geteuid() == 0; // who may write everywhere
  if (isRoot)
    ASSERT_EQ(seteuid(nobody), 0);
  std::string error = errorOf([&] { writeStep(run, 2); }, folder);
  if (isRoot)
    ASSERT_EQ(seteuid(0), 0);
  EXPECT_EQ(error, "run/step-00000002.safetensors: Permission denied");
  EXPECT_THAT(run.steps(), ElementsAre(1));
  std::filesystem::permissions(path("run"), std::filesystem::perms(0755));
}

} // namespace
