// Reading what the toolkit says about machine code.

#include "codegen/cuda/MachineCode.h"
#include <gtest/gtest.h>

using namespace alexc;

TEST(MachineCode, ReadsThePtxasLog) {
  llvm::StringMap<KernelResources> kernels = readPtxasLog(
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function '_ZN12tiny_kernels5conv1EPA3_KfPf' for 'sm_90'\n"
      "ptxas info    : Function properties for _ZN12tiny_kernels5conv1EPA3_KfPf\n"
      "    24 bytes stack frame, 8 bytes spill stores, 16 bytes spill loads\n"
      "ptxas info    : Used 134 registers, used 1 barriers, 24 bytes cumulative stack size, 512 "
      "bytes smem\n"
      "ptxas info    : Compile time = 59.109 ms\n"
      "ptxas info    : Compiling entry function 'plain' for 'sm_90'\n"
      "ptxas info    : Function properties for plain\n"
      "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
      "ptxas info    : Used 8 registers, used 0 barriers\n");
  ASSERT_EQ(kernels.size(), 2u);
  KernelResources conv1 = kernels.lookup("conv1"), plain = kernels.lookup("plain");
  EXPECT_EQ(conv1.registers, 134);
  EXPECT_EQ(conv1.sharedBytes, 512);
  EXPECT_EQ(conv1.stackBytes, 24);
  EXPECT_EQ(conv1.spilledBytes, 24);
  EXPECT_EQ(plain.registers, 8);
  EXPECT_EQ(plain.spilledBytes, 0);
}

static constexpr const char *disassembly = R"(
	.target	sm_90
.text._ZN12tiny_kernels5conv1EPf:
        /*0000*/                   LDC R1, c[0x0][0x28] ;
.L_x_1:
        /*0010*/                   MUFU.RCP R3, R3 ;
        /*0020*/               @P0 BRA `(.L_x_1) ;
        /*0030*/                   BAR.SYNC.DEFER_BLOCKING 0x0 ;
.L_x_2:
.L_x_3:
        /*0040*/              @!P1 LDG.E.CONSTANT R2, desc[UR8][R8.64+0x3700] ;
        /*0050*/                   LDS.128 R4, [R2] ;
        /*0060*/                   FFMA R4, R4, R5, R6 ;
        /*0070*/                   FFMA R5, R4, R5, R6 ;
        /*0080*/                   FADD R5, R4, R5 ;
        /*0090*/                   IADD3 R2, R2, 0x10, RZ ;
        /*00a0*/                   NOP ;
        /*00b0*/              @!P2 BRA `(.L_x_4) ;
.L_x_4:
        /*00c0*/            @!UP0 BRA.U `(.L_x_3) ;
        /*00d0*/              @!P2 BRA `(.L_x_2) ;
        /*00e0*/                   EXIT ;
.L_x_5:
        /*00f0*/                   BRA `(.L_x_5);
.text._ZN12tiny_kernels8straightEPf:
        /*0000*/                   FFMA R4, R4, R5, R6 ;
        /*0010*/                   EXIT ;
)";

TEST(MachineCode, FindsTheLoopThatMultipliesMost) {
  llvm::StringMap<InnerLoop> loops = readDisassembly(disassembly);
  ASSERT_EQ(loops.size(), 1u);
  InnerLoop loop = loops.lookup("conv1");
  EXPECT_EQ(loop.instructions, 8);
  EXPECT_EQ(loop.multiplyAdds, 2);
  EXPECT_EQ(loop.otherFloat, 1);
  EXPECT_EQ(loop.shared, 1);
  EXPECT_EQ(loop.global, 1);
  EXPECT_EQ(loop.special, 0);
  EXPECT_EQ(loop.other(), 3);
}

TEST(MachineCode, FindsTheLoopOnTensorCores) {
  llvm::StringMap<InnerLoop> loops = readDisassembly(R"(
.text._ZN12tiny_kernels5conv1EPf:
.L_x_1:
        /*0000*/                   FFMA R4, R4, R5, R6 ;
        /*0010*/               @P0 BRA `(.L_x_1) ;
.L_x_2:
        /*0020*/                   HMMA.1688.F32.TF32 R4, R12, R20, R4 ;
        /*0030*/               @P0 BRA `(.L_x_2) ;
)");
  EXPECT_EQ(loops.lookup("conv1").tensor, 1);
  EXPECT_EQ(loops.lookup("conv1").multiplyAdds, 0);
}

TEST(MachineCode, BoundsALoopByItsBusiestUnit) {
  GpuTarget a100, h100;
  std::string error;
  ASSERT_TRUE(GpuTarget::lookup("sm_80", a100, error));
  ASSERT_TRUE(GpuTarget::lookup("sm_90", h100, error));
  InnerLoop product; // every fourth slot goes to something else
  product.instructions = 512;
  product.multiplyAdds = 384;
  EXPECT_DOUBLE_EQ(product.shareOfPeak(h100), 0.75);
  EXPECT_DOUBLE_EQ(product.shareOfPeak(a100), 1); // half the units: they are the limit
  product.shared = 128;                           // one cycle each
  EXPECT_DOUBLE_EQ(product.shareOfPeak(h100), 0.75);
  InnerLoop onTensorCores; // of 1024 multiply-adds each
  onTensorCores.instructions = 64;
  onTensorCores.tensor = 8;
  EXPECT_DOUBLE_EQ(onTensorCores.shareOfPeak(a100), 1); // two cycles each
  EXPECT_DOUBLE_EQ(onTensorCores.shareOfPeak(h100), 0.5);
  product.global = 128;
  EXPECT_DOUBLE_EQ(product.shareOfPeak(h100), 0.375);
  EXPECT_EQ(InnerLoop().shareOfPeak(h100), 0);
}
