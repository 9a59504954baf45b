// Loads made from a few numbers.
#include <algorithm>
#include <cmath>

#include "sim/demand/synthetic/synthetic.hpp"
#include "sim/demand/traces/trace.hpp"
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

TEST_CASE("a day's factors are those of the middles of its parts, weekends may have their own") {
  const LoadSeries s =
      made_of(R"({"start": "2026-03-06T00:00Z", "base": "100 /s", "daily": [1, 3], "weekend": [2]})", 48h);  // Friday
  CHECK(rate_at_hour(s, 6) == doctest::Approx(100).epsilon(0.01));
  CHECK(rate_at_hour(s, 18) == doctest::Approx(300).epsilon(0.01));
  CHECK(rate_at_hour(s, 12) == doctest::Approx(200).epsilon(0.01));
  CHECK(rate_at_hour(s, 0) == doctest::Approx(200).epsilon(0.01));  // between the evening before and the morning
  CHECK(rate_at_hour(s, 24 + 7) == 200);
}

TEST_CASE("a week's factors begin on Monday, holidays are days in UTC") {
  const LoadSeries s = made_of(R"({"start": "2026-03-02T12:00Z", "base": "100 /s", "weekly": [1, 2, 3, 4, 5, 6, 7],
      "holidays": [{"day": "2026-03-04", "days": 2, "factor": 0.5}]})",
                               7 * 24h);
  CHECK(rate_at_hour(s, 11) == 100);               // Monday
  CHECK(rate_at_hour(s, 13) == 200);               // Tuesday
  CHECK(rate_at_hour(s, 12 + 24) == 300 * 0.5);    // Wednesday
  CHECK(rate_at_hour(s, 12 + 71) == 400 * 0.5);    // Thursday
  CHECK(rate_at_hour(s, 12 + 5 * 24 + 1) == 700);  // Sunday
}

TEST_CASE("bursts are a Markov chain: each state has its share of the time") {
  const LoadSeries s = made_of(
      R"({"interval": "10 s", "base": "100 /s",
          "bursts": [{"factor": 1, "mean": "9 min"}, {"factor": 5, "mean": "3 min"}]})",
      30 * 24h);
  double sum = 0;
  std::int64_t calm = 0;
  for (const double v : s.values) sum += v, calm += v == 100 ? 1 : 0;
  const double n = static_cast<double>(s.values.size());
  CHECK(sum / n == doctest::Approx(100 * (0.75 * 1 + 0.25 * 5)).epsilon(0.05));
  CHECK(static_cast<double>(calm) / n == doctest::Approx(0.75).epsilon(0.06));
}

TEST_CASE("sources that come and go with a heavy tail: their mean is kept, their sum is bursty at every scale") {
  const auto deviation = [](const LoadSeries& s, std::size_t window) {
    double sum = 0, squares = 0, n = 0;
    for (std::size_t i = 0; i + window <= s.values.size(); i += window) {
      double part = 0;
      for (std::size_t k = 0; k < window; ++k) part += s.values[i + k] / static_cast<double>(window);
      sum += part, squares += part * part, ++n;
    }
    return std::sqrt(squares / n - sum / n * sum / n) / (sum / n);
  };
  const auto made = [](const char* alpha) {
    return made_of(
        std::string(R"({"on_off": {"sources": 100, "rate": "2 /s", "on": "5 min", "off": "15 min", "alpha": )") +
            alpha + "}}",
        14 * 24h);
  };
  const LoadSeries heavy = made("1.4"), light = made("8");
  CHECK(heavy.expected_total() / (14 * 86'400) == doctest::Approx(100 * 2 * 0.25).epsilon(0.15));
  CHECK(deviation(heavy, 360) / deviation(heavy, 1) > 2 * deviation(light, 360) / deviation(light, 1));
}

TEST_CASE("noise with a memory is like itself soon after, with its own spread, and several multiply") {
  const LoadSeries s = made_of(R"({"base": "100 /s", "noise": {"sigma": 0.3, "correlation": "30 min"}})", 60 * 24h);
  const auto log_at = [&](std::size_t i) { return std::log(s.values[i] / 100); };
  double squares = 0, products = 0, sum = 0;
  constexpr std::size_t kLag = 30;
  for (std::size_t i = 0; i + kLag < s.values.size(); ++i) {
    sum += s.values[i] / 100;
    squares += (log_at(i) + 0.045) * (log_at(i) + 0.045);
    products += (log_at(i) + 0.045) * (log_at(i + kLag) + 0.045);
  }
  const double n = static_cast<double>(s.values.size() - kLag);
  CHECK(sum / n == doctest::Approx(1).epsilon(0.03));
  CHECK(std::sqrt(squares / n) == doctest::Approx(0.3).epsilon(0.05));
  CHECK(products / squares == doctest::Approx(std::exp(-1)).epsilon(0.15));
  const LoadSeries two = made_of(R"({"base": "100 /s", "noise": [{"sigma": 0.3}, {"sigma": 0}]})", 1h);
  CHECK(two.values == made_of(R"({"base": "100 /s", "noise": {"sigma": 0.3}})", 1h).values);
}

TEST_CASE("noise by its quantiles stays between the least and the most of them") {
  const LoadSeries s = made_of(
      R"({"base": "100 /s", "noise": {"quantiles": [0.5, 0.5, 0.5, 0.5, 0.6, 0.8, 1, 1.2, 1.4, 1.5, 1.8, 3, 4]}})",
      7 * 24h);
  std::vector<double> sorted = s.values;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted.front() >= 50);
  CHECK(sorted.back() <= 400);
  CHECK(sorted[sorted.size() / 2] == doctest::Approx(100).epsilon(0.02));
  CHECK(sorted[sorted.size() * 9 / 10] == doctest::Approx(140).epsilon(0.03));
}

TEST_CASE("a load that could not be held is refused: too many intervals, too many changes") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"interval": "1 us"})", "/interval"},
      {R"({"bursts": [{"factor": 1, "mean": "1 us"}, {"factor": 2, "mean": "1 us"}]})", "/bursts"},
      {R"({"on_off": {"sources": 1000, "rate": "1 /s", "on": "1 ms", "off": "1 ms"}})", "/on_off"}};
  for (const auto& [json, place] : cases) {
    const auto parts = refusal_of([&, text = json] { made_of(text); });
    CHECK(parts.place == place);
    CHECK(has_text(parts.expected, "at most"));
  }
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
      {R"({"noise": {}})", "/noise"},
      {R"({"noise": {"quantiles": [1, 2]}})", "/noise/quantiles"},
      {R"({"noise": {"quantiles": [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}})", "/noise/quantiles"},
      {R"({"daily": []})", "/daily"},
      {R"({"weekly": [1, 1]})", "/weekly"},
      {R"({"holidays": [{"day": "2026-12-25"}]})", "/holidays/0"},
      {R"({"bursts": [{"factor": 2, "mean": "1 min"}]})", "/bursts"},
      {R"({"on_off": {"sources": 1, "rate": "1 /s", "on": "1 s", "off": "1 s", "alpha": 1}})", "/on_off/alpha"},
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
