//===- Trace.cpp - what each thread did, and when -------------------------===//

#include "runtime/command/Trace.h"
#include "runtime/File.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace alexrt;
using Json = nlohmann::ordered_json;

void Trace::run(Network &network, const Entry &entry) {
  double recordBegin = secondsAt(Clock::now());
  RunOptions options;
  options.afterWork = [&](size_t thread, Clock::time_point begin, Clock::time_point end) {
    pending[thread].push_back({0, secondsAt(begin), secondsAt(end)});
  };
  options.afterRecord = [&](size_t record) {
    endRecord(record, recordBegin);
    recordBegin = secondsAt(Clock::now());
  };
  network.run(entry, options);
}

/// Threads do not know which record they work on.
void Trace::endRecord(size_t record, double begin) {
  recordSpans.push_back({record, begin, secondsAt(Clock::now())});
  for (size_t thread = 0; thread < pending.size(); ++thread) {
    for (const Span &span : pending[thread])
      threadSpans[thread].push_back({record, span.begin, span.end});
    pending[thread].clear();
  }
}

//===----------------------------------------------------------------------===//
// Chrome's format: times in microseconds
//===----------------------------------------------------------------------===//

static Json nameEvent(size_t line, const std::string &name) {
  return {
      {"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", line}, {"args", {{"name", name}}}};
}

static Json spanEvent(size_t line, const Span &span, const RecordWork &work) {
  return {{"name", work.layer},
          {"cat", work.kernel},
          {"ph", "X"},
          {"pid", 1},
          {"tid", line},
          {"ts", span.begin * 1e6},
          {"dur", (span.end - span.begin) * 1e6}};
}

static Json launchEvent(const Span &span, const RecordWork &work) {
  Json event = spanEvent(0, span, work);
  double seconds = span.end - span.begin;
  event["args"] = {{"kernel", work.kernel}, {"macs", work.macs}, {"bytes", work.bytes}};
  if (seconds > 0) {
    event["args"]["GFLOP/s"] = 2e-9 * double(work.macs) / seconds;
    event["args"]["GB/s"] = 1e-9 * double(work.bytes) / seconds;
  }
  return event;
}

void alexrt::writeTrace(const std::string &path, const std::string &network,
                        const std::vector<RecordWork> &works, const Trace &trace) {
  Json events = Json::array();
  events.push_back(
      {{"name", "process_name"}, {"ph", "M"}, {"pid", 1}, {"args", {{"name", network}}}});
  events.push_back(nameEvent(0, "launches"));
  for (const Span &span : trace.records())
    events.push_back(launchEvent(span, works[span.record]));
  for (size_t thread = 0; thread < trace.threads().size(); ++thread) {
    events.push_back(nameEvent(thread + 1, fmt::format("thread {}", thread)));
    for (const Span &span : trace.threads()[thread])
      events.push_back(spanEvent(thread + 1, span, works[span.record]));
  }
  Json document = {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
  std::string text = document.dump(0, ' ', false, Json::error_handler_t::replace) + "\n";
  FileWriter writer(path);
  writer.write(text.data(), text.size());
  writer.commit();
}
