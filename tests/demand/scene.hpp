// Small scenes for the tests of demand: steady loads, lanes of equal targets, temporary trace files.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/demand/lane.hpp"

namespace berth::demand_test {

// Nanoseconds.
inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMs;

/// Both kinds of target, by the CPU of a request: requests that only wait, and requests that use CPU.
inline constexpr std::int64_t kBothKinds[] = {0, 3 * kMs};
inline constexpr Balancing kAllBalancing[] = {Balancing::round_robin, Balancing::least_outstanding, Balancing::random};

inline LoadSeries series_of(Meaning means, std::vector<double> values, Duration interval = 60s) {
  LoadSeries series;
  series.interval = interval;
  series.means = means;
  series.values = std::move(values);
  return series;
}

inline Arrivals arrivals_of(LoadSeries series, std::uint64_t seed = 1, const std::string& service = "web") {
  return Arrivals(std::make_shared<const LoadSeries>(std::move(series)), seed, service);
}

inline Arrivals poisson(double per_second, double for_seconds, std::uint64_t seed = 1) {
  return arrivals_of(series_of(Meaning::rate, {per_second}, from_seconds(for_seconds)), seed);
}

/// Moments of all arrivals, in nanoseconds.
inline std::vector<std::int64_t> moments(Arrivals arrivals) {
  std::vector<std::int64_t> all;
  for (; arrivals.peek() != INT64_MAX; arrivals.pop()) all.push_back(arrivals.peek());
  return all;
}

/// The first whole microsecond after that nanosecond: advancing there books what happens at it.
inline Time just_after(std::int64_t ns) { return Time{Duration{ns / 1000 + 1}}; }

inline LaneSpec spec_of(Quantiles service_time, std::int64_t concurrency = 1) {
  LaneSpec spec;
  spec.service = "web";
  spec.service_time = std::move(service_time);
  spec.concurrency = concurrency;
  spec.queue_limit = 1'000'000;
  return spec;
}

inline RequestLane lane_with(const LaneSpec& spec, Arrivals arrivals, int targets, Cpu allotment = kVcpu,
                             std::uint64_t seed = 1) {
  RequestLane lane(spec, seed, std::move(arrivals));
  for (int i = 1; i <= targets; ++i) lane.add_target(TargetId(i), allotment, Time{});
  return lane;
}

/// A file that lives as long as the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "berth-trace-XXXXXX").string();
    close(mkstemp(name.data()));
    path_ = name;
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The parts of the InputError that `act` throws; fails the test when it throws none.
template <class Act>
InputError::Parts refusal_of(Act act) {
  try {
    act();
  } catch (const InputError& e) {
    return e.parts();
  }
  FAIL("no InputError");
  return {};
}

inline bool has_text(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace berth::demand_test
