// The latency histogram: 3 % wide buckets that can be merged.
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

TEST_CASE("each value lies above the edge of the bucket before and not above its own, within 3.2 %") {
  for (std::int64_t v = 1; v > 0 && v < INT64_MAX / 3; v = v * 3 / 2 + 1) {
    const std::size_t b = LatencyHistogram::bucket(v);
    const std::int64_t edge = LatencyHistogram::upper_edge(b);
    CHECK(v <= edge);
    CHECK(v > LatencyHistogram::upper_edge(b - 1));
    CHECK(LatencyHistogram::bucket(edge) == b);
    CHECK(LatencyHistogram::bucket(edge + 1) == b + 1);
    CHECK(static_cast<double>(edge - v) <= static_cast<double>(v) / 31);
  }
}

TEST_CASE("quantiles are upper edges of buckets, never above the largest value") {
  LatencyHistogram h;
  CHECK(h.quantile(0.99) == 0);
  for (std::int64_t v = 1; v <= 1000; ++v) h.add(v);
  CHECK(h.quantile(0.5) >= 500);
  CHECK(h.quantile(0.5) <= 516);  // 500 · 33/32
  CHECK(h.quantile(1) == 1000);
  CHECK(h.quantile(0.001) == 1);
  CHECK(h.total() == 1000);
}

TEST_CASE("merging two histograms is adding all values to one") {
  LatencyHistogram a, b, all;
  for (std::int64_t v = 1; v < 100; ++v) {
    (v % 2 ? a : b).add(v * v * v);
    all.add(v * v * v);
  }
  a.merge(b);
  a.merge(LatencyHistogram());
  CHECK(a.counts() == all.counts());
  CHECK(a.max() == 99 * 99 * 99);
  a.clear();
  CHECK(a.total() == 0);
  CHECK(a.quantile(0.5) == 0);
}

}  // namespace berth::demand_test
