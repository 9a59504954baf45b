// How a scenario says what a request takes.
#include <doctest/doctest.h>

#include <cmath>

#include "tests/scenario/scene.hpp"

namespace {

TEST_CASE("every distribution of a service time has the mean, the median and the extremes that it says") {
  struct Case {
    const char* json;
    double mean_ms, median_ms, least_ms, most_ms;  // the extremes: 0 and 1e300 where there are none
  };
  const double sigma = std::log(300.0 / 40) / 2.3263478740;
  const Case cases[] = {
      {R"("100 ms")", 100, 100, 100, 100},
      {R"({"constant": "100 ms"})", 100, 100, 100, 100},
      {R"({"exponential": {"mean": "100 ms"}})", 100, 100 * std::log(2.0), 0, 1e300},
      {R"({"lognormal": {"p50": "40 ms", "p99": "300 ms"}})", 40 * std::exp(sigma * sigma / 2), 40, 0, 1e300},
      {R"({"gamma": {"mean": "100 ms"}})", 100, 100 * std::log(2.0), 0, 1e300},
      {R"({"gamma": {"mean": "100 ms", "shape": 2}})", 100, 100 * 1.678347 / 2, 0, 1e300},
      {R"({"uniform": {"low": "20 ms", "high": "80 ms"}})", 50, 50, 20, 80},
      {R"({"empirical": ["10 ms", "30 ms", "20 ms"]})", 20, 20, 10, 30},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    const auto run = scene::run_of(scene::loaded({{"/services/web/demand/service_time", c.json}}), "ecs-ec2");
    const berth::Quantiles time = scene::workload(run, "web")->demand->service_time.in_nanoseconds();
    CHECK(time.mean() / 1e6 == doctest::Approx(c.mean_ms).epsilon(0.002));
    CHECK(static_cast<double>(time.at(std::uint64_t{1} << 63)) / 1e6 == doctest::Approx(c.median_ms).epsilon(0.002));
    CHECK(static_cast<double>(time.at(0)) / 1e6 >= c.least_ms);
    CHECK(static_cast<double>(time.at(UINT64_MAX)) / 1e6 <= c.most_ms);
  }
}

}  // namespace
