// Names and lines for error messages, from the symbol table and the debug information of the
// program. Slow: used once, by a program that ends.
#include "emulator/Diagnostics.h"

#include <cstdint>
#include <cstdio>
#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <unistd.h>
#include <vector>

namespace alexc::emulator {

namespace {
/// The file that an address was loaded from, and the address in that file's numbering.
struct Origin {
  std::string file;
  uintptr_t address;
};
} // namespace

static Origin originOf(const void *address) {
  Dl_info info;
  link_map *map = nullptr;
  if (!dladdr1(address, &info, reinterpret_cast<void **>(&map), RTLD_DL_LINKMAP) || !map)
    return {"", 0};
  bool isProgram = !map->l_name || !*map->l_name;
  return {isProgram ? "/proc/self/exe" : map->l_name,
          reinterpret_cast<uintptr_t>(address) - map->l_addr};
}

static std::string demangled(const char *name) {
  int status = 0;
  char *plain = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = plain ? plain : name;
  free(plain);
  return result.substr(0, result.find('(')); // parameters are of no interest
}

/// The mangled name of the function that covers `address`, from the sections of an ELF file.
static std::string symbolIn(const std::vector<char> &file, uintptr_t address) {
  if (file.size() < sizeof(Elf64_Ehdr))
    return "";
  auto *header = reinterpret_cast<const Elf64_Ehdr *>(file.data());
  auto *sections = reinterpret_cast<const Elf64_Shdr *>(file.data() + header->e_shoff);
  for (unsigned i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB)
      continue;
    auto *symbol = reinterpret_cast<const Elf64_Sym *>(file.data() + sections[i].sh_offset);
    const char *names = file.data() + sections[sections[i].sh_link].sh_offset;
    for (size_t n = sections[i].sh_size / sizeof *symbol; n > 0; --n, ++symbol)
      if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && address >= symbol->st_value &&
          address - symbol->st_value < symbol->st_size)
        return names + symbol->st_name;
  }
  return "";
}

std::string functionName(const void *address) {
  Origin origin = originOf(address);
  std::ifstream stream(origin.file, std::ios::binary);
  std::vector<char> file{std::istreambuf_iterator<char>(stream), {}};
  std::string name = symbolIn(file, origin.address);
  if (!name.empty())
    return demangled(name.c_str());
  char text[32];
  snprintf(text, sizeof text, "at %p", address);
  return text;
}

std::string sourceLine(const void *address) {
  Origin origin = originOf(address);
  if (origin.file.empty())
    return "";
  std::string file = origin.file;
  if (file == "/proc/self/exe") // would be the shell's
    file = "/proc/" + std::to_string(getpid()) + "/exe";
  char command[4400], line[4096] = "";
  snprintf(command, sizeof command, "addr2line -e '%s' %#lx 2>/dev/null", file.c_str(),
           static_cast<unsigned long>(origin.address));
  FILE *pipe = popen(command, "r");
  if (!pipe || !fgets(line, sizeof line, pipe))
    return "";
  std::string result(line);
  result = result.substr(0, result.find_first_of(" \n")); // " (discriminator 1)"
  return result.empty() || result[0] == '?' || result.back() == '?' ? "" : result;
}

} // namespace alexc::emulator
