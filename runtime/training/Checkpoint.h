//===- Checkpoint.h - a run on the disk, to be taken up again ---*- C++ -*-===//
//
// A checkpoint is a weights file (safetensors) that also holds the momenta,
// "conv1.weight:momentum", what was measured on the data set,
// "preprocess.mean" and "preprocess.pca", and as metadata where the run stands.
// It is written aside, synced and renamed, and carries a checksum.

#ifndef ALEXC_RUNTIME_TRAINING_CHECKPOINT_H
#define ALEXC_RUNTIME_TRAINING_CHECKPOINT_H

#include "runtime/Safetensors.h"
#include "runtime/training/Schedule.h"
#include "runtime/training/Tally.h"
#include <functional>
#include <memory>
#include <optional>

namespace alexrt {

/// Where a run stands between two steps. With the tensors it is all that the
/// rest of the run depends on.
struct TrainingState {
  uint64_t step = 0;    ///< steps that are done
  int64_t epoch = 0;    ///< epochs that are done
  int64_t position = 0; ///< steps of the current epoch that are done
  uint64_t seed = 0;
  int64_t imagesPerStep = 0;
  int64_t images = 0;               ///< in the training set
  std::vector<std::string> classes; ///< names of the training set's, where it has them
  ScheduleState schedule;
  Tally training;              ///< of the current epoch
  std::string hyperParameters; ///< as toJson writes them
};

/// What tensors a network's checkpoint has: name and shape of each parameter.
struct NetworkIdentity {
  std::string name;
  std::vector<Parameter> params;
};

/// A hash of the parameters' names and shapes, in 16 hexadecimal digits.
std::string parameterHash(const std::vector<Parameter> &params);

/// The names of classes that a weights file may hold; empty where it has none,
/// or none that can be read.
std::vector<std::string> classesOf(const Safetensors &weights);

/// Writes a checkpoint. Throws Error naming the file; whatever was at `path`
/// is then still there.
void writeCheckpoint(const std::string &path, const NetworkIdentity &network,
                     const TrainingState &state, const std::vector<TensorView> &tensors);

/// A checkpoint that was read and found whole.
struct Checkpoint {
  std::unique_ptr<Safetensors> file;
  TrainingState state;
};

/// Reads a checkpoint of `network`. Throws Error naming the file: truncated,
/// edited, no checkpoint, or of another network.
Checkpoint readCheckpoint(const std::string &path, const NetworkIdentity &network);

/// The checkpoints of a run: "step-00001234.safetensors" and "best.safetensors"
/// in one folder.
class CheckpointFolder {
public:
  /// Creates the folder where there is none, and removes what a run that was
  /// killed left half written. Keeps the `keep` newest checkpoints. Throws
  /// Error naming the folder.
  CheckpointFolder(const std::string &path, int keep);
  /// Removes a folder that it made and in which nothing was written.
  ~CheckpointFolder();
  CheckpointFolder(const CheckpointFolder &) = delete;
  CheckpointFolder &operator=(const CheckpointFolder &) = delete;

  const std::string &path() const { return folder; }
  std::string pathOfStep(uint64_t step) const;
  std::string bestPath() const { return folder + "/best.safetensors"; }

  /// Steps of the checkpoints that are there, the newest first.
  std::vector<uint64_t> steps() const;
  /// Reads the newest one that is whole, or nothing where there is none.
  /// `onBroken` is called with the error of each that is not.
  std::optional<Checkpoint>
  readNewest(const NetworkIdentity &network,
             const std::function<void(const std::string &)> &onBroken) const;

  /// Writes the checkpoint of `state.step`, makes it the best one where `isBest`, and
  /// removes older ones. Throws Error naming the file.
  void write(const NetworkIdentity &network, const TrainingState &state,
             const std::vector<TensorView> &tensors, bool isBest) const;

private:
  void removePartialFiles() const;
  void makeBest(uint64_t step) const;
  void removeOlderThan(uint64_t newest) const;

  std::string folder;
  size_t keep;
  bool isMade = false; ///< by this run
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_CHECKPOINT_H
