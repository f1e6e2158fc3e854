//===- Link.h - from an object file to a program or a library ---*- C++ -*-===//

#ifndef ALEXC_CODEGEN_LINK_H
#define ALEXC_CODEGEN_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <string>

namespace alexc {

/// The runtime's files, which stand beside every alexc, installed or not.
struct RuntimeFiles {
  std::string library;     ///< libalexrt.a: executes networks
  std::string commandLine; ///< libalexrt-main.a: the main function of a binary
  std::string training;    ///< libalexrt-training.a: steps, checkpoints, metrics
  std::string data;        ///< libalexrt-data.a: pictures and sets of them
  std::string ranks;       ///< libalexrt-mpi.a: ranks, and a main function that joins them
  std::string header;      ///< alexrt.h

  /// Finds them from the place of the executable `alexc`: in ../lib and
  /// ../include. An error names the file that is missing.
  static llvm::Expected<RuntimeFiles> find(llvm::StringRef alexc);
};

/// The symbol of the network in a binary; the runtime's main function uses it.
inline constexpr llvm::StringLiteral binaryNetworkSymbol = "alexrt_network";

/// The C++ compiler that PATH offers; an error says what to install.
llvm::Expected<std::string> findCxxCompiler();

/// Runs a program with its arguments; `log` gets what it wrote. The error is "DOING with
/// PROGRAM failed: " and the first line of its complaint.
llvm::Error runTool(llvm::StringRef doing, const std::vector<std::string> &arguments,
                    std::string *log = nullptr);

/// What a program with ranks is linked with beside the runtime, of which it needs
/// OpenMPI where it runs. An error says what to install.
llvm::Expected<std::vector<std::string>> findMpiLibraries(const RuntimeFiles &runtime);

/// Links `objects` (one defines binaryNetworkSymbol), `libraries` and the runtime, whose
/// main function gives way to one of theirs, into the program `output`, with the C++
/// compiler that PATH offers. Needs libc and libm where it runs. An error holds what the
/// linker said.
llvm::Error linkProgram(llvm::ArrayRef<llvm::MemoryBufferRef> objects, const RuntimeFiles &runtime,
                        llvm::StringRef output, llvm::ArrayRef<std::string> libraries = {});

/// Where `--emit lib` puts the library NAME: FOLDER/libNAME.a and FOLDER/NAME.h.
struct LibraryPaths {
  std::string archive, header;
  /// From `output`: FOLDER/NAME, or FOLDER/libNAME.a.
  explicit LibraryPaths(llvm::StringRef output);
};

/// Writes `objects` and the runtime as one static library, and a header with the
/// C API and the declaration of `symbol`, the objects' network.
llvm::Error writeLibrary(llvm::ArrayRef<llvm::MemoryBufferRef> objects, llvm::StringRef symbol,
                         const RuntimeFiles &runtime, const LibraryPaths &output);

} // namespace alexc

#endif // ALEXC_CODEGEN_LINK_H
