// The five fields of cron, and the moments they mean.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/world/karpenter_specs.hpp"

namespace berth {

struct Cron {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     ///< of the month, 1 … 31
  std::bitset<13> months;   ///< 1 … 12
  std::bitset<7> weekdays;  ///< 0 is Sunday
  bool any_day = false;     ///< the field of the day is *
  bool any_weekday = false;
};

/// "0 3 * * *", "*/15 8-18 * * MON-FRI". Empty when it is no such text; `why` then says what is wrong.
std::optional<Cron> parse_cron(std::string_view text, std::string& why);

/// The same, and the short words of Kubernetes: @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.
std::optional<Cron> parse_kube_cron(std::string_view text, std::string& why);

/// All moments in [start, start + duration), ascending. When both days are limited, either is enough (as in cron).
std::vector<Time> moments(const Cron& cron, Instant start, Duration duration, Duration zone_offset);

/// [moment, moment + open), of every moment that leaves something in the run; times are of its start. The first may be
/// before it.
std::vector<DisruptionBudget::Window> windows(const Cron& cron, Instant start, Duration run, Duration open);

/// The offset of "2026-03-02T09:00+09:00": 9 h. Zero for Z and for dates alone.
Duration zone_offset(std::string_view start);

}  // namespace berth
