//===- Canvases.cpp - decode once, keep what fits -------------------------===//

#include "runtime/data/Canvases.h"
#include "runtime/Error.h"
#include "runtime/ThreadPool.h"

#include <cstring>

using namespace alexrt;

/// Of one kept canvas. Only one thread may write it; the others decode for
/// themselves meanwhile.
enum State : uint8_t { absent, beingWritten, present };

Canvases::Canvases(DatasetPointer dataset, const Preprocessor &preprocessor, uint64_t memoryLimit)
    : pictures(std::move(dataset)), preprocessor(preprocessor), broken(pictures->size()) {
  Size size = preprocessor.canvasSize();
  canvasBytes = size_t(size.height * size.width * preprocessor.channels());
  Size held = pictures->pixelSize();
  bool needsNoWork = held.height == size.height && held.width == size.width;
  if (needsNoWork || pictures->size() > memoryLimit / canvasBytes)
    return;
  states = std::vector<std::atomic<uint8_t>>(pictures->size());
  kept.reset(new uint8_t[pictures->size() * canvasBytes]); // pages come when they are written
}

void Canvases::read(size_t index, uint8_t *canvas) const {
  if (states.empty()) {
    std::memcpy(canvas, preprocessor.makeCanvas(pictures->load(index)).data(), canvasBytes);
    return;
  }
  std::atomic<uint8_t> &state = states[index];
  uint8_t *place = kept.get() + index * canvasBytes;
  if (state.load(std::memory_order_acquire) == present) {
    std::memcpy(canvas, place, canvasBytes);
    return;
  }
  std::memcpy(canvas, preprocessor.makeCanvas(pictures->load(index)).data(), canvasBytes);
  uint8_t expected = absent;
  if (!state.compare_exchange_strong(expected, beingWritten))
    return;
  std::memcpy(place, canvas, canvasBytes);
  state.store(present, std::memory_order_release);
}

bool Canvases::markBroken(size_t index) const {
  if (broken[index].exchange(true))
    return false;
  ++brokenCount;
  return true;
}

/// Whether `statistics` are those of canvases of this size.
static bool fits(const PixelStatistics *statistics, const Preprocessor &preprocessor) {
  Size size = preprocessor.canvasSize();
  return statistics && statistics->size.height == size.height &&
         statistics->size.width == size.width && statistics->channels == preprocessor.channels();
}

PixelStatistics Canvases::measure(int threads) const {
  if (const PixelStatistics *known = pictures->statistics(); fits(known, preprocessor))
    return *known;
  return measureAll(threads);
}

/// Adds up every `stride`-th picture that can be read.
void Canvases::sumSome(size_t first, size_t stride, PixelSums &sums) const {
  std::vector<uint8_t> canvas(canvasBytes);
  for (size_t index = first; index < pictures->size(); index += stride)
    try {
      read(index, canvas.data());
      sums.add(canvas.data());
    } catch (const Error &) { // the loader reports it
    }
}

PixelStatistics Canvases::measureAll(int threads) const {
  ThreadPool pool(threads);
  PixelSums none(preprocessor.canvasSize(), preprocessor.channels());
  std::vector<PixelSums> sums(size_t(pool.size()), none);
  pool.parallelFor(pool.size(), [&](int64_t begin, int64_t end) {
    for (int64_t share = begin; share < end; ++share)
      sumSome(size_t(share), sums.size(), sums[size_t(share)]);
  });
  for (size_t share = 1; share < sums.size(); ++share)
    sums[0].add(sums[share]);
  if (sums[0].count() == 0)
    throwUnreadable(*pictures);
  return sums[0].statistics();
}
