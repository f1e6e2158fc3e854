//===- Image.cpp - read a picture's file and find its format --------------===//

#include "runtime/data/Image.h"
#include "runtime/Error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <memory>

namespace alexrt {
namespace {

constexpr uint8_t jpegSignature[] = {0xff, 0xd8, 0xff};
constexpr uint8_t pngSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

template <size_t size>
bool startsWith(const std::vector<uint8_t> &file, const uint8_t (&signature)[size]) {
  return file.size() >= size && std::memcmp(file.data(), signature, size) == 0;
}

bool hasKnownSignature(const std::vector<uint8_t> &file) {
  return startsWith(file, jpegSignature) || startsWith(file, pngSignature);
}

/// Appends up to `count` bytes; false where reading failed, with errno set.
bool appendBytes(std::FILE *stream, size_t count, std::vector<uint8_t> &bytes) {
  size_t before = bytes.size();
  bytes.resize(before + count);
  size_t got = std::fread(bytes.data() + before, 1, count, stream);
  bytes.resize(before + got);
  return !std::ferror(stream);
}

/// Reads the rest of a file only if it starts like a picture: a model or a
/// film given by mistake is refused at once, whatever its size.
bool readPicture(std::FILE *stream, std::vector<uint8_t> &bytes) {
  if (!appendBytes(stream, sizeof(pngSignature), bytes))
    return false;
  if (!hasKnownSignature(bytes))
    return true;
  constexpr size_t chunk = size_t(1) << 20;
  while (!std::feof(stream))
    if (!appendBytes(stream, chunk, bytes))
      return false;
  return true;
}

} // namespace

std::vector<uint8_t> readPictureFile(const std::string &path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE *)> stream(std::fopen(path.c_str(), "rb"),
                                                          std::fclose);
  std::vector<uint8_t> bytes;
  if (!stream || !readPicture(stream.get(), bytes))
    throw Error(fmt::format("{}: cannot read: {}", path, std::strerror(errno)));
  return bytes;
}

bool isJpeg(const std::vector<uint8_t> &file) { return startsWith(file, jpegSignature); }

Image decodeImage(const std::vector<uint8_t> &file) {
  if (isJpeg(file))
    return decodeJpeg(file);
  if (startsWith(file, pngSignature))
    return decodePng(file);
  throw Error(file.empty() ? "the file is empty" : "not a JPEG or PNG image");
}

Image readImage(const std::string &path) {
  std::vector<uint8_t> file = readPictureFile(path);
  try {
    return decodeImage(file);
  } catch (const Error &error) {
    throw Error(fmt::format("{}: {}", path, error.what()));
  }
}

Image allocateImage(int64_t height, int64_t width) {
  // Both fit 32 bits in either format, so the product does not overflow.
  if (height * width > maximumPixels)
    throw Error(fmt::format("a picture of {}x{} pixels is too large, at most {} pixels are decoded",
                            width, height, maximumPixels));
  return {height, width, std::vector<uint8_t>(size_t(height * width * 3))};
}

} // namespace alexrt
