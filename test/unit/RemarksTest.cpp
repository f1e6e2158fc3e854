//===- RemarksTest.cpp - the log of remarks ----------------------------------===//

#include "compiler/Remarks.h"
#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gmock/gmock.h"

using namespace mlir;
using namespace alexc;

TEST(BytesText, ChoosesTheUnit) {
  EXPECT_EQ(bytesText(0), "0 B");
  EXPECT_EQ(bytesText(999), "999 B");
  EXPECT_EQ(bytesText(1250), "1.2 kB");
  EXPECT_EQ(bytesText(1161600), "1.2 MB");
  EXPECT_EQ(bytesText(243860896), "243.9 MB");
}

TEST(RemarkLog, PrintsEachOnceInProgramOrder) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<AlexDialect, func::FuncDialect>();
  auto module = parseSourceString<ModuleOp>(R"(
    func.func @infer_1(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
      %0 = alex.relu %x {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32> loc("base.json":9:3)
      %1 = alex.tanh %0 : (tensor<1x8xf32>) -> tensor<1x8xf32> loc("net.json":4:5)
      return %1 : tensor<1x8xf32>
    })",
                                            &context);
  ASSERT_TRUE(module);
  SmallVector<Operation *> ops = llvm::map_to_vector(
      cast<func::FuncOp>(module->getBody()->front()).getOps(), [](Operation &op) { return &op; });

  RemarkLog log(context);
  log.recordProgramOrder(*module);
  remarkRefused("a-pass", ops[1], "not fused");
  remarkDone("a-pass", ops[0], "fused");
  remarkFound("another-pass", ops[0], "fast");
  remarkRefused("a-pass", ops[1], "not fused");
  std::string text;
  llvm::raw_string_ostream stream(text);
  log.print(stream);
  EXPECT_EQ(text, "base.json:9:3: remark: relu1: fused\n"
                  "base.json:9:3: remark: relu1: fast\n"
                  "net.json:4:5: remark: alex.tanh: not fused\n");
}
