#include "sim/demand/target_picker.hpp"

#include <algorithm>

namespace berth {

void TargetPicker::add(std::uint32_t target) {
  if (target >= places_.size()) {
    places_.resize(target + 1, kNowhere);
    counts_.resize(target + 1, 0);
  }
  SIM_CHECK(places_[target] == kNowhere);
  counts_[target] = 0;
  order_.push_back(target);
  rebuild();
}

void TargetPicker::remove(std::uint32_t target) {
  if (target >= places_.size() || places_[target] == kNowhere) return;
  const std::size_t place = places_[target];
  places_[target] = kNowhere;
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(place));
  if (place < mark_) --mark_;
  rebuild();
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
