//===- DeviceTable.h - the handwritten network for a device -----*- C++ -*-===//

#ifndef ALEXC_TEST_UNIT_DEVICETABLE_H
#define ALEXC_TEST_UNIT_DEVICETABLE_H

#include "HandwrittenNetwork.h"

namespace handwritten {

/// A device's kernels know how much work they have: `Launcher::run<kernel, work,
/// arguments>` is the one that does `work` items.
template <typename Launcher>
struct DeviceTable : Table {
  static constexpr AlexrtDeviceKernel kernels[] = {
      Launcher::template run<transpose, 3, 2>,
      Launcher::template run<linear, 1, 4>,
      Launcher::template run<relu, 1, 2>,
      Launcher::template run<linear, 4, 4>,
      Launcher::template run<relu, 4, 2>,
      Launcher::template run<linear, 2, 4>,
      Launcher::template run<squaredError, 2, 3>,
      Launcher::template run<handwritten::gradient, 3, 5>,
      Launcher::template run<update, 6, 6>,
      Launcher::template run<update, 3, 6>};

  explicit DeviceTable(const AlexrtDeviceApi &api) {
    auto number = [](AlexrtRecord *records, std::vector<uint32_t> kernels) {
      for (size_t i = 0; i < kernels.size(); ++i)
        records[i].kernel = kernels[i];
    };
    number(smallRecords, {1, 2});
    number(largeRecords, {3, 4});
    number(evaluateRecords, {5, 6});
    number(stepRecords, {0, 5, 6, 7, 8, 9});
    number(applyRecords, {8, 9});
    network.kernelCount = std::size(kernels);
    network.kernels = nullptr;
    network.deviceKernels = kernels;
    network.device = &api;
  }
};

} // namespace handwritten

#endif // ALEXC_TEST_UNIT_DEVICETABLE_H
