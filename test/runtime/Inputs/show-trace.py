"""Prints what a trace for chrome://tracing says that does not depend on the machine."""
import json
import sys

events = json.load(open(sys.argv[1]))["traceEvents"]
(process,) = [event for event in events if event["name"] == "process_name"]
lines = [event for event in events if event["name"] == "thread_name"]
print(f"{process['args']['name']}:", ", ".join(line["args"]["name"] for line in lines))

spans = [event for event in events if event["ph"] == "X"]
launches = [event for event in spans if event["tid"] == 0]
first = launches[: len({event["name"] for event in launches})]
print("launches:", ", ".join(f"{event['name']} {event['cat']} {event['args']['macs']} "
                             f"{event['args']['bytes']}" for event in first))

assert all(event["args"]["kernel"] == event["cat"] for event in launches)
for event, following in zip(launches, launches[1:]):
    assert event["ts"] + event["dur"] <= following["ts"] + 0.01
inside = [span for span in spans if span["tid"] > 0
          and any(launch["name"] == span["name"] and launch["ts"] <= span["ts"] + 0.01
                  and span["ts"] + span["dur"] <= launch["ts"] + launch["dur"] + 0.01
                  for launch in launches)]
print(f"{len(launches)} launches in order, inside them {len(inside)} spans of threads")
