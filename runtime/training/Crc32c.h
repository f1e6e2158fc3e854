//===- Crc32c.h - the Castagnoli checksum of event files --------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_CRC32C_H
#define ALEXC_RUNTIME_TRAINING_CRC32C_H

#include <cstdint>
#include <string_view>

namespace alexrt {

/// CRC-32C (polynomial 0x1EDC6F41, reflected; RFC 3720, appendix B.4).
uint32_t crc32c(std::string_view bytes);

/// The checksum as TFRecord files store it: rotated by 15 bits, plus a constant.
uint32_t maskedCrc32c(std::string_view bytes);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_CRC32C_H
