//===- Pictures.cpp - many pictures for a network to look at --------------===//

#include "runtime/command/Pictures.h"
#include "runtime/ThreadPool.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Inference.h"

using namespace alexrt;

Pictures alexrt::picturesOf(std::vector<std::string> files) {
  auto shared = std::make_shared<std::vector<std::string>>(std::move(files));
  return {shared->size(), [shared](size_t number) { return (*shared)[number]; },
          [shared](size_t number) { return readImage((*shared)[number]); }};
}

Pictures alexrt::picturesOf(DatasetPointer dataset) {
  return {dataset->size(), [dataset](size_t number) { return dataset->nameOf(number); },
          [dataset](size_t number) { return dataset->load(number); }};
}

namespace {
/// One picture as the network's input, or why it is none.
struct Decoded {
  std::vector<float> input;
  std::string error;
};

/// Makes inputs of pictures, several at a time.
class Decoder {
public:
  Decoder(const Pictures &pictures, const Preprocessor &preprocessor, int threads)
      : pictures(pictures), preprocessor(preprocessor), threads(threads) {}

  /// Appends the inputs of pictures [begin, end) to `inputs` and their numbers
  /// to `numbers`.
  void append(size_t begin, size_t end, std::vector<float> &inputs, std::vector<size_t> &numbers);

private:
  const Pictures &pictures;
  const Preprocessor &preprocessor;
  ThreadPool threads;

  Decoded decode(size_t number) const;
};
} // namespace

Decoded Decoder::decode(size_t number) const {
  Decoded decoded;
  try {
    preprocessor.append(pictures.load(number), Crops::centre, decoded.input);
  } catch (const std::exception &error) {
    decoded = {{}, error.what()};
  }
  return decoded;
}

void Decoder::append(size_t begin, size_t end, std::vector<float> &inputs,
                     std::vector<size_t> &numbers) {
  std::vector<Decoded> all(end - begin);
  threads.parallelFor(int64_t(all.size()), [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      all[size_t(i)] = decode(begin + size_t(i));
  });
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i].error.empty()) {
      printError(all[i].error);
      continue;
    }
    inputs.insert(inputs.end(), all[i].input.begin(), all[i].input.end());
    numbers.push_back(begin + i);
  }
}

/// Enough pictures that all threads have some to decode.
constexpr size_t groupSize = 128;

PictureRows alexrt::readPixels(const Pictures &pictures, const Preprocessor &preprocessor,
                               int threads) {
  Decoder decoder(pictures, preprocessor, threads);
  PictureRows result;
  for (size_t begin = 0; begin < pictures.count; begin += groupSize)
    decoder.append(begin, std::min(begin + groupSize, pictures.count), result.rows.data,
                   result.numbers);
  Size crop = preprocessor.cropSize();
  result.rows.width = preprocessor.inputElements();
  result.shape = {int64_t(result.numbers.size()), preprocessor.channels(), crop.height, crop.width};
  return result;
}

PictureRows alexrt::readFeatures(const Pictures &pictures, const Preprocessor &preprocessor,
                                 Network &network, const std::string &layer) {
  Decoder decoder(pictures, preprocessor, network.threads());
  Inference inference(network, {{layer, ""}});
  PictureRows result;
  std::vector<float> inputs;
  for (size_t begin = 0; begin < pictures.count; begin += groupSize) {
    decoder.append(begin, std::min(begin + groupSize, pictures.count), inputs, result.numbers);
    inference.append(inputs.data(), inputs.size() / preprocessor.inputElements());
    inputs.clear();
  }
  Array value = inference.takeValue(0);
  if (!result.numbers.empty())
    result.rows = {value.data.size() / result.numbers.size(), std::move(value.data)};
  result.shape = std::move(value.shape);
  return result;
}
