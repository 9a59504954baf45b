// The real traces beside the source folder, when they are there: World Cup 98, NASA, a load balancer of AWS.
#include "sim/demand/traces/trace.hpp"
#include "sim/demand/traces/trace_content.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

/// The trace's path; empty (with a message) when it is not there.
std::string real_trace(const std::string& name) {
  const auto path = std::filesystem::path(BERTH_SOURCE_DIR).parent_path() / "shared" / "traces" / name;
  if (std::filesystem::exists(path)) return path.string();
  MESSAGE("skipped: no ", path.string());
  return {};
}

}  // namespace

TEST_CASE("World Cup 98: the busiest day has 75.2 million requests, each of which arrives") {
  TraceOptions options;
  options.file = real_trace("worldcup98_per_min_jun01_jul26.csv");
  if (options.file.empty()) return;
  options.from = trace_time("1998-06-30");
  const LoadSeries day = load_trace(options, 24h);
  CHECK(day.means == Meaning::count);
  CHECK(day.interval == 1min);
  CHECK(day.values.size() == 24 * 60);
  CHECK(day.expected_total() == 75'207'657);
  LoadSeries quarter = day;
  quarter.values.resize(15);
  std::int64_t arrived = 0;
  for (Arrivals a = arrivals_of(quarter); a.peek() != INT64_MAX; a.pop()) ++arrived;
  CHECK(arrived == quarter.expected_total());
  CHECK(has_text(refusal_of([&] { load_trace(options, 28 * 24h); }).cure, "repeat"));  // it ends on 26 July at 22:00
}

TEST_CASE("NASA: the missing minutes are an error until `gaps` says that there were no requests") {
  TraceOptions options;
  options.file = real_trace("nasa_http_1995_per_min.csv");
  if (options.file.empty()) return;
  const auto parts = refusal_of([&] { load_trace(options, 62 * 24h); });
  CHECK(has_text(parts.found, "198 gaps, 7884 missing lines in all"));
  options.gaps = Gaps::zero;
  const LoadSeries zero = load_trace(options, 62 * 24h);
  CHECK(zero.values.size() == 62 * 24 * 60);
  CHECK(zero.expected_total() == 3'461'612);  // the sum of all lines
  options.gaps = Gaps::hold;
  CHECK(load_trace(options, 62 * 24h).expected_total() > 3'461'612);
}

TEST_CASE("a load balancer's 5-minute counts: `value` needs a meaning, a missing interval had no requests") {
  TraceOptions options;
  options.file = real_trace("aws_elb_request_count_5min.csv");
  if (options.file.empty()) return;
  options.scale = 500;
  options.gaps = Gaps::zero;
  CHECK(has_text(refusal_of([&] { load_trace(options, 24h); }).cure, "means=count"));
  options.means = Meaning::count;
  const LoadSeries whole = load_trace(options, 14 * 24h);
  CHECK(whole.interval == 5min);
  CHECK(whole.values[0] == 94 * 500);
  CHECK(whole.values.size() == 14 * 24 * 12);
  options.from = trace_time("2014-04-11");  // the lines are at 23:59, 00:04 …: a day begins inside an interval
  const LoadSeries day = load_trace(options, 24h);
  CHECK(day.lead == 1min);
  CHECK(day.values.size() == 24 * 12 + 1);
}

}  // namespace berth::demand_test
