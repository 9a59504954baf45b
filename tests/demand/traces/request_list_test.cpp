// Lists of requests as loads: every request at its own moment.
#include "sim/demand/traces/trace_content.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

const char* const kFour = "arrival,duration_ms\n10,5\n10.000001,7\n12.5,40\n14,3\n";

LoadSeries listed(const std::string& options, Duration run_length, const char* text = kFour) {
  const TemporaryFile file(text);
  TraceOptions all;
  all.file = file.path();
  set_trace_options(all, options);
  return load_trace(all, run_length);
}

using Moments = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("requests of a list arrive when it says, to the microsecond, from the first one on") {
  const LoadSeries load = listed("", 5s);
  CHECK(load.means == Meaning::listed);
  CHECK(moments(arrivals_of(load)) == Moments{0, 1'000, 2'500 * kMs, 4'000 * kMs});
  CHECK(moments(arrivals_of(load, 2, "other")) == moments(arrivals_of(load)));
  CHECK(load.expected_total() == 4);
  CHECK(load.rate_at(at_second(3)) == doctest::Approx(4.0 / 60));
}

TEST_CASE("a part of a list: from and to, shifted, stretched, and again when it ends") {
  CHECK(moments(arrivals_of(listed("from=1970-01-01T00:00:12,to=1970-01-01T00:00:14", 2s))) == Moments{500 * kMs});
  CHECK(moments(arrivals_of(listed("shift=1s", 5s))) == Moments{1'000 * kMs, 1'000 * kMs + 1'000, 3'500 * kMs});
  CHECK(moments(arrivals_of(listed("stretch=2,gaps=zero", 60s))) == Moments{0, 2'000, 5'000 * kMs, 8'000 * kMs});
  CHECK(moments(arrivals_of(listed("repeat,from=1970-01-01T00:00:12,to=1970-01-01T00:00:14", 5s))) ==
        Moments{500 * kMs, 2'500 * kMs, 4'500 * kMs});
}

TEST_CASE("a run that is longer than the list needs to know what comes after it") {
  const auto parts = refusal_of([] { listed("", 60s); });
  CHECK(has_text(parts.cure, "repeat"));
  CHECK(listed("gaps=zero", 60s).moments.size() == 4);
}

TEST_CASE("requests come once: a scale below 1 takes a part of them by lot, one above is refused with what to do") {
  std::string many = "arrival\n";
  for (int i = 0; i < 2000; ++i) many += std::to_string(i) + "\n";
  const LoadSeries part = listed("scale=0.25", 2000s, many.c_str());
  CHECK(part.moments.size() > 2000 * 0.25 - 80);
  CHECK(part.moments.size() < 2000 * 0.25 + 80);
  const LoadSeries whole = listed("", 2000s, many.c_str());
  const LoadSeries web = part_of_load(whole, 0.5, 1, "web"), cart = part_of_load(whole, 0.5, 1, "cart");
  CHECK(web.moments != cart.moments);
  CHECK(web.moments == part_of_load(whole, 0.5, 1, "web").moments);
  const auto parts = refusal_of([] { listed("scale=4", 4s); });
  CHECK(has_text(parts.cure, "stretch=0.25"));
  CHECK(has_text(parts.cure, "interval=60s"));
}

TEST_CASE("counted in intervals a list is a trace of counts") {
  const LoadSeries counts = listed("interval=2s,scale=10", 6s);
  CHECK(counts.means == Meaning::count);
  CHECK(counts.values == std::vector<double>{20, 10, 10});
}

TEST_CASE("a lane serves each request for as long as the list says, also where clients would try again") {
  const LoadSeries load = listed("service_time=duration_ms:ms", 5s);
  LaneSpec spec = spec_of(Quantiles::constant(1e9), 10);
  SUBCASE("nobody tries again") {}
  SUBCASE("clients may try again") { spec.retries.max = 1; }
  RequestLane lane = lane_with(spec, arrivals_of(load), 1);
  lane.advance_to(at_second(0.006));
  CHECK(lane.totals().ok == 1);  // 5 ms, not the second of the specification
  lane.advance_to(at_second(0.0075));
  CHECK(lane.totals().ok == 2);
  lane.advance_to(at_second(2.539));
  CHECK(lane.totals().ok == 2);
  lane.advance_to(at_second(2.541));
  CHECK(lane.totals().ok == 3);
}

TEST_CASE("stretch spreads a trace over more time: rates stay, counts stay, gauges stay") {
  const char* const counts = "time,count\n0,60\n60,120\n120,60\n";
  const LoadSeries slow = listed("stretch=2", 6min, counts);
  CHECK(slow.interval == 2min);
  CHECK(slow.values == std::vector<double>{60, 120, 60});
  CHECK(listed("stretch=0.5", 90s, counts).interval == 30s);
  CHECK(has_text(refusal_of([&] { listed("stretch=0.5", 2min, counts); }).cure, "1 min 30 s"));
  CHECK(has_text(refusal_of([&] { listed("stretch=1e18", 2min, counts); }).place, "stretch"));
}

TEST_CASE("a trace that would fill the memory is refused") {
  const char* const fine = "time,rate\n0,1\n0.000001,1\n";
  CHECK(has_text(refusal_of([&] { listed("repeat", 24h, fine); }).expected, "50000000"));
  CHECK(has_text(refusal_of([&] { listed("repeat", 24h, "arrival\n0\n0.000001\n"); }).expected, "50000000"));
}

}  // namespace berth::demand_test
