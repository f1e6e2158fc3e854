//===- PngDecoder.cpp - PNG through libpng --------------------------------===//
//
// libpng reports an error by calling its error function, which must not
// return: it jumps back to the setjmp of the method that called the library,
// and only there becomes an exception. Those methods hold no object with a
// destructor while the library runs, so the jump skips none.

#include "runtime/Error.h"
#include "runtime/data/Image.h"

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <fmt/format.h>
#include <png.h>

namespace alexrt {
namespace {

class PngDecoder {
public:
  explicit PngDecoder(const std::vector<uint8_t> &file)
      : next(file.data()), end(file.data() + file.size()) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, escapeOnError, ignoreWarning);
    info = png ? png_create_info_struct(png) : nullptr;
  }
  ~PngDecoder() { png_destroy_read_struct(&png, &info, nullptr); }
  PngDecoder(const PngDecoder &) = delete;
  PngDecoder &operator=(const PngDecoder &) = delete;

  /// Reads up to the pixels; afterwards the dimensions are known.
  void readHeader();
  /// Decodes the rows, each of (W, 3), to where `rows` says.
  void readPixels(uint8_t **rows);

  int64_t height() const { return png_get_image_height(png, info); }
  int64_t width() const { return png_get_image_width(png, info); }

private:
  png_structp png = nullptr;
  png_infop info = nullptr;
  const uint8_t *next;
  const uint8_t *end;
  bool truncated = false;
  char text[200] = "out of memory";
  jmp_buf escape;

  void convertToRgb();
  [[noreturn]] void throwError() const {
    throw Error(truncated ? "the PNG image is truncated"
                          : fmt::format("broken PNG image: {}", text));
  }

  [[noreturn]] static void escapeOnError(png_structp png, png_const_charp text);
  static void ignoreWarning(png_structp, png_const_charp) {}
  static void readBytes(png_structp png, png_bytep bytes, size_t count);
};

void PngDecoder::escapeOnError(png_structp png, png_const_charp text) {
  auto &decoder = *static_cast<PngDecoder *>(png_get_error_ptr(png));
  size_t length = std::min(std::strlen(text), sizeof(decoder.text) - 1);
  std::memcpy(decoder.text, text, length);
  decoder.text[length] = '\0';
  std::longjmp(decoder.escape, 1);
}

void PngDecoder::readBytes(png_structp png, png_bytep bytes, size_t count) {
  auto &decoder = *static_cast<PngDecoder *>(png_get_io_ptr(png));
  if (count > size_t(decoder.end - decoder.next)) {
    decoder.truncated = true;
    png_error(png, "truncated");
  }
  std::memcpy(bytes, decoder.next, count);
  decoder.next += count;
}

void PngDecoder::convertToRgb() {
  png_set_expand(png); // palettes, and fewer than 8 bits
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

void PngDecoder::readHeader() {
  if (!info)
    throwError();
  if (setjmp(escape))
    throwError();
  png_set_read_fn(png, this, readBytes);
  // allocateImage has the say over sizes; libpng's own limit is a million.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(png, info);
}

void PngDecoder::readPixels(uint8_t **rows) {
  if (setjmp(escape))
    throwError();
  convertToRgb();
  if (png_get_rowbytes(png, info) != size_t(width()) * 3)
    png_error(png, "unknown pixel format"); // or rows would overlap
  png_read_image(png, rows);
}

} // namespace

Image decodePng(const std::vector<uint8_t> &file) {
  PngDecoder decoder(file);
  decoder.readHeader();
  Image image = allocateImage(decoder.height(), decoder.width());
  std::vector<uint8_t *> rows(image.height);
  for (int64_t y = 0; y < image.height; ++y)
    rows[y] = image.pixels.data() + y * image.width * 3;
  decoder.readPixels(rows.data());
  return image;
}

} // namespace alexrt
