// How fast instance families are, and which have CPU credits.
#include "tests/catalog/models.hpp"

namespace berth::testing {
namespace {

constexpr std::int64_t kCredit = 60'000'000'000;  // nanoseconds of one core

const InstanceType& type(const char* name) { return *catalog_2026().instance(name); }

}  // namespace

TEST_CASE("a family without a figure is as fast as the reference, and so is every size of a family") {
  CHECK(type("m6i.large").cpu_speed == 1);
  CHECK(type("m6g.large").cpu_speed == 1);
  CHECK(type("p5.48xlarge").cpu_speed == 1);
  CHECK(type("m5.large").cpu_speed == type("m5.24xlarge").cpu_speed);
  CHECK(type("m5.large").cpu_speed < 1);
  CHECK(type("m7g.large").cpu_speed > 1);
  CHECK(catalog_2026().fargate_cpu_speed() == type("m5.large").cpu_speed);
}

TEST_CASE("T instances have credits as the EC2 user guide lists them, others none") {
  REQUIRE(type("t3.micro").burstable);
  CHECK(type("t3.micro").burstable->earned_per_hour == 12 * kCredit);
  CHECK(type("t3.micro").burstable->most == 288 * kCredit);
  CHECK(type("t3.micro").burstable->at_launch == 0);
  CHECK(type("t3.micro").burstable->unlimited);
  CHECK(type("t2.2xlarge").burstable->earned_per_hour == 816 * kCredit / 10);
  CHECK(type("t2.xlarge").burstable->at_launch == 120 * kCredit);
  CHECK_FALSE(type("t2.xlarge").burstable->unlimited);
  CHECK_FALSE(type("m6i.large").burstable);
}

TEST_CASE("a day of credits is what may be saved") {
  for (const InstanceType& t : catalog_2026().instances())
    if (t.burstable) CHECK(t.burstable->most == 24 * t.burstable->earned_per_hour);
}

TEST_CASE("surplus credits have a price wherever T instances have one") {
  for (const char* region : {"us-east-1", "ap-northeast-2"}) {
    const Catalog& catalog = catalog_of(region, on_day(2026, 3, 1));
    for (const InstanceType& t : catalog.instances())
      if (t.burstable && t.usd_hour) CHECK(catalog.has_price(t.burstable->sku));
  }
}

TEST_CASE("speeds and credits without a source are refused") {
  SpoiltModels speeds;
  speeds.replace("cpu_speed.json", "\"source\": \"our choice: that of m5\", ", "");
  CHECK(speeds.refusal().place == "/fargate");
  SpoiltModels credits;
  credits.replace("cpu_credits.json", "\"per_hour\": 12,", "\"per_hour\": -12,");
  CHECK(credits.refusal().place.find("/types/") == 0);
}

}  // namespace berth::testing
