//===- CudaBuild.cpp - from CUDA source to a program ---------------------------===//

#include "codegen/cuda/CudaBuild.h"
#include "codegen/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/ThreadPool.h"

using namespace alexc;
using llvm::StringRef;
namespace path = llvm::sys::path;
namespace fs = llvm::sys::fs;

static std::string pathIn(StringRef folder, const llvm::Twine &name) {
  llvm::SmallString<128> result(folder);
  path::append(result, name);
  return result.str().str();
}

//===----------------------------------------------------------------------===//
// What there is on this machine
//===----------------------------------------------------------------------===//

llvm::Expected<CudaCompiler> CudaCompiler::findNvcc() {
  std::string home = llvm::sys::Process::GetEnv("CUDA_HOME").value_or("");
  std::string bin = pathIn(home, "bin");
  llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("nvcc");
  if (!found && !home.empty())
    found = llvm::sys::findProgramByName("nvcc", {StringRef(bin)});
  if (!found)
    return llvm::createStringError(
        "no nvcc to compile with: install the CUDA Toolkit 13 and put nvcc on the path or its "
        "folder into CUDA_HOME; --target cuda-emu needs neither");
  return CudaCompiler{*found, /*isEmulator=*/false, {}};
}

llvm::Expected<CudaCompiler> CudaCompiler::findHost() {
  llvm::Expected<std::string> found = findCxxCompiler();
  if (!found)
    return found.takeError();
  return CudaCompiler{*found, /*isEmulator=*/true, {}};
}

llvm::Expected<CudaRuntimeFiles> CudaRuntimeFiles::find(StringRef alexc) {
  StringRef prefix = path::parent_path(path::parent_path(alexc));
  CudaRuntimeFiles files{pathIn(prefix, "share/alexc/runtime"),
                         pathIn(prefix, "lib/libalexrt-emulator.a")};
  for (const std::string *file : {&files.sources, &files.emulator})
    if (!fs::exists(*file))
      return llvm::createStringError("the runtime's file '" + *file + "' is missing");
  return files;
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

namespace {
/// A folder that goes away again, unless it was kept.
class TemporaryFolder {
public:
  static llvm::Expected<TemporaryFolder> create(StringRef output) {
    llvm::SmallString<128> folder;
    fs::createUniquePath(output + ".%%%%%%%%", folder, /*MakeAbsolute=*/false);
    std::error_code error = fs::make_absolute(folder); // "-x" is no option then
    if (!error)
      error = fs::create_directory(folder, /*IgnoreExisting=*/false);
    if (error)
      return cannotWrite(output, error.message());
    return TemporaryFolder(folder.str().str());
  }
  TemporaryFolder(TemporaryFolder &&other) : path(std::move(other.path)) { other.path.clear(); }
  ~TemporaryFolder() {
    if (!path.empty())
      fs::remove_directories(path);
  }

  const std::string &getPath() const { return path; }
  std::error_code keep(StringRef name) {
    std::error_code error = fs::rename(path, name);
    if (!error)
      path.clear();
    return error;
  }

private:
  explicit TemporaryFolder(std::string path) : path(std::move(path)) {}
  std::string path;
};
} // namespace

static llvm::Error writeFiles(llvm::ArrayRef<SourceFile> files, StringRef folder) {
  for (const SourceFile &file : files) {
    llvm::Expected<OutputFile> out = OutputFile::create(pathIn(folder, file.name));
    if (!out)
      return out.takeError();
    out->stream() << file.text;
    if (llvm::Error error = out->commit())
      return error;
  }
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
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create(output);
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

/// The arguments that make an object file of a source file, without their names.
static std::vector<std::string> compileArguments(const CudaCompiler &compiler) {
  if (compiler.isEmulator)
    return {"-std=c++17",
            "-O2",
            "-g1",
            "-march=native",
            "-ffp-contract=off",
            "-DALEXC_EMULATOR",
            "-fno-math-errno",
            "-x",
            "c++",
            "-c"};
  std::vector<std::string> arguments = {"-std=c++17", "-O3", "-fmad=false", "-x", "cu", "-c"};
  for (const std::string &architecture : compiler.architectures) {
    std::string number = architecture.substr(strlen("sm_"));
    bool isLast = architecture == compiler.architectures.back(); // for GPUs to come: its PTX
    arguments.push_back("-gencode=arch=compute_" + number + ",code=" +
                        (isLast ? "[sm_" + number + ",compute_" + number + "]" : "sm_" + number));
  }
  return arguments;
}

/// Compiles the source files to `FILE.o`, several at a time.
static llvm::Error compileAll(llvm::ArrayRef<std::string> sources, const CudaCompiler &compiler,
                              const CudaRuntimeFiles &cuda, StringRef folder) {
  std::vector<std::string> errors(sources.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency());
  for (size_t i = 0; i < sources.size(); ++i)
    pool.async([&, i] {
      std::vector<std::string> arguments = compileArguments(compiler);
      arguments.insert(arguments.begin(), compiler.program);
      for (const std::string &include :
           {path::parent_path(cuda.sources).str(), cuda.sources, pathIn(cuda.sources, "cuda")})
        arguments.push_back("-I" + include);
      arguments.insert(arguments.end(),
                       {sources[i], "-o", pathIn(folder, path::filename(sources[i]) + ".o")});
      if (llvm::Error error = runTool("compiling", arguments))
        errors[i] = llvm::toString(std::move(error));
    });
  pool.wait();
  for (const std::string &error : errors)
    if (!error.empty())
      return llvm::createStringError(error);
  return llvm::Error::success();
}

/// What the program needs beside the runtime of every network.
static std::vector<std::string> libraries(const CudaCompiler &compiler,
                                          const CudaRuntimeFiles &cuda) {
  if (compiler.isEmulator)
    return {cuda.emulator, "-ldl"};
  llvm::SmallString<128> program;
  if (fs::real_path(compiler.program, program))
    program = compiler.program;
  StringRef toolkit = path::parent_path(path::parent_path(program));
  return {"-L" + pathIn(toolkit, "lib64"), "-lcudart_static", "-ldl", "-lrt"};
}

llvm::Error alexc::buildCudaProgram(llvm::ArrayRef<SourceFile> files, const CudaCompiler &compiler,
                                    const RuntimeFiles &runtime, const CudaRuntimeFiles &cuda,
                                    StringRef output) {
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create(output);
  if (!folder)
    return folder.takeError();
  if (llvm::Error error = writeFiles(files, folder->getPath()))
    return error;
  std::vector<std::string> sources;
  for (const SourceFile &file : files)
    sources.push_back(pathIn(folder->getPath(), file.name));
  if (!compiler.isEmulator)
    sources.push_back(pathIn(cuda.sources, "cuda/CudaDevice.cpp"));
  if (llvm::Error error = compileAll(sources, compiler, cuda, folder->getPath()))
    return error;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> objects;
  std::vector<llvm::MemoryBufferRef> references;
  for (const std::string &source : sources) {
    auto object =
        llvm::MemoryBuffer::getFile(pathIn(folder->getPath(), path::filename(source) + ".o"));
    if (!object)
      return llvm::createStringError("the compiler made no object file of '" + source + "'");
    references.push_back(**object);
    objects.push_back(std::move(*object));
  }
  return linkProgram(references, runtime, output, libraries(compiler, cuda));
}
