// The bill: golden examples from public price examples, tiers, exact sums.
#include <doctest/doctest.h>

#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

constexpr std::int64_t kMonthSeconds = 730 * 3600;
constexpr std::int64_t kGb = 1'073'741'824;

const Price& price(const std::string& sku, const std::string& region = "us-east-1") {
  return catalog_of(region).price(sku);
}
/// In stated units.
std::string bill(const std::string& sku, double units, const std::string& region = "us-east-1") {
  const Price& p = price(sku, region);
  return cents(amount(p, static_cast<__int128>(units * static_cast<double>(p.smallest_per_unit) + 0.5)));
}
std::vector<BillLine> rated(const std::vector<UsageRow>& usage, Instant start, Duration duration) {
  return rate(usage, [](std::string_view sku) -> const Price& { return catalog_of().price(sku); }, {start, duration});
}
std::int64_t hour_number(Instant t) { return std::chrono::floor<std::chrono::hours>(t).time_since_epoch().count(); }

TEST_CASE("a month of 730 hours costs what the published examples say") {
  struct Case {
    const char* id;
    const char* sku;
    double units;
    const char* usd;
  };
  const Case cases[] = {{"G63 CPU", "fargate:vcpu:x86", 730, "29.55"},
                        {"G63 memory", "fargate:memory:x86", 2 * 730, "6.49"},
                        {"G64 CPU x2", "fargate:vcpu:x86", 2 * 730, "59.10"},
                        {"G64 CPU x5", "fargate:vcpu:x86", 5 * 730, "147.75"},
                        {"G64 memory x5", "fargate:memory:x86", 10 * 730, "32.45"},
                        {"G65 cluster", "eks:cluster", 730, "73.00"},
                        {"G65 memory", "fargate:memory:x86", 730, "3.24"},
                        {"G66", "eks:cluster:extended", 730, "438.00"},
                        {"G67 hours", "nat:hour", 730, "32.85"},
                        {"G67 GB", "nat:gb", 100, "4.50"},
                        {"G68 ALB", "alb:hour", 730, "16.43"},
                        {"G68 ALB LCU", "alb:lcu", 1.3698 * 730, "8.00"},
                        {"G68 NLB", "nlb:hour", 730, "16.43"},
                        {"G68 NLB LCU", "nlb:lcu", 1.3698 * 730, "6.00"},
                        {"G69 hours", "clb:hour", 730, "18.25"},
                        {"G69 GB", "clb:gb", 10'000, "80.00"},
                        {"G70 gp3", "ebs:gp3:gb_month", 40, "3.20"},
                        {"G70 IOPS", "ebs:gp3:iops_month", 1000, "5.00"},
                        {"G70 MB/s", "ebs:gp3:mbps_month", 5, "0.20"},
                        {"G70 gp2", "ebs:gp2:gb_month", 10, "1.00"},
                        {"G71 instance", "ec2:t3.medium", 730, "30.37"},
                        {"G71 volume", "ebs:gp2:gb_month", 8, "0.80"},
                        {"G73b other Region", "transfer:inter_region:gb", 750, "15.00"}};
  for (const Case& c : cases) CHECK_MESSAGE(bill(c.sku, c.units) == c.usd, c.id);
}

TEST_CASE("G72, G73b: each tier of internet egress is charged for what lies in it") {
  const auto in_tiers = [](const std::string& region) {
    const double gigabytes[] = {10'240, 40'960, 102'400, 3'400};
    std::vector<std::string> tiers;
    __int128 below = 0;
    for (const double gb : gigabytes) {
      const __int128 upto = below + static_cast<__int128>(gb) * kGb;
      tiers.push_back(cents(amount(price("egress:gb", region), upto) - amount(price("egress:gb", region), below)));
      below = upto;
    }
    return tiers;
  };
  CHECK(in_tiers("ap-northeast-2") == std::vector<std::string>{"1,290.24", "4,997.12", "11,980.80", "367.20"});
  const auto us = in_tiers("us-east-1");
  CHECK(us[0] == "921.60");
  CHECK(us[1] == "3,481.60");
  CHECK(cents(amount(price("egress:gb"), static_cast<__int128>(57'000) * kGb) -
              amount(price("egress:gb"), static_cast<__int128>(51'200) * kGb)) == "406.00");
}

TEST_CASE("G73: traffic inside a region is billed in both directions") {
  CHECK(bill("transfer:cross_az:gb", 2 * 1000, "ap-northeast-2") == "20.00");
  CHECK(bill("transfer:inter_region:gb", 750, "ap-northeast-2") == "60.00");
}

TEST_CASE("G74: two hours of 1 vCPU and 2 GB in Seoul with a public address") {
  CHECK(exact(amount(price("fargate:vcpu:x86", "ap-northeast-2"), 1000 * 7200)) == "0.0931200000");
  CHECK(exact(amount(price("fargate:memory:x86", "ap-northeast-2"), 2048 * 7200)) == "0.0204400000");
  CHECK(exact(amount(price("ipv4:hour", "ap-northeast-2"), 7200)) == "0.0100000000");
}

TEST_CASE("G76: 2 vCPU and 8 GB around the clock, on demand and on Spot") {
  const auto both = [](const std::string& spot) {
    return cents(amount(price("fargate:vcpu:x86" + spot), 2000 * kMonthSeconds) +
                 amount(price("fargate:memory:x86" + spot), 8 * 1024 * kMonthSeconds));
  };
  CHECK(both("") == "85.06");
  CHECK(both(":spot") == "25.21");
}

TEST_CASE("G78: Fargate bills whole seconds, rounded up, one minute at least") {
  const Instant start = utc(2026, 3, 2);
  CHECK(billed_seconds(start, start + 41'200ms, 60).seconds == 60);
  CHECK(billed_seconds(start, start + 61'200ms, 60).seconds == 62);
  CHECK(billed_seconds(start, start + 60s, 60).seconds == 60);
}

TEST_CASE("seconds are metered in the UTC hour in which they pass") {
  UsageLedger ledger;
  const Instant from = utc(2026, 3, 2, 9h + 59min + 30s);
  ledger.add("ec2:m6i.large", "main/ec2", billed_seconds(from, from + 1h + 45s, 60), 1);
  const auto rows = ledger.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].hour == hour_number(utc(2026, 3, 2, 9h)));
  CHECK(rows[0].quantity == 30);
  CHECK(rows[1].quantity == 3600);
  CHECK(rows[2].quantity == 3645 - 30 - 3600);
}

TEST_CASE("parts of an amount add up to it to the last digit, whatever the weights") {
  const std::vector<__int128> thirds{1, 1, 1};
  const auto parts = apportion(Usd{100}, thirds);
  CHECK(parts[0] == Usd{34});  // the first of equal remainders takes what is left
  CHECK(parts[1] == Usd{33});
  CHECK(parts[2] == Usd{33});
  CHECK(apportion(Usd{101}, thirds) == std::vector<Usd>{Usd{34}, Usd{34}, Usd{33}});
  const std::vector<__int128> large{(__int128{1} << 80) + 7, __int128{1} << 79, 3};
  Usd sum;
  for (const Usd part : apportion(usd("123456.7890123456"), large)) sum += part;
  CHECK(sum == usd("123456.7890123456"));
  const std::vector<__int128> nothing{0, 0};
  const Usd fortune{__int128{1} << 80};
  const std::vector<__int128> huge = {__int128{1} << 60, __int128{1} << 59, 1};
  sum = Usd{};
  for (const Usd part : apportion(fortune, huge)) sum += part;
  CHECK(sum == fortune);
  CHECK(apportion(Usd{5}, nothing)[0] == Usd{5});
}

TEST_CASE("a month is rated at the run's pace through the month's tiers, each sku rounded once") {
  const Instant start = utc(2026, 3, 2);
  const std::int64_t per_day = 1000 * kGb;  // 31,000 GB a month: beyond the first tier of 10,240 GB
  const auto lines = rated({{"egress:gb", "a", hour_number(start), per_day / 4},
                            {"egress:gb", "b", hour_number(start), per_day - per_day / 4}},
                           start, 24h);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].usd + lines[1].usd == usd("90"));  // 1,000 × 0.09
  CHECK(lines[0].usd == usd("22.5"));
  CHECK(lines[0].usd_month + lines[1].usd_month == usd("2686.20"));  // 10,240 × 0.09 + 20,760 × 0.085
  CHECK(lines[0].usd_day + lines[1].usd_day == usd("90"));
  CHECK(month_of(start) == 31 * 24h);
  CHECK(month_of(utc(2028, 2, 29)) == 29 * 24h);
}

TEST_CASE("a volume that is there for the whole of a month costs one month, whatever its length") {
  struct Case {
    Instant start;
    std::int64_t days;
  };
  const std::int64_t mib = 30 * 1024;
  for (const Case c : {Case{utc(2026, 2, 1), 28}, Case{utc(2026, 3, 1), 31}, Case{utc(2026, 4, 1), 30}}) {
    std::vector<UsageRow> usage;
    for (std::int64_t hour = 0; hour < c.days * 24; ++hour)
      usage.push_back({"ebs:gp3:gb_month", "a", hour_number(c.start) + hour, mib * 3600});
    const auto all = rated(usage, c.start, c.days * 24h);
    CHECK(all.at(0).usd == usd("2.40"));  // 30 × 0.08
    CHECK(all.at(0).usd_month == usd("2.40"));
    CHECK(all.at(0).units == doctest::Approx(30));
    usage.resize(24);
    const auto day = rated(usage, c.start, 24h);
    CHECK(day.at(0).usd_month == usd("2.40"));
    CHECK(day.at(0).usd == scaled(usd("2.40"), 1, c.days));
  }
}

TEST_CASE("each hour of a volume is a share of its own month, and the sum is rounded once") {
  const Instant start = utc(2026, 3, 31);
  const std::int64_t day = 1024 * 86'400;  // 1 GB
  const auto lines = rated({{"ebs:gp3:gb_month", "a", hour_number(start), day},
                            {"ebs:gp3:gb_month", "b", hour_number(utc(2026, 4, 1)), day}},
                           start, 48h);
  CHECK(lines.at(0).usd + lines.at(1).usd == scaled(usd("0.08"), 30 + 31, 30 * 31));  // 0.08 × (1/31 + 1/30)
  CHECK(lines.at(0).units == doctest::Approx(1.0 / 31));
  CHECK(lines.at(1).units == doctest::Approx(1.0 / 30));
}

TEST_CASE("tiers begin anew in every calendar month") {
  const Instant start = utc(2026, 3, 31);
  const std::int64_t ten = 10'240 * kGb;
  const auto lines = rated(
      {{"egress:gb", "a", hour_number(start), ten}, {"egress:gb", "a", hour_number(utc(2026, 4, 1)), ten}}, start, 48h);
  CHECK(lines.at(0).usd == usd("1843.20"));  // twice 10,240 × 0.09
}

TEST_CASE("usage without a price is refused, never free") {
  CHECK_THROWS_AS(rated({{"ec2:x9.huge", "a", 0, 1}}, utc(2026, 3, 2), 24h), InputError);
}

}  // namespace
}  // namespace berth::observe_test
