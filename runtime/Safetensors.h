//===- Safetensors.h - weights files ----------------------------*- C++ -*-===//
//
// https://huggingface.co/docs/safetensors: 8 bytes of length, a JSON header,
// then the tensors back to back.

#ifndef ALEXC_RUNTIME_SAFETENSORS_H
#define ALEXC_RUNTIME_SAFETENSORS_H

#include "runtime/Description.h"
#include "runtime/File.h"

namespace alexrt {

/// A mapped weights file.
class Safetensors {
public:
  struct Tensor {
    std::string dtype;
    Shape shape;
    uint64_t begin = 0, end = 0; ///< bytes from the start of the data
  };

  /// Maps `path` and checks its whole header: the tensors must cover the data
  /// without gap or overlap. Throws Error naming file and tensor.
  explicit Safetensors(const std::string &path);

  const std::map<std::string, Tensor> &tensors() const { return tensorsByName; }
  /// "__metadata__" of the file.
  const std::map<std::string, std::string> &metadata() const { return metadataByKey; }
  /// The elements of an F32 tensor, where the mapping has them: aligned as
  /// floats only if the file's header is. Throws Error where the tensor is
  /// missing or is not F32 of this shape.
  const void *find(const std::string &name, const Shape &shape) const;
  /// Bytes of all tensors.
  uint64_t dataBytes() const { return file.size() - dataStart; }

private:
  MappedFile file;
  uint64_t dataStart = 0;
  std::map<std::string, Tensor> tensorsByName;
  std::map<std::string, std::string> metadataByKey;
};

/// An F32 tensor to be written.
struct TensorView {
  std::string name;
  Shape shape;
  const float *data = nullptr;
};

/// Writes a safetensors file, aside first, synced and then renamed. The data
/// is aligned to 64 bytes in the file. Throws Error naming the file.
void writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                      const std::map<std::string, std::string> &metadata = {});

} // namespace alexrt

#endif // ALEXC_RUNTIME_SAFETENSORS_H
