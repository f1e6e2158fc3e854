//===- Passes.td - the graph passes, in pipeline order -----------------------===//

#ifndef ALEXC_COMPILER_PASSES_TD
#define ALEXC_COMPILER_PASSES_TD

include "mlir/Pass/PassBase.td"

/// A pass on the functions of a network, one at a time.
class AlexPass<string name> : Pass<name, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::alexc::AlexDialect"];
}

/// A pass on a whole network.
class AlexModulePass<string name> : Pass<name, "::mlir::ModuleOp"> {
  let dependentDialects = ["::alexc::AlexDialect", "::mlir::func::FuncDialect"];
}

//===----------------------------------------------------------------------===//
// Phase "import"
//===----------------------------------------------------------------------===//

def MarkLayersPass : AlexModulePass<"alex-mark-layers"> {
  let summary = "Mark the layers whose values are kept and those that fuse with nothing";
  let description = [{
    What `--keep LAYER` and `--no-fuse=LAYER` ask for, as attributes that later
    passes respect. With `keep=relu1 no-fuse=conv2`:

    ```mlir
    %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
    ==>
    ```mlir
    %relu1 = alex.relu %conv1 {alex.keep, layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
    A name that is no layer's is an error, and so is a layer that a fused op
    holds already. Changes no number.
  }];
  let options = [
    ListOption<"keep", "keep", "std::string", "Layers whose value stays in memory">,
    ListOption<"noFuse", "no-fuse", "std::string", "Layers that get a kernel of their own">,
  ];
}

//===----------------------------------------------------------------------===//
// Phase "differentiate"
//===----------------------------------------------------------------------===//

def DifferentiatePass : AlexModulePass<"alex-differentiate"> {
  let summary = "Append the way back and the updates to the entries of training";
  let description = [{
    Entries `train_step` and `gradients` come as the way forward to a result
    marked `alex.output = "loss"`. Each op between it and a parameter builds its
    own gradient (DifferentiableOpInterface), the last first. A `train_step`
    then takes momenta and returns new parameters and momenta, which are tied to
    the old ones; `gradients` returns the gradients, from which a new entry
    `apply` makes the same update.

    ```mlir
    func.func @gradients_2(%x: tensor<2x3xf32> {alex.input}, %labels: tensor<2xi32> {alex.labels}, %step: !alex.step, %w: tensor<4x3xf32> {alex.state = "fc.weight"})
        -> (tensor<2xf32> {alex.output = "loss"}, tensor<2x4xf32> {alex.output = "prob"}) attributes {alex.entry = "gradients", alex.batch = 2 : i64} {
      %fc = alex.linear %x, %w {layer = "fc"} : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
      %loss, %prob = alex.softmax_cross_entropy %fc, %labels {layer = "prob"} : (tensor<2x4xf32>, tensor<2xi32>) -> (tensor<2xf32>, tensor<2x4xf32>)
      return %loss, %prob : tensor<2xf32>, tensor<2x4xf32>
    }
    ```
    ==>
    ```mlir
      %0 = alex.fill 5.0e-01 {layer = "prob:loss_grad"} : tensor<2xf32>
      %1 = alex.softmax_cross_entropy_grad %0, %prob, %labels {layer = "prob:grad"} : (tensor<2xf32>, tensor<2x4xf32>, tensor<2xi32>) -> tensor<2x4xf32>
      %2 = alex.linear_filter_grad %x, %1 {layer = "fc:filter_grad"} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
      return %loss, %prob, %2 : tensor<2xf32>, tensor<2x4xf32>, tensor<4x3xf32>
    ```
    The gradient is that of the mean loss of the batch. Where several ops read a
    value, their gradients are added. An update stands right behind the ops that
    complete its gradient: there memory is given back soonest, and every reader
    of the old value has run. A parameter whose `alex.rate_factor` is 0 gets
    none, and what only its gradient would need is never built. An op without
    gradient on the way is an error. The remarks say what is kept from the way
    forward, and what is computed again or from less.

    With `input-gradient` an entry `gradients` also returns the gradient of the
    images, marked `alex.output = "input_gradient"`: nobody trains with it, but
    whoever checks gradients wants to see it.
  }];
  let options = [Option<"inputGradient", "input-gradient", "bool", /*default=*/"false",
                        "Also return the gradient of the input, from entries `gradients`">];
}

//===----------------------------------------------------------------------===//
// Phase "partition"
//===----------------------------------------------------------------------===//

def PlacePass : AlexModulePass<"alex-place"> {
  let summary = "Spread the network over devices, as a plan says";
  let description = [{
    Each op stands once for each device that has a part in it, on types that say
    which. With `devices=2 plan=paper` a layer is split by filters:

    ```mlir
    %fc6 = alex.linear %x, %w {layer = "fc6"} : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
    %fc7 = alex.linear %fc6, %w7 {layer = "fc7"} : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
    ```
    ==>
    ```mlir
    %fc6 = alex.linear %x, %w {layer = "fc6"} : (tensor<2x8xf32, #alex.on<0>>, tensor<2x8xf32, #alex.on<0>>) -> tensor<2x2xf32, #alex.on<0>>
    %fc6_0 = alex.linear %x_0, %w_0 {layer = "fc6"} : (tensor<2x8xf32, #alex.on<1>>, tensor<2x8xf32, #alex.on<1>>) -> tensor<2x2xf32, #alex.on<1>>
    %0 = alex.concat %fc6, %fc6_0 {layer = "fc6:join"} : (tensor<2x2xf32, #alex.on<0>>, tensor<2x2xf32, #alex.on<1>>) -> tensor<2x4xf32, #alex.on<0>>
    %fc7 = alex.linear %0, %w7 {layer = "fc7"} : (tensor<2x4xf32, #alex.on<0>>, tensor<3x4xf32, #alex.on<0>>) -> tensor<2x3xf32, #alex.on<0>>
    ```
    An argument that is a share of a parameter says which rows: `alex.rows`. An
    operand may lie on another device than its op: `alex-insert-transfers` comes
    next. Runs behind `alex-differentiate`, so that the way back is spread by the
    rules of its own ops, and a sum over filters that lie on several devices is
    made of one share for each, added in their order.

    Plans: `none`, all on one device, but sums in the shares that `paper` has, so
    that both give the same bits; `paper`, filters split over the devices, the
    last layer on device 0; `data`, images split; `owt`, images split for
    convolutions and filters for products; `auto`, what the cost model finds
    fastest; or the name of a file, *.json. Without options the
    network says (`devices` in `alex.network`); one that says nothing is split by
    `paper`. On one device, without sums in shares, nothing is placed.
    Values that are placed already are an error.
  }];
  let options = [
    Option<"devices", "devices", "int64_t", "0", "How many devices; 0: as the network says">,
    Option<"plan", "plan", "std::string", "", "Name or file of the plan; empty: as the network says">,
    Option<"deviceMemory", "device-memory", "int64_t", "0", "Bytes that plan auto may use of each device; 0: any number">,
  ];
}

def InsertTransfersPass : AlexPass<"alex-insert-transfers"> {
  let summary = "Bring values to the devices that read them";
  let description = [{
    ```mlir
    %1 = alex.add %a, %b : (tensor<1x8xf32, #alex.on<0>>, tensor<1x8xf32, #alex.on<1>>) -> tensor<1x8xf32, #alex.on<0>>
    ```
    ==>
    ```mlir
    %0 = alex.transfer %b {layer = "b:transfer"} : tensor<1x8xf32, #alex.on<1>> to tensor<1x8xf32, #alex.on<0>>
    %1 = alex.add %a, %0 : (tensor<1x8xf32, #alex.on<0>>, tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    ```
    One transfer for each value and device, right behind the value; others that
    are there, and those that nobody reads, go away. Knows no
    plan: whoever places ops in another way is served as well. The device of an
    op is that of its first result. Changes no number.
  }];
}

def CompressTransfersPass : AlexModulePass<"alex-compress-transfers"> {
  let summary = "Send values of 32 bits between devices as numbers of 16";
  let description = [{
    With `precision=fp16`, in an entry for 2 images:

    ```mlir
    %0 = alex.transfer %a {layer = "a:transfer"} : tensor<2x8xf32, #alex.on<0>> to tensor<2x8xf32, #alex.on<1>>
    ```
    ==>
    ```mlir
    %0 = alex.convert %a {layer = "a:compress"} : tensor<2x8xf32, #alex.on<0>> to tensor<2x8xf16, #alex.on<0>>
    %1 = alex.transfer %0 {layer = "a:transfer"} : tensor<2x8xf16, #alex.on<0>> to tensor<2x8xf16, #alex.on<1>>
    %2 = alex.convert %1 {layer = "a:transfer:expand"} : tensor<2x8xf16, #alex.on<1>> to tensor<2x8xf32, #alex.on<1>>
    ```
    Changes numbers: what crosses is rounded. Gradients, which are small, are
    multiplied by a power of two before they become f16, and divided by it
    behind. Runs behind `alex-insert-transfers`. A value is compressed once for
    all devices that get it.

    Leaves alone what is not f32 (places of maxima, labels), and new values of
    parameters of which each device has a copy: these stay equal bit by bit.
  }];
  let options = [
    Option<"precision", "precision", "std::string", "\"fp16\"", "fp16 or bf16">,
  ];
}

def SplitFilterGradPass : AlexPass<"alex-split-filter-grad"> {
  let summary = "Make the long sum of a filter's gradient in parts";
  let description = [{
    A filter has few elements, and each is a sum over all pixels of all images:
    on a GPU too few threads with too much work. The kernel catalog says into how
    many parts the images are cut; they are added in order by one work item each.

    ```mlir
    %dw = alex.conv2d_filter_grad %x, %dy {layer = "conv1:filter_grad"} : (tensor<128x3x34x34xf32>, tensor<128x8x32x32xf32>) -> tensor<8x3x3x3xf32>
    ```
    ==>
    ```mlir
    %0 = alex.conv2d_filter_grad %x, %dy parts 32 {layer = "conv1:filter_grad:parts"} : (tensor<128x3x34x34xf32>, tensor<128x8x32x32xf32>) -> tensor<256x3x3x3xf32>
    %dw = alex.sum_parts %0 parts 32 {layer = "conv1:filter_grad"} : (tensor<256x3x3x3xf32>) -> tensor<8x3x3x3xf32>
    ```
    Does not apply where the catalog wants one part, as for every CPU, whose
    kernels cut the sum themselves. Changes rounding. The parts are stored until
    they are added.
  }];
  let options = [Option<"target", "target", "std::string", /*default=*/"\"\"",
                        "cpu or cuda; empty: as the module's alex.target says">];
}

//===----------------------------------------------------------------------===//
// Phase "fuse"
//===----------------------------------------------------------------------===//

def LayersOption : ListOption<"layers", "layers", "std::string",
                              "Layers whose kernels may grow; all if empty">;
def MaxEpilogueOpsOption : Option<"maxEpilogueOps", "max-epilogue-ops", "int64_t",
                                  /*default=*/"-1",
                                  "Ops that may join a kernel; any number if negative">;

def FuseConvReluPass : AlexPass<"alex-fuse-conv-relu"> {
  let summary = "Fuse the elementwise ops behind a conv2d into its kernel";
  let description = [{
    ```mlir
    %conv1 = alex.conv2d %x, %w {layer = "conv1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
    %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%x, %w) {layer = "conv1+relu1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
    ^bb0(%a: tensor<1x3x8x8xf32>, %b: tensor<4x3x3x3xf32>):
      %conv1 = alex.conv2d %a, %b {layer = "conv1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
      %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
      alex.yield %relu1 : tensor<1x4x6x6xf32>
    }
    ```
    Any number of relu, tanh, sigmoid, scale and dropout may follow. Does not
    apply where the value between two ops has other users, is the result of the
    entry, or is marked `alex.keep`; nor to ops marked `alex.no_fuse`; nor to an
    op that reads a second value (add). Bit-exact. The value of the convolution
    is no longer stored.
  }];
  let options = [LayersOption, MaxEpilogueOpsOption];
}

def FuseLrnPoolPass : AlexPass<"alex-fuse-lrn-pool"> {
  let summary = "Fuse a lrn with the max_pool that reads it";
  let description = [{
    ```mlir
    %norm1 = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    %pool1 = alex.max_pool %norm1 window [3, 3] stride [2, 2] {layer = "pool1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%x) {layer = "norm1+pool1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32> {
    ^bb0(%a: tensor<1x8x7x7xf32>):
      %norm1 = alex.lrn %a across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
      %pool1 = alex.max_pool %norm1 window [3, 3] stride [2, 2] {layer = "pool1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
      alex.yield %pool1 : tensor<1x8x3x3xf32>
    }
    ```
    In training the pool's second result is one of the kernel's. Elementwise ops
    behind the pool join too. Does not apply where the lrn is
    read by anything else, or by another op than a max_pool, or normalises
    within one channel; otherwise as `alex-fuse-conv-relu`. Bit-exact. The normalised image is no longer stored;
    the kernel keeps a ring of its rows.
  }];
  let options = [LayersOption];
}

def FuseLinearReluPass : AlexPass<"alex-fuse-linear-relu"> {
  let summary = "Fuse the elementwise ops behind a linear into its kernel";
  let description = [{
    ```mlir
    %fc6 = alex.linear %x, %w {layer = "fc6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
    %relu6 = alex.relu %fc6 {layer = "relu6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
    %drop6 = alex.scale %relu6 by 5.0e-1 {layer = "drop6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%x, %w) {layer = "fc6+relu6+drop6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32> {
    ^bb0(%a: tensor<1x8xf32>, %b: tensor<4x8xf32>):
      %fc6 = alex.linear %a, %b {layer = "fc6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
      %relu6 = alex.relu %fc6 {layer = "relu6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      %drop6 = alex.scale %relu6 by 5.0e-1 {layer = "drop6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      alex.yield %drop6 : tensor<1x4xf32>
    }
    ```
    In training a relu's gradient takes the sign from the dropout behind the
    relu, if there is one, whose value is kept anyway. Does not apply where
    `alex-fuse-conv-relu` does not. Bit-exact. The values of all layers but the
    last are no longer stored.
  }];
  let options = [LayersOption, MaxEpilogueOpsOption];
}

def FuseLrnPoolGradPass : AlexPass<"alex-fuse-lrn-pool-grad"> {
  let summary = "Fuse the gradient of a lrn into that of the pool behind it";
  let description = [{
    ```mlir
    %0 = alex.max_pool_grad %dy, %argmax window [3, 3] stride [2, 2] {layer = "pool1:grad"} : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi8>) -> tensor<1x8x7x7xf32>
    %1 = alex.lrn_grad %0, %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1:grad"} : (tensor<1x8x7x7xf32>, tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%dy, %argmax, %x) {layer = "pool1:grad+norm1:grad"} : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi8>, tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32> {
    ^bb0(%a: tensor<1x8x3x3xf32>, %b: tensor<1x8x3x3xi8>, %c: tensor<1x8x7x7xf32>):
      %1 = alex.max_pool_grad %a, %b window [3, 3] stride [2, 2] {layer = "pool1:grad"} : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi8>) -> tensor<1x8x7x7xf32>
      %2 = alex.lrn_grad %1, %c across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1:grad"} : (tensor<1x8x7x7xf32>, tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
      alex.yield %2 : tensor<1x8x7x7xf32>
    }
    ```
    Elementwise gradients behind it, such as a relu's, join too. Does not apply
    where the pool's gradient goes elsewhere, or the lrn normalises within one
    channel; otherwise as `alex-fuse-conv-relu`. Bit-exact. The gradient between
    the two is no longer stored.
  }];
  let options = [LayersOption];
}

def FuseReluGradPass : AlexPass<"alex-fuse-relu-grad"> {
  let summary = "Fuse gradients of activations into the ops that make what they read";
  let description = [{
    ```mlir
    %0 = alex.linear_data_grad %dy, %w {layer = "fc7:data_grad"} : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
    %1 = alex.relu_grad %0, %y {layer = "relu6:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%dy, %w, %y) {layer = "fc7:data_grad+relu6:grad"} : (tensor<2x4xf32>, tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32> {
    ^bb0(%a: tensor<2x4xf32>, %b: tensor<4x8xf32>, %c: tensor<2x8xf32>):
      %1 = alex.linear_data_grad %a, %b {layer = "fc7:data_grad"} : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
      %2 = alex.relu_grad %1, %c {layer = "relu6:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
      alex.yield %2 : tensor<2x8xf32>
    }
    ```
    Kernels start at the data gradients of conv2d and linear and the gradients
    of pools and lrn; the gradients of relu, tanh and sigmoid, dropout and scale
    join. The kernel stands where the first op stood if a later one overwrites
    what that reads, as the update of its weights does. Does not apply to a sum
    of gradients, nor across an unflatten; otherwise as `alex-fuse-conv-relu`.
    Bit-exact. The gradients between the ops are no longer stored.
  }];
  let options = [LayersOption, MaxEpilogueOpsOption];
}

def FuseUpdatePass : AlexPass<"alex-fuse-update"> {
  let summary = "Fuse the update of a parameter into its gradient";
  let description = [{
    ```mlir
    %dw = alex.linear_filter_grad %x, %dy {layer = "fc6:filter_grad"} : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<4x8xf32>
    %w1, %v1 = alex.sgd_update %w, %v, %dw, %step {layer = "fc6.weight:update"} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, !alex.step) -> (tensor<4x8xf32>, tensor<4x8xf32>)
    ```
    ==>
    ```mlir
    %0:2 = alex.fused(%x, %dy, %w, %v, %step) {layer = "fc6:filter_grad+fc6.weight:update"} : (tensor<2x8xf32>, tensor<2x4xf32>, tensor<4x8xf32>, tensor<4x8xf32>, !alex.step) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
    ^bb0(%a: tensor<2x8xf32>, %b: tensor<2x4xf32>, %c: tensor<4x8xf32>, %d: tensor<4x8xf32>, %e: !alex.step):
      %dw = alex.linear_filter_grad %a, %b {layer = "fc6:filter_grad"} : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<4x8xf32>
      %w1, %v1 = alex.sgd_update %c, %d, %dw, %e {layer = "fc6.weight:update"} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, !alex.step) -> (tensor<4x8xf32>, tensor<4x8xf32>)
      alex.yield %w1, %v1 : tensor<4x8xf32>, tensor<4x8xf32>
    }
    ```
    The kernel stands where the update stood, behind all readers of the old
    value, and its results take the place of the old values. Does not apply to a
    gradient that the entry returns, or that is a sum. Bit-exact. The gradient
    is no longer stored: 151 MB for AlexNet's fc6.
  }];
  let options = [LayersOption];
}

//===----------------------------------------------------------------------===//
// Phase "select"
//===----------------------------------------------------------------------===//

def SelectPass : AlexModulePass<"alex-select"> {
  let summary = "Choose the kernel and the layouts of each op";
  let description = [{
    Asks the kernel catalog for the ways to compute each op, and takes those
    that are predicted to be fastest together, reorders between kernels of
    different layouts included. Every value is placed, on device 0; a kernel
    writes as large a halo as the readers of its result want.

    ```mlir
    func.func @infer_1(%x: tensor<1x16x4x4xf32> {alex.input}, %w: tensor<16x16x3x3xf32> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %conv = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x16x4x4xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x2x2xf32>
      return %conv : tensor<1x16x2x2xf32>
    }
    ```
    ==>
    ```mlir
    func.func @infer_1(%x: tensor<1x16x4x4xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x3x3xf32, #alex.on<0>> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %0 = alex.reorder %w {alex.kernel = "loops", layer = "reorder of conv.weight"} : tensor<16x16x3x3xf32, #alex.on<0>> to tensor<16x16x3x3xf32, #alex.on<0, kcrs16c16k>>
      %1 = alex.reorder %x {alex.kernel = "loops", layer = "reorder of input"} : tensor<1x16x4x4xf32, #alex.on<0>> to tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>
      %conv = alex.conv2d %1, %0 {alex.kernel = "conv_direct", layer = "conv"} : (tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>, tensor<16x16x3x3xf32, #alex.on<0, kcrs16c16k>>) -> tensor<1x16x2x2xf32, #alex.on<0, nchw16c>>
      %2 = alex.reorder %conv {alex.kernel = "loops", layer = "reorder of conv"} : tensor<1x16x2x2xf32, #alex.on<0, nchw16c>> to tensor<1x16x2x2xf32, #alex.on<0>>
      return %2 : tensor<1x16x2x2xf32, #alex.on<0>>
    }
    ```
    Input, state and result stay in the logical layout. An op without kernel is
    an error, and so is a value that is placed already. The kernels decide the
    order of additions, so this changes rounding.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"\"",
           "cpu or cuda; recorded in the module's alex.target, which is the default">,
    Option<"cpu", "cpu", "std::string", /*default=*/"\"\"",
           "CPU to choose for, as for --mcpu; recorded in the module's alex.cpu, which is the default">,
    Option<"gpu", "gpu", "std::string", /*default=*/"\"\"",
           "GPU to choose for, such as sm_90; recorded in the module's alex.gpu, which is the default">,
    ListOption<"force", "force", "std::string", "LAYER:KERNEL: the kernel of a layer">,
  ];
}

def ExtractLoadPass : AlexModulePass<"alex-extract-load"> {
  let summary = "Move the reorders of parameters into an entry that runs once";
  let description = [{
    ```mlir
    func.func @infer_1(%x: tensor<1x16x2x2xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %0 = alex.reorder %w {alex.kernel = "loops"} : tensor<16x16x1x1xf32, #alex.on<0>> to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
      %conv = alex.conv2d %x, %0 {alex.kernel = "conv_direct"} : (tensor<1x16x2x2xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>) -> tensor<1x16x2x2xf32, #alex.on<0>>
      return %conv : tensor<1x16x2x2xf32, #alex.on<0>>
    }
    ```
    ==>
    ```mlir
    func.func @infer_1(%x: tensor<1x16x2x2xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %conv = alex.conv2d %x, %w {alex.kernel = "conv_direct"} : (tensor<1x16x2x2xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>) -> tensor<1x16x2x2xf32, #alex.on<0>>
      return %conv : tensor<1x16x2x2xf32, #alex.on<0>>
    }
    func.func @load(%w: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"})
        -> (tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv.weight"}) attributes {alex.entry = "load"} {
      %0 = alex.reorder %w {alex.kernel = "loops"} : tensor<16x16x1x1xf32, #alex.on<0>> to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
      return %0 : tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
    }
    ```
    Entries that want the same form of a parameter share it. A parameter that
    is used as it lies in the file stays an argument of its own. Bit-exact.
  }];
}

//===----------------------------------------------------------------------===//
// Phase "plan-memory"
//===----------------------------------------------------------------------===//

def PlanMemoryPass : AlexModulePass<"alex-plan-memory"> {
  let summary = "Give each value an address";
  let description = [{
    Input and result of an entry lie in segment `io`, parameters in `param` as
    the file has them or in `weights` as `load` writes them, and everything
    else in `scratch`, where values that are never alive at the same time share
    room: the largest value first, each at the lowest offset that is free
    during its life. A flatten of a value in the logical layout is a view: it
    gets its operand's address.

    ```mlir
    %relu = alex.relu %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    %tanh = alex.tanh %relu {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    return %tanh : tensor<1x8xf32, #alex.on<0>>
    ```
    ==>
    ```mlir
    %relu = alex.relu %x {alex.at = [#alex.at<scratch, 0>], alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    %tanh = alex.tanh %relu {alex.at = [#alex.at<io, 64>], alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    return %tanh : tensor<1x8xf32, #alex.on<0>>
    ```
    The entry's `alex.scratch` is the bytes it needs. Without `reuse` each value
    gets room of its own, so that all of them can be looked at after a run. An
    entry that returns its own argument is an error. Bit-exact.
  }];
  let options = [Option<"reuse", "reuse", "bool", /*default=*/"true",
                        "Let values that are never alive together share room">];
}

//===----------------------------------------------------------------------===//
// Ends of phases
//===----------------------------------------------------------------------===//

def VerifyPhasePass : AlexModulePass<"alex-verify-phase"> {
  let summary = "Check what a phase of the graph pipeline promises to the next";
  let description = [{
    Each phase promises what those before it do, and:

    | phase           | promise                                                         |
    |-----------------|-----------------------------------------------------------------|
    | `import`        | entries of layers, whose arguments and results say what they are |
    | `differentiate` | entries of training return new state or gradients               |
    | `fuse`          | nothing is placed yet                                           |
    | `select`        | each value is placed, each op has a kernel, on one device       |
    | `plan-memory`   | each value has an address, and no two live ones overlap         |

    Errors name the op and what was wanted and got. Changes nothing.
  }];
  let options = [Option<"phase", "phase", "std::string", /*default=*/"\"import\"",
                        "The phase that has just ended">];
}

#endif // ALEXC_COMPILER_PASSES_TD
