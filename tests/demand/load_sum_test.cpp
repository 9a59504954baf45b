// Loads put together.
#include "sim/demand/load_sum.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

std::shared_ptr<const LoadSeries> shared(LoadSeries load) {
  return std::make_shared<const LoadSeries>(std::move(load));
}

std::shared_ptr<const LoadSeries> list_of(std::vector<std::int64_t> moments) {
  LoadSeries load;
  load.means = Meaning::listed;
  load.interval = 60s;
  load.moments = std::move(moments);
  return shared(std::move(load));
}

LoadSeries sum(const Loads& loads, Duration length) { return sum_of_loads(loads, length, "test", "/traces/all/sum"); }

using Values = std::vector<double>;

}  // namespace

TEST_CASE("loads on one grid keep it and what their numbers mean, the shorter one ends") {
  const LoadSeries both =
      sum({shared(series_of(Meaning::count, {1, 2, 3})), shared(series_of(Meaning::count, {10, 20}))}, 3min);
  CHECK(both.means == Meaning::count);
  CHECK(both.interval == 60s);
  CHECK(both.values == Values{11, 22, 3});
}

TEST_CASE("loads on other grids meet on the one that cuts no interval, and none of them is lost") {
  const LoadSeries both =
      sum({shared(series_of(Meaning::count, {60, 120}, 60s)), shared(series_of(Meaning::rate, {1, 2, 3}, 40s))}, 2min);
  CHECK(both.interval == 20s);
  CHECK(both.means == Meaning::rate);
  CHECK(both.values == Values{1 + 1, 1 + 1, 1 + 2, 2 + 2, 2 + 3, 2 + 3});
  CHECK(both.expected_total() == doctest::Approx(60 + 120 + 40 * (1 + 2 + 3)));
}

TEST_CASE("counts of other intervals stay counts, gauges stay gauges") {
  const LoadSeries counts =
      sum({shared(series_of(Meaning::count, {60, 120}, 60s)), shared(series_of(Meaning::count, {30, 30, 30, 30}, 30s))},
          2min);
  CHECK(counts.means == Meaning::count);
  CHECK(counts.values == Values{60, 60, 90, 90});
  const LoadSeries gauges = sum(
      {shared(series_of(Meaning::gauge, {0, 60}, 60s)), shared(series_of(Meaning::gauge, {1, 1, 1, 1}, 30s))}, 2min);
  CHECK(gauges.means == Meaning::gauge);
  CHECK(gauges.values == Values{1, 31, 61, 61});
}

TEST_CASE("lists are merged by time, and are not mixed with numbers") {
  CHECK(sum({list_of({0, 10, 30}), list_of({5, 10})}, 1min).moments == std::vector<std::int64_t>{0, 5, 10, 10, 30});
  const auto parts = refusal_of([] { sum({list_of({0}), shared(series_of(Meaning::rate, {1}))}, 1min); });
  CHECK(parts.place == "/traces/all/sum");
  CHECK(has_text(parts.cure, "interval=60s"));
}

TEST_CASE("grids that only meet in microseconds are refused") {
  const auto parts = refusal_of([] {
    sum({shared(series_of(Meaning::rate, Values(1440, 1), 60s)),
         shared(series_of(Meaning::rate, Values(1440, 1), 59999999us))},
        24h);
  });
  CHECK(has_text(parts.found, "1 us"));
}

TEST_CASE("a product is the first load times the others as factors") {
  const Loads loads = {shared(series_of(Meaning::count, {60, 120}, 60s)),
                       shared(series_of(Meaning::rate, {1, 0.5, 2, 1}, 30s))};
  const LoadSeries product = product_of_loads(loads, 2min, "test", "/traces/all/product");
  CHECK(product.means == Meaning::count);
  CHECK(product.values == Values{30, 15, 120, 60});
  const Loads wrong = {loads[1], loads[0]};
  CHECK(refusal_of([&] { product_of_loads(wrong, 2min, "test", "/p"); }).place == "/p/1");
}

}  // namespace berth::demand_test
