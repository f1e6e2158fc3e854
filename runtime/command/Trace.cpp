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
