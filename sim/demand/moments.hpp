// What is to happen in a joint lane, the earliest first: many at once, and most
// of it soon.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/demand/moment_heap.hpp"
#include "sim/engine/timing_wheel.hpp"

namespace berth {

/// Time is cut into slots. The next 4,096 form a ring, where a moment is filed
/// at the price of a link; what comes later goes into a timing wheel, which
/// files it more than once. Slots become wider as long as that happens often.
/// The moments of the current slot, and those before it that were pushed after
/// somebody had looked ahead, are few: a heap puts them in order.
class Moments {
 public:
  Moments() { ring_.fill(kNone); }

  /// INT64_MAX: nothing is to happen.
  std::int64_t first_time() {
    if (now_.empty() && words_ != 0) open_next_slot();
    return std::min(now_.first_time(), far_time_);
  }
  /// There is one.
  Moment take_first() {
    if (first_time() == far_time_ && (now_.empty() || first_far() < now_.first())) return take_far();
    const Moment first = now_.first();
    now_.pop();
    return first;
  }
  void push(const Moment& m) {
    put(m);
    if (++pushed_ == kLook) consider_width();
  }

 private:
  static constexpr std::uint32_t kLook = 4096;  // pushes between two looks at the width of slots
  static constexpr int kWidest = 24;            // 17 ms
  static constexpr std::int64_t kSlots = 4096;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Filed {
    Moment moment;
    std::uint32_t next = kNone;  // in its slot, or of those that are free
  };

  std::int64_t slot_of(const Moment& m) const { return m.time >> width_; }

  void put(const Moment& m) {
    const std::int64_t ahead = slot_of(m) - slot_;
    if (ahead <= 0) now_.push(m);
    else if (ahead < kSlots) file(m);
    else put_far(m);
  }
  void put_far(const Moment& m) {
    ++put_far_;
    far_.insert({static_cast<std::uint64_t>(m.time), std::uint64_t{m.kind} << 32 | m.which});
    far_time_ = std::min(far_time_, m.time);
  }
  Moment first_far() {
    const WheelKey& key = *far_.first();
    return {static_cast<std::int64_t>(key.when), static_cast<std::uint32_t>(key.ticket >> 32),
            static_cast<std::uint32_t>(key.ticket)};
  }
  /// It may lie beyond the current slot; then the ring is empty.
  Moment take_far() {
    const Moment first = first_far();
    far_.drop_first();
    far_time_ = far_.size() == 0 ? INT64_MAX : first_far().time;
    slot_ = std::max(slot_, slot_of(first));
    return first;
  }

  void file(const Moment& m) {
    if (free_ == kNone) {
      free_ = static_cast<std::uint32_t>(filed_.size());
      filed_.emplace_back();
    }
    const auto place = static_cast<std::size_t>(slot_of(m) % kSlots);
    const std::uint32_t at = free_;
    free_ = filed_[at].next;
    filed_[at] = {m, std::exchange(ring_[place], at)};
    bits_[place / 64] |= std::uint64_t{1} << place % 64;
    words_ |= std::uint64_t{1} << place / 64;
  }

  /// Slots never become narrower again: many in one cost a little, and to go
  /// back and forth would cost more.
  void consider_width() {
    const bool wider = put_far_ > kLook / 8 && width_ < kWidest;
    pushed_ = put_far_ = 0;
    if (wider) widen();
  }
  void widen() {
    std::vector<Moment> filed;
    for (std::uint32_t& first : ring_)
      for (std::uint32_t at = std::exchange(first, kNone); at != kNone; at = filed_[at].next)
        filed.push_back(filed_[at].moment);
    bits_.fill(0);
    words_ = 0;
    filed_.clear();
    free_ = kNone;
    ++width_;
    slot_ /= 2;
    for (const Moment& m : filed) put(m);
  }

  /// The next slot of the ring that holds anything becomes the current one.
  void open_next_slot() {
    const auto from = static_cast<std::size_t>((slot_ + 1) % kSlots);
    std::size_t word = from / 64;
    std::uint64_t bits = bits_[word] & ~std::uint64_t{0} << from % 64;
    if (bits == 0) {
      const std::uint64_t later = words_ & ~std::uint64_t{1} << word;  // ~1 << word: the words behind it
      word = static_cast<std::size_t>(std::countr_zero(later != 0 ? later : words_));  // or round the end
      bits = bits_[word];
    }
    const std::size_t place = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    slot_ += 1 + static_cast<std::int64_t>((place - from) % kSlots);
    bits_[word] &= ~(std::uint64_t{1} << place % 64);
    if (bits_[word] == 0) words_ &= ~(std::uint64_t{1} << word);
    for (std::uint32_t at = std::exchange(ring_[place], kNone); at != kNone;) {
      now_.push(filed_[at].moment);
      const std::uint32_t next = std::exchange(filed_[at].next, free_);
      free_ = at;
      at = next;
    }
  }

  int width_ = 15;                          // of a slot: so many bits of nanoseconds, at first 33 µs
  std::uint32_t pushed_ = 0, put_far_ = 0;  // since the last look
  std::int64_t slot_ = 0;                   // the current one
  MomentHeap now_;
  std::array<std::uint32_t, kSlots> ring_;         // the first of each slot, by its number modulo their count
  std::array<std::uint64_t, kSlots / 64> bits_{};  // one for each slot that holds anything
  std::uint64_t words_ = 0;                        // one bit for each word of them that is not 0
  std::vector<Filed> filed_;
  std::uint32_t free_ = kNone;
  TimingWheel far_;
  std::int64_t far_time_ = INT64_MAX;  // of its first
};

}  // namespace berth
