//===- TrialFiles.cpp - images and parameters in files -------------------------===//

#include "tools/TrialFiles.h"
#include "runtime/Npy.h"
#include "runtime/Safetensors.h"
#include <cstring>
#include <fmt/ranges.h>

using namespace mlir;
using namespace alexc;

static alexrt::Shape shapeOf(const TensorValue &value) {
  return {value.shape.begin(), value.shape.end()};
}

static std::vector<float> floatsOf(const TensorValue &value) {
  return {value.data.begin(), value.data.end()};
}

llvm::Expected<TensorValue> alexc::readValue(const std::string &path) {
  return catching([&] {
    alexrt::Array array = alexrt::readNpy(path);
    return TensorValue(array.shape, {array.data.begin(), array.data.end()});
  });
}

llvm::Error alexc::writeValue(const std::string &path, const TensorValue &value) {
  return catching(
             [&] { return alexrt::writeNpy(path, shapeOf(value), floatsOf(value).data()), true; })
      .takeError();
}

llvm::Error alexc::readImages(const std::string &path, func::FuncOp entry, Trial &trial) {
  llvm::Expected<TensorValue> images = readValue(path);
  if (!images)
    return images.takeError();
  for (auto [number, type] : llvm::enumerate(entry.getArgumentTypes())) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
    if (stateOf(entry, number).empty() && images->shape != shape)
      return llvm::createStringError(fmt::format("{}: expected an array of [{}], got [{}]", path,
                                                 fmt::join(shape, ", "),
                                                 fmt::join(images->shape, ", ")));
  }
  trial.inputs[batchOf(entry)] = std::move(*images);
  return llvm::Error::success();
}

/// A tensor of the file, which need not align it.
static TensorValue readParameter(const alexrt::Safetensors &file, const std::string &name,
                                 ArrayRef<int64_t> shape) {
  const void *data = file.find(name, {shape.begin(), shape.end()});
  TensorValue value(shape);
  std::vector<float> floats(value.data.size());
  std::memcpy(floats.data(), data, floats.size() * sizeof(float));
  value.data.assign(floats.begin(), floats.end());
  return value;
}

llvm::Error alexc::readParameters(const std::string &path, func::FuncOp entry, Trial &trial) {
  return catching([&] {
           alexrt::Safetensors file(path);
           for (auto [number, type] : llvm::enumerate(entry.getArgumentTypes()))
             if (std::string name = stateOf(entry, number).str(); !name.empty())
               trial.parameters[name] =
                   readParameter(file, name, cast<RankedTensorType>(type).getShape());
           return true;
         })
      .takeError();
}

llvm::Expected<TensorValue> alexc::readTensor(const std::string &path, const std::string &name,
                                              ArrayRef<int64_t> shape) {
  return catching([&] { return readParameter(alexrt::Safetensors(path), name, shape); });
}

llvm::Error alexc::writeParameters(const std::string &path, const Trial &trial) {
  std::vector<std::vector<float>> data;
  std::vector<alexrt::TensorView> tensors;
  data.reserve(trial.parameters.size() + trial.momenta.size());
  auto add = [&](std::string name, const TensorValue &value) {
    data.push_back(floatsOf(value));
    tensors.push_back({std::move(name), shapeOf(value), data.back().data()});
  };
  for (const auto &[name, value] : trial.parameters)
    add(name, value);
  for (const auto &[name, value] : trial.momenta)
    add(name + ":momentum", value);
  return catching([&] { return alexrt::writeSafetensors(path, tensors), true; }).takeError();
}
