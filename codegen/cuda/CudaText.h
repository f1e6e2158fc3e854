//===- CudaText.h - pieces of C++ text that are safe to print ---*- C++ -*-===//
//
// Names, comments and literals of generated source. What they are made of may be
// any bytes of a user's: none of them ends a comment, a literal or a name.

#ifndef ALEXC_CODEGEN_CUDA_CUDATEXT_H
#define ALEXC_CODEGEN_CUDA_CUDATEXT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace alexc {

/// `name` as a C++ identifier that is no keyword and no name or macro that CUDA or
/// the C library owns: `_` for every other character, at most 40 of them.
std::string cudaIdentifier(llvm::StringRef name);

/// `text` as one line of printable ASCII that no compiler takes for the end or the
/// continuation of a comment: `<U+5C>` for a backslash, `<U+0A>` for a newline.
std::string commentText(llvm::StringRef text);

/// Prints `text` as comment lines with `indent` before each, broken at column 100.
void printComment(llvm::raw_ostream &out, llvm::StringRef text, unsigned indent = 0);

/// Prints `text` as a C++ string literal, in pieces of one line each.
void printStringLiteral(llvm::raw_ostream &out, llvm::StringRef text, unsigned indent = 0);

/// The shortest literal of type float that stands for exactly `value`.
std::string floatLiteral(float value);

/// Prints one statement, broken at spaces before column 100.
void printStatement(llvm::raw_ostream &out, llvm::StringRef text, unsigned indent);

/// The names that are in use, in scopes that lie in each other. No name hides
/// another.
class NameScopes {
public:
  /// A name for `wanted`, which is an identifier: itself or, where it is taken,
  /// with a number behind it.
  std::string declare(llvm::StringRef wanted);
  /// The first of i, j, k, ... that is free.
  std::string declareCounter();
  /// The first of t0, t1, ... that was never used.
  std::string declareTemporary();

  void enter() { scopes.emplace_back(); }
  void leave() { scopes.pop_back(); }

private:
  bool isTaken(llvm::StringRef name) const;

  std::vector<llvm::StringSet<>> scopes = std::vector<llvm::StringSet<>>(1);
  unsigned temporaries = 0;
};

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDATEXT_H
