//===- Ranges.h - sets of bytes of a segment --------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RANGES_H
#define ALEXC_RUNTIME_RANGES_H

#include <cstdint>
#include <map>

namespace alexrt {

/// Bytes [begin, end).
struct Range {
  uint64_t begin = 0, end = 0;

  uint64_t size() const { return end - begin; }
  bool operator==(const Range &other) const { return begin == other.begin && end == other.end; }
};

/// What two have in common; empty where they have nothing.
inline Range intersect(const Range &left, const Range &right) {
  uint64_t begin = left.begin > right.begin ? left.begin : right.begin;
  uint64_t end = left.end < right.end ? left.end : right.end;
  return {begin, end > begin ? end : begin};
}

/// Ranges that neither overlap nor touch.
class Ranges {
public:
  void add(Range range) {
    auto next = ends.lower_bound(range.begin); // the first that ends there or later
    while (next != ends.end() && next->second <= range.end) {
      range = {next->second < range.begin ? next->second : range.begin,
               next->first > range.end ? next->first : range.end};
      next = ends.erase(next);
    }
    if (range.size() > 0)
      ends[range.end] = range.begin;
  }

  /// Calls `action(common)` for what each has in common with `range`.
  template <typename Action>
  void forEachIn(const Range &range, Action action) const {
    for (auto next = ends.upper_bound(range.begin); next != ends.end() && next->second < range.end;
         ++next)
      action(intersect(range, {next->second, next->first}));
  }

private:
  std::map<uint64_t, uint64_t> ends; ///< end -> begin
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANGES_H
