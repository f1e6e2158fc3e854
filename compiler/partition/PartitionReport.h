//===- PartitionReport.h - what a plan costs before it runs -----*- C++ -*-===//

#ifndef ALEXC_COMPILER_PARTITIONREPORT_H
#define ALEXC_COMPILER_PARTITIONREPORT_H

#include "compiler/KernelCatalog.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace alexc {

/// What crosses between two devices for one layer, in one run of an entry.
struct PartitionEdge {
  std::string source, reader; ///< layers: "pool2", "conv3"
  int64_t from = 0, to = 0;   ///< devices
  int64_t forward = 0;        ///< bytes from `from` to `to`
  int64_t backward = 0;       ///< bytes of gradients, the other way
};

/// What one device does and holds in one run of an entry.
struct DeviceLoad {
  int64_t macs = 0;       ///< multiply-adds
  int64_t parameters = 0; ///< bytes
  int64_t momenta = 0;    ///< bytes
  int64_t ports = 0;      ///< bytes of inputs and outputs
  int64_t scratch = 0;    ///< bytes at the worst moment
  double compute = 0;     ///< predicted seconds of its kernels

  int64_t peak() const { return parameters + momenta + ports + scratch; }
};

/// A kernel of the way forward.
struct PlacedLayer {
  std::string name;          ///< "conv1+relu1"
  std::vector<int64_t> macs; ///< multiply-adds on each device; -1 where it has no part
};

/// An entry that is planned: placed, with kernels and addresses.
struct PartitionReport {
  std::vector<DeviceLoad> devices;
  std::vector<PartitionEdge> edges;
  std::vector<PlacedLayer> layers; ///< in order
  double transfer = 0;             ///< predicted seconds of all transfers, one after the other
  double step = 0;                 ///< predicted seconds of the run, queues side by side

  int64_t bytesForward() const;
  int64_t bytesBackward() const;
};

/// Adds up `entry`. Predictions are the catalog's, for one core on a CPU.
PartitionReport reportPartition(mlir::func::FuncOp entry, const KernelCatalog &catalog,
                                const Machine &machine);

} // namespace alexc

#endif // ALEXC_COMPILER_PARTITIONREPORT_H
