// What a trace is like in figures, and a synthetic twin of it.
#include <cmath>

#include "sim/demand/traces/trace_statistics.hpp"
#include "sim/demand/synthetic/twin.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

SyntheticSpec spec_of_json(const std::string& json) {
  const Value value = parse_json(json, "test.json");
  return synthetic_spec(Field(value, "test.json"));
}

TraceGrid grid_of(const SyntheticSpec& spec, Duration length, Meaning means = Meaning::rate) {
  TraceGrid grid;
  grid.start = spec.start;
  grid.interval = spec.interval;
  grid.means = means;
  grid.values = synthetic(spec, length, 1).values;
  return grid;
}

TraceGrid grid_with(std::vector<double> values, Duration interval = 60s) {
  TraceGrid grid;
  grid.interval = interval;
  grid.means = Meaning::count;
  grid.values = std::move(values);
  return grid;
}

/// The twin of a load of that description.
SyntheticSpec twin_of(const std::string& json, Duration length) {
  return fit_twin(grid_of(spec_of_json(json), length));
}

}  // namespace

TEST_CASE("statistics: counts a second, quantiles, the peak and its place, gaps left out and told") {
  const double none = std::nan("");
  const TraceStatistics s = trace_statistics(grid_with({60, 120, none, none, 180, 60, none, 60}));
  CHECK(s.present == 5);
  CHECK(s.missing == 3);
  CHECK(s.gaps == 2);
  CHECK(s.longest_gap == 2);
  CHECK(s.mean == doctest::Approx((60 + 120 + 180 + 60 + 60) / 5.0 / 60));
  CHECK(s.p50 == 1);
  CHECK(s.peak == 3);
  CHECK(s.peak_at == 4);
}

TEST_CASE("Poisson counts have a dispersion of 1 at every scale, and no memory") {
  SyntheticSpec spec;
  spec.base = 2;
  const TraceGrid counts = twin_grid(spec, grid_of(spec, 7 * 24h, Meaning::count));
  const TraceStatistics s = trace_statistics(counts);
  REQUIRE(s.scales.size() >= 3);
  for (const auto& scale : s.scales) CHECK(scale.dispersion == doctest::Approx(1).epsilon(0.4));
  CHECK(s.scales[0].dispersion == doctest::Approx(1).epsilon(0.05));
  for (const auto& lag : s.lags) CHECK(std::abs(lag.correlation) < 0.05);
}

TEST_CASE("a load of a day's period is like itself a day later") {
  const TraceStatistics s = trace_statistics(
      grid_of(spec_of_json(R"({"interval": "10 min", "diurnal": {"mean": "10 /s", "amplitude": "9 /s"}})"), 7 * 24h));
  CHECK(s.lags.back().lag == 24h);
  CHECK(s.lags.back().correlation == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("a trace of nothing, of one value, of equal values has figures and a twin") {
  for (const std::vector<double>& values : {std::vector<double>{0, 0, 0},
                                            {5, 5},
                                            std::vector<double>(5000, 3.0),
                                            {1e15, 0},
                                            {std::nan(""), 2, std::nan("")}}) {
    const TraceGrid grid = grid_with(values);
    CHECK(std::isfinite(trace_statistics(grid).mean));
    const TraceGrid twin = twin_grid(fit_twin(grid), grid);
    REQUIRE(twin.values.size() == values.size());
    for (const double v : twin.values) CHECK(v >= 0);
  }
}

TEST_CASE("a twin finds the day, the week, a holiday and a crowd of a load that has them") {
  const SyntheticSpec twin = twin_of(R"({"interval": "10 min", "start": "2026-03-02T00:00Z",
      "base": "100 /s", "daily": [0.4, 0.6, 1.6, 1.4], "weekly": [1.1, 1.1, 1.1, 1.1, 1.2, 0.7, 0.7],
      "holidays": [{"day": "2026-03-19", "factor": 0.3}],
      "flash_crowds": [{"at": "10 d 9 h", "factor": 5, "rise": "20 min", "hold": "1 h", "decay": "40 min"}]})",
                                     28 * 24h);
  REQUIRE(twin.daily.size() == 48);
  CHECK(twin.daily[6] == doctest::Approx(0.4).epsilon(0.15));
  CHECK(twin.daily[30] == doctest::Approx(1.6).epsilon(0.1));
  REQUIRE(twin.weekly.size() == 7);
  CHECK(twin.weekly[5] / twin.weekly[0] == doctest::Approx(0.7 / 1.1).epsilon(0.1));
  REQUIRE(twin.holidays.size() == 1);
  CHECK(iso8601(twin.holidays[0].day) == "2026-03-19T00:00:00Z");
  CHECK(twin.holidays[0].factor == doctest::Approx(0.3).epsilon(0.2));
  REQUIRE(twin.flash_crowds.size() == 1);
  CHECK(std::abs(seconds(twin.flash_crowds[0].at - (10 * 24h + 9h))) <= 3600);
  CHECK(twin.flash_crowds[0].factor == doctest::Approx(5).epsilon(0.2));
}

TEST_CASE("a twin finds how strong a noise is and how long it lasts") {
  const SyntheticSpec lasting =
      twin_of(R"({"interval": "5 min", "base": "100 /s", "noise": {"sigma": 0.2, "correlation": "1 h"}})", 14 * 24h);
  REQUIRE(lasting.noise.size() == 1);
  CHECK(seconds(lasting.noise[0].correlation) == doctest::Approx(3600).epsilon(0.5));
  const TraceStatistics a = trace_statistics(grid_of(lasting, 14 * 24h));
  CHECK(a.scales[0].variation == doctest::Approx(0.2).epsilon(0.2));
  const SyntheticSpec fresh = twin_of(R"({"interval": "5 min", "base": "100 /s", "noise": {"sigma": 0.2}})", 14 * 24h);
  REQUIRE(fresh.noise.size() == 1);
  CHECK(fresh.noise[0].correlation == 0s);
}

TEST_CASE("what Poisson arrivals vary by themselves is no noise of the twin") {
  SyntheticSpec steady;
  steady.base = 0.5;
  const TraceGrid trace = twin_grid(steady, grid_of(steady, 7 * 24h, Meaning::count));  // 30 a minute
  const TraceStatistics twin = trace_statistics(twin_grid(fit_twin(trace), trace));
  CHECK(twin.scales[0].dispersion == doctest::Approx(1).epsilon(0.15));
}

TEST_CASE("the description of a twin is read back as the same load") {
  const Value all = load_json(std::string(BERTH_SOURCE_DIR) + "/workloads/traces/all_shapes.synthetic.json");
  const SyntheticSpec spec = synthetic_spec(Field(all, "all"));
  const Value written = parse_json(to_json(synthetic_json(spec)), "written");
  const LoadSeries again = synthetic(synthetic_spec(Field(written, "written")), 14 * 24h, 1);
  CHECK(again.values == synthetic(spec, 14 * 24h, 1).values);
}

}  // namespace berth::demand_test
