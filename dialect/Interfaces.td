//===- Interfaces.td - what a pass may ask of an op -----------------------===//

#ifndef ALEXC_INTERFACES_TD
#define ALEXC_INTERFACES_TD

include "mlir/IR/OpBase.td"

def LayerOpInterface : OpInterface<"LayerOpInterface"> {
  let cppNamespace = "::alexc";
  let description = [{
    A layer of the network: has a name, a cost, and an opinion on what may run
    in the same kernel. Implemented by every op that computes something.
  }];
  let methods = [
    InterfaceMethod<"Multiply-adds of one execution (the whole batch).",
      "int64_t", "getMacs", (ins), [{}], [{ return 0; }]>,
    InterfaceMethod<[{
        Why `consumer`, which reads a result of this op, cannot join this op's
        kernel, as the end of the sentence "not fused: ..."; empty if it can.
        An op that no generator knows how to continue refuses everything.
      }],
      "std::string", "refuseConsumer", (ins "::mlir::Operation *":$consumer),
      [{}], [{
        return ("no kernel continues " + $_op->getName().getStringRef() +
                " with " + consumer->getName().getStringRef()).str();
      }]>,
    InterfaceMethod<[{
        The operand in whose memory result number `result` takes its place: an
        update returns the new value of what it reads. None for most ops.
      }],
      "std::optional<unsigned>", "getTiedOperand", (ins "unsigned":$result),
      [{}], [{ return std::nullopt; }]>,
  ];
  let extraSharedClassDeclaration = [{
    /// The layer's name in the spec, or an empty string.
    ::llvm::StringRef getLayerName() {
      auto name = $_op->template getAttrOfType<::mlir::StringAttr>("layer");
      return name ? name.getValue() : ::llvm::StringRef();
    }
  }];
}

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::alexc";
  let description = [{
    An op that training can go back through. The pass that differentiates knows
    no op by name: each op builds its own gradient.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the gradients of the loss with respect to the op's operands from
        those with respect to its results, one for each; a null value where none
        flows. The new ops may read the op's operands and results and nothing
        between them. What nobody uses dies as dead code, so all gradients may
        be built. Emits an error where there is none.
      }],
      "::mlir::FailureOr<::llvm::SmallVector<::mlir::Value>>", "buildGradient",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$gradients)>,
  ];
}

#endif // ALEXC_INTERFACES_TD
