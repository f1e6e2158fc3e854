//===- JpegDecoder.cpp - JPEG through libjpeg-turbo -----------------------===//
//
// libjpeg reports a fatal error by calling error_exit, which must not return:
// it jumps back to the setjmp of the method that called the library, and only
// there becomes an exception. Those methods hold no object with a destructor
// while the library runs, so the jump skips none.

#include "runtime/Error.h"
#include "runtime/data/Image.h"

#include <csetjmp>
#include <cstdio>
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

namespace alexrt {
namespace {

struct ErrorManager : jpeg_error_mgr {
  jmp_buf escape;
  bool truncated = false;
  char message[JMSG_LENGTH_MAX] = "";
};

ErrorManager &errorsOf(j_common_ptr info) { return *static_cast<ErrorManager *>(info->err); }

[[noreturn]] void escapeOnError(j_common_ptr info) {
  ErrorManager &errors = errorsOf(info);
  errors.format_message(info, errors.message);
  std::longjmp(errors.escape, 1);
}

/// Replaces the printing of warnings and traces. Warnings are common in photos
/// of the wild and harmless, but for the one that says pixels were made up.
void noteWarning(j_common_ptr info, int level) {
  ErrorManager &errors = errorsOf(info);
  if (level < 0 && errors.msg_code == JWRN_JPEG_EOF)
    errors.truncated = true;
}

/// A progressive file can ask for hundreds of passes over a large picture with
/// hardly a byte in each; no real one needs as many scans as this.
constexpr int maximumScans = 500;

void limitScans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > maximumScans)
    ERREXIT(info, JERR_BAD_PROGRESSION);
}

class JpegDecoder {
public:
  JpegDecoder() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = escapeOnError;
    errors.emit_message = noteWarning;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info); }
  JpegDecoder(const JpegDecoder &) = delete;
  JpegDecoder &operator=(const JpegDecoder &) = delete;

  /// Reads up to the first scan; afterwards the dimensions are known.
  void readHeader(const std::vector<uint8_t> &file);
  /// Decodes all rows, one after another, to `pixels`: (H, W, channels()).
  void readPixels(uint8_t *pixels);

  int64_t height() const { return info.image_height; }
  int64_t width() const { return info.image_width; }
  bool isCmyk() const { return info.num_components == 4; }

private:
  jpeg_decompress_struct info = {};
  jpeg_progress_mgr progress = {};
  ErrorManager errors;

  [[noreturn]] void throwError() const {
    throw Error(errors.truncated ? "the JPEG image is truncated"
                                 : fmt::format("broken JPEG image: {}", errors.message));
  }
};

void JpegDecoder::readHeader(const std::vector<uint8_t> &file) {
  if (setjmp(errors.escape))
    throwError();
  jpeg_create_decompress(&info);
  progress.progress_monitor = limitScans;
  info.progress = &progress;
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, /*require_image=*/TRUE);
  info.out_color_space = isCmyk() ? JCS_CMYK : JCS_RGB;
  info.dct_method = JDCT_ISLOW;
}

void JpegDecoder::readPixels(uint8_t *pixels) {
  if (setjmp(errors.escape))
    throwError();
  jpeg_start_decompress(&info);
  size_t rowBytes = size_t(info.output_width) * info.output_components;
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels + info.output_scanline * rowBytes;
    jpeg_read_scanlines(&info, &row, 1);
  }
  if (errors.truncated)
    throwError();
}

/// ink * key / 255, rounded.
uint8_t multiplyUnit(uint8_t ink, uint8_t key) {
  unsigned product = unsigned(ink) * key + 128;
  return uint8_t((product + (product >> 8)) >> 8);
}

/// Files keep CMYK as Adobe does, inverted: 255 is no ink. What light each ink
/// swallows (rounded first, as Pillow does) is taken from what black leaves.
void convertCmykToRgb(const std::vector<uint8_t> &cmyk, std::vector<uint8_t> &rgb) {
  for (size_t pixel = 0; pixel < rgb.size() / 3; ++pixel) {
    uint8_t key = cmyk[4 * pixel + 3];
    for (size_t channel = 0; channel < 3; ++channel)
      rgb[3 * pixel + channel] = key - multiplyUnit(255 - cmyk[4 * pixel + channel], key);
  }
}

void readRgb(JpegDecoder &decoder, std::vector<uint8_t> &rgb) {
  if (!decoder.isCmyk())
    return decoder.readPixels(rgb.data());
  std::vector<uint8_t> cmyk(rgb.size() / 3 * 4);
  decoder.readPixels(cmyk.data());
  convertCmykToRgb(cmyk, rgb);
}

} // namespace

Image decodeJpeg(const std::vector<uint8_t> &file) {
  JpegDecoder decoder;
  decoder.readHeader(file);
  Image image = allocateImage(decoder.height(), decoder.width());
  readRgb(decoder, image.pixels);
  return image;
}

} // namespace alexrt
