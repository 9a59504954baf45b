// What is to happen in a lane, the earliest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace berth {

/// `kind` and then `which` decide between equal times: both belong to what happens, so the order is always the same.
struct Moment {
  std::int64_t time = 0;
  std::uint32_t kind = 0;
  std::uint32_t which = 0;
  friend bool operator<(const Moment& a, const Moment& b) { return a.whole() < b.whole(); }

 private:
  unsigned __int128 whole() const {
    const std::uint64_t low = std::uint64_t{kind} << 32 | which;
    return static_cast<unsigned __int128>(static_cast<std::uint64_t>(time)) << 64 | low;
  }
};

/// A heap of four branches: half as deep as one of two, and a node's children lie in one cache line.
class MomentHeap {
 public:
  bool empty() const { return moments_.empty(); }
  const Moment& first() const { return moments_.front(); }
  std::int64_t first_time() const { return moments_.empty() ? INT64_MAX : moments_.front().time; }

  void push(const Moment& moment) {
    std::size_t at = moments_.size();
    moments_.push_back(moment);
    while (at > 0) {
      const std::size_t above = (at - 1) / 4;
      if (!(moment < moments_[above])) break;
      moments_[at] = moments_[above];
      at = above;
    }
    moments_[at] = moment;
  }
  void pop() {
    const Moment last = moments_.back();
    moments_.pop_back();
    if (!moments_.empty()) sink(last);
  }
  /// pop() and push() in one.
  void replace_first(const Moment& moment) { sink(moment); }

 private:
  void sink(const Moment& moment) {
    Moment* const moments = moments_.data();
    const std::size_t size = moments_.size();
    std::size_t at = 0;
    for (;;) {
      const std::size_t first = 4 * at + 1;
      if (first >= size) break;
      const std::size_t end = first + 4 < size ? first + 4 : size;
      std::size_t least = first;
      for (std::size_t i = first + 1; i < end; ++i) least = moments[i] < moments[least] ? i : least;
      if (!(moments[least] < moment)) break;
      moments[at] = moments[least];
      at = least;
    }
    moments[at] = moment;
  }

  std::vector<Moment> moments_;
};

}  // namespace berth
