//===- MpiMain.cpp - the main function of a binary with ranks -------------===//

#include "runtime/command/CommandLine.h"
#include "runtime/ranks/MpiRanks.h"

/// The network, in the object file that alexc made.
extern "C" const AlexrtNetwork alexrt_network;

int main(int argc, char **argv) {
  auto join = [](double patience) { return alexrt::joinMpiRanks(patience, nullptr); };
  int status = alexrt::runCommandLine(alexrt_network, argc, argv, join);
  alexrt::leaveMpiRanks(status);
  return status;
}
