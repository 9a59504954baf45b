#include "sim/demand/latency_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace berth {

void LatencyHistogram::add(std::int64_t nanoseconds, std::int64_t many) {
  if (many == 0) return;
  add(nanoseconds);
  counts_[bucket(nanoseconds)] += many - 1;
  total_ += many - 1;
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t b = other.first_; b < other.counts_.size(); ++b) counts_[b] += other.counts_[b];
  first_ = std::min(first_, other.first_);
  total_ += other.total_;
  max_ = std::max(max_, other.max_);
}

void LatencyHistogram::clear() {
  if (total_ > 0) std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(first_), counts_.end(), 0);
  first_ = kNone;  // the room is kept: the next window needs it again
  total_ = 0;
  max_ = 0;
}

std::int64_t LatencyHistogram::quantile(double p) const {
  if (total_ == 0) return 0;
  const auto rank = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(p * static_cast<double>(total_))));
  std::int64_t seen = 0;
  for (std::size_t b = first_; b < counts_.size(); ++b) {
    seen += counts_[b];
    if (seen >= rank) return std::min(upper_edge(b), max_);
  }
  return max_;
}

std::int64_t LatencyHistogram::upper_edge(std::size_t bucket) {
  if (bucket < 32) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / 32 - 1;
  const std::uint64_t above = static_cast<std::uint64_t>(32 + bucket % 32 + 1) << shift;
  return static_cast<std::int64_t>(above - 1);
}

}  // namespace berth
