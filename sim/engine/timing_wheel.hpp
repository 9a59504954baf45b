// The order of what is to come: keys in eight wheels of 256 slots, sorted only when their slot comes near.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace berth {

/// `when` decides, `ticket` breaks ties. Tickets are given in rising order.
struct WheelKey {
  std::uint64_t when = 0;
  std::uint64_t ticket = 0;
  friend bool operator<(WheelKey a, WheelKey b) { return a.whole() < b.whole(); }
  friend bool operator>(WheelKey a, WheelKey b) { return b < a; }

 private:
  unsigned __int128 whole() const { return static_cast<unsigned __int128>(when) << 64 | ticket; }
};

/// Level l holds the keys that first differ from `base_` in byte l. The nearest slot is taken out and sorted into
/// `run_`, if it is small, and else dealt out to the levels below. What is inserted before the end of the run goes to
/// the heap `late_`: so looking ahead never forbids an earlier key. Nothing is allocated once the pools are warm.
class TimingWheel {
 public:
  TimingWheel() {
    for (auto& level : head_) level.fill(kNone);
  }

  /// Number of keys, those of cancelled events included.
  std::size_t size() const { return size_; }

  void insert(WheelKey key) {
    ++size_;
    if (key.when >= near_end_) return file(key);
    late_.push_back(key);
    std::push_heap(late_.begin(), late_.end(), std::greater<>{});
    if (++late_since_ > kCrowd && near_end_ != base_ && run_level_ > 0) deal_out_run();
  }

  /// The least key, or nullptr; valid until the next call.
  const WheelKey* first() {
    if (run_.empty() && late_.empty() && !refill()) return nullptr;
    return late_is_first() ? &late_.front() : &run_.back();
  }

  void drop_first() {
    --size_;
    if (!late_is_first()) return run_.pop_back();
    std::pop_heap(late_.begin(), late_.end(), std::greater<>{});
    late_.pop_back();
  }

  /// A ticket that will be first soon, or 0: for fetching its row ahead of time.
  std::uint64_t soon() const { return run_.size() < 4 ? 0 : run_[run_.size() - 4].ticket; }

  /// Forgets the keys whose ticket is dead.
  template <class Alive>
  void sweep(Alive alive) {
    const auto dead = [&](const WheelKey& key) { return !alive(key.ticket); };
    run_.erase(std::remove_if(run_.begin(), run_.end(), dead), run_.end());
    late_.erase(std::remove_if(late_.begin(), late_.end(), dead), late_.end());
    std::make_heap(late_.begin(), late_.end(), std::greater<>{});
    size_ = run_.size() + late_.size();
    for (unsigned level = 0; level < kLevels; ++level)
      for (unsigned digit = 0; digit < kSlots; ++digit) {
        take_slot(level, digit, scratch_);
        for (const WheelKey& key : scratch_)
          if (alive(key.ticket)) file(key), ++size_;
        scratch_.clear();
      }
  }

 private:
  static constexpr unsigned kLevels = 8;
  static constexpr unsigned kSlots = 256;
  static constexpr unsigned kChunk = 31;       // keys: with its two counters a chunk fills eight cache lines
  static constexpr std::uint32_t kCrowd = 64;  // late keys that make a finer run worth while
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  struct Chunk {
    std::uint32_t next;
    std::uint32_t count;
    std::array<WheelKey, kChunk> keys;
  };

  bool late_is_first() const { return !late_.empty() && (run_.empty() || late_.front() < run_.back()); }

  void file(WheelKey key) {
    const unsigned level = (63u - static_cast<unsigned>(__builtin_clzll((key.when ^ base_) | 1))) / 8;
    const unsigned digit = key.when >> (8 * level) & 0xff;
    std::uint32_t& head = head_[level][digit];
    if (head == kNone || chunks_[head].count == kChunk) head = new_chunk(head);
    Chunk& chunk = chunks_[head];
    chunk.keys[chunk.count++] = key;
    occupied_[level][digit / 64] |= std::uint64_t{1} << digit % 64;
  }

  std::uint32_t new_chunk(std::uint32_t next) {
    if (free_ == kNone) {
      free_ = static_cast<std::uint32_t>(chunks_.size());
      chunks_.emplace_back();
      chunks_.back().next = kNone;
    }
    const std::uint32_t taken = free_;
    free_ = chunks_[taken].next;
    chunks_[taken].next = next;
    chunks_[taken].count = 0;
    return taken;
  }

  void take_slot(unsigned level, unsigned digit, std::vector<WheelKey>& into) {
    std::uint32_t at = head_[level][digit];
    while (at != kNone) {
      Chunk& chunk = chunks_[at];
      into.insert(into.end(), chunk.keys.begin(), chunk.keys.begin() + chunk.count);
      const std::uint32_t next = chunk.next;
      chunk.next = free_;
      free_ = at;
      at = next;
    }
    head_[level][digit] = kNone;
    occupied_[level][digit / 64] &= ~(std::uint64_t{1} << digit % 64);
  }

  /// The lowest level's first slot holds the least keys: sort it if it is small, else deal it out one level down.
  bool refill() {
    for (unsigned level = 0; level < kLevels; ++level)
      for (unsigned word = 0; word < kSlots / 64; ++word) {
        if (occupied_[level][word] == 0) continue;
        const unsigned digit = word * 64 + static_cast<unsigned>(__builtin_ctzll(occupied_[level][word]));
        const bool small = level == 0 || chunks_[head_[level][digit]].next == kNone;
        const std::uint64_t above = level == kLevels - 1 ? 0 : base_ >> (8 * (level + 1)) << (8 * (level + 1));
        base_ = above | std::uint64_t{digit} << (8 * level);
        if (small) return sort_run(level, digit);
        take_slot(level, digit, scratch_);
        for (const WheelKey& key : scratch_) file(key);
        scratch_.clear();
        near_end_ = base_;
        return refill();
      }
    return false;
  }

  bool sort_run(unsigned level, unsigned digit) {
    take_slot(level, digit, run_);
    std::sort(run_.begin(), run_.end(), std::greater<>{});
    near_end_ = base_ + (std::uint64_t{1} << (8 * level));
    run_level_ = level;
    late_since_ = 0;
    return true;
  }

  /// A run made in quiet times can span hours; when many keys arrive inside it, it is filed again, more finely.
  void deal_out_run() {
    scratch_.insert(scratch_.end(), run_.begin(), run_.end());
    run_.clear();
    scratch_.insert(scratch_.end(), late_.begin(), late_.end());
    late_.clear();
    for (const WheelKey& key : scratch_) {
      if (key.when >= base_) file(key);
      else late_.push_back(key);
    }
    std::make_heap(late_.begin(), late_.end(), std::greater<>{});
    scratch_.clear();
    near_end_ = base_;
    late_since_ = 0;
  }

  std::uint64_t base_ = 0;
  std::uint64_t near_end_ = 0;  // all filed keys are at or after it
  std::size_t size_ = 0;
  std::vector<WheelKey> run_;   // descending: the least is at the back
  std::vector<WheelKey> late_;  // min-heap
  unsigned run_level_ = 0;
  std::uint32_t late_since_ = 0;
  std::array<std::array<std::uint32_t, kSlots>, kLevels> head_;
  std::array<std::array<std::uint64_t, kSlots / 64>, kLevels> occupied_{};
  std::vector<Chunk> chunks_;
  std::uint32_t free_ = kNone;
  std::vector<WheelKey> scratch_;
};

}  // namespace berth
