//===- Loader.cpp - a ring of batches, filled by threads ------------------===//
//
// Threads claim a few pictures at a time, in the order in which they are
// needed, as far ahead as the ring has room. Which picture and view a place of
// a batch gets is a function of its number, so it does not matter who fills it.

#include "runtime/data/Loader.h"
#include "runtime/Error.h"
#include "runtime/Random.h"
#include "runtime/ThreadPool.h"

#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <numeric>
#include <system_error>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Plans: what goes where
//===----------------------------------------------------------------------===//

namespace {

/// What a place of a batch shows.
struct Sample {
  size_t index;
  std::vector<View> views;
};

/// Which pictures the batches hold. One thread at a time calls `begin`; any
/// number call `sample` of batches that have begun.
class Plan {
public:
  virtual ~Plan() = default;
  /// The number of batches, or -1 for no end.
  virtual int64_t batches() const = 0;
  /// Sets the numbers of batch `number` and the size of its arrays.
  virtual void begin(int64_t number, Batch &batch) = 0;
  virtual Sample sample(const Batch &batch, size_t place) const = 0;
  /// Whether another picture takes the place of a broken one.
  virtual bool replacesBroken() const = 0;
};

class TrainingPlan : public Plan {
public:
  TrainingPlan(size_t size, int64_t batch, const TrainingOrder &order, Augmenter augmenter)
      : augmenter(std::move(augmenter)), size(size), batch(batch), order(order),
        steps(int64_t(size) / (batch * order.batchesPerStep())) {}

  int64_t stepsPerEpoch() const { return steps; }

  int64_t batches() const override { return -1; }
  bool replacesBroken() const override { return true; }

  void begin(int64_t number, Batch &made) override {
    int64_t part = order.rank * order.accumulate + number % order.accumulate;
    int64_t step = order.epoch * steps + order.step + number / order.accumulate;
    made.epoch = step / steps;
    made.step = step % steps;
    made.firstSample = part * batch;
    if (made.epoch != drawnEpoch) {
      drawn = drawOrder(size, order.seed, made.epoch);
      drawnEpoch = made.epoch;
    }
    int64_t first = (made.step * order.batchesPerStep() + part) * batch;
    made.indices.assign(drawn.begin() + first, drawn.begin() + first + batch);
  }

  Sample sample(const Batch &made, size_t place) const override {
    auto step = uint32_t(made.epoch * steps + made.step);
    return {made.indices[place],
            {augmenter.draw(uint32_t(made.firstSample + int64_t(place)), step)}};
  }

private:
  Augmenter augmenter;
  size_t size;
  int64_t batch;
  TrainingOrder order;
  int64_t steps;
  std::vector<uint32_t> drawn;
  int64_t drawnEpoch = -1;
};

class EvaluationPlan : public Plan {
public:
  EvaluationPlan(size_t size, int64_t batch, std::vector<View> views)
      : size(size), batch(batch), views(std::move(views)) {}

  int64_t batches() const override { return (int64_t(size) + batch - 1) / batch; }
  bool replacesBroken() const override { return false; }

  void begin(int64_t number, Batch &made) override {
    made.step = number;
    size_t first = size_t(number * batch);
    made.indices.resize(std::min(size_t(batch), size - first));
    std::iota(made.indices.begin(), made.indices.end(), first);
  }

  Sample sample(const Batch &made, size_t place) const override {
    return {made.indices[place], views};
  }

private:
  size_t size;
  int64_t batch;
  std::vector<View> views;
};

/// A batch of the ring.
struct Slot {
  Batch batch;
  std::vector<char> isBroken; ///< of each place, in evaluation
  size_t unfinished = 0;      ///< places
};

/// Places [begin, end) of a slot, for one thread to fill.
struct Job {
  Slot *slot = nullptr;
  size_t begin = 0, end = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// The loader
//===----------------------------------------------------------------------===//

class Loader::Implementation {
public:
  Implementation(std::shared_ptr<const Canvases> canvases, const Preprocessor &preprocessor,
                 std::unique_ptr<Plan> plan, int64_t stepsPerEpoch, size_t viewsEach,
                 const LoaderOptions &options);
  ~Implementation();

  const Batch *next();

  const int64_t stepsPerEpoch;
  double secondsWaited = 0;
  size_t brokenImages() const { return canvases->brokenImages(); }
  uint64_t bytesHeld() const {
    uint64_t views = ring.size() * size_t(options.batch) * viewsEach;
    return views * preprocessor.inputElements() * sizeof(float) + canvases->bytesKept();
  }

private:
  void end();

  std::shared_ptr<const Canvases> canvases;
  Preprocessor preprocessor;
  std::unique_ptr<Plan> plan;
  size_t viewsEach;
  LoaderOptions options;
  size_t chunk;

  std::mutex mutex; ///< of all that follows
  std::condition_variable roomMade, slotFilled;
  std::vector<Slot> ring;
  int64_t claimed = 0;      ///< the batch that is being claimed
  size_t claimedPlaces = 0; ///< of it
  int64_t delivered = 0;    ///< batches that next() has returned
  int64_t released = 0;     ///< batches whose slots may be filled again
  std::vector<BrokenImage> unreported;
  std::exception_ptr failure;
  bool stopping = false;
  std::vector<std::thread> threads;

  Slot &slotOf(int64_t batch) { return ring[size_t(batch) % ring.size()]; }
  // The threads.
  void threadMain();
  bool claim(Job &job);
  void beginBatch(Slot &slot);
  void finish(const Job &job);
  void fill(const Job &job);
  void fillPlace(Slot &slot, size_t place, std::vector<uint8_t> &canvas);
  bool readSample(Sample &sample, uint8_t *canvas);
  bool readGood(size_t index, uint8_t *canvas);
  void noteBroken(size_t index, const std::string &reason);
  void dropBroken(Slot &slot);
  // The consumer.
  Slot *waitForBatch(std::unique_lock<std::mutex> &lock);
  void reportBroken(std::unique_lock<std::mutex> &lock);
};

static int64_t threadCount(const LoaderOptions &options) {
  return options.threads > 0 ? options.threads : availableCpus();
}

/// How many batches of `elements` floats are enough to be ahead.
static size_t batchesAhead(size_t elements) {
  constexpr size_t enough = size_t(64) << 20; // bytes
  return std::clamp<size_t>(enough / (elements * sizeof(float)), 1, 4);
}

Loader::Implementation::Implementation(std::shared_ptr<const Canvases> canvases,
                                       const Preprocessor &preprocessor, std::unique_ptr<Plan> plan,
                                       int64_t stepsPerEpoch, size_t viewsEach,
                                       const LoaderOptions &options)
    : stepsPerEpoch(stepsPerEpoch), canvases(std::move(canvases)), preprocessor(preprocessor),
      plan(std::move(plan)), viewsEach(viewsEach), options(options),
      chunk(std::clamp<int64_t>(options.batch / (threadCount(options) * 4), 1, 16)),
      ring(1 + options.ahead.value_or(batchesAhead(size_t(options.batch) * viewsEach *
                                                   preprocessor.inputElements()))) {
  try {
    for (int64_t i = 0; i < threadCount(options); ++i)
      threads.emplace_back([this] { threadMain(); });
  } catch (const std::system_error &) {
    end();
    throw Error(fmt::format("cannot start {} threads to read images", threadCount(options)));
  }
}

Loader::Implementation::~Implementation() { end(); }

void Loader::Implementation::end() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  roomMade.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

//===----------------------------------------------------------------------===//
// The threads
//===----------------------------------------------------------------------===//

void Loader::Implementation::threadMain() {
  try {
    for (Job job; claim(job);) {
      fill(job);
      finish(job);
    }
  } catch (...) {
    std::lock_guard<std::mutex> lock(mutex);
    if (!failure)
      failure = std::current_exception();
    stopping = true;
    roomMade.notify_all();
    slotFilled.notify_all();
  }
}

/// Waits for room; false at the end of the work.
bool Loader::Implementation::claim(Job &job) {
  std::unique_lock<std::mutex> lock(mutex);
  bool isLast = false;
  roomMade.wait(lock, [&] {
    isLast = claimed == plan->batches();
    return stopping || isLast || claimed < released + int64_t(ring.size());
  });
  if (stopping || isLast)
    return false;
  Slot &slot = slotOf(claimed);
  if (claimedPlaces == 0)
    beginBatch(slot);
  job = {&slot, claimedPlaces, std::min(claimedPlaces + chunk, slot.batch.indices.size())};
  claimedPlaces = job.end;
  if (claimedPlaces == slot.batch.indices.size()) {
    ++claimed;
    claimedPlaces = 0;
    roomMade.notify_all(); // the end may have come
  }
  return true;
}

void Loader::Implementation::beginBatch(Slot &slot) {
  plan->begin(claimed, slot.batch);
  size_t places = slot.batch.indices.size();
  slot.batch.inputs.resize(places * viewsEach * preprocessor.inputElements());
  slot.batch.labels.resize(places);
  slot.isBroken.assign(places, false);
  slot.unfinished = places;
}

void Loader::Implementation::fill(const Job &job) {
  std::vector<uint8_t> canvas(canvases->bytes());
  for (size_t place = job.begin; place < job.end; ++place)
    fillPlace(*job.slot, place, canvas);
}

void Loader::Implementation::fillPlace(Slot &slot, size_t place, std::vector<uint8_t> &canvas) {
  Sample sample = plan->sample(slot.batch, place);
  if (!readSample(sample, canvas.data())) {
    slot.isBroken[place] = true;
    return;
  }
  slot.batch.indices[place] = sample.index;
  slot.batch.labels[place] = canvases->dataset().label(sample.index);
  float *input = &slot.batch.inputs[place * viewsEach * preprocessor.inputElements()];
  for (const View &view : sample.views) {
    preprocessor.cut(canvas.data(), view, input);
    input += preprocessor.inputElements();
  }
}

/// Reads the sample's picture, or, in training, the next good one. False for a
/// broken one. Throws Error where none is left.
bool Loader::Implementation::readSample(Sample &sample, uint8_t *canvas) {
  size_t size = canvases->dataset().size();
  for (size_t tries = 0; tries < size; ++tries) {
    if (readGood(sample.index, canvas))
      return true;
    if (!plan->replacesBroken())
      return false;
    sample.index = (sample.index + 1) % size;
  }
  throwUnreadable(canvases->dataset());
}

/// False where the picture is broken, which it stays.
bool Loader::Implementation::readGood(size_t index, uint8_t *canvas) {
  if (canvases->isBroken(index))
    return false;
  try {
    canvases->read(index, canvas);
    return true;
  } catch (const Error &error) {
    noteBroken(index, error.what());
    return false;
  }
}

/// A set that is gone as a whole ends the run: its pictures would be missed one
/// by one.
void Loader::Implementation::noteBroken(size_t index, const std::string &reason) {
  const std::string &path = canvases->dataset().path();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    throw Error(fmt::format("{}: the data set is gone: image {}: {}", path, index, reason));
  if (!canvases->markBroken(index))
    return;
  std::lock_guard<std::mutex> lock(mutex);
  unreported.push_back({index, reason});
}

void Loader::Implementation::finish(const Job &job) {
  std::lock_guard<std::mutex> lock(mutex);
  job.slot->unfinished -= job.end - job.begin;
  if (job.slot->unfinished > 0)
    return;
  if (!plan->replacesBroken())
    dropBroken(*job.slot);
  slotFilled.notify_all();
}

/// Closes the gaps that broken pictures have left.
void Loader::Implementation::dropBroken(Slot &slot) {
  Batch &batch = slot.batch;
  size_t inputs = viewsEach * preprocessor.inputElements(), good = 0;
  for (size_t place = 0; place < batch.labels.size(); ++place) {
    if (slot.isBroken[place])
      continue;
    if (good != place) {
      batch.labels[good] = batch.labels[place];
      batch.indices[good] = batch.indices[place];
      std::copy_n(&batch.inputs[place * inputs], inputs, &batch.inputs[good * inputs]);
    }
    ++good;
  }
  batch.labels.resize(good);
  batch.indices.resize(good);
  batch.inputs.resize(good * inputs);
}

//===----------------------------------------------------------------------===//
// The consumer
//===----------------------------------------------------------------------===//

const Batch *Loader::Implementation::next() {
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    released = delivered;
    roomMade.notify_all();
    Slot *slot = delivered == plan->batches() ? nullptr : waitForBatch(lock);
    reportBroken(lock);
    if (!slot && brokenImages() == canvases->dataset().size())
      throwUnreadable(canvases->dataset());
    if (!slot)
      return nullptr;
    ++delivered;
    if (slot->batch.count() > 0)
      return &slot->batch;
  }
}

/// The batch that is to be delivered next. Throws what the threads have thrown.
Slot *Loader::Implementation::waitForBatch(std::unique_lock<std::mutex> &lock) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  Slot &slot = slotOf(delivered);
  slotFilled.wait(lock, [&] { return failure || (claimed > delivered && slot.unfinished == 0); });
  secondsWaited += std::chrono::duration<double>(Clock::now() - start).count();
  if (failure) {
    reportBroken(lock);
    std::rethrow_exception(failure);
  }
  return &slot;
}

void Loader::Implementation::reportBroken(std::unique_lock<std::mutex> &lock) {
  std::vector<BrokenImage> reports;
  reports.swap(unreported);
  if (!options.onBroken)
    return;
  lock.unlock();
  for (const BrokenImage &report : reports)
    options.onBroken(report);
  lock.lock();
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

Loader::Loader(std::shared_ptr<const Canvases> canvases, const Preprocessor &preprocessor,
               const Augmentation &augmentation, const std::optional<ColourComponents> &colours,
               const TrainingOrder &order, const LoaderOptions &options) {
  const Dataset &dataset = canvases->dataset();
  int64_t needed = options.batch * order.batchesPerStep();
  if (int64_t(dataset.size()) < needed)
    throw Error(fmt::format("{}: {} pictures do not fill a step of {}", dataset.path(),
                            dataset.size(), needed));
  Augmenter augmenter(augmentation, preprocessor, order.seed, colours);
  auto plan = std::make_unique<TrainingPlan>(dataset.size(), options.batch, order, augmenter);
  int64_t steps = plan->stepsPerEpoch();
  implementation = std::make_unique<Implementation>(std::move(canvases), preprocessor,
                                                    std::move(plan), steps, 1, options);
}

Loader::Loader(std::shared_ptr<const Canvases> canvases, const Preprocessor &preprocessor,
               Crops crops, const LoaderOptions &options) {
  auto plan = std::make_unique<EvaluationPlan>(canvases->dataset().size(), options.batch,
                                               preprocessor.views(crops));
  int64_t batches = plan->batches();
  implementation =
      std::make_unique<Implementation>(std::move(canvases), preprocessor, std::move(plan), batches,
                                       size_t(cropCount(crops)), options);
}

Loader::~Loader() = default;

const Batch *Loader::next() { return implementation->next(); }
int64_t Loader::stepsPerEpoch() const { return implementation->stepsPerEpoch; }
double Loader::secondsWaited() const { return implementation->secondsWaited; }
uint64_t Loader::bytesHeld() const { return implementation->bytesHeld(); }
size_t Loader::brokenImages() const { return implementation->brokenImages(); }

std::vector<uint32_t> alexrt::drawOrder(size_t size, uint64_t seed, int64_t epoch) {
  std::vector<uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0u);
  uint32_t stream = streamOf("data", "order");
  PhiloxBlock<1> words = {};
  for (size_t i = 0; i + 1 < size; ++i) { // Fisher and Yates
    if (i % 4 == 0) {
      words = {{{uint32_t(i / 4)}, {0}, {uint32_t(epoch)}, {stream}}};
      philox(words, seed);
    }
    size_t chosen = i + size_t((uint64_t(words[i % 4][0]) * (size - i)) >> 32);
    std::swap(order[i], order[chosen]);
  }
  return order;
}
