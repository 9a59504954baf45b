// What things cost: exact, by region and day, and never 0 because a price is missing.
#include "sim/catalog/catalog.hpp"
#include "tests/catalog/models.hpp"

namespace berth::testing {
namespace {

Usd usd_of(const std::string& text) {
  Usd usd;
  REQUIRE(parse_usd(text, usd));
  return usd;
}

Usd hourly(const Catalog& catalog, const char* sku) { return catalog.price(sku).tiers.front().usd; }

/// `hours` of `sku`, as an invoice rounds it.
std::string for_hours(const Catalog& catalog, const char* sku, int hours, int amount = 1) {
  return cents(scaled(hourly(catalog, sku), hours * amount, 1));
}

}  // namespace

TEST_CASE("a Fargate task of 1 vCPU and 2 GB costs 29.55 and 6.49 USD in a month of 730 hours") {
  const Catalog& c = catalog_2026();
  CHECK(hourly(c, "fargate:vcpu:x86") == usd_of("0.04048"));
  CHECK(for_hours(c, "fargate:vcpu:x86", 730) == "29.55");
  CHECK(for_hours(c, "fargate:memory:x86", 730, 2) == "6.49");
  CHECK(for_hours(c, "fargate:vcpu:x86", 730, 5) == "147.75");
}

TEST_CASE("an EKS cluster costs 73 USD a month, 438 in extended support") {
  CHECK(for_hours(catalog_2026(), "eks:cluster", 730) == "73.00");
  CHECK(for_hours(catalog_2026(), "eks:cluster:extended", 730) == "438.00");
  CHECK_FALSE(catalog_2021().has_price("eks:cluster:extended"));
}

TEST_CASE("network parts cost what the price list examples say") {
  const Catalog& c = catalog_2026();
  CHECK(for_hours(c, "nat:hour", 730) == "32.85");
  CHECK(cents(scaled(hourly(c, "nat:gb"), 100, 1)) == "4.50");
  CHECK(for_hours(c, "alb:hour", 730) == "16.43");
  const Price& lcu = c.price("alb:lcu");
  const std::int64_t metered = 1'369'800 * 730;  // 1.3698 LCU for 730 hours, in millionths
  CHECK(cents(scaled(lcu.tiers[0].usd, metered, lcu.smallest_per_unit)) == "8.00");
  CHECK(cents(scaled(hourly(c, "ebs:gp3:gb_month"), 40, 1)) == "3.20");
}

TEST_CASE("usage in smallest units comes to whole stated units") {
  const Catalog& c = catalog_2026();
  CHECK(c.price("fargate:vcpu:x86").smallest == "millicore-second");
  CHECK(c.price("fargate:vcpu:x86").smallest_per_unit == 1000 * 3600);
  CHECK(c.price("fargate:memory:x86").smallest_per_unit == 1024 * 3600);
  CHECK(c.price("ebs:gp3:gb_month").smallest_per_unit == std::int64_t{1024} * 3600 * 730);
  CHECK(c.price("nat:gb").smallest_per_unit == std::int64_t{1} << 30);
}

TEST_CASE("internet egress has tiers that add up over a month") {
  const Price& egress = catalog_2026().price("egress:gb");
  REQUIRE(egress.tiers.size() == 4);
  CHECK(egress.tiers[0].up_to == 10'240);
  CHECK(egress.tiers[1].up_to == 10'240 + 40'960);
  CHECK(egress.tiers[2].up_to == 10'240 + 40'960 + 102'400);
  CHECK(egress.tiers[3].up_to == 0);
  CHECK(scaled(egress.tiers[0].usd, 10'240, 1) == usd_of("921.60"));
  CHECK(scaled(egress.tiers[1].usd, 40'960, 1) == usd_of("3481.60"));
  CHECK(scaled(egress.tiers[2].usd, 5'800, 1) == usd_of("406.00"));
}

TEST_CASE("Seoul has its own prices") {
  const Catalog& seoul = catalog_of("ap-northeast-2", on_day(2026, 3, 1));
  CHECK(scaled(hourly(seoul, "fargate:vcpu:x86"), 2, 1) == usd_of("0.09312"));
  CHECK(scaled(hourly(seoul, "fargate:memory:x86"), 2 * 2, 1) == usd_of("0.02044"));
  CHECK(scaled(hourly(seoul, "ipv4:hour"), 2, 1) == usd_of("0.01"));
  CHECK(hourly(seoul, "ec2:m6i.large") == usd_of("0.118"));
  CHECK(seoul.price("eks:cluster").source.guess);
}

TEST_CASE("Fargate Spot is a stated factor of the on-demand price") {
  const Catalog& c = catalog_2026();
  const Price& spot = c.price("fargate:vcpu:x86:spot");
  CHECK(spot.tiers[0].usd == usd_of("0.011998272"));  // 0.04048 × 0.2964
  CHECK(spot.source.guess);
  const Usd hour = spot.tiers[0].usd + spot.tiers[0].usd + scaled(hourly(c, "fargate:memory:x86:spot"), 8, 1);
  CHECK(cents(scaled(hour, 730, 1)) == "25.21");  // measured bill of 2 vCPU and 8 GB
}

TEST_CASE("EC2 prices, spot and the fees on top come from the instance table") {
  const Catalog& c = catalog_2026();
  CHECK(hourly(c, "ec2:m6i.large") == usd_of("0.096"));
  CHECK(hourly(c, "ec2:m6i.large:spot") == scaled(usd_of("0.096"), 100 - 63, 100));
  CHECK(hourly(c, "auto_mode:m6i.large") == scaled(usd_of("0.096"), 12, 100));
  CHECK(hourly(c, "managed_instances:m6i.large") == scaled(usd_of("0.096"), 12, 100));
}

TEST_CASE("a public address is free before 2024-02-01 and charged from that day on") {
  CHECK(hourly(catalog_of("us-east-1", on_day(2024, 1, 31)), "ipv4:hour") == Usd{});
  CHECK(hourly(catalog_of("us-east-1", on_day(2024, 2, 1)), "ipv4:hour") == usd_of("0.005"));
}

TEST_CASE("a missing price is an error that names sku, region and day") {
  const Catalog& seoul = catalog_of("ap-northeast-2", on_day(2026, 3, 1));
  REQUIRE_FALSE(seoul.has_price("nlb:hour"));
  const auto said = refusal_of([&] { seoul.price("nlb:hour"); });
  CHECK(said.place == "/regions/ap-northeast-2/nlb:hour");
  CHECK(said.expected == "a price of nlb:hour in ap-northeast-2 on 2026-03-01");
  CHECK_FALSE(said.cure.empty());
  CHECK_THROWS_AS(seoul.price("ec2:c6g.large"), InputError);  // sold, but its price there is unknown
}

TEST_CASE("a region without prices is refused by name") {
  const auto said = refusal_of([] { Catalog::load(kModels, {"mars-north-1", on_day(2026, 3, 1)}); });
  CHECK(said.found == "mars-north-1");
  CHECK(said.expected.find("us-east-1, ap-northeast-2") != std::string::npos);
}

}  // namespace berth::testing
