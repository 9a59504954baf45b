// Eight nodes at a time: loops of a fixed length over plain values, which compilers make packed arithmetic of.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

/// A function of such loops is compiled for wider processors too, and the one at hand is taken when the program starts.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BERTH_WIDE __attribute__((target_clones("default", "avx2")))
#else
#define BERTH_WIDE
#endif

namespace berth {

inline constexpr std::uint32_t kEight = 8;
template <class T>
using Eight = std::array<T, kEight>;

/// Eight of a list of node positions, from the k-th on; past its end the last one is repeated.
class EightNodes {
 public:
  [[gnu::always_inline]] EightNodes(std::span<const std::uint32_t> nodes, std::size_t k)
      : k_(k), count_(std::min<std::size_t>(kEight, nodes.size() - k)) {
    first_ = nodes[k];
    neighbours_ = count_ == kEight && nodes[k + kEight - 1] - first_ == kEight - 1;
    if (neighbours_) return;
    for (std::size_t i = 0; i < kEight; ++i) positions_[i] = nodes[k + std::min(i, count_ - 1)];
  }

  /// How many of them are in the list.
  std::size_t count() const { return count_; }
  /// Adds weight × score of each, 0 … 100, to the totals from the k-th on.
  [[gnu::always_inline]] void add(const Eight<std::int32_t>& scores, std::int64_t weight,
                                  std::span<std::int64_t> totals) const {
    std::int64_t* const to = totals.data() + k_;
    const auto times = static_cast<std::int32_t>(weight);
    if (count_ == kEight) {
      for (std::size_t i = 0; i < kEight; ++i) to[i] += scores[i] * times;
    } else {
      for (std::size_t i = 0; i < count_; ++i) to[i] += scores[i] * times;
    }
  }
  /// A column's values there: where they stand if the nodes are neighbours, else copied.
  [[gnu::always_inline]] const std::int64_t* of(std::span<const std::int64_t> column, Eight<std::int64_t>& copy) const {
    if (neighbours_) return column.data() + first_;
    for (std::size_t i = 0; i < kEight; ++i) copy[i] = column[positions_[i]];
    return copy.data();
  }

 private:
  std::size_t k_, count_;
  std::uint32_t first_;
  bool neighbours_;  // the list ascends, but where the search went round the end: so eight apart is side by side
  Eight<std::uint32_t> positions_;
};

/// Exact for -2^51 <= v < 2^51, and in two packed steps, where SSE2 has no such conversion.
[[gnu::always_inline]] inline double exact_double(std::int64_t v) {
  return std::bit_cast<double>(v + 0x4338'0000'0000'0000) - 0x1.8p52;
}

}  // namespace berth
