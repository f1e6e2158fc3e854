//===- DeviceExchange.h - devices add up gradients --------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RANKS_DEVICEEXCHANGE_H
#define ALEXC_RUNTIME_RANKS_DEVICEEXCHANGE_H

#include "runtime/Accelerators.h"
#include "runtime/ranks/GradientExchange.h"

namespace alexrt {

/// Makes each gradient the mean over all ranks, where it lies on a device: on a queue
/// beside the device's work, as soon as nothing in the run has to do with it any more.
class DeviceExchange : public GradientExchange {
public:
  /// For runs of `entry` of a network that works on devices, and was made trainable.
  /// Ranks have sums by devices. Throws Error.
  DeviceExchange(Network &network, const Entry &entry, Ranks &ranks);
  ~DeviceExchange() override;

  RunOptions begin(const RunOptions &options) override;
  /// The devices go on; the host waits until all ranks have asked for all means.
  void finish() override;

private:
  /// The part of a gradient that a device has.
  struct Piece {
    uint32_t device;
    char *begin, *end;
    size_t lastUse; ///< number of the record
  };
  /// A record that has to do with a piece.
  struct Use {
    size_t piece;
    uint32_t queue;
  };

  void joinGroups(uint32_t devices);
  void findPieces(const std::vector<GradientUse> &uses);
  void recordEnded(size_t record);
  void check(int code, const char *what) const;

  Accelerators &accelerators;
  Ranks &ranks;
  const AlexrtDeviceSums &sums;
  std::vector<void *> groups; ///< of each device
  std::vector<Piece> pieces;
  std::vector<std::vector<Use>> usesOf; ///< each record
  bool isRunning = false;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_DEVICEEXCHANGE_H
