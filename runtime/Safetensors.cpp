//===- Safetensors.cpp - weights files ------------------------------------===//

#include "runtime/Safetensors.h"
#include "runtime/Error.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

using namespace alexrt;
using nlohmann::json;

static constexpr uint64_t lengthBytes = 8;
/// Of the header; the safetensors library has the same limit.
static constexpr uint64_t mostHeaderBytes = 100'000'000;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// Turns a file's header into tensors, or throws Error with the file's name.
class HeaderReader {
public:
  explicit HeaderReader(const MappedFile &file) : file(file) {}

  uint64_t readLength() const;
  json readJson(uint64_t length) const;
  Safetensors::Tensor readTensor(const std::string &name, const json &entry) const;
  std::map<std::string, std::string> readMetadata(const json &entry) const;
  void checkCoverage(const std::map<std::string, Safetensors::Tensor> &tensors,
                     uint64_t dataBytes) const;

private:
  [[noreturn]] void fail(const std::string &message) const {
    throw Error(fmt::format("{}: {}", file.path(), message));
  }
  [[noreturn]] void fail(const std::string &tensor, const std::string &message) const {
    fail(fmt::format("tensor {}: {}", inQuotes(tensor), message));
  }
  Shape readShape(const std::string &name, const json &entry) const;

  const MappedFile &file;
};

/// Notices keys that appear twice in one object, which a JSON value cannot show,
/// and brackets deeper than a header's, before anyone descends into them.
class HeaderEvents {
public:
  bool operator()(int depth, json::parse_event_t event, json &value) {
    isTooDeep |= depth > deepest;
    if (isTooDeep)
      return false; // what is below is left out
    if (event == json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == json::parse_event_t::object_end)
      keys.pop_back();
    else if (event == json::parse_event_t::key &&
             !keys.back().insert(value.get<std::string>()).second)
      duplicate = value.get<std::string>();
    return true;
  }
  std::optional<std::string> duplicate;
  bool isTooDeep = false;

private:
  static constexpr int deepest = 8;

  std::vector<std::set<std::string>> keys;
};

} // namespace

uint64_t HeaderReader::readLength() const {
  if (file.size() < lengthBytes)
    fail(fmt::format("truncated: a safetensors file has at least {} bytes, got {}", lengthBytes,
                     file.size()));
  uint64_t length = 0;
  memcpy(&length, file.data(), lengthBytes);
  if (length > mostHeaderBytes)
    fail(fmt::format("not a safetensors file: its header would have {} bytes", length));
  if (length > file.size() - lengthBytes)
    fail(fmt::format("truncated: the header ends at byte {}, the file at {}", lengthBytes + length,
                     file.size()));
  return length;
}

json HeaderReader::readJson(uint64_t length) const {
  const char *begin = file.data() + lengthBytes;
  HeaderEvents events;
  json header;
  try {
    header = json::parse(begin, begin + length, std::ref(events));
  } catch (const json::parse_error &error) {
    fail(fmt::format("the header is not valid JSON at byte {}", lengthBytes + error.byte));
  }
  if (events.isTooDeep)
    fail("the header's arrays are too deep for a safetensors file");
  if (events.duplicate)
    fail(fmt::format("{} appears twice in the header", inQuotes(*events.duplicate)));
  if (!header.is_object())
    fail(fmt::format("expected the header to be an object, got {}", header.type_name()));
  return header;
}

Shape HeaderReader::readShape(const std::string &name, const json &entry) const {
  Shape shape;
  uint64_t elements = 1;
  for (const json &dimension : entry) {
    if (!dimension.is_number_unsigned())
      fail(name, "expected a shape of non-negative integers, got " + inQuotes(entry.dump()));
    if (!extendCount(elements, dimension.get<uint64_t>()))
      fail(name, fmt::format("the shape {} is too large", inQuotes(entry.dump())));
    shape.push_back(dimension.get<int64_t>());
  }
  return shape;
}

Safetensors::Tensor HeaderReader::readTensor(const std::string &name, const json &entry) const {
  auto has = [&](const char *key, json::value_t type) {
    return entry.is_object() && entry.contains(key) && entry[key].type() == type;
  };
  if (!has("dtype", json::value_t::string) || !has("shape", json::value_t::array) ||
      !has("data_offsets", json::value_t::array))
    fail(name, "expected dtype, shape and data_offsets in the header");
  const json &offsets = entry["data_offsets"];
  if (offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned() ||
      offsets[0].get<uint64_t>() > offsets[1].get<uint64_t>())
    fail(name, "expected data_offsets [begin, end], got " + inQuotes(offsets.dump()));
  return {entry["dtype"].get<std::string>(), readShape(name, entry["shape"]),
          offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>()};
}

std::map<std::string, std::string> HeaderReader::readMetadata(const json &entry) const {
  std::map<std::string, std::string> metadata;
  if (!entry.is_object())
    fail(fmt::format("expected __metadata__ to be an object, got {}", entry.type_name()));
  for (const auto &[key, value] : entry.items()) {
    if (!value.is_string())
      fail(fmt::format("expected __metadata__ {} to be a string, got {}", inQuotes(key),
                       value.type_name()));
    metadata[key] = value;
  }
  return metadata;
}

void HeaderReader::checkCoverage(const std::map<std::string, Safetensors::Tensor> &tensors,
                                 uint64_t dataBytes) const {
  using Entry = std::pair<const std::string, Safetensors::Tensor>;
  std::vector<const Entry *> order;
  for (const Entry &entry : tensors)
    order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const Entry *a, const Entry *b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  uint64_t end = 0;
  for (const Entry *entry : order) {
    const auto &[name, tensor] = *entry;
    if (tensor.begin != end)
      fail(name, fmt::format("expected its data to begin at {}, where the tensor before it ends, "
                             "got {}",
                             end, tensor.begin));
    if (tensor.end > dataBytes)
      fail(name,
           fmt::format("truncated: its data ends at {}, the file's at {}", tensor.end, dataBytes));
    end = tensor.end;
  }
  if (end != dataBytes)
    fail(fmt::format("{} bytes behind the last tensor", dataBytes - end));
}

Safetensors::Safetensors(const std::string &path) : file(path) {
  HeaderReader reader(file);
  uint64_t length = reader.readLength();
  json header = reader.readJson(length);
  dataStart = lengthBytes + length;
  for (const auto &[name, entry] : header.items()) {
    if (name == "__metadata__")
      metadataByKey = reader.readMetadata(entry);
    else
      tensorsByName[name] = reader.readTensor(name, entry);
  }
  reader.checkCoverage(tensorsByName, dataBytes());
}

const void *Safetensors::find(const std::string &name, const Shape &shape) const {
  auto fail = [&](const std::string &message) {
    throw Error(fmt::format("{}: tensor {}: {}", file.path(), inQuotes(name), message));
  };
  auto found = tensorsByName.find(name);
  if (found == tensorsByName.end())
    throw Error(fmt::format("{}: tensor {} is missing", file.path(), inQuotes(name)));
  const Tensor &tensor = found->second;
  if (tensor.dtype != "F32")
    fail("expected dtype F32, got " + inQuotes(tensor.dtype));
  if (tensor.shape != shape)
    fail(fmt::format("expected shape {}, got {}", toString(shape), toString(tensor.shape)));
  uint64_t bytes = static_cast<uint64_t>(elementCount(shape)) * sizeof(float);
  if (tensor.end - tensor.begin != bytes)
    fail(fmt::format("expected {} bytes for shape {}, got {}", bytes, toString(shape),
                     tensor.end - tensor.begin));
  return file.data() + dataStart + tensor.begin;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static std::string makeHeader(const std::vector<TensorView> &tensors,
                              const std::map<std::string, std::string> &metadata) {
  constexpr uint64_t alignment = 64;
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const TensorView &tensor : tensors) {
    uint64_t end = offset + static_cast<uint64_t>(elementCount(tensor.shape)) * sizeof(float);
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  // Spaces behind the JSON are part of the format.
  text.append((alignment - (lengthBytes + text.size()) % alignment) % alignment, ' ');
  return text;
}

void alexrt::writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                              const std::map<std::string, std::string> &metadata) {
  std::string header = makeHeader(tensors, metadata);
  uint64_t length = header.size();
  FileWriter file(path);
  file.write(&length, lengthBytes);
  file.write(header.data(), length);
  for (const TensorView &tensor : tensors)
    file.write(tensor.data, static_cast<uint64_t>(elementCount(tensor.shape)) * sizeof(float));
  file.commit();
}
