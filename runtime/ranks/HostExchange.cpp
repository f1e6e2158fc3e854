//===- HostExchange.cpp - hosts add up gradients --------------------------===//

#include "runtime/ranks/HostExchange.h"
#include <map>
#include <utility>

using namespace alexrt;

HostExchange::HostExchange(Network &network, const Entry &entry, Ranks &ranks, float scale,
                           TakeGradient take)
    : description(network.description()), ranks(ranks), scale(scale), take(std::move(take)) {
  findTurns(network.gradientUses(entry));
  if (!network.sendsAhead()) // the host's memory is where gradients are made
    thread = std::thread([this] { threadMain(); });
}

HostExchange::~HostExchange() {
  if (!thread.joinable())
    return;
  stopping = true;
  if (begun != ended) // the run has failed, and other ranks would be waited for
    ranks.abandon();
  waiters.wake();
  thread.join();
}

void HostExchange::findTurns(const std::vector<GradientUse> &uses) {
  turnsOf.resize(uses.empty() ? 0 : uses.back().record + 1);
  std::map<size_t, Turn *> ofParameter;
  for (auto use = uses.rbegin(); use != uses.rend(); ++use) {
    Turn *&turn = ofParameter[use->parameter];
    if (!turn) // this is its last use
      turn = &turns.emplace_front(use->parameter);
    ++turn->uses;
    turnsOf[use->record].push_back(turn);
  }
}

//===----------------------------------------------------------------------===//
// The thread of the run
//===----------------------------------------------------------------------===//

RunOptions HostExchange::begin(const RunOptions &options) {
  for (Turn &turn : turns)
    turn.missing = turn.uses;
  ++begun;
  RunOptions listening = options;
  if (thread.joinable())
    listening.recordEnded = [this](size_t record) { recordEnded(record); };
  waiters.wake();
  return listening;
}

void HostExchange::recordEnded(size_t record) {
  if (record >= turnsOf.size())
    return;
  for (Turn *turn : turnsOf[record])
    if (--turn->missing == 0)
      waiters.wake();
}

void HostExchange::finish() {
  auto start = std::chrono::steady_clock::now();
  if (thread.joinable())
    waiters.wait({}, [this] { return ended == begun; });
  else
    exchangeAll();
  waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (failure)
    std::rethrow_exception(std::exchange(failure, nullptr));
}

//===----------------------------------------------------------------------===//
// The exchange
//===----------------------------------------------------------------------===//

void HostExchange::exchange(const Turn &turn) {
  auto count = size_t(elementCount(description.params[turn.parameter].shape));
  ranks.addUp(take(turn.parameter), count, scale);
}

/// On devices all uses have ended when a gradient is taken.
void HostExchange::exchangeAll() {
  try {
    for (Turn &turn : turns) {
      if (thread.joinable())
        waiters.wait({}, [&] { return stopping || turn.missing == 0; });
      if (stopping)
        return;
      exchange(turn);
    }
  } catch (...) {
    failure = std::current_exception();
  }
  ++ended;
}

void HostExchange::threadMain() {
  while (true) {
    waiters.wait({}, [this] { return stopping || begun != ended; });
    if (stopping)
      return;
    exchangeAll();
    waiters.wake();
  }
}
