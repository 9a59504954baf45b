// Loads made from a few numbers: a level, days and weeks, flash crowds, noise; as a series, and as a trace file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/base/time.hpp"
#include "sim/demand/arrivals.hpp"

namespace berth {

/// Rates are requests per second; moments count from the start of the load.
struct SyntheticSpec {
  /// The level moves to `rate`, at once or evenly `over` some time.
  struct Step {
    Duration at{0}, over{0};
    double rate = 0;
  };
  /// A wave with the period of a day: mean + amplitude at `peak` (time of day), mean − amplitude twelve hours later.
  struct Diurnal {
    double mean = 0, amplitude = 0;
    Duration peak{0};
    double weekend = 1;  ///< on Saturday and Sunday (UTC) it is times this
  };
  /// Rises evenly from `at`, stays, and falls by e⁻¹ every `decay`.
  /// At its top everything else is times `factor`, or `rate` more.
  struct FlashCrowd {
    Duration at{0}, rise{0}, hold{0}, decay{0};
    double factor = 1, rate = 0;
  };

  Duration interval = std::chrono::minutes{1};
  std::optional<Duration> duration;                                       ///< none: as long as the run
  Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};  ///< for hours and weekdays; a Monday
  double base = 0;
  std::vector<Step> steps;  ///< of the base, in order of time
  std::optional<Diurnal> diurnal;
  std::vector<FlashCrowd> flash_crowds;
  double noise = 0;                   ///< sigma of a lognormal factor with mean 1, drawn for each interval
  std::optional<std::uint64_t> seed;  ///< of the noise; none: the run's
  std::string name;                   ///< keys the noise, so that two loads of one run differ
};

/// Reads {interval, duration, start, base, steps, diurnal, flash_crowds, noise, seed}; every key may be missing.
SyntheticSpec synthetic_spec(const Field& field);

/// The load for `length`, as a rate.
LoadSeries synthetic(const SyntheticSpec& spec, Duration length, std::uint64_t seed);
/// The same from a scenario; InputError when its `duration` is shorter than the run.
LoadSeries synthetic(const Field& field, Duration run_length, std::uint64_t seed);

/// A series of rates as a trace file: `timestamp,rate`, three decimals. RunError when it cannot be written.
void write_trace_csv(const LoadSeries& series, Instant start, const std::string& path);

}  // namespace berth
