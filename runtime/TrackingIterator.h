//===- TrackingIterator.h - says where a parser stands ----------*- C++ -*-===//
//
// nlohmann's events carry no position, so its parser is given an iterator that
// notes how far it came: whoever handles an event knows the line.

#ifndef ALEXC_RUNTIME_TRACKINGITERATOR_H
#define ALEXC_RUNTIME_TRACKINGITERATOR_H

#include <cstddef>
#include <iterator>

namespace alexrt {

/// Reads characters and leaves behind, in `*reached`, how far it came.
struct TrackingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  const char *position;
  const char **reached;

  reference operator*() const { return *position; }
  TrackingIterator &operator++() {
    *reached = ++position;
    return *this;
  }
  TrackingIterator operator++(int) {
    TrackingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackingIterator &other) const { return position == other.position; }
  bool operator!=(const TrackingIterator &other) const { return position != other.position; }
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRACKINGITERATOR_H
