// Latencies in logarithmic buckets, 32 an octave (3 % wide): small, mergeable, quantiles without sorting.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace berth {

class LatencyHistogram {
 public:
  /// Nanoseconds, >= 0.
  void add(std::int64_t nanoseconds) {
    const std::size_t b = bucket(nanoseconds);
    if (b >= counts_.size()) counts_.resize(b + 1);
    first_ = std::min(first_, b);
    ++counts_[b];
    ++total_;
    if (nanoseconds > max_) max_ = nanoseconds;
  }
  /// So many of the same.
  void add(std::int64_t nanoseconds, std::int64_t many);
  void merge(const LatencyHistogram& other);
  void clear();

  std::int64_t total() const { return total_; }
  std::int64_t max() const { return max_; }
  /// The upper edge of the bucket that holds the p-quantile (0 < p <= 1), never above max(); 0 when empty.
  std::int64_t quantile(double p) const;

  /// Bucket b counts values in (upper_edge(b−1), upper_edge(b)].
  const std::vector<std::int64_t>& counts() const { return counts_; }
  static std::int64_t upper_edge(std::size_t bucket);

  static std::size_t bucket(std::int64_t v) {
    if (v < 32) return static_cast<std::size_t>(v < 0 ? 0 : v);
    const int octave = 63 - std::countl_zero(static_cast<std::uint64_t>(v));
    return static_cast<std::size_t>((octave - 4) * 32) + static_cast<std::size_t>((v >> (octave - 5)) & 31);
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  std::vector<std::int64_t> counts_;
  std::size_t first_ = kNone;  // no bucket below it holds anything: latencies lie in few of them
  std::int64_t total_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace berth
