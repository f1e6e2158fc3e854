//===- Format.cpp - numbers and tables for people -------------------------===//

#include "runtime/command/Format.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>

using namespace alexrt;

std::string alexrt::withThousands(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto place = int64_t(digits.size()) - 3; place > (number < 0); place -= 3)
    digits.insert(size_t(place), ",");
  return digits;
}

std::string alexrt::macsText(int64_t macs) {
  if (macs < 1'000'000)
    return withThousands(macs);
  return macs < 100'000'000 ? fmt::format("{:.1f} M", double(macs) * 1e-6)
                            : fmt::format("{:.0f} M", double(macs) * 1e-6);
}

std::string alexrt::bytesText(uint64_t bytes) {
  if (bytes < 1000)
    return fmt::format("{} B", bytes);
  return bytes < 1'000'000 ? fmt::format("{:.1f} kB", double(bytes) * 1e-3)
                           : fmt::format("{:.1f} MB", double(bytes) * 1e-6);
}

std::string alexrt::printable(std::string text) {
  auto isControl = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), isControl, '?');
  return text;
}

/// Characters of UTF-8 text: all bytes but those that continue one.
static size_t widthOf(const std::string &text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void Table::addColumn(const std::string &title, Align align) {
  assert(rows.size() == 1 && "columns come first");
  rows.front().push_back(title);
  aligns.push_back(align);
}

void Table::addRow(std::vector<std::string> cells) {
  assert(cells.size() == aligns.size() && "one cell for each column");
  for (std::string &cell : cells)
    cell = printable(cell);
  rows.push_back(std::move(cells));
}

std::string Table::toString() const {
  std::vector<size_t> widths(aligns.size());
  for (const std::vector<std::string> &row : rows)
    for (size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], widthOf(row[column]));
  std::string text;
  for (const std::vector<std::string> &row : rows) {
    std::string line;
    for (size_t column = 0; column < row.size(); ++column) {
      std::string padding(widths[column] - widthOf(row[column]), ' ');
      line += aligns[column] == Align::left ? row[column] + padding : padding + row[column];
      line += "  ";
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}
