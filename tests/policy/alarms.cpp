// CloudWatch alarms: the tables of AWS's page on missing data, thresholds, transitions.
#include <string>
#include <vector>

#include "sim/policy/replica_scaling/alarm.hpp"
#include "tests/policy/placing.hpp"

namespace berth {
namespace {

/// "0 - X": one character a minute, the newest last: within the threshold, missing, beyond it.
std::vector<MetricPoint> drawn(const std::string& row) {
  std::vector<MetricPoint> points;
  int minute = 0;
  for (const char c : row) {
    if (c == ' ') continue;
    ++minute;
    const Time at = at_second(60.0 * minute);
    if (c != '-') points.push_back({at, at, c == 'X' ? 80.0 : 20.0});
  }
  return points;
}

AlarmState state_of(const std::string& row, std::int64_t datapoints, std::int64_t of) {
  const auto minutes = static_cast<double>((row.size() + 1) / 2);
  const Alarm alarm{50, Comparator::greater, {1min, datapoints, of}, 2};
  return alarm_state(alarm, drawn(row), at_second(60 * minutes));
}

}  // namespace

TEST_CASE("3 of 3: AWS's table of missing datapoints, treated as missing") {
  CHECK(state_of("0 - X - X", 3, 3) == AlarmState::ok);
  CHECK(state_of("0 - - - -", 3, 3) == AlarmState::ok);
  CHECK(state_of("- - - - -", 3, 3) == AlarmState::insufficient_data);
  CHECK(state_of("0 X X - X", 3, 3) == AlarmState::alarm);
  CHECK(state_of("- - X - -", 3, 3) == AlarmState::alarm);
  CHECK(state_of("- - - X -", 3, 3) == AlarmState::ok);  // the next point may be within the threshold
  CHECK(state_of("- - - - X", 3, 3) == AlarmState::ok);
}

TEST_CASE("2 of 3: AWS's table of missing datapoints, treated as missing") {
  CHECK(state_of("0 - X - X", 2, 3) == AlarmState::alarm);
  CHECK(state_of("0 0 X 0 X", 2, 3) == AlarmState::alarm);
  CHECK(state_of("0 - X - -", 2, 3) == AlarmState::ok);
  CHECK(state_of("- - - - 0", 2, 3) == AlarmState::ok);
  CHECK(state_of("- - - X -", 2, 3) == AlarmState::alarm);
}

TEST_CASE("points before the evaluation range are not looked at") {
  CHECK(state_of("X X X - - - - -", 3, 3) == AlarmState::insufficient_data);
  CHECK(state_of("X X X - - - -", 3, 3) == AlarmState::alarm);  // the newest of them is in the range, and it is old
  CHECK(state_of("X X X 0 0 0 0", 3, 3) == AlarmState::ok);
}

TEST_CASE("a value on the threshold breaches only the comparators that say so") {
  const std::vector<MetricPoint> points = {{at_second(60), at_second(60), 50}};
  const auto state = [&](Comparator comparator) {
    return alarm_state({50, comparator, {1min, 1, 1}, 2}, points, at_second(60));
  };
  CHECK(state(Comparator::greater) == AlarmState::ok);
  CHECK(state(Comparator::greater_or_equal) == AlarmState::alarm);
  CHECK(state(Comparator::less) == AlarmState::ok);
  CHECK(state(Comparator::less_or_equal) == AlarmState::alarm);
}

TEST_CASE("an alarm remembers since when it is in its state") {
  const Alarm alarm{50, Comparator::greater, {1min, 1, 1}, 0};
  AlarmMemory memory;
  memory = evaluated(alarm, drawn("-"), at_second(60), at_second(60), memory);
  CHECK(memory.state == AlarmState::insufficient_data);
  memory = evaluated(alarm, drawn("- X"), at_second(120), at_second(130), memory);
  CHECK(memory.state == AlarmState::alarm);
  CHECK(memory.since == at_second(130));
  memory = evaluated(alarm, drawn("- X X"), at_second(180), at_second(190), memory);
  CHECK(memory.since == at_second(130));
  memory = evaluated(alarm, drawn("- X X 0"), at_second(240), at_second(250), memory);
  CHECK(memory.state == AlarmState::ok);
  CHECK(memory.since == at_second(250));
}

}  // namespace berth
