// The five fields of cron, in the zone of the scenario's start.
#include <doctest/doctest.h>

#include "sim/base/field.hpp"
#include "sim/scenario/cron.hpp"

namespace {

using namespace std::chrono_literals;

std::vector<berth::Time> cron_times(const char* cron, const char* start, berth::Duration duration) {
  std::string why;
  const auto parsed = berth::parse_cron(cron, why);
  REQUIRE_MESSAGE(parsed.has_value(), why);
  berth::Instant at;
  REQUIRE(berth::parse_instant(start, at));
  return berth::moments(*parsed, at, duration, berth::zone_offset(start));
}

using Times = std::vector<berth::Time>;

}  // namespace

TEST_CASE("a nightly job runs once a day") {
  CHECK(cron_times("30 2 * * *", "2026-03-02T00:00Z", 48h) == Times{berth::Time{2h + 30min}, berth::Time{26h + 30min}});
}

TEST_CASE("cron counts in the zone of the start") {
  // The run starts at 09:00 in Tokyo; 10:15 there is 1 h 15 min later.
  CHECK(cron_times("15 10 * * *", "2026-03-02T09:00+09:00", 24h) == Times{berth::Time{1h + 15min}});
  CHECK(berth::zone_offset("2026-03-02T09:00-03:30") == -(3h + 30min));
  CHECK(berth::zone_offset("2026-03-02") == 0h);
}

TEST_CASE("the moment of the start counts, the moment of the end does not") {
  CHECK(cron_times("0 0 * * *", "2026-03-02T00:00Z", 24h) == Times{berth::Time{}});
}

TEST_CASE("lists, ranges, steps and names") {
  CHECK(cron_times("*/20 8-9 * * *", "2026-03-02T00:00Z", 24h).size() == 3 * 2);
  CHECK(cron_times("0,30 12 * * *", "2026-03-02T00:00Z", 24h).size() == 2);
  CHECK(cron_times("0 12 * * MON-FRI", "2026-03-02T00:00Z", 7 * 24h).size() == 5);
  CHECK(cron_times("0 12 * MAR 7", "2026-03-02T00:00Z", 7 * 24h) == Times{berth::Time{6 * 24h + 12h}});  // 7 is Sunday
}

TEST_CASE("when both days are limited either is enough") {
  // Wednesday the 4th, and the 6th of the month.
  CHECK(cron_times("0 0 6 * WED", "2026-03-02T00:00Z", 7 * 24h).size() == 2);
}

TEST_CASE("what is no cron is refused with the field") {
  std::string why;
  CHECK_FALSE(berth::parse_cron("0 24 * * *", why));
  CHECK(why.find("hour") != std::string::npos);
  CHECK_FALSE(berth::parse_cron("* * * *", why));
  CHECK(why.find("five fields") != std::string::npos);
  CHECK_FALSE(berth::parse_cron("5-1 * * * *", why));
  CHECK_FALSE(berth::parse_cron("*/0 * * * *", why));
  CHECK_FALSE(berth::parse_cron("* * 0 * *", why));
}
