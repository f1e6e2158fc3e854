//===- CommandLine.h - from arguments to a command --------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_COMMANDLINE_H
#define ALEXC_RUNTIME_COMMANDLINE_H

#include "runtime/alexrt.h"
#include "runtime/ranks/Ranks.h"

namespace alexrt {

/// Does what the arguments of a generated binary ask of its network. Answers go
/// to standard output, errors to standard error, one line each. Returns the
/// exit status: 0 for success, 2 for a wrong command line, 1 for other errors.
/// `joinRanks`, where there is one, lets `train` run on several ranks.
int runCommandLine(const AlexrtNetwork &network, int argc, const char *const *argv,
                   const JoinRanks &joinRanks = {});

} // namespace alexrt

#endif // ALEXC_RUNTIME_COMMANDLINE_H
