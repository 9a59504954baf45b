// A CloudWatch alarm: M of the newest N datapoints of a metric are beyond a threshold; missing ones count as missing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/catalog/catalog.hpp"
#include "sim/world/metric_series.hpp"
#include "sim/world/scaling_specs.hpp"

namespace berth {

enum class AlarmState : std::uint8_t { insufficient_data, ok, alarm };
std::string_view name(AlarmState);

enum class Comparator : std::uint8_t { greater, greater_or_equal, less, less_or_equal };

struct Alarm {
  double threshold = 0;
  Comparator comparator = Comparator::greater;
  AlarmSpec form;
  std::int64_t further = 0;  ///< periods before the newest N that are looked at where some of these are missing
};

/// What `further` is for every alarm: CloudWatch decides, not who asks.
std::int64_t further_datapoints(const Catalog& catalog);

struct AlarmMemory {
  AlarmState state = AlarmState::insufficient_data;
  Time since = Time::min();  ///< of the state
};

/// `until` is the end of the newest period of which a point may have been published: older periods without one are
/// missing. The newest N real points of the evaluation range (N and `further`) decide. Where there are fewer, all
/// decide, and the alarm goes off too when each of them is beyond the threshold and the oldest is M periods old
/// ("premature"). Without any it has insufficient data (Amazon CloudWatch user guide, alarms-and-missing-data).
AlarmState alarm_state(const Alarm& alarm, std::span<const MetricPoint> points, Time until);

/// The same with when it came to be so.
AlarmMemory evaluated(const Alarm& alarm, std::span<const MetricPoint> points, Time until, Time now,
                      AlarmMemory memory);

}  // namespace berth
