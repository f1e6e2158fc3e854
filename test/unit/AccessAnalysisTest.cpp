// Bank conflicts and sectors of a kernel's accesses to memory.

#include "codegen/cuda/AccessAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace alexc;
using namespace mlir;

static MLIRContext &context() {
  static MLIRContext context;
  context.loadDialect<arith::ArithDialect, gpu::GPUDialect, memref::MemRefDialect, scf::SCFDialect,
                      vector::VectorDialect>();
  return context;
}

/// The accesses of a kernel with one block of 64 threads and this body; %t is the
/// thread, %x global memory and %s shared.
static std::vector<MemoryAccess> analyze(const std::string &body) {
  std::string text = R"(gpu.module @kernels {
    gpu.func @kernel(%x: memref<1024x64xf32> loc("x")) workgroup(%s: memref<64x64xf32, 3>) kernel
        attributes {known_block_size = array<i32: 64, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c4 = arith.constant 4 : index
      %c10 = arith.constant 10 : index
      %c16 = arith.constant 16 : index
      %c64 = arith.constant 64 : index
      %zero = arith.constant 0.0 : f32
      %t = gpu.thread_id x
      )" + body + "\ngpu.return } }";
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context());
  if (!module)
    return {};
  std::vector<MemoryAccess> accesses;
  module->walk([&](gpu::GPUFuncOp kernel) { accesses = analyzeAccesses(kernel); });
  return accesses;
}

static MemoryAccess analyzeOne(const std::string &body) {
  std::vector<MemoryAccess> accesses = analyze(body);
  EXPECT_EQ(accesses.size(), 1u) << body;
  return accesses.empty() ? MemoryAccess() : accesses.front();
}

TEST(AccessAnalysis, NeighboursInMemoryTakeFourSectors) {
  MemoryAccess access = analyzeOne("%v = memref.load %x[%c0, %t] : memref<1024x64xf32>");
  EXPECT_TRUE(access.isKnown);
  EXPECT_FALSE(access.isShared);
  EXPECT_FALSE(access.isWrite);
  EXPECT_EQ(access.array, "x");
  EXPECT_EQ(access.bytes, 4);
  EXPECT_EQ(access.requests, 2); // two warps
  EXPECT_EQ(access.units, 4);
  EXPECT_EQ(access.least, 4);
}

TEST(AccessAnalysis, AStrideTakesASectorForEachThread) {
  MemoryAccess access = analyzeOne("memref.store %zero, %x[%t, %c0] : memref<1024x64xf32>");
  EXPECT_TRUE(access.isWrite);
  EXPECT_EQ(access.units, 32);
  EXPECT_EQ(access.least, 4);
  EXPECT_EQ(access.excess(), 8);
}

TEST(AccessAnalysis, AllThreadsOfOneAddressTakeOneSector) {
  MemoryAccess access = analyzeOne("%v = memref.load %x[%c0, %c0] : memref<1024x64xf32>");
  EXPECT_EQ(access.units, 1);
  EXPECT_EQ(access.excess(), 1);
}

TEST(AccessAnalysis, AVectorOfFourTakesSixteenSectors) {
  MemoryAccess access = analyzeOne(R"(%i = arith.divui %t, %c16 : index
      %r = arith.remui %t, %c16 : index
      %j = arith.muli %r, %c4 : index
      %v = vector.load %x[%i, %j] : memref<1024x64xf32>, vector<4xf32>)");
  EXPECT_EQ(access.bytes, 16);
  EXPECT_EQ(access.units, 16);
  EXPECT_EQ(access.excess(), 1);
}

TEST(AccessAnalysis, BanksThatAreAskedOnceTakeOnePass) {
  MemoryAccess access = analyzeOne("%v = memref.load %s[%c0, %t] : memref<64x64xf32, 3>");
  EXPECT_TRUE(access.isShared);
  EXPECT_EQ(access.units, 1);
  EXPECT_EQ(access.least, 1);
}

TEST(AccessAnalysis, AColumnOfRowsThatFillTheBanksTakes32Passes) {
  EXPECT_EQ(analyzeOne("%v = memref.load %s[%t, %c0] : memref<64x64xf32, 3>").units, 32);
  EXPECT_EQ(analyzeOne(R"(%i = arith.muli %t, %c2 : index
      %v = memref.load %s[%c0, %i] : memref<64x64xf32, 3>)")
                .units,
            2);
}

TEST(AccessAnalysis, ThreadsOfOneWordAreServedTogether) {
  EXPECT_EQ(analyzeOne(R"(%i = arith.divui %t, %c16 : index
      %v = memref.load %s[%i, %c0] : memref<64x64xf32, 3>)")
                .units,
            2); // two words of one bank
  EXPECT_EQ(analyzeOne("%v = memref.load %s[%c1, %c0] : memref<64x64xf32, 3>").units, 1);
}

TEST(AccessAnalysis, AVectorOfSharedMemoryComesInQuartersOfAWarp) {
  MemoryAccess access = analyzeOne(R"(%i = arith.divui %t, %c16 : index
      %r = arith.remui %t, %c16 : index
      %j = arith.muli %r, %c4 : index
      %v = vector.load %s[%i, %j] : memref<64x64xf32, 3>, vector<4xf32>)");
  EXPECT_EQ(access.units, 4);
  EXPECT_EQ(access.least, 4);
}

TEST(AccessAnalysis, LoopsAndConditionsCountRequests) {
  MemoryAccess access = analyzeOne(R"(scf.for %i = %c0 to %c10 step %c1 {
        %isIn = arith.cmpi slt, %t, %c16 : index
        scf.if %isIn {
          %v = memref.load %x[%i, %t] : memref<1024x64xf32>
        }
      })");
  EXPECT_TRUE(access.isKnown);
  EXPECT_NEAR(access.requests, 10, 3); // of one of the two warps, as the samples have it
  EXPECT_EQ(access.units, 2);          // 16 threads
  EXPECT_EQ(access.excess(), 1);
}

TEST(AccessAnalysis, ALoopOverAThreadsOwnElementsIsKnown) {
  MemoryAccess access = analyzeOne(R"(scf.for %i = %t to %c64 step %c64 {
        %v = memref.load %x[%c0, %i] : memref<1024x64xf32>
      })");
  EXPECT_EQ(access.requests, 2);
  EXPECT_EQ(access.units, 4);
}

TEST(AccessAnalysis, AnAddressFromMemoryIsNotKnown) {
  std::vector<MemoryAccess> accesses = analyze(R"(
      %v = memref.load %x[%c0, %t] : memref<1024x64xf32>
      %n = arith.fptosi %v : f32 to i32
      %i = arith.index_cast %n : i32 to index
      %w = memref.load %x[%i, %t] : memref<1024x64xf32>
      %isMet = arith.cmpf ogt, %v, %zero : f32
      scf.if %isMet {
        memref.store %v, %x[%c1, %t] : memref<1024x64xf32>
      })");
  ASSERT_EQ(accesses.size(), 3u);
  EXPECT_TRUE(accesses[0].isKnown);
  EXPECT_FALSE(accesses[1].isKnown);
  EXPECT_TRUE(accesses[2].isKnown); // a condition from memory counts as met
}

TEST(AccessAnalysis, RegistersAreNoMemory) {
  EXPECT_TRUE(analyze(R"(%r = memref.alloca() : memref<4xf32>
      memref.store %zero, %r[%c0] : memref<4xf32>)")
                  .empty());
}
