//===- Link.cpp - from an object file to a program or a library ----------------===//
//
// Programs are started with argument vectors: no name from a user reaches a
// shell.

#include "codegen/Link.h"
#include "codegen/OutputFile.h"
#include "codegen/TemporaryFolder.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace alexc;
using llvm::StringRef;
namespace path = llvm::sys::path;
namespace fs = llvm::sys::fs;

llvm::Expected<RuntimeFiles> RuntimeFiles::find(StringRef alexc) {
  StringRef prefix = path::parent_path(path::parent_path(alexc));
  auto in = [&](StringRef folder, StringRef name) {
    llvm::SmallString<128> file(prefix);
    path::append(file, folder, name);
    return file.str().str();
  };
  RuntimeFiles files{in("lib", "libalexrt.a"),          in("lib", "libalexrt-main.a"),
                     in("lib", "libalexrt-training.a"), in("lib", "libalexrt-data.a"),
                     in("lib", "libalexrt-mpi.a"),      in("include", "alexrt.h")};
  for (const std::string *file : {&files.library, &files.commandLine, &files.training, &files.data,
                                  &files.ranks, &files.header})
    if (!fs::exists(*file))
      return llvm::createStringError("the runtime's file '" + *file + "' is missing");
  return files;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

// it links, too, for it knows where its libraries are
llvm::Expected<std::string> alexc::findCxxCompiler() {
  for (const char *name : {"clang++-22", "c++", "g++", "clang++"})
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
      return *found;
  return llvm::createStringError("no C++ compiler to link with: install g++ or clang-22 (looked "
                                 "for clang++-22, c++, g++ and clang++)");
}

/// A file's path in a form that is no option ("-x") and no list of them ("@x").
static std::string asOperand(StringRef file) {
  return path::is_absolute(file) ? file.str() : ("./" + file).str();
}

static std::vector<std::string> linkArguments(StringRef driver, llvm::ArrayRef<std::string> objects,
                                              const RuntimeFiles &runtime,
                                              llvm::ArrayRef<std::string> libraries,
                                              StringRef output) {
  std::vector<std::string> arguments = {driver.str(), "-o", asOperand(output)};
  llvm::append_range(arguments, objects);
  llvm::append_range(arguments, libraries);
  for (const std::string *library :
       {&runtime.commandLine, &runtime.training, &runtime.data, &runtime.library})
    arguments.push_back(*library);
  // only libc and libm are looked for where the program runs
  for (const char *argument :
       {"-static-libstdc++", "-static-libgcc", "-Wl,-Bstatic", "-ljpeg", "-lpng", "-lz",
        "-Wl,-Bdynamic", "-lm", "-pthread", "-Wl,--gc-sections"})
    arguments.push_back(argument);
  if (llvm::sys::findProgramByName("ld.lld")) // a third of the time
    arguments.push_back("-fuse-ld=lld");
  if (StringRef(ALEXC_LINK_SANITIZER).size())
    arguments.push_back(ALEXC_LINK_SANITIZER);
  return arguments;
}

/// The first line of a log that says "error", or else the first one.
static StringRef firstComplaint(StringRef log) {
  for (StringRef line : llvm::split(log, '\n'))
    if (line.contains("error"))
      return line.trim();
  return log.trim().split('\n').first;
}

llvm::Error alexc::runTool(StringRef doing, const std::vector<std::string> &arguments,
                           std::string *log) {
  llvm::SmallString<128> path;
  if (std::error_code error = fs::createTemporaryFile("alexc-link", "log", path))
    return llvm::createStringError("cannot make a temporary file: " + error.message());
  llvm::FileRemover remover(path);
  std::vector<StringRef> references(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {StringRef(), path.str(), path.str()};
  std::string reason, text;
  int status =
      llvm::sys::ExecuteAndWait(arguments[0], references, std::nullopt, redirects, 0, 0, &reason);
  if (auto file = llvm::MemoryBuffer::getFile(path))
    text = (*file)->getBuffer().str();
  if (status != 0)
    return llvm::createStringError(doing + " with " + arguments[0] + " failed: " +
                                   (reason.empty() ? firstComplaint(text).str() : reason));
  if (log)
    *log = std::move(text);
  return llvm::Error::success();
}

llvm::Expected<std::vector<std::string>> alexc::findMpiLibraries(const RuntimeFiles &runtime) {
  llvm::ErrorOr<std::string> mpicc = llvm::sys::findProgramByName("mpicc");
  if (!mpicc)
    return llvm::createStringError(
        "no MPI to link with: install libopenmpi-dev (looked for mpicc)");
  std::string flags;
  if (llvm::Error error = runTool("asking for MPI's libraries", {*mpicc, "--showme:link"}, &flags))
    return std::move(error);
  std::vector<std::string> libraries = {runtime.ranks};
  for (StringRef flag : llvm::split(StringRef(flags).trim(), ' '))
    libraries.push_back(flag.str());
  return libraries;
}

llvm::Error alexc::linkProgram(llvm::ArrayRef<llvm::MemoryBufferRef> objects,
                               const RuntimeFiles &runtime, StringRef output,
                               llvm::ArrayRef<std::string> libraries) {
  llvm::Expected<std::string> driver = findCxxCompiler();
  if (!driver)
    return driver.takeError();
  llvm::Expected<OutputFile> program = OutputFile::create(output);
  if (!program)
    return program.takeError();
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create();
  if (!folder)
    return folder.takeError();
  std::vector<std::string> inputs;
  for (llvm::MemoryBufferRef object : objects) {
    inputs.push_back(folder->file(std::to_string(inputs.size()) + ".o"));
    if (llvm::Error error = writeFile(inputs.back(), object.getBuffer()))
      return error;
  }
  if (llvm::Error error = runTool(
          "linking", linkArguments(*driver, inputs, runtime, libraries, program->temporaryPath())))
    return error;
  return program->commit();
}

//===----------------------------------------------------------------------===//
// Libraries
//===----------------------------------------------------------------------===//

LibraryPaths::LibraryPaths(StringRef output) {
  llvm::SmallString<128> file(path::parent_path(output));
  StringRef name = path::filename(output);
  if (name.ends_with(".a")) {
    name = name.drop_back(2);
    name.consume_front("lib");
  }
  size_t folder = file.size();
  path::append(file, "lib" + name + ".a");
  archive = file.str().str();
  file.truncate(folder);
  path::append(file, name + ".h");
  header = file.str().str();
}

/// The C API with the declaration of the network before its last #endif.
static std::string headerText(StringRef api, StringRef symbol) {
  return ("/* Generated by alexc. Do not edit. Link with -lstdc++ -lm -pthread. */\n" + api +
          "\n#ifdef __cplusplus\nextern \"C\"\n#else\nextern\n#endif\nconst AlexrtNetwork " +
          symbol + ";\n")
      .str();
}

/// `objects` and the members of the archive `runtime`, as the bytes of an archive.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
mergeArchive(llvm::ArrayRef<llvm::MemoryBufferRef> objects, llvm::MemoryBufferRef runtime) {
  auto archive = llvm::object::Archive::create(runtime);
  if (!archive)
    return archive.takeError();
  std::vector<llvm::NewArchiveMember> members;
  for (llvm::MemoryBufferRef object : objects) {
    members.emplace_back(object);
    members.back().MemberName = object.getBufferIdentifier();
  }
  llvm::Error error = llvm::Error::success();
  for (const llvm::object::Archive::Child &child : (*archive)->children(error)) {
    auto member = llvm::NewArchiveMember::getOldMember(child, /*Deterministic=*/true);
    if (!member)
      return member.takeError();
    members.push_back(std::move(*member));
  }
  if (error)
    return std::move(error);
  return llvm::writeArchiveToBuffer(members, llvm::SymtabWritingMode::NormalSymtab,
                                    llvm::object::Archive::K_GNU, /*Deterministic=*/true,
                                    /*Thin=*/false);
}

static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError("cannot read '" + path + "': " + buffer.getError().message());
  return std::move(*buffer);
}

llvm::Error alexc::writeLibrary(llvm::ArrayRef<llvm::MemoryBufferRef> objects, StringRef symbol,
                                const RuntimeFiles &runtime, const LibraryPaths &output) {
  auto library = readFile(runtime.library);
  if (!library)
    return library.takeError();
  auto api = readFile(runtime.header);
  if (!api)
    return api.takeError();
  auto merged = mergeArchive(objects, **library);
  if (!merged)
    return merged.takeError();
  if (llvm::Error error = writeFile(output.archive, (*merged)->getBuffer()))
    return error;
  return writeFile(output.header, headerText((*api)->getBuffer(), symbol));
}
