// The moments at which the busy slots of a target become free.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace berth {

/// A plain array searched in a line for few slots, a heap for many (the line wins up to about 16).
class SlotEnds {
 public:
  explicit SlotEnds(std::int64_t slots) : heap_(slots > 16) {}

  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }

  void add(std::int64_t end) {
    ends_.push_back(end);
    if (heap_) std::push_heap(ends_.begin(), ends_.end(), std::greater<>{});
  }
  /// Where the earliest end stands, for at() and the two that follow; not empty.
  std::size_t earliest() const {
    if (heap_) return 0;
    std::size_t best = 0;
    for (std::size_t i = 1; i < ends_.size(); ++i) best = ends_[i] < ends_[best] ? i : best;
    return best;
  }
  std::int64_t at(std::size_t i) const { return ends_[i]; }

  void replace_earliest(std::size_t i, std::int64_t end) {
    if (!heap_) {
      ends_[i] = end;
      return;
    }
    std::pop_heap(ends_.begin(), ends_.end(), std::greater<>{});
    ends_.back() = end;
    std::push_heap(ends_.begin(), ends_.end(), std::greater<>{});
  }
  void remove_earliest(std::size_t i) {
    if (heap_) std::pop_heap(ends_.begin(), ends_.end(), std::greater<>{});
    else std::swap(ends_[i], ends_.back());
    ends_.pop_back();
  }
  std::int64_t later_than(std::int64_t t) const {
    return std::count_if(ends_.begin(), ends_.end(), [t](std::int64_t end) { return end > t; });
  }
  /// Forgets the ends at or before `t`.
  void drop_until(std::int64_t t) {
    if (!heap_) {
      std::erase_if(ends_, [t](std::int64_t end) { return end <= t; });
      return;
    }
    while (!ends_.empty() && ends_.front() <= t) remove_earliest(0);
  }

 private:
  bool heap_;
  std::vector<std::int64_t> ends_;
};

}  // namespace berth
