#include "sim/policy/replica_scaling/alarm.hpp"

#include <algorithm>
#include <array>

namespace berth {
namespace {

bool breaches(const Alarm& alarm, double value) {
  switch (alarm.comparator) {
    case Comparator::greater:
      return value > alarm.threshold;
    case Comparator::greater_or_equal:
      return value >= alarm.threshold;
    case Comparator::less:
      return value < alarm.threshold;
    case Comparator::less_or_equal:
      break;
  }
  return value <= alarm.threshold;
}

}  // namespace

std::string_view name(AlarmState state) {
  constexpr std::array<std::string_view, 3> kNames = {"INSUFFICIENT_DATA", "OK", "ALARM"};
  return kNames[static_cast<std::size_t>(state)];
}

std::int64_t further_datapoints(const Catalog& catalog) {
  return static_cast<std::int64_t>(catalog.constant("cloudwatch.alarm_further_datapoints"));
}

AlarmState alarm_state(const Alarm& alarm, std::span<const MetricPoint> points, Time until) {
  const AlarmSpec& form = alarm.form;
  std::int64_t real = 0, breaching = 0, oldest = 0;  // `oldest`: periods from the newest to the oldest real point
  for (std::size_t i = points.size(); i-- > 0 && real < form.of;) {
    const std::int64_t age = std::max<std::int64_t>((until - points[i].at) / form.period, 0);
    if (age >= form.of + alarm.further) break;
    ++real;
    breaching += breaches(alarm, points[i].value);
    oldest = age;
  }
  if (real == 0) return AlarmState::insufficient_data;
  const bool premature = real < form.of && breaching == real && oldest + 1 >= form.datapoints;
  return breaching >= form.datapoints || premature ? AlarmState::alarm : AlarmState::ok;
}

AlarmMemory evaluated(const Alarm& alarm, std::span<const MetricPoint> points, Time until, Time now,
                      AlarmMemory memory) {
  const AlarmState state = alarm_state(alarm, points, until);
  if (state != memory.state || memory.since == Time::min()) memory = {state, now};
  return memory;
}

}  // namespace berth
