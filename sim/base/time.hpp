// Simulated time: integer microseconds since the start of the run, and UTC instants for what people read.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

using Duration = std::chrono::microseconds;

/// The clock of a run. It has no now(): only the event loop knows the time.
struct SimClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};

/// A moment of the run; Time{} is the start of the scenario.
using Time = SimClock::time_point;
inline constexpr Time kNever = Time::max();

/// A moment in UTC, for calendars, price dates and the `time` columns.
using Instant = std::chrono::sys_time<Duration>;

using namespace std::chrono_literals;

constexpr double seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }
constexpr double seconds(Time t) { return seconds(t.time_since_epoch()); }
constexpr Duration from_seconds(double s) {
  return Duration{static_cast<Duration::rep>(s * 1e6 + (s < 0 ? -0.5 : 0.5))};
}
constexpr Time at_second(double s) { return Time{from_seconds(s)}; }

/// "2026-03-02T15:04:05Z"; fractions of a second are cut off.
std::string iso8601(Instant t);
/// Reads "2026-03", "2026-03-02", "2026-03-02T00:00Z", with seconds and fractions, with an offset ("+09:00"). A time
/// needs Z or an offset. False when it is no such date; `why`, if given, then says how to mend it.
bool parse_instant(std::string_view text, Instant& out, std::string* why = nullptr);
/// "15 h", "2 min 30 s", "1.5 s", "20 ms": the shortest exact text, for messages and tables.
std::string say(Duration d);

}  // namespace berth
