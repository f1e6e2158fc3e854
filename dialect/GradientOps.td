//===- GradientOps.td - what training adds to the network ------------------===//
//
// The loss, the gradient of each layer (in network order) and the update. `dy`
// is always the gradient of the loss with respect to a layer's result, `dx`
// with respect to its operand. What makes one wrong is in VerifyGradients.cpp,
// how each layer gets its gradient in Gradients.cpp.

#ifndef ALEXC_GRADIENTOPS_TD
#define ALEXC_GRADIENTOPS_TD

/// An op whose result has the shape of its gradient operand, position by position.
class ActivationGradOp<string mnemonic> : SameTypeOp<mnemonic, [Elementwise, EpilogueLayer<>]> {
  let arguments = (ins F32Value:$gradient, F32Value:$output, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Value:$input_gradient);
  let assemblyFormat = "$gradient `,` $output attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Loss
//===----------------------------------------------------------------------===//

def FillOp : AlexOp<"fill", [LayerOpInterface]> {
  let summary = "The same number everywhere";
  let description = [{
    y[i] = value. The gradient that training starts from: 1/N for each image's
    loss, as the loss of a batch is the mean.

    Example: `%seed = alex.fill 7.812500e-03 : tensor<128xf32>`

    **Constraints:** (fill_c1) the value is finite.
  }];
  let arguments = (ins F64Attr:$value, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Value:$output);
  let assemblyFormat = "$value attr-dict `:` type($output)";
  let hasVerifier = 1;
}

def SoftmaxCrossEntropyOp : InferredOp<"softmax_cross_entropy", [LayerOpInterface,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "How badly each row of scores misses its label";
  let description = [{
    loss[n] = log(sum over j of exp(x[n,j] - m)) + m - x[n,label[n]], m the row's
    maximum; prob[n,k] as `alex.softmax`. Multinomial logistic regression, the
    paper's objective (section 3).

    Example:
    ```mlir
    %loss, %prob = alex.softmax_cross_entropy %fc8, %labels
      : (tensor<128x1000xf32>, tensor<128xi32>) -> (tensor<128xf32>, tensor<128x1000xf32>)
    ```
    **Constraints:** (softmax_cross_entropy_c1) one label for each row.
  }];
  let arguments = (ins F32Rows:$input, I32Vector:$labels, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Vector:$loss, F32Rows:$prob);
  let assemblyFormat = "$input `,` $labels attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def SoftmaxCrossEntropyGradOp : InferredOp<"softmax_cross_entropy_grad", [LayerOpInterface]> {
  let summary = "Gradient of the loss with respect to the scores";
  let description = [{
    dx[n,k] = dloss[n] * (prob[n,k] - (1 if k is label[n], else 0)).

    Example:
    ```mlir
    %dx = alex.softmax_cross_entropy_grad %dloss, %prob, %labels
      : (tensor<128xf32>, tensor<128x1000xf32>, tensor<128xi32>) -> tensor<128x1000xf32>
    ```
    **Constraints:** (softmax_cross_entropy_grad_c1) one gradient and one label
    for each row.
  }];
  let arguments = (ins F32Vector:$gradient, F32Rows:$prob, I32Vector:$labels,
                       OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Rows:$input_gradient);
  let assemblyFormat = [{
    $gradient `,` $prob `,` $labels attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def SoftmaxGradOp : SameTypeOp<"softmax_grad", [LayerOpInterface]> {
  let summary = "Gradient of alex.softmax";
  let description = [{
    dx[n,k] = y[n,k] * (dy[n,k] - sum over j of dy[n,j] * y[n,j]).

    Example: `%dx = alex.softmax_grad %dy, %y : (tensor<1x10xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>`

    **Constraints:** (softmax_grad_c1) both operands have one shape.
  }];
  let arguments = (ins F32Rows:$gradient, F32Rows:$output, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Rows:$input_gradient);
  let assemblyFormat = "$gradient `,` $output attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Gradients of layers
//===----------------------------------------------------------------------===//

/// A gradient of a convolution; the attributes are the convolution's.
class Conv2dGradOp<string mnemonic> : AlexOp<mnemonic, [EpilogueLayer<["getMacs"]>]> {
  dag convolutionAttributes = (ins
    DefaultValuedAttr<PositivePairAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<PadAttr, "{0, 0, 0, 0}">:$pad,
    DefaultValuedAttr<PositiveI64, "1">:$groups,
    OptionalAttr<StrAttr>:$layer);
  let hasVerifier = 1;
}

def Conv2dDataGradOp : Conv2dGradOp<"conv2d_data_grad"> {
  let summary = "Gradient of alex.conv2d with respect to the images";
  let description = [{
    dx[n,c,h,w] = sum over k,r,s of dy[n,k,p,q] * w[k,c',r,s] where
    p*stride_h + r - top = h, q*stride_w + s - left = w, k runs over the filters
    of c's group and c' is c's number within it.

    Example:
    ```mlir
    %dx = alex.conv2d_data_grad %dy, %w pad [1, 1, 1, 1]
      : (tensor<1x8x6x6xf32>, tensor<8x4x3x3xf32>) -> tensor<1x4x6x6xf32>
    ```
    **Constraints:** (conv2d_grad_c1) an alex.conv2d of these attributes on an
    image of dx's shape gives dy's shape. (conv2d_grad_c2) it takes fewer than
    2^63 multiply-adds.
  }];
  let arguments = !con((ins F32Images:$gradient, F32Images:$filter), convolutionAttributes);
  let results = (outs F32Images:$input_gradient); // (N, C, H, W)
  let assemblyFormat = [{
    $gradient `,` $filter (`stride` $stride^)? (`pad` $pad^)? (`groups` $groups^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Conv2dFilterGradOp : Conv2dGradOp<"conv2d_filter_grad"> {
  let summary = "Gradient of alex.conv2d with respect to the filters";
  let description = [{
    dw[k,c,r,s] = sum over n,p,q of
        dy[n,k,p,q] * x[n, g*C/groups + c, p*stride_h + r - top, q*stride_w + s - left]
    where g = k / (K/groups) and pixels outside the image are zero. With `parts`
    each of so many equal shares of the images has a sum of its own: row i*K + k
    is dw[k] of share number i, for `alex.sum_parts` to add.

    Examples:
    ```mlir
    %dw = alex.conv2d_filter_grad %x, %dy pad [1, 1, 1, 1]
      : (tensor<1x4x6x6xf32>, tensor<1x8x6x6xf32>) -> tensor<8x4x3x3xf32>
    %shares = alex.conv2d_filter_grad %images, %gradients parts 2
      : (tensor<6x4x6x6xf32>, tensor<6x8x4x4xf32>) -> tensor<16x4x3x3xf32>
    ```
    **Constraints:** (conv2d_grad_c1) and (conv2d_grad_c2) as for
    `alex.conv2d_data_grad`. (conv2d_filter_grad_c1) N is divisible by parts, and
    the result has parts*K rows.
  }];
  let arguments = !con((ins F32Images:$input, F32Images:$gradient), convolutionAttributes,
                       (ins DefaultValuedAttr<PositiveI64, "1">:$parts));
  let results = (outs F32Images:$filter_gradient); // (parts*K, C/groups, R, S)
  let assemblyFormat = [{
    $input `,` $gradient (`stride` $stride^)? (`pad` $pad^)? (`groups` $groups^)? (`parts` $parts^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    /// The filters of the convolution, K.
    int64_t getFilters() {
      auto result = ::llvm::cast<::mlir::RankedTensorType>(getFilterGradient().getType());
      return result.getDimSize(0) / static_cast<int64_t>(getParts());
    }
  }];
}

def SumPartsOp : InferredOp<"sum_parts", [EpilogueLayer<>]> {
  let summary = "Add the shares of a gradient";
  let description = [{
    y[k,...] = x[k,...] + x[K + k,...] + ... + x[(parts-1)*K + k,...], in this order.

    Example: `%dw = alex.sum_parts %shares parts 2 : (tensor<16x4x3x3xf32>) -> tensor<8x4x3x3xf32>`

    **Constraints:** (sum_parts_c1) the rows are divisible by parts.
  }];
  let arguments = (ins F32Images:$input, PositiveI64:$parts, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Images:$output);
  let assemblyFormat = "$input `parts` $parts attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def LinearDataGradOp : InferredOp<"linear_data_grad", [EpilogueLayer<["getMacs"]>]> {
  let summary = "Gradient of alex.linear with respect to the rows";
  let description = [{
    dx[n,c] = sum over k of dy[n,k] * w[k,c].

    Example: `%dx = alex.linear_data_grad %dy, %w : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>`

    **Constraints:** (linear_data_grad_c1) the weights have K rows.
  }];
  let arguments = (ins F32Rows:$gradient, F32Rows:$filter, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Rows:$input_gradient); // (N, C)
  let assemblyFormat = "$gradient `,` $filter attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def LinearFilterGradOp : InferredOp<"linear_filter_grad", [EpilogueLayer<["getMacs"]>]> {
  let summary = "Gradient of alex.linear with respect to the weights";
  let description = [{
    dw[k,c] = sum over n of dy[n,k] * x[n,c].

    Example: `%dw = alex.linear_filter_grad %x, %dy : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<4x8xf32>`

    **Constraints:** (linear_filter_grad_c1) both operands have N rows.
  }];
  let arguments = (ins F32Rows:$input, F32Rows:$gradient, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Rows:$filter_gradient); // (K, C)
  let assemblyFormat = "$input `,` $gradient attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def BiasGradOp : InferredOp<"bias_grad", [EpilogueLayer<>]> {
  let summary = "Gradient of a bias: the sum over images and pixels";
  let description = [{
    db[k] = sum over n,p,q of dy[n,k,p,q], or over n of dy[n,k].

    Example: `%db = alex.bias_grad %dy : (tensor<2x8x6x6xf32>) -> tensor<8xf32>`

    **Constraints:** (bias_grad_c1) the operand has rank 2 or 4.
  }];
  let arguments = (ins F32Value:$gradient, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Vector:$bias_gradient); // (K)
  let assemblyFormat = "$gradient attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def ReluGradOp : ActivationGradOp<"relu_grad"> {
  let summary = "Gradient of alex.relu, from its result";
  let description = [{
    dx = dy where y > 0, else 0.

    Example: `%dx = alex.relu_grad %dy, %y : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<1x8xf32>`
  }];
}

def TanhGradOp : ActivationGradOp<"tanh_grad"> {
  let summary = "Gradient of alex.tanh, from its result";
  let description = [{
    dx = dy * (1 - y * y).

    Example: `%dx = alex.tanh_grad %dy, %y : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<1x8xf32>`
  }];
}

def SigmoidGradOp : ActivationGradOp<"sigmoid_grad"> {
  let summary = "Gradient of alex.sigmoid, from its result";
  let description = [{
    dx = dy * y * (1 - y).

    Example: `%dx = alex.sigmoid_grad %dy, %y : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<1x8xf32>`
  }];
}

def LrnGradOp : SameTypeOp<"lrn_grad", [EpilogueLayer<>]> {
  let summary = "Gradient of alex.lrn, from its operand";
  let description = [{
    With d_i = k + a * sum of x'^2 over the window of i, as in `alex.lrn`:
    dx_j = dy_j * d_j^-beta - 2 * a * beta * x_j * sum of dy_i * x_i * d_i^(-beta-1)
    over all i whose window holds j. The normalisation is computed again rather
    than kept: that saves a value of the operand's size.

    Example:
    ```mlir
    %dx = alex.lrn_grad %dy, %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75
      : (tensor<1x96x55x55xf32>, tensor<1x96x55x55xf32>) -> tensor<1x96x55x55xf32>
    ```
    **Constraints:** (lrn_c1) to (lrn_c3) as for `alex.lrn`. (lrn_grad_c1) both
    operands have one shape.
  }];
  let arguments = (ins
    F32Images:$gradient,
    F32Images:$input,
    LrnFormAttr:$form,
    PositiveI64:$size,
    F64Attr:$k, F64Attr:$alpha, F64Attr:$beta,
    DefaultValuedAttr<AlphaFormAttr, "::alexc::AlphaForm::sum">:$alpha_form,
    DefaultValuedAttr<PositiveI64, "1">:$groups,
    OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Images:$input_gradient);
  let assemblyFormat = [{
    $gradient `,` $input $form `size` $size `k` $k `alpha` $alpha `beta` $beta
    (`alpha_is` $alpha_form^)? (`groups` $groups^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

/// The gradient of a pool; the attributes are the pool's.
class PoolGradOp<string mnemonic, Trait layerInterface, dag operands>
    : AlexOp<mnemonic, [layerInterface]> {
  let arguments = !con(operands, (ins
    PositivePairAttr:$window,
    DefaultValuedAttr<PositivePairAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<PadAttr, "{0, 0, 0, 0}">:$pad,
    OptionalAttr<StrAttr>:$layer));
  let results = (outs F32Images:$input_gradient); // (N, C, H, W)
  let hasVerifier = 1;
}

def MaxPoolGradOp : PoolGradOp<"max_pool_grad",
    DeclareOpInterfaceMethods<LayerOpInterface, ["refuseConsumer"]>,
    (ins F32Images:$gradient, I8Images:$argmax)> {
  let summary = "Gradient of alex.max_pool, from where the maxima were";
  let description = [{
    dx[n,c,h,w] = sum of dy over the windows whose largest pixel is (h, w).

    Example:
    ```mlir
    %dx = alex.max_pool_grad %dy, %argmax window [3, 3] stride [2, 2]
      : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi8>) -> tensor<1x8x7x7xf32>
    ```
    **Constraints:** (max_pool_grad_c1) both operands have one shape.
    (pool_grad_c1) a pool of these attributes on an image of dx's shape, rounded
    up or down, gives dy's shape.
  }];
  let assemblyFormat = [{
    $gradient `,` $argmax `window` $window (`stride` $stride^)? (`pad` $pad^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def AvgPoolGradOp : PoolGradOp<"avg_pool_grad", EpilogueLayer<>, (ins F32Images:$gradient)> {
  let summary = "Gradient of alex.avg_pool";
  let description = [{
    dx[n,c,h,w] = sum over the windows that hold (h, w) of dy divided by the
    number of the window's pixels inside the image.

    Example:
    ```mlir
    %dx = alex.avg_pool_grad %dy window [3, 3] stride [2, 2]
      : (tensor<1x8x3x3xf32>) -> tensor<1x8x7x7xf32>
    ```
    **Constraints:** (pool_grad_c1) as for `alex.max_pool_grad`.
  }];
  let assemblyFormat = [{
    $gradient `window` $window (`stride` $stride^)? (`pad` $pad^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def UnflattenOp : AlexOp<"unflatten", [LayerOpInterface]> {
  let summary = "See each row as the pixels of an image";
  let description = [{
    (N, C*H*W) becomes (N, C, H, W): the gradient of `alex.flatten`.

    Example: `%dx = alex.unflatten %dy : (tensor<1x9216xf32>) -> tensor<1x256x6x6xf32>`

    **Constraints:** (unflatten_c1) N and the number of elements stay.
  }];
  let arguments = (ins F32Rows:$input, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Images:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def SliceGradOp : AlexOp<"slice_grad", [LayerOpInterface]> {
  let summary = "Gradient of alex.slice: zeros around some channels";
  let description = [{
    Channels `begin` and on are dy, all others zero; or images, or filters
    (dimension 0).

    Example: `%dx = alex.slice_grad %dy from 48 : (tensor<1x48x27x27xf32>) -> tensor<1x96x27x27xf32>`

    **Constraints:** (slice_grad_c1) shapes differ in that dimension only, and
    what it counts exists.
  }];
  let arguments = (ins F32Value:$gradient, NonNegativeI64:$begin,
                       DefaultValuedAttr<OuterDim, "1">:$dim, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Value:$input_gradient);
  let assemblyFormat = [{
    $gradient (`dim` $dim^)? `from` $begin attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Update
//===----------------------------------------------------------------------===//

def SgdUpdateOp : InferredOp<"sgd_update", [Elementwise,
    EpilogueLayer<["getTiedOperand"]>]> {
  let summary = "Take a step down the gradient";
  let description = [{
    v' = momentum * v - decay_factor * weight_decay * r * w - r * g
    w' = w + v'
    with r = rate_factor * (learning rate): the paper's update (section 5); the
    learning rate, momentum and weight decay come from `step`. The results take
    the place of the first two operands in memory.

    Example:
    ```mlir
    %w1, %v1 = alex.sgd_update %w, %v, %dw, %step {rate_factor = 2.0, decay_factor = 0.0}
      : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
    ```
    **Constraints:** (sgd_update_c1) the factors are finite and not negative.
  }];
  let arguments = (ins F32Value:$parameter, F32Value:$momentum, F32Value:$gradient, Step:$step,
    DefaultValuedAttr<F64Attr, "1.0">:$rate_factor,
    DefaultValuedAttr<F64Attr, "1.0">:$decay_factor, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Value:$new_parameter, F32Value:$new_momentum);
  let assemblyFormat = [{
    $parameter `,` $momentum `,` $gradient `,` $step attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // ALEXC_GRADIENTOPS_TD
