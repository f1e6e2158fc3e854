//===- Network.h - one network, ready to run --------------------*- C++ -*-===//
//
// What the C API of alexrt.h and the command line of a generated binary stand
// on. An instance owns its memory, its threads and its parameters; it is used
// from one thread at a time and shares nothing with other instances.

#ifndef ALEXC_RUNTIME_NETWORK_H
#define ALEXC_RUNTIME_NETWORK_H

#include "runtime/Description.h"
#include "runtime/Error.h"
#include "runtime/Program.h"
#include <memory>

namespace alexrt {

class Accelerators;
class Safetensors;

struct NetworkOptions {
  /// Of each device, the caller's included; 0: the CPUs allowed, divided among them.
  int threads = 0;
  /// Run every kernel on copies of its arguments between inaccessible pages,
  /// twice, so that an access out of bounds faults; on a device as
  /// AcceleratorOptions::guardsArguments says. Slow: for tests.
  bool guardPages = false;
  /// Entries that are going to be run: there is memory for these alone.
  std::vector<std::string> kinds = {"infer"};
  /// On a device, launch programs as graphs that were captured when they ran.
  bool captureGraphs = true;
  /// Number of the first device, where several processes share a machine's.
  uint32_t firstDevice = 0;
};

/// Bytes of each kind of memory of an instance.
struct MemoryUse {
  uint64_t parameters = 0; ///< the weights file's tensors, mapped or initialised
  uint64_t momenta = 0;    ///< where the network is trainable
  uint64_t gradients = 0;  ///< where it is, and entries hand them over
  uint64_t weights = 0;    ///< parameters in a form of their own, on all devices
  uint64_t scratch = 0;    ///< values between layers, of the largest entry, on all devices
  uint64_t io = 0;         ///< inputs and outputs
};

class Network {
public:
  /// Allocates memory and starts threads. `table` must outlive the network.
  /// Throws Error where the ABI's version is another, the CPU lacks what the
  /// kernels need, or the device that they are for cannot be used.
  explicit Network(const AlexrtNetwork &table, const NetworkOptions &options = {});
  ~Network();
  Network(const Network &) = delete;
  Network &operator=(const Network &) = delete;

  const Description &description() const;
  /// Of each device.
  int threads() const;
  /// What the network runs on: "2 threads", "NVIDIA H100 (CUDA device 0)".
  std::string device() const;
  MemoryUse memory() const;

  //===--------------------------------------------------------------------===//
  // Parameters
  //===--------------------------------------------------------------------===//

  /// Maps a safetensors file, whose tensors are then used in place; those that
  /// are no parameters are ignored. Throws Error naming file and tensor; the
  /// parameters are then as before. After this and the next two functions the
  /// network is not trainable.
  void loadWeights(const std::string &path);
  /// The file that loadWeights has mapped, with all of its tensors; null after
  /// the parameters came from elsewhere, or were made trainable.
  std::shared_ptr<const Safetensors> weightsFile() const;
  /// Random parameters, the same for a seed on every machine and thread count.
  void initWeights(uint64_t seed);
  /// Copies parameters from memory: `data[i]` has the elements of
  /// `description().params[i]`.
  void setWeights(const std::vector<const float *> &data);
  /// Writes all parameters as a safetensors file. Throws Error.
  void saveWeights(const std::string &path) const;
  bool hasWeights() const;
  /// The elements of `description().params[index]`; may be aligned to 4 bytes
  /// only. Null where there are no weights yet.
  const float *parameter(size_t index) const;

  //===--------------------------------------------------------------------===//
  // Training
  //===--------------------------------------------------------------------===//

  /// Copies the parameters to memory that may be written, with momenta of zero.
  /// Does nothing where they are there already. Throws Error where there are no
  /// weights.
  void makeTrainable();
  bool isTrainable() const;
  /// What belongs to `description().params[index]`, in the file's order of
  /// elements and aligned to 64 bytes. Null where the network is not trainable;
  /// gradients also where no kind of its options has them. Addresses are valid,
  /// and what lies there is up to date, until the next run that writes there.
  const float *momentum(size_t index) const;
  const float *gradient(size_t index) const;
  /// The same, to be written before the next run.
  float *parameterData(size_t index);
  float *momentumData(size_t index);
  float *gradientData(size_t index);
  /// To be called after writing through parameterData: other forms of the
  /// parameters are made again before they are needed.
  void parametersChanged();
  /// The numbers that the next run reads; at first the spec's, seed and step 0.
  AlexrtStep &step();

  //===--------------------------------------------------------------------===//
  // Running
  //===--------------------------------------------------------------------===//

  /// The entry of this kind and batch size, null where there is none.
  const Entry *findEntry(const std::string &kind, int64_t batch) const;
  /// (N, C, H, W), to be filled before `run`. To be asked for again before it is
  /// filled again.
  float *input(const Entry &entry);
  /// (N), numbers of classes; the same.
  int32_t *labels(const Entry &entry);
  /// Probabilities (N, classes), valid until the next run.
  const float *output(const Entry &entry) const;
  /// (N), valid until the next run.
  const float *loss(const Entry &entry) const;
  /// (N, C, H, W), valid until the next run; null where the entry has none.
  const float *inputGradient(const Entry &entry) const;
  /// Runs an entry of `description().entries` once; on a device it may go on
  /// until results are asked for. Allocates nothing. Throws
  /// Error where there are no weights, the entry is of no kind that the options
  /// name, it trains and the network is not trainable, or a label is no class.
  void run(const Entry &entry, const RunOptions &options = {});
  /// Brings the entry's input and labels to a device of its own memory beside
  /// the run that is at work there: the next run of the entry finds them, and
  /// they may be filled again. Throws Error where a label is no class.
  void sendAhead(const Entry &entry);
  /// Whether sendAhead gains anything: not where a network runs in the host's memory.
  bool sendsAhead() const;
  /// Where the entry's program uses gradients that it writes; see RunOptions::recordEnded.
  std::vector<GradientUse> gradientUses(const Entry &entry) const;
  /// The devices, where they have memory of their own; else null.
  Accelerators *accelerators() const;
  /// Returns when all runs have ended. Throws Error where a device failed.
  void synchronize();
  /// A layer's value in logical order (N, C, H, W) or (N, C), as it lies in
  /// memory now. See Entry::valueOf.
  std::vector<float> readValue(const ValueInfo &value) const;
  /// The same of images [firstImage, firstImage + images).
  std::vector<float> readValue(const ValueInfo &value, int64_t firstImage, int64_t images) const;

  /// Runs `count` images through the "infer" entries: the largest batch that
  /// fits first; where none fits the smallest one, filled up with zeros. input
  /// (count, C, H, W), output (count, classes). Allocates nothing. Throws Error.
  void infer(const float *input, size_t count, float *output);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_NETWORK_H
