// What every metric is: it hears facts, is asked for a row each interval, and finishes its file at the end of the run.
#pragma once

#include <bitset>
#include <type_traits>
#include <variant>

#include "sim/base/time.hpp"
#include "sim/world/facts.hpp"

namespace berth {

struct Summary;

/// Kinds of facts, by their place in the list of all.
using FactKinds = std::bitset<std::variant_size_v<Fact>>;

template <class Kind, class... All>
constexpr std::size_t place_in(const std::variant<All...>*) {
  std::size_t place = 0;
  bool found = false;
  ((found = found || std::is_same_v<Kind, All>, place += found ? 0 : 1), ...);
  return place;
}
template <class... Kinds>
FactKinds only() {
  FactKinds kinds;
  (kinds.set(place_in<Kinds>(static_cast<const Fact*>(nullptr))), ...);
  return kinds;
}

/// One metric a file. Each takes (world, lanes, output) as far as it needs them.
class Observer : public FactSink {
 public:
  void hear(const Fact&, Time) override {}
  /// What it wants to hear, asked once, before the first fact; it is spared the others.
  virtual FactKinds wants() const { return FactKinds{}.set(); }
  /// The time series' row for [from, to). All facts up to `to` have been heard, the lanes are settled up to it.
  virtual void sample(Time /*from*/, Time /*to*/) {}
  /// Writes what is still open and puts this metric's figures into the summary.
  virtual void finish(Time /*end*/, Summary&) {}
};

}  // namespace berth
