// Loads made from a few numbers.
#include <cmath>

#include "sim/demand/synthetic.hpp"
#include "sim/demand/trace.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

LoadSeries made_of(const std::string& json, Duration length = 24h, std::uint64_t seed = 1) {
  const Value value = parse_json(json, "test.json");
  return synthetic(Field(value, "test.json"), length, seed);
}

double rate_at_hour(const LoadSeries& series, double hour) { return series.rate_at(at_second(hour * 3600)); }

}  // namespace

TEST_CASE("a base with steps: at once, or evenly over a time") {
  const LoadSeries s = made_of(
      R"({"base": "10 /s", "steps": [{"at": "2 h", "rate": "50 /s"}, {"at": "4 h", "rate": "10 /s", "over": "2 h"}]})");
  CHECK(s.interval == 60s);
  CHECK(s.means == Meaning::rate);
  CHECK(s.values.size() == 24 * 60);
  CHECK(rate_at_hour(s, 1.99) == 10);
  CHECK(rate_at_hour(s, 2) == 50);
  CHECK(rate_at_hour(s, 5) == doctest::Approx((50 + 10) / 2.0).epsilon(0.01));
  CHECK(rate_at_hour(s, 6) == 10);
}

TEST_CASE("a day's wave is mean + amplitude at its peak, mean − amplitude twelve hours later, and other on weekends") {
  const LoadSeries s = made_of(
      R"({"start": "2026-03-06T00:00Z",
          "diurnal": {"mean": "130 /s", "amplitude": "90 /s", "peak": "14 h", "weekend": 0.5}})",
      72h);
  CHECK(rate_at_hour(s, 14) == doctest::Approx(130 + 90).epsilon(0.001));  // Friday
  CHECK(rate_at_hour(s, 2) == doctest::Approx(130 - 90).epsilon(0.001));
  CHECK(rate_at_hour(s, 24 + 14) == doctest::Approx((130 + 90) * 0.5).epsilon(0.001));  // Saturday
  CHECK(rate_at_hour(s, 48 + 14) == doctest::Approx((130 + 90) * 0.5).epsilon(0.001));  // Sunday
}

TEST_CASE("a flash crowd rises evenly, stays, and falls by e each decay time") {
  const LoadSeries s = made_of(
      R"({"base": "100 /s", "flash_crowds": [{"at": "10 h", "factor": 3, "rise": "10 min", "hold": "1 h", "decay": "1 h"},
                                             {"at": "20 h", "rate": "40 /s", "hold": "1 h"}]})");
  CHECK(rate_at_hour(s, 9.9) == 100);
  CHECK(rate_at_hour(s, 10 + 5.0 / 60) == doctest::Approx(200).epsilon(0.06));
  CHECK(rate_at_hour(s, 10.5) == 300);
  CHECK(rate_at_hour(s, 10 + 70.0 / 60 + 1) == doctest::Approx(100 * (1 + 2 * std::exp(-1))).epsilon(0.02));
  CHECK(rate_at_hour(s, 20.5) == doctest::Approx(140).epsilon(0.001));
  CHECK(rate_at_hour(s, 21) == doctest::Approx(100).epsilon(0.001));
}

TEST_CASE("noise has mean 1, its own seed, and is otherwise the run's") {
  const std::string noisy = R"({"base": "100 /s", "noise": {"sigma": 0.1}})";
  const LoadSeries s = made_of(noisy, 7 * 24h);
  double sum = 0, squares = 0;
  for (const double v : s.values) sum += v / 100, squares += v * v / 1e4;
  const double n = static_cast<double>(s.values.size());
  CHECK(sum / n == doctest::Approx(1).epsilon(0.004));  // 4 · 0.1 / √10,080
  CHECK(std::sqrt(squares / n - sum / n * sum / n) == doctest::Approx(0.1).epsilon(0.05));
  CHECK(made_of(noisy, 1h, 1).values == made_of(noisy, 1h, 1).values);
  CHECK(made_of(noisy, 1h, 1).values != made_of(noisy, 1h, 2).values);
  const std::string own = R"({"base": "100 /s", "noise": {"sigma": 0.1}, "seed": 5})";
  CHECK(made_of(own, 1h, 1).values == made_of(own, 1h, 2).values);
}

TEST_CASE("a wrong synthetic load is refused at its place") {
  struct Case {
    const char* json;
    const char* place;
  };
  const Case cases[] = {
      {R"({"bass": "1 /s"})", "/bass"},
      {R"({"base": 1})", "/base"},
      {R"({"interval": "0 s"})", "/interval"},
      {R"({"diurnal": {"mean": "10 /s", "amplitude": "11 /s"}})", "/diurnal/amplitude"},
      {R"({"diurnal": {"mean": "10 /s", "week": 1}})", "/diurnal/week"},
      {R"({"flash_crowds": [{"at": "1 h"}]})", "/flash_crowds/0"},
      {R"({"flash_crowds": [{"at": "1 h", "factor": 2, "rate": "1 /s"}]})", "/flash_crowds/0"},
      {R"({"steps": [{"at": "2 h", "rate": "1 /s"}, {"at": "1 h", "rate": "1 /s"}]})", "/steps/1/at"},
      {R"({"noise": {"sigma": -1}})", "/noise/sigma"},
      {R"({"base": "1 /s", "duration": "1 h"})", "/duration"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    const auto parts = refusal_of([&] { made_of(c.json); });
    CHECK(parts.place == c.place);
    CHECK(!parts.cure.empty());
  }
}

TEST_CASE("a load written as a trace file is read back with three decimals") {
  const LoadSeries made = made_of(R"({"base": "100 /s", "noise": {"sigma": 0.3}})", 2h);
  const TemporaryFile file("");
  write_trace_csv(made, Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}}, file.path());
  TraceOptions options;
  options.file = file.path();
  const LoadSeries read = load_trace(options, 2h);
  CHECK(read.means == Meaning::rate);
  REQUIRE(read.values.size() == made.values.size());
  for (std::size_t i = 0; i < made.values.size(); ++i) CHECK(std::abs(read.values[i] - made.values[i]) <= 0.0005001);
}

TEST_CASE("the trace that ships is what its recipe makes") {
  const std::string folder = std::string(BERTH_SOURCE_DIR) + "/workloads/traces/";
  const Value recipe = load_json(folder + "shop.synthetic.json");
  const SyntheticSpec spec = synthetic_spec(Field(recipe, "shop.synthetic.json"));
  const TemporaryFile file("");
  write_trace_csv(synthetic(spec, *spec.duration, 0), spec.start, file.path());
  const auto text_of = [](const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  CHECK(text_of(file.path()) == text_of(folder + "shop.csv"));
}

}  // namespace berth::demand_test
