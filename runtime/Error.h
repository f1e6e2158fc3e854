//===- Error.h - what the runtime throws ------------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_ERROR_H
#define ALEXC_RUNTIME_ERROR_H

#include <stdexcept>
#include <string>

namespace alexrt {

/// A failure that the user can understand and mend. `what()` is one line in
/// lower case without a full stop. It never crosses the C API.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_ERROR_H
