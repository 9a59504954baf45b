// How many requests a trace lets expect up to a moment: what the fluid lane takes in place of single arrivals.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/demand/arrivals.hpp"

namespace berth {

/// Moments are nanoseconds since the start of the run. Counts of an interval are the whole numbers that Arrivals has.
class ExpectedArrivals {
 public:
  explicit ExpectedArrivals(std::shared_ptr<const LoadSeries> series);

  /// Before `t`, since the start.
  double until(std::int64_t t) const;
  /// From `t` on, before `end`, which is not beyond its interval: exact also after very many.
  double between(std::int64_t t, std::int64_t end) const;
  /// Before `t` in whole requests.
  std::int64_t whole_until(std::int64_t t) const;
  /// To here from `t` on they come evenly: the end of the interval, or the next full second where the rate slopes.
  std::int64_t even_until(std::int64_t t) const;
  /// How long ago the earliest of the last `number` before `t` came, nanoseconds.
  double age_of(double number, std::int64_t t) const;

 private:
  std::size_t interval_at(std::int64_t t) const;
  std::int64_t start_of(std::size_t interval) const;
  double part_of_interval(std::size_t interval, double share) const;

  std::shared_ptr<const LoadSeries> series_;
  std::int64_t length_ = 1;  // of an interval
  std::int64_t lead_ = 0;
  std::vector<double> before_;  // by interval: since the beginning of the first, and in all at the end
  double skipped_ = 0;          // of the first interval, before the run
};

}  // namespace berth
