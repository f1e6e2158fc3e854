//===- ImageTest.cpp - pictures as Pillow has them, and broken ones -------===//

#include "runtime/data/Image.h"
#include "runtime/Error.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <jpeglib.h>
#include <png.h>

using namespace alexrt;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

const std::string inputs = ALEXC_TEST_INPUTS "/";

using Bytes = std::vector<uint8_t>;

Bytes readBytes(const std::string &name) {
  std::ifstream file(inputs + name, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

std::string writeBytes(const std::string &name, const Bytes &bytes) {
  std::string path = testing::TempDir() + name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
  return path;
}

std::string errorOfFile(const std::string &path) {
  try {
    readImage(path);
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

std::string errorOf(const Bytes &bytes) {
  try {
    decodeImage(bytes);
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

/// A PNG of the samples of `data`, big-endian where they have 16 bits.
Bytes encodePng(int width, int height, int bits, int colorType, int interlace, const Bytes &data) {
  Bytes file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  auto append = [](png_structp png, png_bytep bytes, size_t count) {
    auto &file = *static_cast<Bytes *>(png_get_io_ptr(png));
    file.insert(file.end(), bytes, bytes + count);
  };
  png_set_write_fn(png, &file, append, nullptr);
  png_set_IHDR(png, info, width, height, bits, colorType, interlace, 0, 0);
  std::vector<png_bytep> rows;
  for (int y = 0; y < height; ++y)
    rows.push_back(const_cast<uint8_t *>(data.data()) + y * (data.size() / height));
  png_set_rows(png, info, rows.data());
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

/// A JPEG file of 8x8 pixels of one colour, four channels as Adobe's programs
/// write them: inverted, and either as they are or as YCCK.
Bytes encodeInks(const Bytes &cmyk, J_COLOR_SPACE space) {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_height = info.image_width = 8;
  info.input_components = 4;
  info.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, space);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_start_compress(&info, TRUE);
  Bytes row;
  for (int x = 0; x < 8; ++x)
    row.insert(row.end(), cmyk.begin(), cmyk.end());
  for (int y = 0; y < 8; ++y) {
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes file(bytes, bytes + size);
  std::free(bytes);
  return file;
}

class AgainstPillow : public testing::TestWithParam<const char *> {};

TEST_P(AgainstPillow, DecodesTheSamePixels) {
  Image image = readImage(inputs + GetParam());
  Image golden = readImage(inputs + GetParam() + ".rgb.png");
  EXPECT_EQ(image.height, 23);
  EXPECT_EQ(image.width, 37);
  EXPECT_EQ(image.pixels, golden.pixels);
}

INSTANTIATE_TEST_SUITE_P(Image, AgainstPillow,
                         testing::Values("colour.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg",
                                         "grey.png", "bilevel.png", "palette.png", "alpha.png"));

TEST(Image, DecodesKnownPngPixels) {
  Image image = decodeImage(encodePng(2, 1, 8, PNG_COLOR_TYPE_RGB, 0, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(image.pixels, Bytes({1, 2, 3, 4, 5, 6}));
}

TEST(Image, TakesUpperByteOfSixteenBits) {
  Image image =
      decodeImage(encodePng(1, 1, 16, PNG_COLOR_TYPE_RGB, 0, {0x12, 0xff, 0x34, 0xff, 0x56, 0xff}));
  EXPECT_EQ(image.pixels, Bytes({0x12, 0x34, 0x56}));
}

/// 255 is no ink: black alone, half of it, and pure cyan.
TEST(Image, DecodesInvertedCmykAndYcck) {
  const std::pair<Bytes, Bytes> cases[] = {{{255, 255, 255, 0}, {0, 0, 0}},
                                           {{255, 255, 255, 128}, {128, 128, 128}},
                                           {{0, 255, 255, 255}, {0, 255, 255}},
                                           {{255, 255, 255, 255}, {255, 255, 255}}};
  for (const auto &[inks, rgb] : cases)
    for (J_COLOR_SPACE space : {JCS_CMYK, JCS_YCCK}) {
      Image image = decodeImage(encodeInks(inks, space));
      for (size_t channel = 0; channel < 3; ++channel)
        EXPECT_NEAR(image.pixels[channel], rgb[channel], 2) << "channel " << channel;
    }
}

/// How many components the frame of a JPEG file has.
int componentsOf(const Bytes &file) {
  const uint8_t frame[] = {0xff, 0xc0};
  return std::search(file.begin(), file.end(), std::begin(frame), std::end(frame))[9];
}

TEST(Image, EncodesJpegWithOneChannelWhereAllIsGrey) {
  Image grey{9, 17, Bytes(9 * 17 * 3, 77)}, colour = grey;
  colour.pixels[0] = 78;
  EXPECT_EQ(componentsOf(encodeJpeg(grey, 95)), 1);
  EXPECT_EQ(componentsOf(encodeJpeg(colour, 95)), 3);
  EXPECT_EQ(decodeJpeg(encodeJpeg(grey, 95)).pixels, grey.pixels);
  EXPECT_EQ(decodeJpeg(encodeJpeg(colour, 95)).width, 17);
}

TEST(Image, DropsAlphaOfSixteenBits) {
  Image image = decodeImage(encodePng(1, 1, 16, PNG_COLOR_TYPE_RGB_ALPHA, 0,
                                      {0x12, 0xff, 0x34, 0xff, 0x56, 0xff, 0x00, 0x01}));
  EXPECT_EQ(image.pixels, Bytes({0x12, 0x34, 0x56}));
}

TEST(Image, TakesUpperByteOfSixteenBitGrey) {
  Image image = decodeImage(encodePng(2, 1, 16, PNG_COLOR_TYPE_GRAY, 0, {0x12, 0xff, 0xfe, 0x00}));
  EXPECT_EQ(image.pixels, Bytes({0x12, 0x12, 0x12, 0xfe, 0xfe, 0xfe}));
}

TEST(Image, DropsAlphaOfGrey) {
  Image image = decodeImage(encodePng(2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, {7, 0, 9, 255}));
  EXPECT_EQ(image.pixels, Bytes({7, 7, 7, 9, 9, 9}));
}

TEST(Image, DecodesInterlacedPng) {
  Bytes samples(9 * 9);
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = uint8_t(3 * i);
  Image image = decodeImage(encodePng(9, 9, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_ADAM7, samples));
  for (size_t i = 0; i < samples.size(); ++i)
    EXPECT_EQ(image.pixels[3 * i], samples[i]) << i;
}

TEST(Image, GoesByContentNotByName) {
  std::string path = writeBytes("really-a-png.JPEG", readBytes("colour.png"));
  EXPECT_EQ(readImage(path).width, 37);
}

TEST(Image, NamesTheFileInErrors) {
  EXPECT_EQ(errorOfFile("missing.jpg"), "missing.jpg: cannot read: No such file or directory");
  EXPECT_EQ(errorOfFile("/"), "/: cannot read: Is a directory");
  std::string empty = writeBytes("empty.png", {});
  EXPECT_EQ(errorOfFile(empty), empty + ": the file is empty");
  std::string notes = writeBytes("notes.jpg", {'h', 'e', 'l', 'l', 'o', ' ', 'y', 'o', 'u'});
  EXPECT_EQ(errorOfFile(notes), notes + ": not a JPEG or PNG image");
}

TEST(Image, RefusesTruncatedFilesAtEveryByte) {
  for (const char *name : {"colour.jpg", "progressive.jpg", "cmyk.jpg", "colour.png"}) {
    Bytes file = readBytes(name);
    for (size_t size = 8; size + 16 < file.size(); ++size) {
      std::string error = errorOf(Bytes(file.begin(), file.begin() + size));
      EXPECT_THAT(error, testing::EndsWith("image is truncated")) << name << " at " << size;
    }
  }
}

TEST(Image, SaysWhatIsBroken) {
  Bytes jpeg = readBytes("colour.jpg");
  jpeg[3] = 0xc3; // the first segment claims to be a frame of another kind
  EXPECT_THAT(errorOf(jpeg), StartsWith("broken JPEG image: "));
  Bytes png = readBytes("colour.png");
  png[17] ^= 1; // in the header, which has a checksum
  EXPECT_EQ(errorOf(png), "broken PNG image: IHDR: CRC error");
}

TEST(Image, RefusesAbsurdDimensions) {
  Bytes jpeg = readBytes("colour.jpg");
  const uint8_t frame[] = {0xff, 0xc0};
  auto start = std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame));
  std::fill_n(start + 5, 4, uint8_t(0x80)); // height and width
  EXPECT_EQ(errorOf(jpeg), "a picture of 32896x32896 pixels is too large, at most 134217728 "
                           "pixels are decoded");
}

/// Whatever the bytes, there is an image or an error; AddressSanitizer watches.
TEST(Image, SurvivesFlippedBytes) {
  uint32_t state = 1;
  auto random = [&] { return state = state * 1664525 + 1013904223, state >> 8; };
  int decoded = 0, refused = 0;
  for (const char *name : {"colour.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "colour.png",
                           "palette.png", "alpha.png"}) {
    const Bytes original = readBytes(name);
    for (int round = 0; round < 300; ++round) {
      Bytes file = original;
      for (int flips = 1 + random() % 4; flips > 0; --flips)
        file[8 + random() % (file.size() - 8)] = uint8_t(random());
      ++(errorOf(file) == "no error" ? decoded : refused);
    }
  }
  EXPECT_GT(decoded, 0);
  EXPECT_GT(refused, 0);
}

} // namespace
