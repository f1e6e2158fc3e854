//===- PngWriter.cpp - pictures as files ----------------------------------===//

#include "runtime/data/PngWriter.h"
#include "runtime/Error.h"
#include "runtime/File.h"

#include <fmt/format.h>
#include <png.h>

using namespace alexrt;

/// The whole file. libpng's simplified interface jumps over no frame of ours.
static std::vector<uint8_t> encode(const Image &image, const std::string &path) {
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = png_uint_32(image.width);
  header.height = png_uint_32(image.height);
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<uint8_t> file(size);
  if (!png_image_write_to_memory(&header, file.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw Error(fmt::format("{}: cannot encode a PNG: {}", path, header.message));
  file.resize(size);
  return file;
}

void alexrt::writePng(const std::string &path, const Image &image) {
  std::vector<uint8_t> file = encode(image, path);
  FileWriter writer(path);
  writer.write(file.data(), file.size());
  writer.commit();
}
