//===- StopSignal.cpp - end at the next step, not in the midst ------------===//

#include "runtime/training/StopSignal.h"

using namespace alexrt;

static volatile std::sig_atomic_t requested = 0;

/// The next signal ends the process.
static void note(int) {
  requested = 1;
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
}

StopSignal::StopSignal() {
  requested = 0;
  struct sigaction once = {};
  once.sa_handler = note;
  once.sa_flags = SA_RESTART;
  sigaction(SIGINT, &once, &interrupt);
  sigaction(SIGTERM, &once, &terminate);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGTERM, &terminate, nullptr);
}

bool StopSignal::isRequested() { return requested != 0; }

void StopSignal::request() { note(0); }
