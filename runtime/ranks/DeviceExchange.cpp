//===- DeviceExchange.cpp - devices add up gradients ----------------------===//

#include "runtime/ranks/DeviceExchange.h"
#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <map>

using namespace alexrt;

DeviceExchange::DeviceExchange(Network &network, const Entry &entry, Ranks &ranks)
    : accelerators(*network.accelerators()), ranks(ranks), sums(*ranks.deviceSums()) {
  findPieces(network.gradientUses(entry));
  joinGroups(accelerators.count());
}

/// Where something has failed, other ranks may never come to the end.
DeviceExchange::~DeviceExchange() {
  bool isDone = !isRunning && std::uncaught_exceptions() == 0;
  for (void *group : groups)
    isDone ? sums.leave(group) : sums.giveUp(group);
}

void DeviceExchange::check(int code, const char *what) const {
  if (code != 0)
    throw Error(
        fmt::format("{}: cannot {}: {} (error {})", sums.name, what, sums.errorText(code), code));
}

/// The network's device d of each rank makes a group.
void DeviceExchange::joinGroups(uint32_t devices) {
  for (uint32_t device = 0; device < devices; ++device) {
    struct {
      char bytes[ALEXRT_SUMS_KEY];
    } key = {};
    if (ranks.rank() == 0)
      check(sums.makeKey(&key), "make a key");
    ranks.broadcast(key);
    accelerators[device].use();
    void *group = nullptr;
    check(sums.join(&key, ranks.rank(), ranks.count(), &group), "join the other ranks' devices");
    groups.push_back(group);
  }
}

/// A device has one piece of a parameter: from the first byte that it writes to the last.
void DeviceExchange::findPieces(const std::vector<GradientUse> &uses) {
  std::map<std::pair<size_t, uint32_t>, size_t> numbers; // of parameters on devices
  for (const GradientUse &use : uses) {
    if (!use.argument->written)
      continue;
    char *begin = use.address, *end = begin + use.argument->bytes;
    auto [found, isNew] = numbers.insert({{use.parameter, use.argument->device}, pieces.size()});
    if (isNew)
      pieces.push_back({use.argument->device, begin, end, 0});
    Piece &piece = pieces[found->second];
    piece.begin = std::min(piece.begin, begin);
    piece.end = std::max(piece.end, end);
  }
  usesOf.resize(uses.empty() ? 0 : uses.back().record + 1);
  for (const GradientUse &use : uses) {
    auto found = numbers.find({use.parameter, use.argument->device});
    if (found == numbers.end())
      continue;
    usesOf[use.record].push_back({found->second, use.queue});
    pieces[found->second].lastUse = use.record;
  }
}

RunOptions DeviceExchange::begin(const RunOptions &options) {
  isRunning = true;
  RunOptions listening = options;
  listening.recordEnded = [this](size_t record) { recordEnded(record); };
  return listening;
}

void DeviceExchange::recordEnded(size_t record) {
  if (record >= usesOf.size())
    return;
  for (const Use &use : usesOf[record])
    accelerators.letRanksWait(pieces[use.piece].device, use.queue);
  for (Piece &piece : pieces)
    if (piece.lastUse == record) {
      accelerators[piece.device].use();
      check(sums.average(groups[piece.device], accelerators[piece.device].rankQueue(), piece.begin,
                         uint64_t(piece.end - piece.begin) / sizeof(float)),
            "add up a gradient");
    }
}

/// A rank that has died is noticed here, before the devices wait for it.
void DeviceExchange::finish() {
  auto start = std::chrono::steady_clock::now();
  ranks.meet();
  isRunning = false;
  accelerators.awaitRanks();
  waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
