//===- PngWriter.h - pictures as files --------------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PNGWRITER_H
#define ALEXC_RUNTIME_PNGWRITER_H

#include "runtime/data/Image.h"

namespace alexrt {

/// Writes an 8-bit RGB PNG, aside first and then renamed: no reader ever sees
/// half a file. Throws Error naming the file.
void writePng(const std::string &path, const Image &image);

} // namespace alexrt

#endif // ALEXC_RUNTIME_PNGWRITER_H
