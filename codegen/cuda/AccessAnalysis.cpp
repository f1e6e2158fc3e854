//===- AccessAnalysis.cpp - how a kernel's warps reach memory ------------------===//

#include "codegen/cuda/AccessAnalysis.h"
#include "codegen/cuda/CudaPrinter.h"
#include "codegen/cuda/WarpValues.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"
#include <set>

using namespace mlir;
using namespace alexc;

static constexpr unsigned samples = 64;
static constexpr int64_t sectorBytes = 32;
static constexpr int64_t wordBytes = 4;
static constexpr int64_t banks = 32;

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

namespace {
/// Where an op reaches memory.
struct Place {
  Operation *op;
  Value memory;
  OperandRange indices;
  int64_t bytes; ///< of a thread
  bool isWrite;
};

/// Bytes from an array's begin, of the threads that take part.
using Addresses = std::vector<int64_t>;
} // namespace

/// Sectors that a request touches.
static int64_t countSectors(ArrayRef<int64_t> addresses, int64_t bytes) {
  std::set<int64_t> sectors;
  for (int64_t address : addresses)
    for (int64_t sector = address / sectorBytes; sector <= (address + bytes - 1) / sectorBytes;
         ++sector)
      sectors.insert(sector);
  return static_cast<int64_t>(sectors.size());
}

/// Sectors that would hold the same bytes.
static int64_t leastSectors(ArrayRef<int64_t> addresses, int64_t bytes) {
  std::set<int64_t> distinct(addresses.begin(), addresses.end());
  return llvm::divideCeilSigned(static_cast<int64_t>(distinct.size()) * bytes, sectorBytes);
}

/// The words that the bank with most of them must bring.
static int64_t countPasses(ArrayRef<int64_t> addresses, int64_t bytes) {
  std::array<std::set<int64_t>, banks> words;
  for (int64_t address : addresses)
    for (int64_t word = address / wordBytes; word <= (address + bytes - 1) / wordBytes; ++word)
      words[word % banks].insert(word);
  return static_cast<int64_t>(
      llvm::max_element(words, [](auto &a, auto &b) { return a.size() < b.size(); })->size());
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

static int64_t bytesOf(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.getNumElements() * bytesOf(vector.getElementType());
  return llvm::divideCeilSigned(type.getIntOrFloatBitWidth(), 8);
}

static Value baseOf(Value memory) {
  while (auto view = memory.getDefiningOp<ViewLikeOpInterface>())
    memory = view.getViewSource();
  return memory;
}

/// Where `op` reaches shared or global memory.
static SmallVector<Place> placesOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, SmallVector<Place>>(op)
      .Case<memref::LoadOp>([](auto load) -> SmallVector<Place> {
        return {{load, load.getMemRef(), load.getIndices(), bytesOf(load.getType()), false}};
      })
      .Case<memref::StoreOp>([](auto store) -> SmallVector<Place> {
        return {{store, store.getMemRef(), store.getIndices(),
                 bytesOf(store.getValueToStore().getType()), true}};
      })
      .Case<vector::LoadOp>([](auto load) -> SmallVector<Place> {
        return {{load, load.getBase(), load.getIndices(), bytesOf(load.getType()), false}};
      })
      .Case<vector::StoreOp>([](auto store) -> SmallVector<Place> {
        return {{store, store.getBase(), store.getIndices(),
                 bytesOf(store.getValueToStore().getType()), true}};
      })
      .Case<nvgpu::DeviceAsyncCopyOp>([](auto copy) -> SmallVector<Place> {
        int64_t bytes = copy.getDstElements().getSExtValue() *
                        bytesOf(getElementTypeOrSelf(copy.getSrc().getType()));
        return {{copy, copy.getSrc(), copy.getSrcIndices(), bytes, false},
                {copy, copy.getDst(), copy.getDstIndices(), bytes, true}};
      })
      .Default(SmallVector<Place>());
}

namespace {
/// The requests at one place, summed over the samples.
class RequestSum {
public:
  RequestSum(const Place &place, bool isShared, int64_t warps)
      : place(place), isShared(isShared), warps(warps) {}

  void add(WarpValues &values);
  MemoryAccess result() const;

private:
  std::optional<Lanes> addressesIn(WarpValues &values);
  void addRequest(const std::array<bool, 32> &active, const Lanes &addresses, double weight);

  Place place;
  bool isShared;
  int64_t warps; ///< of the grid
  bool isKnown = true;
  double requests = 0, units = 0, least = 0;
};
} // namespace

/// The addresses, in bytes behind the array's base.
std::optional<Lanes> RequestSum::addressesIn(WarpValues &values) {
  auto type = cast<MemRefType>(place.memory.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  if (ShapedType::isDynamic(offset) || llvm::any_of(strides, ShapedType::isDynamic))
    return std::nullopt;
  int64_t elementBytes = bytesOf(type.getElementType());
  Lanes addresses;
  addresses.fill(offset * elementBytes);
  for (auto [index, stride] : llvm::zip(place.indices, strides)) {
    std::optional<Lanes> lanes = values.find(index);
    if (!lanes)
      return std::nullopt;
    for (auto [address, at] : llvm::zip(addresses, *lanes))
      address += at * stride * elementBytes;
  }
  return addresses;
}

void RequestSum::addRequest(const std::array<bool, 32> &active, const Lanes &addresses,
                            double weight) {
  // a wide vector is brought for a part of the warp at a time
  int64_t parts = isShared ? std::max<int64_t>(1, place.bytes / wordBytes) : 1;
  int64_t lanes = 32 / parts;
  requests += weight;
  for (int64_t first = 0; first < 32; first += lanes) {
    Addresses part;
    for (int64_t lane = first; lane < first + lanes; ++lane)
      if (active[lane])
        part.push_back(addresses[lane]);
    if (part.empty())
      continue;
    units += weight * static_cast<double>(isShared ? countPasses(part, place.bytes)
                                                   : countSectors(part, place.bytes));
    least += weight * static_cast<double>(isShared ? 1 : leastSectors(part, place.bytes));
  }
}

void RequestSum::add(WarpValues &values) {
  WarpValues::Visit visit = values.visit(place.op);
  isKnown &= visit.isKnown;
  if (!isKnown || !llvm::is_contained(visit.active, true))
    return;
  double weight = visit.times * static_cast<double>(warps) / samples;
  if (std::optional<Lanes> addresses = addressesIn(values))
    addRequest(visit.active, *addresses, weight);
  else
    isKnown = false;
}

MemoryAccess RequestSum::result() const {
  auto name = dyn_cast<NameLoc>(baseOf(place.memory).getLoc());
  MemoryAccess access{name ? name.getName().str() : "", place.bytes, isShared, place.isWrite,
                      isKnown && requests > 0,          requests,    0,        0};
  if (access.isKnown) {
    access.units = units / requests;
    access.least = least / requests;
  }
  return access;
}

std::vector<MemoryAccess> alexc::analyzeAccesses(gpu::GPUFuncOp kernel) {
  int64_t warps = blocksOf(kernel) * llvm::divideCeilSigned(threadsOf(kernel), 32);
  std::vector<RequestSum> sums;
  kernel.walk([&](Operation *op) {
    for (const Place &place : placesOf(op)) {
      Value base = baseOf(place.memory);
      bool isShared = llvm::is_contained(kernel.getWorkgroupAttributions(), base);
      if (isa<BlockArgument>(base)) // else it is the thread's own
        sums.emplace_back(place, isShared, warps);
    }
  });
  for (unsigned sample = 0; sample < samples; ++sample) {
    WarpValues values(kernel, sample);
    for (RequestSum &sum : sums)
      sum.add(values);
  }
  std::vector<MemoryAccess> accesses;
  for (const RequestSum &sum : sums)
    accesses.push_back(sum.result());
  return accesses;
}
