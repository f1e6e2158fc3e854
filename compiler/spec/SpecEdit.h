//===- SpecEdit.h - specs that extend others, and edits of them -*- C++ -*-===//

#ifndef ALEXC_COMPILER_SPECEDIT_H
#define ALEXC_COMPILER_SPECEDIT_H

#include "compiler/spec/JsonReader.h"

namespace alexc {

/// An edit of a spec on the command line.
struct SpecEdit {
  enum class Kind {
    set,    ///< `--set conv3.filters=256`: argument is "conv3.filters=256"
    without ///< `--without lrn1`: argument is "lrn1"
  };
  Kind kind;
  std::string argument;
};

/// Reads the spec at `path`, what it extends, and applies `edits` in order. The
/// result stands alone: no "extends", and each layer says its "inputs". Errors:
/// those of readJsonFile; a spec that extends itself; edits of what is not there.
llvm::FailureOr<JsonValue> loadSpec(llvm::StringRef path, llvm::ArrayRef<SpecEdit> edits,
                                    SpecErrors &errors);

} // namespace alexc

#endif // ALEXC_COMPILER_SPECEDIT_H
