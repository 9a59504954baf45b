// When requests arrive: a trace's intensity turned into single arrivals, keyed so that every architecture sees the same
// ones.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/base/time.hpp"

namespace berth {

/// What the numbers of a trace mean (SCENARIO.md): nobody guesses.
enum class Meaning : std::uint8_t {
  count,  ///< requests in the interval; exactly as many are simulated, uniformly placed (Poisson given its count)
  rate,   ///< mean requests per second over the interval; arrivals are Poisson with that intensity
  gauge,  ///< requests per second read at that instant, linear in between; arrivals are Poisson
  listed  ///< no numbers: every request has its own moment
};

/// A piecewise load over the run, already cropped, scaled and shifted:
/// value i holds over [i·interval − lead, (i+1)·interval − lead).
struct LoadSeries {
  Duration interval{0};
  std::vector<double> values;  ///< in the unit of `means`: requests per interval, or per second
  Meaning means = Meaning::rate;
  Duration lead{0};  ///< how much of the first interval lies before the run, >= 0 and < interval
  // Of a list, in place of `values`:
  std::vector<std::int64_t> moments{};     ///< nanoseconds since the start of the run, ascending
  std::vector<std::int64_t> service_ns{};  ///< what each request takes on an idle replica; empty: not listed

  /// Expected requests per second at `t`; 0 before the run and after the end.
  double rate_at(Time t) const;
  /// Expected requests from the start of the run to the end of the series.
  double expected_total() const;
};

/// The part of a load that goes to one service: its values times `share`; of a list, requests by lot, keyed by `name`.
LoadSeries part_of_load(const LoadSeries& whole, double share, std::uint64_t seed, const std::string& name);

/// The stream of arrival moments of one service. Copyable: a copy starts where the original stands.
class Arrivals {
 public:
  /// Never any.
  Arrivals();
  Arrivals(std::shared_ptr<const LoadSeries> series, std::uint64_t seed, const std::string& service);

  /// The next arrival in nanoseconds since the start, ascending; INT64_MAX after the last.
  std::int64_t peek() const { return next_; }
  /// The request number of the arrival at peek(): 0, 1, 2 …
  std::uint64_t number() const { return number_; }
  void pop();
  /// What each request takes, by number, where a list has it; else null.
  const std::int64_t* listed_service_times() const { return service_ns_; }

 private:
  void step();
  void step_count();
  void step_intensity();
  void open_interval();
  double place_in_interval() const;
  std::int64_t gap();

  std::shared_ptr<const LoadSeries> series_;
  const std::int64_t* service_ns_ = nullptr;  // of a list, by number
  Draws draws_;                               // draw 4b + i of a stream is four(b)[i]
  std::array<std::int64_t, 4> gaps_{};
  std::uint64_t drawn_ = 0;  // gaps taken, per run (intensity) or per interval (count)
  std::int64_t next_ = INT64_MAX;
  std::uint64_t number_ = 0;
  std::size_t interval_ = 0;
  std::int64_t start_ = 0;  // of the interval, in nanoseconds since the start of the run
  std::int64_t left_ = 0;   // count: arrivals still to come in this interval
  double sum_ = 0;          // count: of the values so far
  double position_ = 0;     // in the interval: sum of gaps (count), or expected requests since its start
  double expected_ = 0;     // requests in this interval
  double stretch_ = 0;      // nanoseconds per unit of position
};

}  // namespace berth
