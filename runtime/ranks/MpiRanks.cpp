//===- MpiRanks.cpp - ranks that mpirun has started -----------------------===//
//
// Sums are made of messages between pairs of ranks, not by MPI_Allreduce, whose order
// of additions is the library's choice. Once the ranks have met, nobody waits inside
// MPI until the end: there a rank that has died would be waited for without end.

#include "runtime/ranks/MpiRanks.h"
#include "runtime/Error.h"
#include "runtime/ThreadPool.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <mpi.h>
#include <sched.h>
#include <thread>
#include <unistd.h>

using namespace alexrt;
using Clock = std::chrono::steady_clock;

//===----------------------------------------------------------------------===//
// What it is made of
//===----------------------------------------------------------------------===//

static void check(int code, const char *call) {
  if (code == MPI_SUCCESS)
    return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Error(fmt::format("{} failed: {}", call, text));
}

namespace {
/// A process of this machine.
struct Neighbour {
  int rank;
  pid_t process;
  cpu_set_t cpus; ///< that it may use
};

bool hasEnded(const Neighbour &other) { return kill(other.process, 0) != 0 && errno == ESRCH; }

/// What is on its way, and the rank that each waits for.
struct Pending {
  std::vector<MPI_Request> requests;
  std::vector<int> ranks;

  MPI_Request *add(int rank) {
    ranks.push_back(rank);
    return &requests.emplace_back(MPI_REQUEST_NULL);
  }
};

/// How long others are waited for.
enum class Patience { limited, endless };

class MpiRanks : public Ranks {
public:
  MpiRanks(double patience, const AlexrtDeviceSums *sums);

  int rank() const override { return self; }
  int count() const override { return size; }
  int localRank() const override { return place; }
  int cpus() const override { return ownCpus; }
  void broadcast(void *data, size_t bytes) override;
  void gather(const void *own, size_t bytes, void *all) override;
  void addUp(float *data, size_t count, float scale) override;
  const AlexrtDeviceSums *deviceSums() const override { return sums; }
  void abandon() override { isAbandoned = true; }

private:
  void meetNeighbours();
  void send(const void *data, size_t bytes, int to);
  void receive(void *data, size_t bytes, int from);
  void await(Patience kind = Patience::limited);
  void checkOthers(Clock::duration waited, Patience kind);
  void addUpPiece(float *data, size_t count, float scale);

  double patience;
  const AlexrtDeviceSums *sums;
  int self = 0, size = 1, place = 0, ownCpus = 1;
  std::vector<Neighbour> neighbours; ///< the others on this machine
  Pending pending;
  std::vector<float> shares; ///< of the own part of a piece, from each rank
  std::atomic<bool> isAbandoned{false};
};
} // namespace

MpiRanks::MpiRanks(double patience, const AlexrtDeviceSums *sums) : patience(patience), sums(sums) {
  int provided = 0;
  check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_SERIALIZED)
    throw Error("this MPI does not let a second thread exchange gradients");
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(MPI_COMM_WORLD, &self), "MPI_Comm_rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size");
  meetNeighbours();
}

/// Those who may use the same CPUs share them; mpirun may have given each its own.
void MpiRanks::meetNeighbours() {
  MPI_Comm machine;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, self, MPI_INFO_NULL, &machine),
        "MPI_Comm_split_type");
  int count = 1;
  MPI_Comm_rank(machine, &place);
  MPI_Comm_size(machine, &count);
  Neighbour own = {self, getpid(), {}};
  if (sched_getaffinity(0, sizeof own.cpus, &own.cpus) != 0) // more CPUs than it has bits for
    for (int cpu = 0; cpu < std::min(availableCpus(), CPU_SETSIZE); ++cpu)
      CPU_SET(cpu, &own.cpus);
  neighbours.resize(size_t(count));
  check(MPI_Allgather(&own, sizeof own, MPI_BYTE, neighbours.data(), sizeof own, MPI_BYTE, machine),
        "MPI_Allgather");
  MPI_Comm_free(&machine);
  auto hasSame = [&](const Neighbour &other) { return CPU_EQUAL(&other.cpus, &own.cpus); };
  auto sharing = std::count_if(neighbours.begin(), neighbours.end(), hasSame);
  ownCpus = std::max(1, CPU_COUNT(&own.cpus) / int(sharing));
  auto isNotSeen = [this](const Neighbour &other) { // in a container of its own, perhaps
    return other.rank == self || hasEnded(other);
  };
  neighbours.erase(std::remove_if(neighbours.begin(), neighbours.end(), isNotSeen),
                   neighbours.end());
}

//===----------------------------------------------------------------------===//
// Waiting
//===----------------------------------------------------------------------===//

/// Awake at first; then others get the CPU.
static void pause(Clock::duration waited) {
  using namespace std::chrono;
  if (waited < microseconds(200))
    sched_yield();
  else
    std::this_thread::sleep_for(waited < milliseconds(100) ? microseconds(20) : microseconds(500));
}

void MpiRanks::checkOthers(Clock::duration waited, Patience kind) {
  if (isAbandoned)
    throw Error("the other ranks are not waited for any more");
  for (const Neighbour &other : neighbours)
    if (hasEnded(other))
      throw Error(fmt::format("rank {} has ended (process {})", other.rank, other.process));
  if (kind == Patience::endless || waited < std::chrono::duration<double>(patience))
    return;
  for (size_t i = 0; i < pending.requests.size(); ++i) {
    int isDone = 0;
    MPI_Request_get_status(pending.requests[i], &isDone, MPI_STATUS_IGNORE);
    if (!isDone)
      throw Error(fmt::format("rank {} has not answered for {:g} s", pending.ranks[i], patience));
  }
}

/// Returns when all that is pending has arrived.
void MpiRanks::await(Patience kind) {
  constexpr auto often = std::chrono::milliseconds(100);
  Clock::time_point start = Clock::now(), nextCheck = start + often;
  while (true) {
    int isDone = 0;
    check(MPI_Testall(int(pending.requests.size()), pending.requests.data(), &isDone,
                      MPI_STATUSES_IGNORE),
          "MPI_Testall");
    if (isDone)
      break;
    Clock::time_point now = Clock::now();
    if (now >= nextCheck) {
      checkOthers(now - start, kind);
      nextCheck = now + often;
    }
    pause(now - start);
  }
  pending.requests.clear();
  pending.ranks.clear();
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// MPI counts in int.
static constexpr size_t mostBytes = size_t(1) << 30;

void MpiRanks::send(const void *data, size_t bytes, int to) {
  check(MPI_Isend(data, int(bytes), MPI_BYTE, to, 0, MPI_COMM_WORLD, pending.add(to)), "MPI_Isend");
}

void MpiRanks::receive(void *data, size_t bytes, int from) {
  check(MPI_Irecv(data, int(bytes), MPI_BYTE, from, 0, MPI_COMM_WORLD, pending.add(from)),
        "MPI_Irecv");
}

void MpiRanks::broadcast(void *data, size_t bytes) {
  for (size_t begin = 0; begin < bytes; begin += mostBytes) {
    size_t part = std::min(mostBytes, bytes - begin);
    check(MPI_Ibcast(static_cast<char *>(data) + begin, int(part), MPI_BYTE, 0, MPI_COMM_WORLD,
                     pending.add(0)),
          "MPI_Ibcast");
    await(Patience::endless);
  }
}

void MpiRanks::gather(const void *own, size_t bytes, void *all) {
  if (self > 0) {
    send(own, bytes, 0);
    return await();
  }
  auto *places = static_cast<char *>(all);
  std::copy_n(static_cast<const char *>(own), bytes, places);
  for (int from = 1; from < size; ++from)
    receive(places + size_t(from) * bytes, bytes, from);
  await();
}

/// Each rank adds up a part of the piece, and sends the sums to all.
void MpiRanks::addUpPiece(float *data, size_t count, float scale) {
  auto begin = [&](int rank) { return count * size_t(rank) / size_t(size); };
  auto bytes = [&](int rank) { return (begin(rank + 1) - begin(rank)) * sizeof(float); };
  size_t own = begin(self + 1) - begin(self);
  shares.resize(std::max(shares.size(), own * size_t(size)));
  for (int other = 0; other < size; ++other) {
    if (other == self)
      continue;
    receive(shares.data() + own * size_t(other), bytes(self), other);
    send(data + begin(other), bytes(other), other);
  }
  std::copy_n(data + begin(self), own, shares.data() + own * size_t(self));
  await();
  for (size_t i = 0; i < own; ++i) {
    float sum = shares[i];
    for (int other = 1; other < size; ++other)
      sum += shares[own * size_t(other) + i];
    data[begin(self) + i] = sum * scale;
  }
  for (int other = 0; other < size; ++other) {
    if (other == self)
      continue;
    receive(data + begin(other), bytes(other), other);
    send(data + begin(self), bytes(self), other);
  }
  await();
}

void MpiRanks::addUp(float *data, size_t count, float scale) {
  constexpr size_t pieceSize = size_t(1) << 20; // elements: memory for what comes is bounded
  for (size_t begin = 0; begin < count; begin += pieceSize)
    addUpPiece(data + begin, std::min(pieceSize, count - begin), scale);
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

std::unique_ptr<Ranks> alexrt::joinMpiRanks(double patience, const AlexrtDeviceSums *sums) {
  return std::make_unique<MpiRanks>(patience, sums);
}

void alexrt::leaveMpiRanks(int status) {
  int isJoined = 0;
  MPI_Initialized(&isJoined);
  if (!isJoined)
    return;
  if (status == 0)
    MPI_Finalize();
  else
    MPI_Abort(MPI_COMM_WORLD, status);
}
