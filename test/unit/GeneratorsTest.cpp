//===- GeneratorsTest.cpp - all kernels of the catalog against the oracle -----===//
//
// Each case is an op; the kernels and layouts are all that the catalog offers
// for it on a CPU. Halos are at first as small as may be, then larger.

#include "compiler/KernelCatalog.h"
#include "test/unit/KernelTest.h"

using namespace mlir;
using namespace alexc;

namespace {
class EachChoice : public KernelTest, public testing::WithParamInterface<Case> {
protected:
  SmallVector<KernelChoice> choices(const Case &test, StringRef cpu) {
    auto module = parse(test);
    if (!module)
      return {};
    auto kernel = *module->getOps<func::FuncOp>().begin();
    auto *catalog =
        context.getLoadedDialect<AlexDialect>()->getRegisteredInterface<KernelCatalog>();
    return catalog->choices(&kernel.front().front(), Machine{false, cpu.str()});
  }

  void compareAll(const Case &test, StringRef cpu) {
    auto all = choices(test, cpu);
    EXPECT_FALSE(all.empty());
    for (const KernelChoice &choice : all)
      for (int64_t more : {0, 1}) {
        SCOPED_TRACE(choice.name + " with a halo larger by " + std::to_string(more));
        compare(placed(test, choice, more), cpu);
      }
  }

  static std::string text(Layout layout, int64_t more) {
    for (int64_t &side : layout.halo)
      side += more;
    std::string sides = llvm::join(
        llvm::map_range(layout.halo, [](int64_t side) { return std::to_string(side); }), ", ");
    return layout.keyword() + (layout.hasHalo() ? " halo [" + sides + "]" : "");
  }

  /// `test` by `choice`, with halos that are larger by `more` on each side.
  static Case placed(Case test, const KernelChoice &choice, int64_t more) {
    test.kernel = choice.name;
    bool hasFilters = StringRef(test.expression).contains("filter_grad"); // as its results
    auto place = [&](std::vector<Placed> &values, ArrayRef<Layout> layouts, bool isInput) {
      for (auto [value, layout] : llvm::zip_equal(values, layouts)) {
        bool isImage = StringRef(value.shape).count('x') >= 3 &&
                       layout.kind == Layout::Kind::plain && (isInput || !hasFilters);
        value.layout = text(layout, isImage && (!isInput || &value == &values[0]) ? more : 0);
      }
    };
    place(test.operands, choice.operands, true);
    place(test.results, choice.results, false);
    return test;
  }
};
} // namespace

TEST_P(EachChoice, AgreesWithTheOracle) {
  compareAll(GetParam(), "x86-64");
  compareAll(GetParam(), "native");
}

static Case conv(std::string name, std::string attributes, std::string x, std::string w,
                 std::string y) {
  std::string filters = w.substr(0, w.find('x'));
  return {name,
          "",
          "alex.conv2d %a, %b, %c " + attributes + " : (!a, !b, !c) -> !y",
          {{x}, {w}, {filters}},
          {{y}},
          2e-6};
}

static Case convThen(std::string name, std::string epilogue, std::string x, std::string w,
                     std::string y) {
  return {name,
          "",
          "alex.fused(%a, %b, %c) : (!a, !b, !c) -> !y {\n^bb0(%d: !a, %e: !b, %f: !c):\n"
          "  %0 = alex.conv2d %d, %e pad [1, 1, 1, 1] : (!a, !b) -> !y\n" +
              epilogue + "  alex.yield %1 : !y }",
          {{x}, {w}, {y}},
          {{y}},
          2e-6};
}

INSTANTIATE_TEST_SUITE_P(
    Conv, EachChoice,
    testing::Values(
        conv("conv1_of_alexnet", "stride [4, 4] pad [0, 0, 3, 3]", "1x3x48x48", "32x3x11x11",
             "1x32x11x11"),
        conv("conv2_of_alexnet", "pad [2, 2, 2, 2] groups 2", "1x32x13x27", "32x16x5x5",
             "1x32x13x27"),
        conv("conv3_of_alexnet", "pad [1, 1, 1, 1]", "2x32x13x13", "48x32x3x3", "2x48x13x13"),
        conv("one_pixel", "", "1x16x1x1", "16x16x1x1", "1x16x1x1"),
        conv("whole_image", "", "2x8x5x4", "16x8x5x4", "2x16x1x1"),
        conv("grey", "pad [2, 2, 2, 2]", "2x1x9x9", "32x1x5x5", "2x32x9x9"),
        conv("odd_channels", "stride [2, 1] pad [1, 0, 2, 1]", "1x5x8x7", "24x5x3x3", "1x24x5x6"),
        conv("odd_filters", "pad [1, 1, 1, 1]", "1x8x6x5", "7x8x3x3", "1x7x6x5"),
        conv("small_groups", "pad [1, 1, 1, 1] groups 4", "1x16x5x5", "32x4x3x3", "1x32x5x5"),
        conv("filters_of_a_group_in_one_block", "groups 2", "1x16x4x9", "16x8x3x3", "1x16x2x7"),
        conv("wide", "stride [1, 2] pad [0, 1, 0, 1]", "1x8x3x61", "16x8x1x4", "1x16x3x30"),
        conv("stride_beyond_window", "stride [3, 3]", "1x8x10x10", "16x8x2x2", "1x16x3x3")),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    ConvEpilogue, EachChoice,
    testing::Values(convThen("relu", "  %1 = alex.relu %0 : (!y) -> !y\n", "1x16x6x6", "32x16x3x3",
                             "1x32x6x6"),
                    convThen("tanh_of_plain", "  %1 = alex.tanh %0 : (!y) -> !y\n", "1x3x6x6",
                             "5x3x3x3", "1x5x6x6"),
                    convThen("add", "  %1 = alex.add %0, %f : (!y, !c) -> !y\n", "1x16x5x9",
                             "16x16x3x3", "1x16x5x9"),
                    convThen("add_input", "  %1 = alex.add %d, %0 : (!a, !y) -> !y\n", "1x16x5x9",
                             "16x16x3x3", "1x16x5x9"),
                    convThen("add_input_of_plain", "  %1 = alex.add %d, %0 : (!a, !y) -> !y\n",
                             "1x3x5x9", "3x3x3x3", "1x3x5x9")),
    nameOf);

/// The gradients of a convolution from x to y.
static Case dataGrad(std::string name, std::string attributes, std::string x, std::string w,
                     std::string y) {
  return {name,       "",    "alex.conv2d_data_grad %a, %b " + attributes + " : (!a, !b) -> !y",
          {{y}, {w}}, {{x}}, 2e-6};
}

static Case filterGrad(std::string name, std::string attributes, std::string x, std::string w,
                       std::string y) {
  return {name,       "",    "alex.conv2d_filter_grad %a, %b " + attributes + " : (!a, !b) -> !y",
          {{x}, {y}}, {{w}}, 2e-6};
}

/// Calls one of the two for convolutions of all kinds.
template <typename MakeCase>
static auto convolutions(MakeCase make) {
  return testing::Values(
      make("conv1_of_alexnet", "stride [4, 4] pad [0, 0, 3, 3]", "2x3x24x24", "32x3x11x11",
           "2x32x5x5"),
      make("conv2_of_alexnet", "pad [2, 2, 2, 2] groups 2", "3x32x7x27", "32x16x5x5", "3x32x7x27"),
      make("conv3_of_alexnet", "pad [1, 1, 1, 1]", "2x32x13x13", "48x32x3x3", "2x48x13x13"),
      make("one_pixel", "", "1x16x1x1", "16x16x1x1", "1x16x1x1"),
      make("whole_image", "", "2x8x5x4", "16x8x5x4", "2x16x1x1"),
      make("odd_channels", "stride [2, 1] pad [1, 0, 2, 1]", "1x5x8x7", "24x5x3x3", "1x24x5x6"),
      make("odd_filters", "pad [1, 1, 1, 1]", "1x8x6x5", "7x8x3x3", "1x7x6x5"),
      make("small_groups", "pad [1, 1, 1, 1] groups 4", "3x16x5x5", "32x4x3x3", "3x32x5x5"),
      make("two_images_of_two_groups", "groups 2", "2x16x4x9", "16x8x3x3", "2x16x2x7"),
      make("pads_of_all_sizes", "pad [3, 4, 0, 1]", "1x8x6x6", "16x8x3x3", "1x16x7x9"),
      make("wide", "stride [1, 2] pad [0, 1, 0, 1]", "1x8x3x61", "16x8x1x4", "1x16x3x30"),
      make("stride_beyond_window", "stride [3, 3]", "1x8x10x10", "16x8x2x2", "1x16x3x3"));
}

INSTANTIATE_TEST_SUITE_P(ConvDataGrad, EachChoice, convolutions(dataGrad), nameOf);
INSTANTIATE_TEST_SUITE_P(ConvFilterGrad, EachChoice, convolutions(filterGrad), nameOf);

static Case dataGradThen(std::string name, std::string x, std::string w, std::string y) {
  return {name,
          "",
          "alex.fused(%a, %b, %c) : (!a, !b, !c) -> !y {\n^bb0(%d: !a, %e: !b, %f: !c):\n"
          "  %0 = alex.conv2d_data_grad %d, %e pad [1, 1, 1, 1] : (!a, !b) -> !y\n"
          "  %1 = alex.relu_grad %0, %f : (!y, !c) -> !y\n  alex.yield %1 : !y }",
          {{y}, {w}, {x}},
          {{x}},
          2e-6};
}

INSTANTIATE_TEST_SUITE_P(
    ConvDataGradEpilogue, EachChoice,
    testing::Values(dataGradThen("relu_grad", "1x32x6x6", "16x32x3x3", "1x16x6x6"),
                    dataGradThen("relu_grad_of_plain", "1x5x6x6", "3x5x3x3", "1x3x6x6")),
    nameOf);

static Case filterGradThenUpdate(std::string name, std::string attributes, std::string x,
                                 std::string w, std::string y) {
  return {name,
          "",
          "alex.fused(%a, %b, %c, %d, %e) : (!a, !b, !c, !d, !e) -> (!y, !z) {\n"
          "^bb0(%f: !a, %g: !b, %h: !c, %i: !d, %j: !e):\n"
          "  %0 = alex.conv2d_filter_grad %f, %g " +
              attributes +
              " : (!a, !b) -> !c\n"
              "  %1:2 = alex.sgd_update %h, %i, %0, %j : (!c, !d, !c, !e) -> (!y, !z)\n"
              "  alex.yield %1#0, %1#1 : !y, !z }",
          {{x}, {y}, {w}, {w}, {"step"}},
          {{w}, {w}},
          2e-6};
}

INSTANTIATE_TEST_SUITE_P(ConvFilterGradEpilogue, EachChoice,
                         testing::Values(filterGradThenUpdate("update", "pad [1, 1, 1, 1] groups 2",
                                                              "2x32x6x6", "32x16x3x3", "2x32x6x6"),
                                         filterGradThenUpdate("update_of_plain", "stride [2, 2]",
                                                              "2x3x9x8", "5x3x3x4", "2x5x4x3")),
                         nameOf);

static Case linear(std::string images, std::string columns, std::string units) {
  return {"linear_" + images + "x" + columns + "_to_" + units,
          "",
          "alex.linear %a, %b, %c : (!a, !b, !c) -> !y",
          {{images + "x" + columns}, {units + "x" + columns}, {units}},
          {{images + "x" + units}},
          2e-6};
}

static Case linearThen(std::string name, std::string epilogue, std::string images) {
  return {name,
          "",
          "alex.fused(%a, %b, %c, %d) : (!a, !b, !c, !d) -> !y {\n"
          "^bb0(%e: !a, %f: !b, %g: !c, %h: !d):\n"
          "  %0 = alex.linear %e, %f, %g : (!a, !b, !c) -> !y\n" +
              epilogue + "  alex.yield %2 : !y }",
          {{images + "x40"}, {"33x40"}, {"33"}, {images + "x33"}},
          {{images + "x33"}},
          2e-6};
}

INSTANTIATE_TEST_SUITE_P(
    Linear, EachChoice,
    testing::Values(
        linear("1", "64", "96"), linear("1", "1", "1"), linear("1", "37", "10"),
        linear("2", "100", "7"), linear("3", "72", "13"), linear("7", "33", "31"),
        linear("8", "64", "64"), linear("9", "65", "33"), linear("16", "20", "40"),
        linear("33", "17", "5"), linear("64", "600", "50"),
        linearThen("relu_and_scale",
                   "  %1 = alex.relu %0 : (!y) -> !y\n  %2 = alex.scale %1 by 0.5 : (!y) -> !y\n",
                   "1"),
        linearThen("sigmoid_and_add",
                   "  %1 = alex.sigmoid %0 : (!y) -> !y\n"
                   "  %2 = alex.add %1, %h : (!y, !d) -> !y\n",
                   "5"),
        linearThen("tanh_and_add_of_many",
                   "  %1 = alex.tanh %0 : (!y) -> !y\n  %2 = alex.add %h, %1 : (!d, !y) -> !y\n",
                   "19")),
    nameOf);

static Case single(std::string name, std::string op, std::string x, std::string y) {
  return {name, "", op + " : (!a) -> !y", {{x}}, {{y}}};
}

INSTANTIATE_TEST_SUITE_P(
    Loops, EachChoice,
    testing::Values(
        single("lrn", "alex.lrn %a across size 5 k 2.0 alpha 0.5 beta 0.75 groups 2", "1x32x5x5",
               "1x32x5x5"),
        single("lrn_of_odd_groups", "alex.lrn %a across size 5 k 2.0 alpha 0.5 beta 0.75 groups 2",
               "1x24x5x5", "1x24x5x5"),
        single("lrn_within", "alex.lrn %a within size 3 k 2.0 alpha 0.5 beta 0.75", "1x16x5x5",
               "1x16x5x5"),
        single("max_pool", "alex.max_pool %a window [3, 3] stride [2, 2]", "2x16x7x7", "2x16x3x3"),
        single("avg_pool", "alex.avg_pool %a window [3, 3] stride [2, 2] ceil", "2x16x8x8",
               "2x16x4x4"),
        single("flatten", "alex.flatten %a", "9x16x3x3", "9x144"),
        single("softmax", "alex.softmax %a", "9x10", "9x10"),
        single("relu_of_rows", "alex.relu %a", "9x10", "9x10"),
        single("slice", "alex.slice %a from 16 size 32", "1x64x3x3", "1x32x3x3")),
    nameOf);

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

static Case linearDataGrad(std::string images, std::string columns, std::string units) {
  return {"data_grad_of_linear_" + images + "x" + columns + "_to_" + units,
          "",
          "alex.linear_data_grad %a, %b : (!a, !b) -> !y",
          {{images + "x" + units}, {units + "x" + columns}},
          {{images + "x" + columns}},
          4e-6};
}

static Case linearFilterGrad(std::string images, std::string columns, std::string units) {
  return {"filter_grad_of_linear_" + images + "x" + columns + "_to_" + units,
          "",
          "alex.linear_filter_grad %a, %b : (!a, !b) -> !y",
          {{images + "x" + columns}, {images + "x" + units}},
          {{units + "x" + columns}},
          2e-6};
}

INSTANTIATE_TEST_SUITE_P(
    LinearGrad, EachChoice,
    testing::Values(linearDataGrad("1", "64", "96"), linearDataGrad("1", "1", "1"),
                    linearDataGrad("3", "37", "10"), linearDataGrad("13", "300", "600"),
                    linearDataGrad("7", "128", "256"), linearFilterGrad("1", "64", "96"),
                    linearFilterGrad("1", "1", "1"), linearFilterGrad("3", "37", "10"),
                    linearFilterGrad("128", "523", "40"), linearFilterGrad("64", "32", "200"),
                    Case{"data_grad_then_dropout_and_relu",
                         "",
                         "alex.fused(%a, %b, %c, %d) : (!a, !b, !c, !d) -> !y {\n"
                         "^bb0(%e: !a, %f: !b, %g: !c, %h: !d):\n"
                         "  %0 = alex.linear_data_grad %e, %f : (!a, !b) -> !y\n"
                         "  %1 = alex.dropout %0, %g rate 0.5 form paper stream \"drop6\"\n"
                         "    : (!y, !c) -> !y\n"
                         "  %2 = alex.relu_grad %1, %h : (!y, !d) -> !y\n"
                         "  alex.yield %2 : !y }",
                         {{"5x20"}, {"20x75"}, {"step"}, {"5x75"}},
                         {{"5x75"}},
                         2e-6},
                    Case{"filter_grad_then_update",
                         "",
                         "alex.fused(%a, %b, %c, %d, %e) : (!a, !b, !c, !d, !e) -> (!y, !z) {\n"
                         "^bb0(%f: !a, %g: !b, %h: !c, %i: !d, %j: !e):\n"
                         "  %0 = alex.linear_filter_grad %f, %g : (!a, !b) -> !c\n"
                         "  %1:2 = alex.sgd_update %h, %i, %0, %j\n"
                         "    : (!c, !d, !c, !e) -> (!y, !z)\n"
                         "  alex.yield %1#0, %1#1 : !y, !z }",
                         {{"5x75"}, {"5x20"}, {"20x75"}, {"20x75"}, {"step"}},
                         {{"20x75"}, {"20x75"}},
                         2e-6}),
    nameOf);

static Case linearDropout(std::string images) {
  return {"linear_then_dropout_of_" + images,
          "",
          "alex.fused(%a, %b, %c) : (!a, !b, !c) -> !y {\n^bb0(%d: !a, %e: !b, %f: !c):\n"
          "  %0 = alex.linear %d, %e : (!a, !b) -> !y\n"
          "  %1 = alex.dropout %0, %f rate 0.5 form inverted stream \"drop6\" : (!y, !c) -> !y\n"
          "  alex.yield %1 : !y }",
          {{images + "x40"}, {"33x40"}, {"step"}},
          {{images + "x33"}},
          2e-6};
}

static Case convDropout(std::string name, std::string x, std::string w, std::string y) {
  return {name,
          "",
          "alex.fused(%a, %b, %c) : (!a, !b, !c) -> !y {\n^bb0(%d: !a, %e: !b, %f: !c):\n"
          "  %0 = alex.conv2d %d, %e pad [1, 1, 1, 1] : (!a, !b) -> !y\n"
          "  %1 = alex.dropout %0, %f rate 0.5 form paper stream \"drop6\" : (!y, !c) -> !y\n"
          "  alex.yield %1 : !y }",
          {{x}, {w}, {"step"}},
          {{y}},
          2e-6};
}

INSTANTIATE_TEST_SUITE_P(
    Dropout, EachChoice,
    testing::Values(linearDropout("3"), linearDropout("19"),
                    convDropout("conv_of_blocks", "2x16x5x6", "16x16x3x3", "2x16x5x6"),
                    convDropout("conv_of_planes", "2x3x5x11", "5x3x3x3", "2x5x5x11")),
    nameOf);

/// Back through a pool and the normalisation and relu before it.
static Case lrnPoolGrad(std::string name, std::string lrn, std::string pool, std::string x,
                        std::string y) {
  return {name,
          "",
          "alex.fused(%a, %b, %c) : (!a, !b, !c) -> !y {\n^bb0(%d: !a, %e: !b, %f: !c):\n"
          "  %0 = alex.max_pool_grad %d, %e " +
              pool +
              " : (!a, !b) -> !y\n"
              "  %1 = alex.lrn_grad %0, %f across " +
              lrn +
              " : (!y, !c) -> !y\n"
              "  %2 = alex.relu_grad %1, %f : (!y, !c) -> !y\n"
              "  alex.yield %2 : !y }",
          {{y}, {y + "xi8"}, {x}},
          {{x}},
          4e-6};
}

INSTANTIATE_TEST_SUITE_P(
    LrnPool, EachChoice,
    testing::Values(lrnPoolGrad("grad", "size 5 k 2.0 alpha 0.5 beta 0.75",
                                "window [3, 3] stride [2, 2]", "3x32x7x7", "3x32x3x3"),
                    lrnPoolGrad("grad_with_rest", "size 5 k 2.0 alpha 0.5 beta 0.75 groups 2",
                                "window [3, 3] stride [2, 2]", "1x32x8x10", "1x32x3x4"),
                    lrnPoolGrad("grad_of_padded", "size 4 k 1.0 alpha 0.5 beta 0.6",
                                "window [3, 2] stride [2, 1] pad [1, 1, 2, 1]", "1x16x6x5",
                                "1x16x4x6"),
                    lrnPoolGrad("grad_of_ceil", "size 3 k 1.0 alpha 0.5 beta 0.75 alpha_is mean",
                                "window [3, 3] stride [2, 2]", "1x16x6x8", "1x16x3x4"),
                    lrnPoolGrad("grad_of_windows_apart", "size 5 k 2.0 alpha 0.5 beta 0.75",
                                "window [2, 2] stride [3, 3]", "1x16x8x8", "1x16x3x3"),
                    Case{"with_argmax",
                         "",
                         "alex.fused(%a) : (!a) -> (!y, !z) {\n^bb0(%b: !a):\n"
                         "  %0 = alex.lrn %b across size 5 k 2.0 alpha 0.5 beta 0.75 : (!a) -> !a\n"
                         "  %1:2 = alex.max_pool %0 window [3, 3] stride [2, 2] pad [1, 1, 1, 1]\n"
                         "    : (!a) -> (!y, !z)\n"
                         "  alex.yield %1#0, %1#1 : !y, !z }",
                         {{"2x32x7x9"}},
                         {{"2x32x4x5"}, {"2x32x4x5xi8"}}}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Gradients, EachChoice,
    testing::Values(
        Case{"unflatten", "", "alex.unflatten %a : (!a) -> !y", {{"9x144"}}, {{"9x16x3x3"}}},
        Case{"bias_grad", "", "alex.bias_grad %a : (!a) -> !y", {{"3x16x3x3"}}, {{"16"}}},
        Case{"bias_grad_of_rows", "", "alex.bias_grad %a : (!a) -> !y", {{"19x10"}}, {{"10"}}},
        Case{"cross_entropy",
             "",
             "alex.softmax_cross_entropy %a, %b : (!a, !b) -> (!y, !z)",
             {{"9x10"}, {"9xi32"}},
             {{"9"}, {"9x10"}}},
        Case{"cross_entropy_grad",
             "",
             "alex.softmax_cross_entropy_grad %a, %b, %c : (!a, !b, !c) -> !y",
             {{"9"}, {"9x10"}, {"9xi32"}},
             {{"9x10"}}},
        Case{"max_pool_with_argmax",
             "",
             "alex.max_pool %a window [3, 3] stride [2, 2] : (!a) -> (!y, !z)",
             {{"2x16x7x7"}},
             {{"2x16x3x3"}, {"2x16x3x3xi8"}}},
        Case{"update",
             "",
             "alex.sgd_update %a, %b, %c, %d : (!a, !b, !c, !d) -> (!y, !z)",
             {{"16x144"}, {"16x144"}, {"16x144"}, {"step"}},
             {{"16x144"}, {"16x144"}}},
        Case{"dropout_of_rows",
             "",
             "alex.dropout %a, %b rate 0.5 form paper stream \"d\" : (!a, !b) -> !y",
             {{"9x10"}, {"step"}},
             {{"9x10"}}},
        Case{"fill", "", "alex.fill 0.5 : !y", {}, {{"9"}}}),
    nameOf);
