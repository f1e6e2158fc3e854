//===- Main.cpp - the main function of every generated binary -------------===//

#include "runtime/command/CommandLine.h"

/// The network, in the object file that alexc made.
extern "C" const AlexrtNetwork alexrt_network;

int main(int argc, char **argv) { return alexrt::runCommandLine(alexrt_network, argc, argv); }
