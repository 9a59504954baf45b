// Which machines there are: Fargate sizes by day, instance types and what they offer.
#include "sim/catalog/catalog.hpp"
#include "tests/catalog/models.hpp"

namespace berth::testing {
namespace {

Cpu vcpu(std::int64_t n) { return Cpu{kVcpu.count() * n}; }
Bytes gibs(std::int64_t n) { return kGiB * n; }
constexpr bool kEcs = false;
constexpr bool kEks = true;

}  // namespace

TEST_CASE("Fargate sizes end at 4 vCPU and 30 GB in September 2021") {
  for (const bool orchestrator : {kEcs, kEks}) {
    const auto& sizes = catalog_2021().fargate_sizes(orchestrator);
    CHECK(sizes.back().cpu == vcpu(4));
    CHECK(sizes.back().memory == gibs(30));
    CHECK(sizes.size() == 3 + 4 + 7 + 13 + 23);
    CHECK_FALSE(catalog_2021().fargate_fit(vcpu(4), gibs(31), orchestrator).has_value());
  }
}

TEST_CASE("Fargate sizes end at 32 vCPU on ECS and 16 on EKS in 2026") {
  CHECK(catalog_2026().fargate_sizes(kEcs).back().cpu == vcpu(32));
  CHECK(catalog_2026().fargate_sizes(kEcs).back().memory == gibs(244));
  CHECK(catalog_2026().fargate_sizes(kEks).back().cpu == vcpu(16));
  CHECK(catalog_2026().fargate_sizes(kEks).back().memory == gibs(120));
  CHECK_FALSE(catalog_2026().fargate_fit(vcpu(17), gibs(1), kEks).has_value());
  CHECK(catalog_2026().fargate_fit(vcpu(17), gibs(1), kEcs)->memory == gibs(60));
}

TEST_CASE("sizes of 8 and 16 vCPU are sold on ECS from September 2022 on") {
  CHECK(catalog_of("us-east-1", on_day(2022, 8, 31)).fargate_sizes(kEcs).back().cpu == vcpu(4));
  CHECK(catalog_of("us-east-1", on_day(2022, 9, 1)).fargate_sizes(kEcs).back().cpu == vcpu(16));
}

TEST_CASE("a request is rounded up to the smallest size that holds it") {
  const Bytes addend = kMiB * static_cast<std::int64_t>(catalog_2026().constant("eks.fargate.memory_addend_mib"));
  const auto pod = catalog_2026().fargate_fit(vcpu(1), gibs(8) + addend, kEks);
  REQUIRE(pod);
  CHECK(pod->cpu == vcpu(2));
  CHECK(pod->memory == gibs(9));

  const auto nothing = catalog_2026().fargate_fit(Cpu{}, Bytes{}, kEks);
  CHECK(nothing->cpu == millicores(250));
  CHECK(nothing->memory == kMiB * 512);

  CHECK(catalog_2026().fargate_fit(vcpu(2), kMiB * 3840 + addend, kEks)->memory == gibs(4));  // an exact fit
  CHECK(catalog_2026().fargate_fit(vcpu(8), gibs(17), kEcs)->memory == gibs(20));             // steps of 4 GB
}

TEST_CASE("the size that is chosen is the cheapest that holds the request") {
  const Catalog& c = catalog_2026();
  const auto cost = [&](const FargateSize& s) {
    return scaled(c.price("fargate:vcpu:x86").tiers[0].usd, s.cpu.count(), kVcpu.count()) +
           scaled(c.price("fargate:memory:x86").tiers[0].usd, s.memory.count(), kGiB.count());
  };
  for (std::int64_t millis = 100; millis <= 16'000; millis += 700)
    for (std::int64_t mib = 256; mib <= 120 * 1024; mib += 1700) {
      const auto chosen = c.fargate_fit(millicores(millis), kMiB * mib, kEcs);
      REQUIRE(chosen);
      for (const FargateSize& other : c.fargate_sizes(kEcs))
        if (other.cpu >= millicores(millis) && other.memory >= kMiB * mib) CHECK(cost(*chosen) <= cost(other));
    }
}

TEST_CASE("Fargate storage: 20 GiB included, 200 on ECS, 175 on EKS since 2023-08-02 and 20 before") {
  CHECK(catalog_2026().fargate_storage_included() == gibs(20));
  CHECK(catalog_2026().fargate_storage_limit(kEcs) == gibs(200));
  CHECK(catalog_2026().fargate_storage_limit(kEks) == gibs(175));
  CHECK(catalog_of("us-east-1", on_day(2023, 8, 1)).fargate_storage_limit(kEks) == gibs(20));
  CHECK(catalog_of("us-east-1", on_day(2023, 8, 2)).fargate_storage_limit(kEks) == gibs(175));
}

TEST_CASE("Fargate storage of ECS ends at the included 20 GiB until it could be extended in April 2021") {
  CHECK(catalog_of("us-east-1", on_day(2021, 4, 1)).fargate_storage_limit(kEcs) == gibs(20));
  CHECK(catalog_of("us-east-1", on_day(2021, 4, 2)).fargate_storage_limit(kEcs) == gibs(200));
}

TEST_CASE("a pod that asks 100 GiB of storage is given 115") {
  const double asked = 100;
  const double given = asked * (1 + catalog_2026().constant("eks.fargate.storage_addend_pct") / 100) +
                       catalog_2026().constant("eks.fargate.storage_addend_gib");
  CHECK(given == doctest::Approx(115));
}

TEST_CASE("m4.large registers 7,985 MiB with ECS, as documented, and other types lose a stated share") {
  CHECK(catalog_2026().instance("m4.large")->ecs_memory == kMiB * 7985);
  CHECK(catalog_2026().instance("m6i.large")->ecs_memory == kMiB * (8192 * 95 / 100));
}

TEST_CASE("m5.large offers 1,930 m, 6,903 MiB and 29 pods to Kubernetes") {
  const InstanceType* type = catalog_2026().instance("m5.large");
  REQUIRE(type);
  CHECK(type->eks_cpu == millicores(1930));
  CHECK(type->eks_memory == kMiB * 6903);
  CHECK(type->eks_pods == 29);
  CHECK(type->eks_pods == type->max_enis * (type->ipv4_per_eni - 1) + 2);
  CHECK(type->family == "m5");
  CHECK(type->network_baseline == doctest::Approx(0.75e9 / 8));
  CHECK(type->network_burst == doctest::Approx(10e9 / 8));
  CHECK(*type->spot_saving_pct == 66);
  CHECK(type->spot_band == "15-20%");
}

TEST_CASE("all 1,363 types are there, sorted, with a network that moves") {
  const auto& types = catalog_2026().instances();
  CHECK(types.size() == 1363);
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) CHECK(types[i - 1].name < types[i].name);
    CHECK(types[i].network_baseline > 0);
    CHECK(types[i].network_burst >= types[i].network_baseline);
    CHECK(types[i].ecs_memory <= types[i].memory);
    CHECK(types[i].eks_memory < types[i].memory);
  }
}

TEST_CASE("an unknown instance type is not there") {
  CHECK(catalog_2026().instance("m6i.huge") == nullptr);
  CHECK(catalog_2026().instance("") == nullptr);
}

TEST_CASE("what the table does not know in a region is empty, not 0") {
  CHECK_FALSE(catalog_of("ap-northeast-2", on_day(2026, 3, 1)).instance("c6g.large")->usd_hour);
  CHECK(catalog_2026().instance("c6g.large")->usd_hour);
  CHECK_FALSE(catalog_2026().instance("a1.large")->spot_saving_pct);  // the advisor's 0 is no saving known
}

}  // namespace berth::testing
