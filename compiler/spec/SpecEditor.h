//===- SpecEditor.h - edits of the tree of a spec ---------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_SPECEDITOR_H
#define ALEXC_COMPILER_SPECEDITOR_H

#include "compiler/spec/JsonReader.h"
#include "llvm/ADT/SmallVector.h"

namespace alexc {

/// Changes the tree of a spec, before it is read strictly. Keeps the network
/// connected: who read a layer that goes reads what stands in its place. Errors
/// are reported at the position of the edit, and leave the tree as it was.
class SpecEditor {
public:
  /// Gives each layer of `root` that has none its "inputs": the layer before.
  SpecEditor(JsonValue &root, SpecErrors &errors);

  /// Sets a setting: `conv3.filters`, `input.height`, `training.optimizer.lr`,
  /// or `optimizer.lr` for short.
  void set(llvm::StringRef path, const JsonValue &value);
  /// Removes the layer `name`; its readers read its input.
  void removeLayer(llvm::StringRef name, const SourcePosition &where);
  /// Removes the layer or the setting `path`.
  void remove(llvm::StringRef path, const SourcePosition &where);
  /// Puts `layers`, one or a list, in the place of the layer `name`.
  void replace(llvm::StringRef name, const JsonValue &layers, const SourcePosition &where);
  /// Puts `layers` behind the layer `name` ("input": first), before its readers.
  void insertAfter(llvm::StringRef name, const JsonValue &layers, const SourcePosition &where);
  /// Puts `layers` between the layer `name` and what it reads.
  void insertBefore(llvm::StringRef name, const JsonValue &layers, const SourcePosition &where);

private:
  using Layers = std::vector<JsonValue>;

  void connectAll();
  Layers &layers();
  JsonValue *findLayer(llvm::StringRef name);
  JsonValue *requireLayer(llvm::StringRef name, const SourcePosition &where);
  llvm::SmallVector<llvm::StringRef> layerNames();
  /// The object that `path` begins with, and, in `path`, what is left of it.
  JsonValue *resolve(llvm::StringRef &path, const SourcePosition &where);
  void rewire(llvm::StringRef from, const JsonValue &to);
  /// `layers` as a list, connected in a chain that begins at `inputs`.
  Layers chain(const JsonValue &layers, const JsonValue &inputs);

  JsonValue &root;
  SpecErrors &errors;
};

} // namespace alexc

#endif // ALEXC_COMPILER_SPECEDITOR_H
