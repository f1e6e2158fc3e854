//===- TensorCores.cpp - products in tf32 and bf16 ----------------------------===//

#include "codegen/cuda/TensorCores.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"

using namespace mlir;
using namespace alexc;

Value alexc::vectorOf(GpuBuilder &gb, ArrayRef<Value> words) {
  if (words.size() == 1)
    return words.front();
  auto type = VectorType::get(words.size(), words.front().getType());
  return vector::FromElementsOp::create(gb.b, gb.loc, type, words);
}

static Value roundedTf32(GpuBuilder &gb, Value number) {
  auto away = arith::RoundingModeAttr::get(gb.b.getContext(), arith::RoundingMode::to_nearest_away);
  Value rounded = arith::TruncFOp::create(gb.b, gb.loc, FloatTF32Type::get(gb.b.getContext()),
                                          number, away, /*fastmath=*/nullptr);
  return arith::ExtFOp::create(gb.b, gb.loc, gb.b.getF32Type(), rounded);
}

static Value packedBf16(GpuBuilder &gb, ArrayRef<Value> numbers) {
  Value rounded = arith::TruncFOp::create(gb.b, gb.loc, VectorType::get(2, gb.b.getBF16Type()),
                                          vectorOf(gb, numbers));
  Value word =
      vector::BitCastOp::create(gb.b, gb.loc, VectorType::get(1, gb.b.getF32Type()), rounded);
  return vector::ExtractOp::create(gb.b, gb.loc, word, ArrayRef<int64_t>{0});
}

Value alexc::roundedWord(GpuBuilder &gb, Precision precision, ArrayRef<Value> numbers) {
  switch (precision) {
  case Precision::fp32:
    return numbers.front();
  case Precision::tf32:
    return roundedTf32(gb, numbers.front());
  case Precision::bf16:
    return packedBf16(gb, numbers);
  }
  llvm_unreachable("unknown precision");
}

/// `words` as the rows of registers that nvgpu.mma.sync takes.
static Value asRegisters(GpuBuilder &gb, Precision precision, Value words) {
  int64_t count = cast<VectorType>(words.getType()).getNumElements();
  Type element = gb.b.getF32Type();
  int64_t perWord = 1;
  if (precision == Precision::bf16) {
    element = gb.b.getBF16Type();
    perWord = 2;
    words =
        vector::BitCastOp::create(gb.b, gb.loc, VectorType::get(count * perWord, element), words);
  }
  return vector::ShapeCastOp::create(gb.b, gb.loc, VectorType::get({count, perWord}, element),
                                     words);
}

Value alexc::multiplyFragments(GpuBuilder &gb, Precision precision, Value left, Value right,
                               Value sums) {
  auto flat = cast<VectorType>(sums.getType());
  auto square = VectorType::get({2, 2}, flat.getElementType());
  bool isTf32 = precision == Precision::tf32;
  Value result = nvgpu::MmaSyncOp::create(gb.b, gb.loc, asRegisters(gb, precision, left),
                                          asRegisters(gb, precision, right),
                                          vector::ShapeCastOp::create(gb.b, gb.loc, square, sums),
                                          ArrayRef<int64_t>{16, 8, isTf32 ? 8 : 16}, isTf32);
  return vector::ShapeCastOp::create(gb.b, gb.loc, flat, result);
}
