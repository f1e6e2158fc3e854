//===- Format.h - numbers and tables for people -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_FORMAT_H
#define ALEXC_RUNTIME_FORMAT_H

#include <cstdint>
#include <string>
#include <vector>

namespace alexrt {

/// "60,965,224"
std::string withThousands(int64_t number);
/// Multiply-adds: "724 M", "74.8 M", and below a million each one.
std::string macsText(int64_t macs);
/// "243.9 MB", in powers of ten.
std::string bytesText(uint64_t bytes);
/// `text` with its control characters replaced: names come from the user's
/// files and must not move a terminal's cursor.
std::string printable(std::string text);

enum class Align { left, right };

/// Rows of cells, as wide as they must be.
class Table {
public:
  void addColumn(const std::string &title, Align align = Align::left);
  /// One cell for each column.
  void addRow(std::vector<std::string> cells);
  /// All rows under their titles, with a line end after each.
  std::string toString() const;

private:
  std::vector<std::vector<std::string>> rows = {{}}; ///< titles first
  std::vector<Align> aligns;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_FORMAT_H
