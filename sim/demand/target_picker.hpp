// Which target gets the next request.
//
// Targets stand in order of being added; a mark stands behind the one used last.
//  - round robin: the target at the mark. A new target joins at the end, so it still comes in the round under way;
//    when one leaves, the mark stays before the same target.
//  - slow start (ALB, round robin): the share of a new target grows from nothing to a whole one over that time, if
//    another target that is not in its own slow start is there when it is added; each time its turn comes its share
//    is put to its credit, and it is passed over until a whole request has come together. While all are slow, all
//    are used in turn.
//  - least outstanding: the first target from the mark on (round the end) among those with the fewest outstanding
//    requests, as nginx's least_conn does; so equals are used in turn, the longest unused first.
//  - random: any of them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/base/random.hpp"

namespace berth {

/// Targets are named by a small number (their row).
class TargetPicker {
 public:
  explicit TargetPicker(bool count_outstanding) : counting_(count_outstanding) {}

  bool empty() const { return order_.empty(); }
  /// `slow_start` nanoseconds from `now` on; 0 = none.
  void add(std::uint32_t target, std::int64_t now = 0, std::int64_t slow_start = 0);
  /// One that was removed comes back, with what is outstanding there; its slow start as of one that is added.
  void resume(std::uint32_t target, std::int64_t now = 0, std::int64_t slow_start = 0);
  /// Does nothing when the target is not (or no longer) here.
  void remove(std::uint32_t target);
  bool has(std::uint32_t target) const { return target < places_.size() && places_[target] != kNowhere; }

  /// Round robin at moment `t`; not empty.
  std::uint32_t in_turn(std::int64_t t = 0) {
    if (slow_targets_ != 0) return slowly_in_turn(t);
    if (mark_ >= order_.size()) mark_ = 0;
    return order_[mark_++];
  }

  /// Any, with equal chances, by 64 uniform bits; not empty.
  std::uint32_t at_random(std::uint64_t bits) const { return order_[below(bits, order_.size())]; }

  /// Least outstanding; not empty.
  std::uint32_t least_outstanding() {
    while (population_[lowest_] == 0) ++lowest_;
    const std::size_t place = first_at(lowest_, mark_ < order_.size() ? mark_ : 0);
    mark_ = place + 1;
    return order_[place];
  }
  /// One more, one less outstanding there. Only when counting.
  void sent(std::uint32_t target) { move(target, +1); }
  void left(std::uint32_t target) { move(target, -1); }

 private:
  /// A target's slow start; none: length 0.
  struct SlowStart {
    std::int64_t begin = 0, length = 0;
    std::int64_t credit = 0;  ///< of `length` nanoseconds, which are worth one request
  };
  std::uint32_t slowly_in_turn(std::int64_t t);
  void end_slow_starts(std::int64_t t);

  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  void move(std::uint32_t target, int step) {
    const std::size_t place = places_[target];
    const std::size_t from = counts_[target];
    const std::size_t to = counts_[target] = from + static_cast<std::size_t>(step);
    if (place == kNowhere) return;  // it drains
    if (to >= population_.size()) add_level();
    const std::uint64_t bit = std::uint64_t{1} << (place % 64);
    bits_[from * words_ + place / 64] &= ~bit;
    bits_[to * words_ + place / 64] |= bit;
    --population_[from];
    ++population_[to];
    if (to < lowest_) lowest_ = to;
  }

  /// The first place >= from, else the first of all, with that count; one exists.
  std::size_t first_at(std::size_t count, std::size_t from) const {
    const std::uint64_t* row = bits_.data() + count * words_;
    std::size_t word = from / 64;
    std::uint64_t left = row[word] & (~std::uint64_t{0} << (from % 64));
    while (left == 0) {
      if (++word == words_) word = 0;
      left = row[word];
    }
    return word * 64 + static_cast<std::size_t>(std::countr_zero(left));
  }

  void append(std::uint32_t target);
  void add_level();
  void rebuild();

  bool counting_;
  std::vector<std::uint32_t> order_;
  std::size_t mark_ = 0;
  std::size_t slow_targets_ = 0;
  std::vector<SlowStart> slow_;      // by target
  std::vector<std::size_t> places_;  // by target: where in order_, or kNowhere
  std::vector<std::size_t> counts_;  // by target
  // By count: one bit a place, and how many are set. A move is two bits, whatever the number of targets.
  std::vector<std::uint64_t> bits_;
  std::vector<std::size_t> population_;
  std::size_t words_ = 0;
  std::size_t lowest_ = 0;
};

}  // namespace berth
