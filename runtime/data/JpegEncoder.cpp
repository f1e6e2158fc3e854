//===- JpegEncoder.cpp - JPEG through libjpeg-turbo -----------------------===//
//
// As in JpegDecoder.cpp, a fatal error jumps back to the method that called the
// library, past no object with a destructor.

#include "runtime/Error.h"
#include "runtime/data/Image.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <jpeglib.h>

using namespace alexrt;

namespace {

struct ErrorManager : jpeg_error_mgr {
  jmp_buf escape;
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void escapeOnError(j_common_ptr info) {
  auto &errors = *static_cast<ErrorManager *>(info->err);
  errors.format_message(info, errors.message);
  std::longjmp(errors.escape, 1);
}

class JpegEncoder {
public:
  JpegEncoder() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = escapeOnError;
  }
  ~JpegEncoder() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }
  JpegEncoder(const JpegEncoder &) = delete;
  JpegEncoder &operator=(const JpegEncoder &) = delete;

  /// Encodes `pixels`, (H, W, channels).
  void encode(const uint8_t *pixels, int64_t height, int64_t width, int channels, int quality);

  std::vector<uint8_t> file() const { return {bytes, bytes + byteCount}; }

private:
  jpeg_compress_struct info = {};
  ErrorManager errors;
  unsigned char *bytes = nullptr; // libjpeg's, from malloc
  unsigned long byteCount = 0;
};

void JpegEncoder::encode(const uint8_t *pixels, int64_t height, int64_t width, int channels,
                         int quality) {
  if (setjmp(errors.escape))
    throw Error(fmt::format("cannot encode a JPEG image: {}", errors.message));
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &bytes, &byteCount);
  info.image_height = JDIMENSION(height);
  info.image_width = JDIMENSION(width);
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, /*force_baseline=*/TRUE);
  info.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&info, /*write_all_tables=*/TRUE);
  while (info.next_scanline < info.image_height) {
    auto *row = const_cast<uint8_t *>(pixels) + info.next_scanline * width * channels;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
}

} // namespace

/// One channel of a picture whose channels are equal; else nothing.
static std::vector<uint8_t> greyOf(const Image &image) {
  std::vector<uint8_t> grey;
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    const uint8_t *pixel = &image.pixels[i];
    if (pixel[0] != pixel[1] || pixel[0] != pixel[2])
      return {};
    grey.push_back(pixel[0]);
  }
  return grey;
}

std::vector<uint8_t> alexrt::encodeJpeg(const Image &image, int quality) {
  JpegEncoder encoder;
  std::vector<uint8_t> grey = greyOf(image);
  const std::vector<uint8_t> &pixels = grey.empty() ? image.pixels : grey;
  encoder.encode(pixels.data(), image.height, image.width, grey.empty() ? 3 : 1, quality);
  return encoder.file();
}
