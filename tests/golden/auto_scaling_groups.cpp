// G37 and G54 to G58: launches of EC2, mixed purchase options, warm pools and instance refresh, on AWS's examples.
#include <doctest/doctest.h>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/control/aws/warm_pool.hpp"
#include "sim/policy/node_scaling/instance_refresh.hpp"
#include "sim/policy/node_scaling/purchase_split.hpp"
#include "tests/support/constant_models.hpp"

namespace berth::test {
namespace {

void check_split(PurchaseSpec purchase, std::int64_t total, std::int64_t on_demand, std::int64_t spot) {
  CAPTURE(total);
  CHECK(on_demand_of(total, purchase) == on_demand);
  CHECK(total - on_demand_of(total, purchase) == spot);
}

TEST_CASE("G37: 1,000 instances at once, then two a second") {
  const Catalog& catalog = constant_catalog();
  TokenBucket bucket(catalog.quota("ec2_run_instances_burst"), catalog.quota("ec2_run_instances_per_s"));
  const Time now{1h};
  int launched = 0;
  while (bucket.take(now)) ++launched;
  CHECK(launched == 4 * 250);
  for (int second = 1; second <= 3; ++second) {
    const Time later = now + std::chrono::seconds{second};
    CHECK(bucket.take(later));
    CHECK(bucket.take(later));
    CHECK_FALSE(bucket.take(later));
  }
}

TEST_CASE("G54: base 10 and half on demand: 10, 15, 20, 25 on demand of 10, 20, 30, 40") {
  for (const std::int64_t n : {0, 1, 2, 3}) check_split({10, 50}, 10 + 10 * n, 10 + 5 * n, 5 * n);
}

TEST_CASE("G55: no base and 60 % on demand: 6, 12, 18, 24 on demand of 10, 20, 30, 40") {
  for (const std::int64_t n : {1, 2, 3, 4}) check_split({0, 60}, 10 * n, 6 * n, 4 * n);
}

TEST_CASE("G56: base 12 and none of the rest: 10, 12, 12, 12 on demand of 10, 20, 30, 40") {
  check_split({12, 0}, 10, 10, 0);
  for (const std::int64_t n : {2, 3, 4}) check_split({12, 0}, 10 * n, 12, 10 * n - 12);
}

TEST_CASE("G57: desired 6 of at most 10 keeps 4 warm, with at most 8 prepared 2") {
  PoolSpec pool;
  pool.max = 10;
  pool.warm_pool.emplace();
  CHECK(warm_pool_size(pool, 6) == 4);
  pool.warm_pool->max_prepared = 8;
  CHECK(warm_pool_size(pool, 6) == 2);
}

TEST_CASE("G58: a minimum of 90 % healthy replaces a tenth at a time, one at least") {
  CHECK(refreshed_at_once(20, 90) == 2);
  CHECK(refreshed_at_once(100, 90) == 10);
  CHECK(refreshed_at_once(5, 90) == 1);
  CHECK(refreshed_at_once(7, 100) == 1);
}

}  // namespace
}  // namespace berth::test
