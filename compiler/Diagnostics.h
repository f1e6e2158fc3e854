//===- Diagnostics.h - errors as the user reads them ------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_DIAGNOSTICS_H
#define ALEXC_COMPILER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"

namespace alexc {

/// Where `loc` is in the spec or the IR file: `alexnet.json:41:7`, followed by
/// `: layer 'conv3'` if it is an op of a layer. Empty if nobody knows.
std::string describePlace(mlir::Location loc);

/// The diagnostic as one line, place first, without notes:
/// `alexnet.json:41:7: layer 'conv3': input channels (97) are not divisible by groups (2)`.
std::string describe(const mlir::Diagnostic &diagnostic);

/// The name among `known` that is nearest to `name`, as the end of a sentence:
/// `; did you mean 'filters'?`. Empty where none is near.
std::string suggest(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> known);

} // namespace alexc

#endif // ALEXC_COMPILER_DIAGNOSTICS_H
