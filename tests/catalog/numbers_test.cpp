// Latencies, quotas and constants by day and profile; system workloads.
#include <algorithm>

#include "sim/base/check.hpp"
#include "sim/catalog/catalog.hpp"
#include "tests/catalog/models.hpp"

namespace berth::testing {
namespace {

double quantile_s(const char* latency, double share) {
  const auto bits = static_cast<std::uint64_t>(share * 18446744073709551616.0);
  return static_cast<double>(catalog_2026().latency(latency).microseconds.at(bits)) / 1e6;
}

}  // namespace

TEST_CASE("the ENI of a Fargate task takes 5 s at the median and 15 s at the 90th percentile") {
  CHECK(quantile_s("fargate.network_attach", 0.5) == doctest::Approx(5).epsilon(0.002));
  CHECK(quantile_s("fargate.network_attach", 0.9) == doctest::Approx(15).epsilon(0.002));
}

TEST_CASE("uniform and empirical latencies keep to what is written") {
  CHECK(quantile_s("fargate.eks.register", 0.0) == doctest::Approx(16).epsilon(0.002));
  CHECK(quantile_s("fargate.eks.register", 0.5) == doctest::Approx(23.5).epsilon(0.002));
  CHECK(quantile_s("ecs.agent", 0.5) == doctest::Approx(1.107).epsilon(0.01));
  CHECK(catalog_2026().latency("fargate.network_attach").distribution == "lognormal, p50 5 s, p90 15 s");
}

TEST_CASE("the parts of an EC2 start add up to the measured whole: 25 to 45 s to Ready") {
  for (const char* boot : {"ec2.boot.ecs_al2023", "ec2.boot.eks_al2023"}) {
    const char* join = std::string(boot) == "ec2.boot.ecs_al2023" ? "node.join.ecs" : "node.join.eks";
    const double median = quantile_s("ec2.launch", 0.5) + quantile_s(boot, 0.5) + quantile_s(join, 0.5);
    CHECK(median > 25);
    CHECK(median < 45);
  }
}

TEST_CASE("Fargate launches 1 a second in 2021 and 20 a second after a burst of 100 in 2026") {
  CHECK(catalog_2021().quota("fargate_launch_burst") == 10);
  CHECK(catalog_2021().quota("fargate_launch_per_s") == 1);
  CHECK(catalog_2026().quota("fargate_launch_burst") == 100);
  CHECK(catalog_2026().quota("fargate_launch_per_s") == 20);
  CHECK(catalog_2026().quota("fargate_spot_launch_burst") == 100);
  CHECK(catalog_2026().quota("fargate_eks_only_launch_burst") == 20);
}

TEST_CASE("quotas follow their days") {
  CHECK(catalog_2021().quota("ecs_instances_per_cluster") == 2000);
  CHECK(catalog_2026().quota("ecs_instances_per_cluster") == 5000);
  CHECK(catalog_of("us-east-1", on_day(2023, 6, 1)).quota("ecs_provisioning_tasks") == 300);
  CHECK(catalog_2026().quota("ecs_provisioning_tasks") == 500);
  CHECK(catalog_2021().quota("fargate_tasks") == 1000);
  CHECK_FALSE(catalog_2026().has_quota("fargate_tasks"));
}

TEST_CASE("an unknown quota is refused with the nearest name") {
  const auto said = refusal_of([] { catalog_2026().quota("fargate_launch_brust"); });
  CHECK(said.place == "/quotas/fargate_launch_brust");
  CHECK(said.cure == "write \"fargate_launch_burst\"");
}

TEST_CASE("the control loops run with documented defaults") {
  const Catalog& c = catalog_2026();
  CHECK(c.constant("ecs.healthy_after_running_s") == 40);
  CHECK(c.constant("alb.health.interval_s") * c.constant("alb.health.healthy_threshold") == 150);
  CHECK(c.constant("hpa.tolerance") == 0.1);
  CHECK(c.constant("ca.expendable_priority") == -10);
  CHECK(c.constant("ecs.circuit_breaker.minimum") == 3);
  CHECK(catalog_2021().constant("ecs.circuit_breaker.minimum") == 10);
  CHECK(c.constant_source("hpa.tolerance").day == "2026-11-20");
}

TEST_CASE("the tuned profile checks targets in 10 s and drains in 5 s") {
  const Catalog& tuned = catalog_of("us-east-1", on_day(2026, 3, 1), "tuned");
  CHECK(tuned.constant("alb.health.interval_s") * tuned.constant("alb.health.healthy_threshold") == 10);
  CHECK(tuned.constant("alb.deregistration_delay_s") == 5);
  CHECK(catalog_2026().constant("alb.deregistration_delay_s") == 300);
  CHECK(tuned.constant("hpa.period_s") == catalog_2026().constant("hpa.period_s"));
}

TEST_CASE("the tuned profile uses 20-s metrics from the day they were sold") {
  CHECK(catalog_of("us-east-1", on_day(2026, 6, 17), "tuned").constant("aas.metric_period_s") == 60);
  CHECK(catalog_of("us-east-1", on_day(2026, 6, 18), "tuned").constant("aas.metric_period_s") == 20);
  CHECK(catalog_of("us-east-1", on_day(2026, 6, 18)).constant("aas.metric_period_s") == 60);
}

TEST_CASE("an unknown profile is refused") {
  CHECK(refusal_of([] { Catalog::load(kModels, {"us-east-1", on_day(2026, 3, 1), "fast"}); }).found == "fast");
}

TEST_CASE("EKS runs daemons on EC2 only, and the rest may run as Fargate pods") {
  int daemons = 0;
  for (const SystemWorkload& workload : catalog_2026().system_workloads()) {
    if (workload.orchestrator != "eks") continue;
    if (workload.kind == "daemon") ++daemons;
    CHECK(workload.on_fargate == (workload.kind == "service"));
    CHECK((workload.kind == "service") == (workload.replicas > 0));
  }
  CHECK(daemons == 3);
}

TEST_CASE("every number names its source and day, and every guess says why") {
  const auto sound = [](const Source& source) {
    CHECK_FALSE(source.text.empty());
    CHECK(source.day.size() == 10);
    CHECK((!source.guess || !source.why.empty()));
  };
  for (const Catalog* c : {&catalog_2021(), &catalog_2026()}) {
    for (const Price& price : c->prices()) {
      sound(price.source);
      CHECK_FALSE(price.tiers.empty());
      CHECK(price.smallest_per_unit > 0);
    }
    for (const Latency& latency : c->latencies()) sound(latency.source);
    for (const std::string& name : c->quota_names()) sound(c->quota_source(name));
    for (const std::string& name : c->constant_names()) sound(c->constant_source(name));
    for (const SystemWorkload& workload : c->system_workloads()) sound(workload.source);
  }
}

}  // namespace berth::testing
