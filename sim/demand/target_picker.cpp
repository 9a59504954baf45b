#include "sim/demand/target_picker.hpp"

#include <algorithm>

namespace berth {

void TargetPicker::add(std::uint32_t target, std::int64_t now, std::int64_t slow_start) {
  if (target >= places_.size()) {
    places_.resize(target + 1, kNowhere);
    counts_.resize(target + 1, 0);
    slow_.resize(target + 1);
  }
  counts_[target] = 0;
  resume(target, now, slow_start);
}

void TargetPicker::resume(std::uint32_t target, std::int64_t now, std::int64_t slow_start) {
  SIM_CHECK(target < places_.size());
  if (slow_start > 0) end_slow_starts(now);
  const bool slowly = slow_start > 0 && slow_targets_ < order_.size();
  slow_[target] = {now, slowly ? slow_start : 0, 0};
  slow_targets_ += slowly;
  append(target);
}

void TargetPicker::append(std::uint32_t target) {
  SIM_CHECK(places_[target] == kNowhere);
  order_.push_back(target);
  rebuild();
}

void TargetPicker::remove(std::uint32_t target) {
  if (target >= places_.size() || places_[target] == kNowhere) return;
  const std::size_t place = places_[target];
  places_[target] = kNowhere;
  slow_targets_ -= slow_[target].length != 0;
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(place));
  if (place < mark_) --mark_;
  rebuild();
}

void TargetPicker::end_slow_starts(std::int64_t t) {
  for (const std::uint32_t target : order_) {
    SlowStart& slow = slow_[target];
    if (slow.length == 0 || t - slow.begin < slow.length) continue;
    slow.length = 0;
    --slow_targets_;
  }
}

std::uint32_t TargetPicker::slowly_in_turn(std::int64_t t) {
  for (;;) {
    if (mark_ >= order_.size()) {
      mark_ = 0;
      end_slow_starts(t);
    }
    const std::uint32_t target = order_[mark_++];
    SlowStart& slow = slow_[target];
    if (slow.length == 0 || slow_targets_ == order_.size()) return target;
    slow.credit += std::min(t - slow.begin, slow.length);
    if (slow.credit < slow.length) continue;
    slow.credit -= slow.length;
    return target;
  }
}

void TargetPicker::add_level() {
  population_.push_back(0);
  bits_.resize(population_.size() * words_, 0);
}

/// Targets come and go rarely: everything is laid out anew.
void TargetPicker::rebuild() {
  for (std::size_t place = 0; place < order_.size(); ++place) places_[order_[place]] = place;
  if (!counting_) return;
  std::size_t most = 0;
  for (const std::uint32_t target : order_) most = std::max(most, counts_[target]);
  words_ = (order_.size() + 63) / 64;
  population_.assign(most + 2, 0);
  bits_.assign(population_.size() * words_, 0);
  lowest_ = 0;
  for (std::size_t place = 0; place < order_.size(); ++place) {
    const std::size_t count = counts_[order_[place]];
    ++population_[count];
    bits_[count * words_ + place / 64] |= std::uint64_t{1} << (place % 64);
  }
}

}  // namespace berth
