//===- Trace.cpp - what each thread did, and when -------------------------===//

#include "runtime/command/Trace.h"
#include "runtime/File.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace alexrt;
using Json = nlohmann::ordered_json;

void Trace::run(Network &network, const Entry &entry) {
  std::vector<RecordTime> times(program.recordCount);
  RunOptions options;
  options.recordTimes = times.data();
  options.afterWork = [&](size_t record, size_t thread, Time begin, Time end) {
    size_t device = program.records[record].queue; // a list is written by its thread alone
    threadSpans[device * ofDevice + thread].push_back({record, secondsAt(begin), secondsAt(end)});
  };
  network.run(entry, options);
  for (size_t i = 0; i < times.size(); ++i)
    recordSpans.push_back({i, secondsAt(times[i].begin), secondsAt(times[i].end)});
}

//===----------------------------------------------------------------------===//
// Chrome's format: times in microseconds
//===----------------------------------------------------------------------===//

namespace {
/// Where spans are drawn: a device's group of lines, and one of them.
struct Line {
  size_t device, number;
};
} // namespace

/// A line for launches, then one for each thread, then one for transfers.
static Line lineOf(const Trace &trace, size_t record) {
  return {trace.deviceOf(record), trace.isTransfer(record) ? trace.threadsOfDevice() + 1 : 0};
}

static Json nameEvent(const char *kind, const Line &line, const std::string &name) {
  return {{"name", kind},
          {"ph", "M"},
          {"pid", line.device + 1},
          {"tid", line.number},
          {"args", {{"name", name}}}};
}

static Json spanEvent(const Line &line, const Span &span, const RecordWork &work) {
  return {{"name", work.layer.empty() ? work.kernel : work.layer},
          {"cat", work.kernel},
          {"ph", "X"},
          {"pid", line.device + 1},
          {"tid", line.number},
          {"ts", span.begin * 1e6},
          {"dur", (span.end - span.begin) * 1e6}};
}

static Json recordEvent(const Line &line, const Span &span, const RecordWork &work) {
  Json event = spanEvent(line, span, work);
  double seconds = span.end - span.begin;
  event["args"] = {{"kernel", work.kernel}, {"macs", work.macs}, {"bytes", work.bytes}};
  if (seconds > 0) {
    event["args"]["GFLOP/s"] = 2e-9 * double(work.macs) / seconds;
    event["args"]["GB/s"] = 1e-9 * double(work.bytes) / seconds;
  }
  return event;
}

static void addNames(Json &events, const std::string &network, const Trace &trace) {
  size_t threads = trace.threadsOfDevice();
  bool isOne = trace.devices() == 1;
  for (size_t device = 0; device < trace.devices(); ++device) {
    events.push_back(nameEvent("process_name", {device, 0},
                               isOne ? network : fmt::format("{}, device {}", network, device)));
    events.push_back(nameEvent("thread_name", {device, 0}, "launches"));
    for (size_t thread = 0; thread < threads; ++thread)
      events.push_back(
          nameEvent("thread_name", {device, thread + 1}, fmt::format("thread {}", thread)));
    if (!isOne)
      events.push_back(nameEvent("thread_name", {device, threads + 1}, "transfers"));
  }
}

static void addSpans(Json &events, const std::vector<RecordWork> &works, const Trace &trace) {
  for (const Span &span : trace.records())
    if (trace.actionOf(span.record) != ALEXRT_SIGNAL) // which takes no time
      events.push_back(recordEvent(lineOf(trace, span.record), span, works[span.record]));
  size_t threads = trace.threadsOfDevice();
  for (size_t i = 0; i < trace.threads().size(); ++i)
    for (const Span &span : trace.threads()[i])
      events.push_back(spanEvent({i / threads, i % threads + 1}, span, works[span.record]));
}

void alexrt::writeTrace(const std::string &path, const std::string &network,
                        const std::vector<RecordWork> &works, const Trace &trace) {
  Json events = Json::array();
  addNames(events, network, trace);
  addSpans(events, works, trace);
  Json document = {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
  std::string text = document.dump(0, ' ', false, Json::error_handler_t::replace) + "\n";
  FileWriter writer(path);
  writer.write(text.data(), text.size());
  writer.commit();
}
