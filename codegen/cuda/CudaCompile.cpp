//===- CudaCompile.cpp - CUDA source to machine code ---------------------------===//

#include "codegen/cuda/CudaCompile.h"
#include "codegen/Link.h"
#include "codegen/ObjectCache.h"
#include "codegen/OutputFile.h"
#include "codegen/TemporaryFolder.h"
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
// One file
//===----------------------------------------------------------------------===//

/// The arguments that make machine code of a source file, without their names.
static std::vector<std::string> compileArguments(const CudaCompiler &compiler, CodeForm form) {
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
  std::vector<std::string> arguments = {"-std=c++17", "-O3", "-fmad=false", "-x", "cu"};
  if (form == CodeForm::cubin) {
    llvm::append_range(arguments,
                       std::vector<std::string>{"-cubin", "-arch=" + compiler.architectures.front(),
                                                "-Xptxas", "-v"});
    return arguments;
  }
  arguments.push_back("-c");
  for (const std::string &architecture : compiler.architectures) {
    std::string number = architecture.substr(strlen("sm_"));
    bool isLast = architecture == compiler.architectures.back(); // for GPUs to come: its PTX
    arguments.push_back("-gencode=arch=compute_" + number + ",code=" +
                        (isLast ? "[sm_" + number + ",compute_" + number + "]" : "sm_" + number));
  }
  return arguments;
}

namespace {
/// The compilation of one file after another, on any thread.
class Compilation {
public:
  Compilation(const CudaCompiler &compiler, const CudaRuntimeFiles &cuda, CodeForm form,
              const TemporaryFolder &folder)
      : compiler(compiler), cuda(cuda), folder(folder),
        arguments(compileArguments(compiler, form)) {}

  /// Looks up what all keys of the cache have in common. The emulator's objects are for
  /// this CPU alone, and quickly made: they stay out.
  llvm::Error prepareCache();
  llvm::Expected<CompiledFile> compile(const SourceFile &source) const;

private:
  llvm::Expected<CompiledFile> compileAnew(const SourceFile &source) const;

  const CudaCompiler &compiler;
  const CudaRuntimeFiles &cuda;
  const TemporaryFolder &folder;
  std::vector<std::string> arguments;
  std::optional<ObjectCache> cache;
  std::string common; ///< the compiler's version and the headers
};
} // namespace

/// The texts of all headers below `folder`, in the order of their paths.
static llvm::Expected<std::string> readHeaders(StringRef folder) {
  std::vector<std::string> headers;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error))
    if (llvm::is_contained({".h", ".cuh"}, path::extension(it->path())))
      headers.push_back(it->path());
  llvm::sort(headers);
  std::string texts;
  for (const std::string &header : headers) {
    auto text = llvm::MemoryBuffer::getFile(header);
    if (!text)
      return llvm::createStringError("cannot read '" + header + "': " + text.getError().message());
    texts += (*text)->getBuffer().str() + '\0';
  }
  return texts;
}

llvm::Error Compilation::prepareCache() {
  if (compiler.isEmulator)
    return llvm::Error::success();
  if (llvm::Error error =
          runTool("asking for the version", {compiler.program, "--version"}, &common))
    return error;
  llvm::Expected<std::string> headers = readHeaders(cuda.sources);
  if (!headers)
    return headers.takeError();
  common += *headers;
  cache.emplace();
  cache->prune();
  return llvm::Error::success();
}

llvm::Expected<CompiledFile> Compilation::compileAnew(const SourceFile &source) const {
  std::string input = folder.file(source.name), output = input + ".o";
  if (llvm::Error error = writeFile(input, source.text))
    return error;
  std::vector<std::string> command = {compiler.program};
  llvm::append_range(command, arguments);
  for (const std::string &include :
       {path::parent_path(cuda.sources).str(), cuda.sources, pathIn(cuda.sources, "cuda")})
    command.push_back("-I" + include);
  command.insert(command.end(), {input, "-o", output});
  CompiledFile result;
  if (llvm::Error failed = runTool("compiling", command, &result.log))
    return failed;
  auto bytes = llvm::MemoryBuffer::getFile(output);
  if (!bytes)
    return llvm::createStringError("the compiler made no code of '" + source.name + "'");
  result.bytes = (*bytes)->getBuffer().str();
  return result;
}

llvm::Expected<CompiledFile> Compilation::compile(const SourceFile &source) const {
  if (!cache)
    return compileAnew(source);
  std::string key = ObjectCache::keyOf({common, llvm::join(arguments, "\n"), source.text});
  if (std::optional<std::string> kept = cache->get(key)) { // the log, a 0, the code
    auto [log, bytes] = StringRef(*kept).split('\0');
    return CompiledFile{bytes.str(), log.str()};
  }
  llvm::Expected<CompiledFile> result = compileAnew(source);
  if (result)
    cache->put(key, result->log + '\0' + result->bytes);
  return result;
}

//===----------------------------------------------------------------------===//
// All files
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<CompiledFile>> alexc::compileCuda(llvm::ArrayRef<SourceFile> files,
                                                             const CudaCompiler &compiler,
                                                             const CudaRuntimeFiles &cuda,
                                                             CodeForm form) {
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create();
  if (!folder)
    return folder.takeError();
  Compilation compilation(compiler, cuda, form, *folder);
  if (llvm::Error error = compilation.prepareCache())
    return error;
  std::vector<CompiledFile> results(files.size());
  std::vector<std::string> errors(files.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency());
  for (size_t i = 0; i < files.size(); ++i)
    pool.async([&, i] {
      if (llvm::Expected<CompiledFile> result = compilation.compile(files[i]))
        results[i] = std::move(*result);
      else
        errors[i] = llvm::toString(result.takeError());
    });
  pool.wait();
  for (const std::string &error : errors)
    if (!error.empty())
      return llvm::createStringError(error);
  return results;
}
