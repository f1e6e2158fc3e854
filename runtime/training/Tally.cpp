//===- Tally.cpp - what a network got right so far ------------------------===//

#include "runtime/training/Tally.h"
#include <cmath>

using namespace alexrt;

int64_t alexrt::rankOf(const float *scores, size_t classes, int32_t label) {
  auto key = [&](size_t k) { return std::isnan(scores[k]) ? -INFINITY : scores[k]; };
  int64_t rank = 0;
  for (size_t k = 0; k < classes; ++k)
    rank += key(k) > key(size_t(label)) || (key(k) == key(size_t(label)) && k < size_t(label));
  return rank;
}

void Tally::add(size_t count, size_t classes, const float *loss, const float *prob,
                const int32_t *labels) {
  for (size_t n = 0; n < count; ++n) {
    int64_t rank = rankOf(prob + n * classes, classes, labels[n]);
    top1Errors += rank >= 1;
    top5Errors += rank >= 5;
    lossSum += double(loss[n]);
  }
  images += int64_t(count);
}

void Tally::add(const Tally &other) {
  images += other.images;
  top1Errors += other.top1Errors;
  top5Errors += other.top5Errors;
  lossSum += other.lossSum;
}
