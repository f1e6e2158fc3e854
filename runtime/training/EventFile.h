//===- EventFile.h - scalars for TensorBoard --------------------*- C++ -*-===//
//
// An event file is a sequence of TFRecords (length, masked CRC-32C of the
// length, data, masked CRC-32C of the data), each one a protobuf message
// `Event` of tensorflow/core/util/event.proto. Scalars need six fields of it.

#ifndef ALEXC_RUNTIME_TRAINING_EVENTFILE_H
#define ALEXC_RUNTIME_TRAINING_EVENTFILE_H

#include "runtime/training/AppendFile.h"
#include <cstdint>
#include <string>
#include <vector>

namespace alexrt {

/// A named number, "loss/training".
struct Scalar {
  std::string tag;
  double value = 0;
};

/// An event file of its own for each start of a run; TensorBoard joins the
/// files of a folder and forgets what lies behind the step where one begins.
class EventFile {
public:
  /// Creates a file in `folder` whose name has the time and the process.
  /// `step` is where the run begins or goes on. Throws Error naming the file.
  EventFile(const std::string &folder, uint64_t step);

  void append(uint64_t step, const std::vector<Scalar> &scalars);
  /// Hands what was appended to the system. Throws Error naming the file.
  void flush() { file.flush(); }
  const std::string &path() const { return file.path(); }

private:
  void appendRecord(const std::string &event);

  AppendFile file;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_EVENTFILE_H
