//===- Entries.h - an entry of the binary, ready to be measured -*- C++ -*-===//

#ifndef ALEXC_RUNTIME_ENTRIES_H
#define ALEXC_RUNTIME_ENTRIES_H

#include "runtime/Network.h"

namespace alexrt {

/// The entry of this kind and batch size; 0: the smallest that there is. Throws
/// Error that says what there is.
const Entry &chooseEntry(const Description &description, const std::string &kind, int64_t batch);

/// What a network needs to be made for, to run entries of this kind: memory for
/// them alone.
NetworkOptions optionsFor(const std::string &kind, int threads);

/// Gives the entry input values between -1 and 1 and labels, always the same
/// ones, where it has them; a network that trains is made trainable, with a
/// learning rate of zero: numbers stay as they are, however often it runs.
void prepare(Network &network, const Entry &entry);

/// A multiply-add counts as two operations.
double gflops(int64_t macs, double seconds);

} // namespace alexrt

#endif // ALEXC_RUNTIME_ENTRIES_H
