//===- Npy.cpp - fp32 arrays in NumPy's file format -----------------------===//
//
// "\x93NUMPY", two bytes of version, the header's length (2 bytes in version
// 1, 4 later), then a Python dictionary as text:
// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }

#include "runtime/Npy.h"
#include "runtime/Error.h"
#include "runtime/File.h"
#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>

using namespace alexrt;

static constexpr std::string_view magic("\x93NUMPY", 6);
static constexpr uint64_t versionEnd = 8;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

class NpyReader {
public:
  explicit NpyReader(const std::string &path) : file(path) {}
  Array read();

private:
  [[noreturn]] void fail(const std::string &message) const {
    throw Error(fmt::format("{}: {}", file.path(), message));
  }
  std::string_view readHeader();
  std::string_view valueOf(std::string_view header, std::string_view key) const;
  Shape parseShape(std::string_view text) const;

  MappedFile file;
  uint64_t dataStart = 0;
};

} // namespace

static std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t");
  size_t last = text.find_last_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, last - first + 1);
}

/// A Python string without its quotes.
static std::string unquoted(std::string_view text) {
  bool isString = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
  return std::string(isString ? text.substr(1, text.size() - 2) : text);
}

/// The dictionary's text; sets dataStart.
std::string_view NpyReader::readHeader() {
  std::string_view bytes(file.data(), file.size());
  if (bytes.substr(0, magic.size()) != magic || bytes.size() < versionEnd)
    fail("not a .npy file");
  int version = static_cast<unsigned char>(bytes[magic.size()]);
  if (version < 1 || version > 3)
    fail(fmt::format("expected .npy version 1, 2 or 3, got {}", version));
  uint64_t lengthSize = version == 1 ? 2 : 4;
  uint64_t headerStart = versionEnd + lengthSize;
  uint32_t length = 0;
  if (headerStart <= bytes.size())
    memcpy(&length, bytes.data() + versionEnd, lengthSize);
  dataStart = headerStart + length;
  if (dataStart > bytes.size())
    fail(fmt::format("truncated: the header ends at byte {}, the file at {}", dataStart,
                     bytes.size()));
  return bytes.substr(headerStart, length);
}

/// The text behind 'key': up to the comma (or the parenthesis) that ends it.
std::string_view NpyReader::valueOf(std::string_view header, std::string_view key) const {
  std::string quotedKey = fmt::format("'{}'", key);
  size_t position = header.find(quotedKey);
  if (position == header.npos)
    fail(fmt::format("{} is missing in the header", quotedKey));
  std::string_view rest = trim(header.substr(position + quotedKey.size()));
  if (rest.empty() || rest.front() != ':')
    fail(fmt::format("expected a colon behind {} in the header", quotedKey));
  rest = trim(rest.substr(1));
  bool isTuple = !rest.empty() && rest.front() == '(';
  size_t end = isTuple ? rest.find(')') : rest.find_first_of(",}");
  if (end == rest.npos)
    fail(fmt::format("the value of {} does not end in the header", quotedKey));
  return trim(rest.substr(0, isTuple ? end + 1 : end));
}

Shape NpyReader::parseShape(std::string_view text) const {
  auto isShape = [](std::string_view text) {
    return text.size() >= 2 && text.front() == '(' && text.back() == ')';
  };
  std::string_view rest = isShape(text) ? text.substr(1, text.size() - 2) : "?";
  Shape shape;
  uint64_t elements = 1;
  for (rest = trim(rest); !rest.empty(); rest = trim(rest)) {
    int64_t dimension = -1;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), dimension);
    rest = trim(rest.substr(end - rest.data()));
    bool isSeparated = rest.empty() || rest.front() == ',';
    if (error != std::errc() || dimension < 0 || !isSeparated ||
        !extendCount(elements, static_cast<uint64_t>(dimension)))
      fail(fmt::format("expected a shape such as (2, 3), got {}", inQuotes(std::string(text))));
    rest = rest.substr(rest.empty() ? 0 : 1);
    shape.push_back(dimension);
  }
  return shape;
}

Array NpyReader::read() {
  std::string_view header = readHeader();
  if (std::string_view type = valueOf(header, "descr"); type != "'<f4'")
    fail(
        fmt::format("expected dtype '<f4' (little-endian fp32), got {}", inQuotes(unquoted(type))));
  if (std::string_view order = valueOf(header, "fortran_order"); order != "False")
    fail(fmt::format("expected fortran_order False, got {}", inQuotes(std::string(order))));
  Array array;
  array.shape = parseShape(valueOf(header, "shape"));
  uint64_t count = static_cast<uint64_t>(elementCount(array.shape));
  if (file.size() - dataStart != count * sizeof(float))
    fail(fmt::format("expected {} bytes of data for shape {}, got {}", count * sizeof(float),
                     toString(array.shape), file.size() - dataStart));
  array.data.resize(count);
  std::copy_n(file.data() + dataStart, count * sizeof(float),
              reinterpret_cast<char *>(array.data.data()));
  return array;
}

Array alexrt::readNpy(const std::string &path) { return NpyReader(path).read(); }

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void alexrt::writeNpy(const std::string &path, const Shape &shape, const float *data) {
  constexpr uint64_t alignment = 64;
  constexpr uint64_t prefixSize = versionEnd + 2;
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  header.append((alignment - (prefixSize + header.size() + 1) % alignment) % alignment, ' ');
  header += '\n';
  auto length = static_cast<uint16_t>(header.size());
  FileWriter file(path);
  file.write(magic.data(), magic.size());
  file.write("\x01\x00", 2);
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  file.write(data, static_cast<uint64_t>(elementCount(shape)) * sizeof(float));
  file.commit();
}
