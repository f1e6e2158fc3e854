//===- Image.h - photographs as pixels --------------------------*- C++ -*-===//
//
// Decodes JPEG and PNG, told apart by content and never by name. Pixels are
// those of djpeg and Pillow, bit for bit: the accurate integer DCT, smooth
// chroma upsampling, no scaled decoding. Orientation tags are not applied.

#ifndef ALEXC_RUNTIME_IMAGE_H
#define ALEXC_RUNTIME_IMAGE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace alexrt {

/// A colour picture, 8 bits a channel.
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels; ///< (H, W, 3), red first
};

/// The largest picture that is decoded, in pixels: a file of a few bytes can
/// claim any size.
constexpr int64_t maximumPixels = int64_t(1) << 27;

/// The file `path` whole, if it begins as a JPEG or PNG file does; else its first
/// bytes. Throws Error naming the file.
std::vector<uint8_t> readPictureFile(const std::string &path);

/// Reads and decodes the file `path`. Grey becomes three equal channels, CMYK
/// and palettes become RGB, 16 bits their upper 8, and transparency is dropped.
/// Throws Error naming the file.
Image readImage(const std::string &path);

/// Decodes a whole file in memory. Throws Error that says what is wrong with
/// it, without a file name.
Image decodeImage(const std::vector<uint8_t> &file);

/// The two formats behind decodeImage, which has looked at the signature.
Image decodeJpeg(const std::vector<uint8_t> &file);
Image decodePng(const std::vector<uint8_t> &file);

/// Whether a whole file begins as a JPEG file does.
bool isJpeg(const std::vector<uint8_t> &file);

/// A whole JPEG file, of one channel where all pixels are grey. `quality` is
/// libjpeg's, 1 to 100. Throws Error where the picture has no pixels or a side is
/// above 65,500.
std::vector<uint8_t> encodeJpeg(const Image &image, int quality);

/// An image of that size with its pixels allocated. Throws Error where it
/// would be too large.
Image allocateImage(int64_t height, int64_t width);

} // namespace alexrt

#endif // ALEXC_RUNTIME_IMAGE_H
