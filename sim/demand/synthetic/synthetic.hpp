// Loads made from a few numbers: a level, days and weeks, flash crowds, noise; as a series, and as a trace file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/csv.hpp"
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

  /// From `day` on, so many days are times `factor`.
  struct Holiday {
    Instant day{};
    std::int64_t days = 1;
    double factor = 1;
  };
  /// A state of a Markov chain that modulates the load: it stays for an exponential time, then goes to another state,
  /// each as likely. Arrivals of such a load are a Markov-modulated Poisson process.
  struct BurstState {
    double factor = 1;
    Duration mean{0};
  };
  /// Sources that work and rest in turn, for times with a heavy tail (Pareto, no variance below alpha 2): their sum is
  /// bursty at all scales.
  struct OnOff {
    std::int64_t sources = 0;
    double rate = 0;  ///< of each while it is on
    Duration on{0}, off{0};
    double alpha = 1.5;
  };
  /// A random factor with mean 1 for each interval, lognormal or with the given quantiles.
  struct Noise {
    double sigma = 0;
    Duration correlation{0};        ///< after which e⁻¹ of it is left; 0: every interval has its own
    std::vector<double> quantiles;  ///< at kNoiseProbabilities, ascending; empty: lognormal
  };

  Duration interval = std::chrono::minutes{1};
  std::optional<Duration> duration;                                       ///< none: as long as the run
  Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};  ///< for hours and weekdays; a Monday
  double base = 0;
  std::vector<Step> steps;  ///< of the base, in order of time
  std::optional<Diurnal> diurnal;
  std::vector<FlashCrowd> flash_crowds;
  std::vector<double> daily;    ///< factors of equal parts of the day (UTC), each in the middle of its part
  std::vector<double> weekend;  ///< the same of Saturdays and Sundays; empty: as daily
  std::vector<double> weekly;   ///< factors of the days from Monday on; empty or seven
  std::vector<double> hourly;   ///< factors of equal parts of each hour, one after the other: what starts by the clock
  std::vector<Holiday> holidays;
  std::vector<BurstState> bursts;
  std::optional<OnOff> on_off;
  std::vector<Noise> noise;
  std::optional<double> most;         ///< nothing is above it: 100 of a load in percent
  std::optional<std::uint64_t> seed;  ///< of all luck here; none: the run's
  std::string name;                   ///< keys it, so that two loads of one run differ
};

/// Where SyntheticSpec::Noise::quantiles are given.
inline constexpr std::array<double, 13> kNoiseProbabilities = {0,    0.001, 0.01, 0.05, 0.1,   0.25, 0.5,
                                                               0.75, 0.9,   0.95, 0.99, 0.999, 1};

/// Reads the keys of `synthetic` in a scenario; every key may be missing.
SyntheticSpec synthetic_spec(const Field& field);

/// The load for `length`, as a rate:
/// (base with steps + diurnal) × daily × weekly × hourly × holidays × flash crowds × bursts + crowds by rate + on_off,
/// × noise, at most `most`. InputError when it has too many intervals or changes to be made.
LoadSeries synthetic(const SyntheticSpec& spec, Duration length, std::uint64_t seed);
/// The same from a scenario; InputError when its `duration` is shorter than the run.
LoadSeries synthetic(const Field& field, Duration run_length, std::uint64_t seed);

/// The line of interval i of a trace file.
void add_trace_row(const LoadSeries& series, Instant start, std::size_t i, CsvRow& row);
/// A series of rates as a trace file: `timestamp,rate`, three decimals (six of a rate below 10). RunError when it
/// cannot be written.
void write_trace_csv(const LoadSeries& series, Instant start, const std::string& path);

}  // namespace berth
