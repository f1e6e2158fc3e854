//===- CudaBuild.cpp - from CUDA source to a program ---------------------------===//

#include "codegen/cuda/CudaBuild.h"
#include "codegen/OutputFile.h"
#include "codegen/TemporaryFolder.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace alexc;
using llvm::StringRef;
namespace path = llvm::sys::path;
namespace fs = llvm::sys::fs;

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

static llvm::Error writeFiles(llvm::ArrayRef<SourceFile> files, StringRef folder) {
  for (const SourceFile &file : files)
    if (llvm::Error error = writeFile(pathIn(folder, file.name), file.text))
      return error;
  return llvm::Error::success();
}

/// Copies the source files below `from`.
static std::error_code copySources(StringRef from, StringRef to) {
  std::error_code error = fs::create_directories(to);
  for (fs::recursive_directory_iterator it(from, error), end; it != end && !error;
       it.increment(error)) {
    StringRef name = StringRef(it->path()).drop_front(from.size()).ltrim('/');
    if (fs::is_directory(it->path()))
      error = fs::create_directories(pathIn(to, name));
    else if (path::filename(name) == "CMakeLists.txt" ||
             llvm::is_contained({".cpp", ".h", ".cuh"}, path::extension(name)))
      error = fs::copy_file(it->path(), pathIn(to, name));
    if (error)
      break;
  }
  return error;
}

static bool isEmptyFolder(StringRef folder) {
  std::error_code error;
  return fs::is_directory(folder) &&
         fs::directory_iterator(folder, error) == fs::directory_iterator() && !error;
}

llvm::Error alexc::writeCudaProject(llvm::ArrayRef<SourceFile> files, const CudaRuntimeFiles &cuda,
                                    StringRef output) {
  if (fs::exists(output) && !isEmptyFolder(output))
    return cannotWrite(output, "it is there and no empty folder");
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::createBeside(output);
  if (!folder)
    return folder.takeError();
  if (llvm::Error error = writeFiles(files, folder->getPath()))
    return error;
  std::error_code error = copySources(cuda.sources, pathIn(folder->getPath(), "runtime"));
  if (!error)
    error = folder->keep(output);
  return error ? cannotWrite(output, error.message()) : llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// What the program needs beside the runtime of every network.
static std::vector<std::string> libraries(const CudaCompiler &compiler,
                                          const CudaRuntimeFiles &cuda, bool withNccl) {
  if (compiler.isEmulator)
    return {cuda.emulator, "-ldl"};
  llvm::SmallString<128> program;
  if (fs::real_path(compiler.program, program))
    program = compiler.program;
  StringRef toolkit = path::parent_path(path::parent_path(program));
  std::vector<std::string> all = {"-L" + pathIn(toolkit, "lib64"), "-lcudart_static", "-ldl",
                                  "-lrt"};
  std::string lib = pathIn(toolkit, "lib"); // where NCCL's package for Python puts it
  if (withNccl)
    all.insert(all.end(), {"-L" + lib, "-Wl,-rpath," + lib, "-lnccl"});
  return all;
}

/// The runtime's part for CUDA, which only nvcc can compile.
static llvm::Error addRuntimeSource(StringRef name, const CudaRuntimeFiles &cuda,
                                    std::vector<SourceFile> &sources) {
  auto text = llvm::MemoryBuffer::getFile(pathIn(cuda.sources, ("cuda/" + name).str()));
  if (!text)
    return llvm::createStringError("the runtime's file 'cuda/" + name + "' is missing");
  sources.push_back({name.str(), (*text)->getBuffer().str()});
  return llvm::Error::success();
}

llvm::Error alexc::buildCudaProgram(llvm::ArrayRef<SourceFile> files, const CudaCompiler &compiler,
                                    const RuntimeFiles &runtime, const CudaRuntimeFiles &cuda,
                                    StringRef output, llvm::ArrayRef<std::string> more,
                                    bool withNccl) {
  std::vector<SourceFile> sources = files.vec();
  if (!compiler.isEmulator)
    if (llvm::Error error = addRuntimeSource("CudaDevice.cpp", cuda, sources))
      return error;
  if (withNccl)
    if (llvm::Error error = addRuntimeSource("NcclSums.cpp", cuda, sources))
      return error;
  auto objects = compileCuda(sources, compiler, cuda, CodeForm::object);
  if (!objects)
    return objects.takeError();
  std::vector<llvm::MemoryBufferRef> references;
  for (const auto &[source, object] : llvm::zip(sources, *objects))
    references.emplace_back(object.bytes, source.name);
  std::vector<std::string> all = more.vec();
  llvm::append_range(all, libraries(compiler, cuda, withNccl));
  return linkProgram(references, runtime, output, all);
}
