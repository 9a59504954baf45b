// Latencies, quotas and constants by day and profile; system workloads.
#include <algorithm>
#include <set>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/base/random.hpp"
#include "sim/catalog/catalog.hpp"
#include "tests/catalog/models.hpp"

namespace berth::testing {
namespace {

double quantile_s(const char* latency, double share) {
  const auto bits = static_cast<std::uint64_t>(share * 18446744073709551616.0);
  return static_cast<double>(catalog_2026().latency(latency).microseconds.at(bits)) / 1e6;
}

/// A quantile of the sum of independent steps.
double sum_s(const Catalog& catalog, const std::vector<std::string>& steps, double share) {
  std::vector<double> sums(4001);
  for (std::size_t step = 0; step < steps.size(); ++step) {
    const Draws draws{1, Purpose::instance_boot, step};
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] += static_cast<double>(catalog.latency(steps[step]).microseconds.at(draws.at(i))) / 1e6;
  }
  std::sort(sums.begin(), sums.end());
  return sums[static_cast<std::size_t>(share * static_cast<double>(sums.size() - 1))];
}

struct Start {
  std::string source;
  Instant day;
  std::vector<std::string> steps;
  double before_s;  ///< of the measured time, before the first step begins
  double low_s, high_s;
};

const std::vector<Start> kStarts = {
    {"node-latency-for-k8s, 2022-12: AL2 on c6a.large, RunInstances to Ready",
     on_day(2022, 12, 20),
     {"ec2.launch", "ec2.boot.eks_al2", "node.join.eks"},
     0,
     24,
     30},
    {"amazon-eks-ami#1099, 2022-12: AL2 before that work, RunInstances to kubelet start",
     on_day(2022, 12, 1),
     {"ec2.launch", "ec2.boot.eks_al2"},
     0,
     32,
     36},
    {"keikoproj/instance-manager#277, 2021-04: AL2 in a group, scale event to Ready, 110 s",
     on_day(2021, 4, 1),
     {"asg.reaction", "ec2.launch", "ec2.boot.eks_al2", "node.join.eks"},
     5,  // the Cluster Autoscaler looks every 10 s
     100,
     120},
    {"the same out of a stopped warm pool, 80 s",
     on_day(2021, 4, 1),
     {"asg.warm_reaction", "ec2.launch", "ec2.boot.stopped", "node.join.eks"},
     5,
     72,
     88},
    {"keikoproj/instance-manager#290, 2021-05: Bottlerocket in a group, 71 s, on other days 90 to 120 s",
     on_day(2021, 5, 1),
     {"asg.reaction", "ec2.launch", "ec2.boot.bottlerocket", "node.join.eks"},
     0,
     71,
     120},
    {"amazon-eks-ami#2210, 2025: AL2023, launch request to kubelet start, 24.0 and 29.7 s",
     on_day(2025, 4, 3),
     {"ec2.launch", "ec2.boot.eks_al2023"},
     0,
     24,
     29.7},
    {"facts of 2024: AL2023 to Ready, 25 to 45 s",
     on_day(2024, 3, 1),
     {"ec2.launch", "ec2.boot.eks_al2023", "node.join.eks"},
     0,
     25,
     45},
    {"facts of 2026: AL2023 to Ready, 25 to 45 s",
     on_day(2026, 3, 1),
     {"ec2.launch", "ec2.boot.eks_al2023", "node.join.eks"},
     0,
     25,
     45},
    {"karpenter-provider-aws#6165, 2024-05: Karpenter with the default image (AL2), about 30 to 40 s to Ready",
     on_day(2024, 5, 1),
     {"karpenter.create_fleet", "ec2.launch", "ec2.boot.eks_al2", "node.join.eks"},
     1,  // the batch window
     30,
     40},
    {"the same with AL2023, today",
     on_day(2026, 3, 1),
     {"karpenter.create_fleet", "ec2.launch", "ec2.boot.eks_al2023", "node.join.eks"},
     1,
     30,
     40},
    {"ECS, AL2023: 25 to 45 s to ACTIVE",
     on_day(2026, 3, 1),
     {"ec2.launch", "ec2.boot.ecs_al2023", "node.join.ecs"},
     0,
     25,
     45},
    {"skyplane PR#152, 2022-02: ECS-optimised AL2 usable after about 40 s",
     on_day(2022, 2, 1),
     {"ec2.launch", "ec2.boot.ecs_al2", "node.join.ecs"},
     0,
     36,
     44},
    {"ECS, Bottlerocket: 25 to 45 s to ACTIVE",
     on_day(2026, 3, 1),
     {"ec2.launch", "ec2.boot.bottlerocket", "node.join.ecs"},
     0,
     25,
     45},
    {"karpenter-provider-aws PR 3827, 2023-04: i3.large 54 s to Ready",
     on_day(2023, 4, 1),
     {"ec2.launch", "ec2.boot.eks_al2", "ec2.boot.xen", "node.join.eks"},
     0,
     48,
     60},
};

/// All sources of a folder, one after the other, in no particular order.
std::string source_of(const std::string& folder) {
  std::ostringstream all;
  for (const auto& file : std::filesystem::recursive_directory_iterator(std::string(BERTH_SOURCE_DIR) + "/" + folder))
    if (file.path().extension() == ".cpp") all << std::ifstream(file.path()).rdbuf();
  return all.str();
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

TEST_CASE("a start of a node, step by step, has its median where it was measured") {
  for (const Start& start : kStarts) {
    INFO(start.source);
    const Catalog& day = catalog_of("us-east-1", start.day);
    const double median = sum_s(day, start.steps, 0.5) + start.before_s;
    INFO(median);
    CHECK(median >= start.low_s);
    CHECK(median <= start.high_s);
  }
}

TEST_CASE("a Fargate task comes to its pull as fast as the records of its platform's time") {
  const std::vector<std::string> steps = {"fargate.network_attach", "fargate.machine_prepare"};
  const auto median = [&](int year, unsigned month) {
    return sum_s(catalog_of("us-east-1", on_day(year, month, 1)), steps, 0.5);
  };
  // The rows that did not calibrate it, the even ones of platform 1.4: median 15.1 s, p90 24.2 s (n = 10).
  CHECK(median(2026, 3) == doctest::Approx(15.1).epsilon(0.2));
  CHECK(sum_s(catalog_2026(), steps, 0.9) == doctest::Approx(24.2).epsilon(0.35));
  CHECK(median(2021, 9) > median(2022, 2));
  CHECK(median(2021, 9) == doctest::Approx(17).epsilon(0.2));  // 14 to 20 s
}

TEST_CASE("a latency is the one of the day: an image that does not exist yet has none") {
  const Catalog& in_2022 = catalog_of("us-east-1", on_day(2022, 6, 1));
  CHECK_FALSE(catalog_2021().has_latency("ec2.boot.eks_al2023"));
  CHECK_FALSE(in_2022.has_latency("ec2.boot.ecs_al2023"));
  CHECK(catalog_2026().has_latency("ec2.boot.eks_al2023"));
  const auto mean = [](const Catalog& c, const char* name) { return c.latency(name).microseconds.mean(); };
  CHECK(mean(catalog_2021(), "ec2.boot.eks_al2") > 2 * mean(catalog_2026(), "ec2.boot.eks_al2"));
  CHECK(mean(catalog_2021(), "fargate.machine_prepare") > mean(in_2022, "fargate.machine_prepare"));
  CHECK(mean(in_2022, "nlb.register") > 3 * mean(catalog_2026(), "nlb.register"));
  CHECK(catalog_2021().constant("eks.ami.al2023_is_default") == 0);
  CHECK(catalog_2026().constant("eks.ami.al2023_is_default") == 1);
}

TEST_CASE("i3 and its like boot longer, m6i does not") {
  const Latency& xen = catalog_2026().latency("ec2.boot.xen");
  const auto has = [&](const char* family) {
    return std::find(xen.families.begin(), xen.families.end(), family) != xen.families.end();
  };
  CHECK(has("i3"));
  CHECK_FALSE(has("i3en"));
  CHECK_FALSE(has("m6i"));
  for (const std::string& family : xen.families)
    CHECK(std::any_of(catalog_2026().instances().begin(), catalog_2026().instances().end(),
                      [&](const InstanceType& t) { return t.family == family; }));
}

TEST_CASE("every latency is drawn by the code, and says which measurements it was fitted to") {
  // Rows that stand ready for what is not simulated yet.
  const std::set<std::string> waiting = {"ecs.activation", "ecs.scale_action"};
  const std::string code = source_of("sim");
  for (const Catalog* c : {&catalog_2021(), &catalog_2026()})
    for (const Latency& latency : c->latencies()) {
      INFO(latency.name);
      CHECK((waiting.count(latency.name) != 0 || code.find('"' + latency.name + '"') != std::string::npos));
      CHECK_FALSE(latency.set.empty());
      CHECK((latency.source.guess || latency.set != "none"));
    }
  const std::string asks = "latency(\"";
  for (std::size_t at = code.find(asks); at != std::string::npos; at = code.find(asks, at + 1)) {
    const std::size_t from = at + asks.size();
    const std::string name = code.substr(from, code.find('"', from) - from);
    INFO(name);
    CHECK(catalog_2026().has_latency(name));
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

TEST_CASE("ECS and Fargate allow more from year to year") {
  struct Year {
    Instant day;
    double fargate_at_once, service_per_min_fargate, service_per_min_ec2, tasks, services, provisioning;
  };
  const Year years[] = {{on_day(2020, 4, 30), 100, 23, 250, 1000, 1000, 100},
                        {on_day(2021, 9, 1), 1000, 23, 250, 5000, 5000, 100},
                        {on_day(2022, 4, 20), 1000, 500, 250, 5000, 5000, 300},
                        {on_day(2026, 3, 1), 4000, 500, 500, 5000, 5000, 500}};
  for (const Year& year : years) {
    const Catalog& catalog = catalog_of("us-east-1", year.day);
    CAPTURE(iso8601(year.day));
    const bool in_tasks = catalog.has_quota("fargate_tasks");
    CHECK(in_tasks != catalog.has_quota("fargate_vcpu"));
    CHECK(catalog.quota(in_tasks ? "fargate_tasks" : "fargate_vcpu") == year.fargate_at_once);
    CHECK(catalog.has_quota("fargate_spot_tasks") == in_tasks);
    CHECK(catalog.quota("ecs_service_launches_per_min_fargate") == year.service_per_min_fargate);
    CHECK(catalog.quota("ecs_service_launches_per_min_ec2") == year.service_per_min_ec2);
    CHECK(catalog.quota("ecs_tasks_per_service") == year.tasks);
    CHECK(catalog.quota("ecs_services_per_cluster") == year.services);
    CHECK(catalog.quota("ecs_provisioning_tasks") == year.provisioning);
    CHECK(catalog.quota("ecs_run_task_tasks_per_call") == 10);
  }
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
  CHECK(catalog_of("us-east-1", on_day(2026, 6, 17), "tuned").constant("aas.service_metric_period_s") == 60);
  CHECK(catalog_of("us-east-1", on_day(2026, 6, 18), "tuned").constant("aas.service_metric_period_s") == 20);
  CHECK(catalog_of("us-east-1", on_day(2026, 6, 18)).constant("aas.service_metric_period_s") == 60);
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
