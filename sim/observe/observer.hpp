// What every metric is: it hears facts, is asked for a row each interval, and finishes its file at the end of the run.
#pragma once

#include "sim/base/time.hpp"
#include "sim/world/facts.hpp"

namespace berth {

struct Summary;

/// One metric a file. Each takes (world, lanes, output) as far as it needs them.
class Observer : public FactSink {
 public:
  void hear(const Fact&, Time) override {}
  /// The time series' row for [from, to). All facts up to `to` have been heard, the lanes are settled up to it.
  virtual void sample(Time /*from*/, Time /*to*/) {}
  /// Writes what is still open and puts this metric's figures into the summary.
  virtual void finish(Time /*end*/, Summary&) {}
};

}  // namespace berth
