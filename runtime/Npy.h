//===- Npy.h - fp32 arrays in NumPy's file format ---------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_NPY_H
#define ALEXC_RUNTIME_NPY_H

#include "runtime/Description.h"

namespace alexrt {

/// An array in C order.
struct Array {
  Shape shape;
  std::vector<float> data;
};

/// Reads little-endian fp32 in C order, format version 1, 2 or 3. Throws Error
/// naming the file.
Array readNpy(const std::string &path);
/// Writes version 1.0, aside first and then renamed: no reader ever sees half
/// a file. Throws Error naming the file.
void writeNpy(const std::string &path, const Shape &shape, const float *data);

} // namespace alexrt

#endif // ALEXC_RUNTIME_NPY_H
