//===- StopSignal.cpp - end at the next step, not in the midst ------------===//

#include "runtime/training/StopSignal.h"

using namespace alexrt;

static volatile std::sig_atomic_t requested = 0;

static void onSignal(int) {
  requested = 1;
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
}

StopSignal::StopSignal() {
  requested = 0;
  struct sigaction note = {}, ignore = {};
  note.sa_handler = onSignal;
  note.sa_flags = SA_RESTART;
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGINT, &note, &interrupt);
  sigaction(SIGTERM, &note, &terminate);
  sigaction(SIGXFSZ, &ignore, &fileSize);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGTERM, &terminate, nullptr);
  sigaction(SIGXFSZ, &fileSize, nullptr);
}

bool StopSignal::isRequested() { return requested != 0; }

void StopSignal::request() { requested = 1; }
