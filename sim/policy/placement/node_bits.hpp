// Sets of node positions, a bit each: what placement keeps and cuts instead of looking at node by node.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace berth {

/// Sets may be of different lengths: what is not there is not in it.
class NodeBits {
 public:
  bool has(std::uint32_t p) const { return p / 64 < words_.size() && (words_[p / 64] >> (p % 64) & 1) != 0; }
  void set(std::uint32_t p, bool in) {
    if (p / 64 >= words_.size()) words_.resize(p / 64 + 1);
    const std::uint64_t bit = std::uint64_t{1} << (p % 64);
    words_[p / 64] = in ? words_[p / 64] | bit : words_[p / 64] & ~bit;
  }
  void clear() { words_.assign(words_.size(), 0); }
  bool empty() const {
    return std::all_of(words_.begin(), words_.end(), [](std::uint64_t w) { return w == 0; });
  }

  void add(const NodeBits& other) {
    if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
    for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void keep(const NodeBits& other) {
    const std::size_t both = common(other);
    for (std::size_t i = 0; i < both; ++i) words_[i] &= other.words_[i];
    std::fill(words_.begin() + static_cast<std::ptrdiff_t>(both), words_.end(), 0);
  }
  void remove(const NodeBits& other) {
    const std::size_t both = common(other);
    for (std::size_t i = 0; i < both; ++i) words_[i] &= ~other.words_[i];
  }
  bool meets(const NodeBits& other) const {
    const std::size_t both = common(other);
    for (std::size_t i = 0; i < both; ++i)
      if ((words_[i] & other.words_[i]) != 0) return true;
    return false;
  }
  /// Whether anything is left without `other`.
  bool exceeds(const NodeBits& other) const {
    const std::size_t both = common(other);
    for (std::size_t i = 0; i < both; ++i)
      if ((words_[i] & ~other.words_[i]) != 0) return true;
    return std::any_of(words_.begin() + static_cast<std::ptrdiff_t>(both), words_.end(),
                       [](std::uint64_t w) { return w != 0; });
  }

  std::uint32_t count() const {
    std::uint32_t n = 0;
    for (const std::uint64_t w : words_) n += ones(w);
    return n;
  }
  /// Position number `n` of the set, ascending from 0; it must hold more than n.
  std::uint32_t at(std::uint32_t n) const {
    std::size_t i = 0;
    for (std::uint32_t here = ones(words_[0]); n >= here; here = ones(words_[i])) {
      n -= here;
      ++i;
    }
    std::uint64_t word = words_[i];
    for (; n > 0; --n) word &= word - 1;
    return static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(__builtin_ctzll(word));
  }
  /// Calls `f(position)` ascending until it returns false; whether it came to the end.
  template <class F>
  bool for_each(F&& f) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t w = words_[i]; w != 0; w &= w - 1)
        if (!f(static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(__builtin_ctzll(w)))) return false;
    return true;
  }

 private:
  static std::uint32_t ones(std::uint64_t w) { return static_cast<std::uint32_t>(__builtin_popcountll(w)); }
  std::size_t common(const NodeBits& other) const { return std::min(words_.size(), other.words_.size()); }

  std::vector<std::uint64_t> words_;
};

}  // namespace berth
