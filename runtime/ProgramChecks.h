//===- ProgramChecks.h - whether a program can run --------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PROGRAMCHECKS_H
#define ALEXC_RUNTIME_PROGRAMCHECKS_H

#include "runtime/alexrt.h"
#include <cstddef>
#include <vector>

namespace alexrt {

/// Whether offsets into the segment are parameters' numbers.
bool isByParameter(uint32_t segment);

/// Checks what alexrt.h says of programs: that arguments lie in their segments,
/// parameters being as large as `parameterBytes` says, that queues and devices
/// fit, and that no record can wait for ever. Throws Error that names program and
/// record: the table is broken. Returns the number of program.args.
size_t checkProgram(const AlexrtNetwork &network, const AlexrtProgram &program,
                    const std::vector<uint64_t> &parameterBytes);

} // namespace alexrt

#endif // ALEXC_RUNTIME_PROGRAMCHECKS_H
