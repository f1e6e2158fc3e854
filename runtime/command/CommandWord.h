//===- CommandWord.h - the first word of a command line ---------*- C++ -*-===//
//
// Looked at before CLI11 does, which answers --help whatever stands before it, and
// does not say which word is no command. For alexc too.

#ifndef ALEXC_RUNTIME_COMMANDWORD_H
#define ALEXC_RUNTIME_COMMANDWORD_H

#include <CLI/App.hpp>
#include <string>

namespace alexrt {

/// "info, infer and bench"
inline std::string commandNames(const CLI::App &app) {
  std::string names;
  auto commands = app.get_subcommands([](const CLI::App *) { return true; });
  for (const CLI::App *command : commands)
    names += (names.empty()                ? ""
              : command == commands.back() ? " and "
                                           : ", ") +
             command->get_name();
  return names;
}

/// Why a command line's first word is no command of `app`; empty: it is one, or an
/// option.
inline std::string refuseCommand(const CLI::App &app, int argc, const char *const *argv) {
  if (argc < 2)
    return "no command: there are " + commandNames(app) + "; --help explains them";
  std::string word = argv[1];
  auto isWord = [&](const CLI::App *command) { return command->get_name() == word; };
  if (word.rfind("-", 0) == 0 || !app.get_subcommands(isWord).empty())
    return "";
  return "unknown command '" + word + "': there are " + commandNames(app);
}

} // namespace alexrt

#endif // ALEXC_RUNTIME_COMMANDWORD_H
