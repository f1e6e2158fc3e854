//===- PackFiles.h - what lies in the folder of a pack ----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PACKFILES_H
#define ALEXC_RUNTIME_PACKFILES_H

#include <nlohmann/json.hpp>
#include <string>

namespace alexrt {

constexpr const char *packFormat = "alexpack 1";
constexpr const char *packFile = "pack.json";
constexpr const char *statisticsFile = "statistics.safetensors";

/// Reads a pack.json. Throws Error naming the file where it is none.
nlohmann::json readPackJson(const std::string &path);

} // namespace alexrt

#endif // ALEXC_RUNTIME_PACKFILES_H
