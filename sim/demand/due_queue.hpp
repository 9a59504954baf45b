// What falls due at a moment, handed out by "everything up to t": for moments that only move forward.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace berth {

/// A radix heap. Entry has `std::int64_t time`, >= 0. An entry lies in the bucket of the highest bit in which it
/// differs from the last drain; a drain hands out whole buckets and spreads one over the lower ones, so a drain with
/// nothing due costs a few instructions and an entry moves at most once a bit.
/// What is due at one drain comes in no promised order: only sums may depend on it.
template <class Entry>
class DueQueue {
 public:
  /// True when the moment has been drained already: such an entry must not be pushed but handled at once.
  bool passed(std::int64_t time) const { return key(time) <= floor_; }

  void push(const Entry& entry) {
    const unsigned b = bucket(key(entry.time));
    buckets_[b].push_back(entry);
    filled_ |= std::uint64_t{1} << b;
  }

  /// Calls due(entry) for each entry with time <= t. `due` may push.
  template <class Due>
  void drain(std::int64_t t, Due due) {
    const std::uint64_t to = key(t);
    if (to <= floor_) return;
    const unsigned top = bucket(to);
    floor_ = to;
    const std::uint64_t touched = filled_ & ((std::uint64_t{2} << top) - 1);
    if (touched == 0) return;
    collect(touched, top, to);
    for (const Entry& entry : due_) due(entry);
    due_.clear();
  }

  /// In no promised order.
  template <class Act>
  void for_each(Act act) const {
    for (const auto& bucket : buckets_)
      for (const Entry& entry : bucket) act(entry);
  }

  template <class Match>
  void erase_if(Match match) {
    for (auto& bucket : buckets_) std::erase_if(bucket, match);
  }

 private:
  static std::uint64_t key(std::int64_t time) { return static_cast<std::uint64_t>(time) + 1; }
  unsigned bucket(std::uint64_t key) const { return 63U - static_cast<unsigned>(std::countl_zero(key ^ floor_)); }

  void collect(std::uint64_t touched, unsigned top, std::uint64_t to) {
    filled_ &= ~touched;
    for (; touched != 0; touched &= touched - 1) {
      const auto b = static_cast<unsigned>(std::countr_zero(touched));
      if (b == top) break;  // the last one: the buckets below it are all due
      due_.insert(due_.end(), buckets_[b].begin(), buckets_[b].end());
      empty(buckets_[b]);
    }
    if (touched == 0) return;
    for (const Entry& entry : buckets_[top]) {
      if (key(entry.time) <= to) due_.push_back(entry);
      else push(entry);
    }
    empty(buckets_[top]);
  }

  /// What was large once is not kept: in the course of time every bucket would be.
  static void empty(std::vector<Entry>& bucket) {
    constexpr std::size_t kKept = 1024;
    bucket.clear();
    if (bucket.capacity() > kKept) [[unlikely]]
      release(bucket);
  }
  [[gnu::noinline]] static void release(std::vector<Entry>& bucket) { std::vector<Entry>().swap(bucket); }

  std::array<std::vector<Entry>, 64> buckets_;
  std::vector<Entry> due_;
  std::uint64_t filled_ = 0;
  std::uint64_t floor_ = 0;  // key of the last drain
};

}  // namespace berth
