// Quotas of the account, and task definitions: what is read, what is refused, what check says.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

const std::string kTask = "/services/web/ecs/task";

berth::InputError::Parts refusal(const scene::Changes& changes, const std::string& architecture) {
  return scene::error_of([&] { scene::run_of(scene::loaded(changes), architecture); });
}

std::string limits_told(const scene::Changes& changes, const std::string& architecture) {
  const berth::LoadedScenario scenario = scene::loaded(changes);
  const berth::Catalog catalog = scene::catalog_of(scenario);
  const berth::RunSpec run = berth::build_run(scenario, architecture, catalog);
  std::string text;
  for (const berth::Finding& f : berth::feasibility(scenario, run, catalog))
    text += std::string(berth::name(f.verdict)) + " " + f.subject + ": " + f.why + "\n";
  return text;
}

/// The services' definition on one EC2 pool of ECS.
scene::Changes on_pool(const std::string& scaler, scene::Changes more = {}) {
  more.insert(more.begin(), {"/architectures/mine/clusters/main",
                             R"({"orchestrator": "ecs", "runs_on": {"*": "ec2"},
    "pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "min": 1, "max": 4, "scaler": )" +
                                 scaler + "}}}"});
  return more;
}

}  // namespace

TEST_CASE("a scenario raises any quota of its account, and the others stay AWS's") {
  const auto run =
      scene::run_of(scene::loaded({{"/account", R"({"quotas": {"fargate_vcpu": 100, "fargate_launch_per_s": 0.5}})"}}),
                    "ecs-fargate");
  CHECK(run.quotas.size() == 2);
  CHECK(run.quotas.at("fargate_vcpu") == 100);
  CHECK(run.quotas.at("fargate_launch_per_s") == 0.5);
}

TEST_CASE("a quota that nobody knows, or nobody knew then, is refused with the nearest") {
  const auto typo = refusal({{"/account", R"({"quotas": {"fargate_vcpus": 100}})"}}, "ecs-fargate");
  CHECK(typo.place == "/account/quotas/fargate_vcpus");
  CHECK(typo.cure == "write \"fargate_vcpu\"");
  const auto gone = refusal({{"/account", R"({"quotas": {"fargate_tasks": 100}})"}}, "ecs-fargate");
  CHECK(scene::has(gone.expected, "2026-03-02"));
  const scene::Changes then = {{"/account", R"({"quotas": {"fargate_tasks": 100}})"}, {"/catalog", "\"2021-09-01\""}};
  CHECK(scene::run_of(scene::loaded(then), "ecs-fargate").quotas.at("fargate_tasks") == 100);
}

TEST_CASE("a rate of nothing and a bucket without a token are refused") {
  for (const char* quotas : {R"({"fargate_launch_per_s": 0})", R"({"ecs_service_launches_per_min_ec2": 0})",
                             R"({"fargate_launch_burst": 0.5})", R"({"ecs_tasks_per_service": 0})"}) {
    CAPTURE(quotas);
    const auto error = refusal({{"/account/quotas", quotas}}, "ecs-fargate");
    CHECK(error.place.find("/account/quotas/") == 0);
    CHECK(scene::has(error.cure, "AWS's own"));
  }
  CHECK_FALSE(refusal({{"/account/quotas", R"({"fargate_launch_per_s": -1})"}}, "ecs-fargate").place.empty());
}

TEST_CASE("a quota that counts things is whole, one of vCPU or a rate need not be") {
  const auto half = refusal({{"/account", R"({"quotas": {"ecs_tasks_per_service": 2.5}})"}}, "ecs-fargate");
  CHECK(half.place == "/account/quotas/ecs_tasks_per_service");
  CHECK(half.cure == "write 2");
  const scene::Changes parts = {{"/account", R"({"quotas": {"fargate_vcpu": 1.5, "fargate_launch_per_s": 0.5}})"}};
  CHECK(scene::run_of(scene::loaded(parts), "ecs-fargate").quotas.at("fargate_vcpu") == 1.5);
}

TEST_CASE("a container on Fargate has two minutes to stop at most, on EC2 it may have more") {
  const auto longer = [](const char* time) {
    return scene::Changes{{"/services/web/containers/app/stop_timeout", time}};
  };
  const auto refused = refusal(longer("\"121 s\""), "ecs-fargate");
  CHECK(refused.place == "/services/web/containers/app/stop_timeout");
  CHECK(scene::has(refused.expected + refused.cure, "on Fargate"));
  CHECK(scene::workload(scene::run_of(scene::loaded(longer("\"120 s\"")), "ecs-fargate"), "web")
            ->containers[0]
            .stop_timeout == std::chrono::seconds{120});
  CHECK(scene::workload(scene::run_of(scene::loaded(longer("\"121 s\"")), "ecs-ec2"), "web")
            ->containers[0]
            .stop_timeout == std::chrono::seconds{121});
}

TEST_CASE("check --effective shows every quota that the scenario leaves as it is, with its source") {
  const auto scenario = scene::loaded({{"/account", R"({"quotas": {"fargate_vcpu": 100}})"}});
  const std::string text = berth::quotas_text(scenario, scene::catalog_of(scenario));
  CHECK(scene::has(text, "/account/quotas/ecs_tasks_per_service"));
  CHECK(scene::has(text, "models/quotas.json: Amazon ECS developer guide"));
  CHECK_FALSE(scene::has(text, "/account/quotas/fargate_vcpu "));
  CHECK(scene::has(berth::effective_text(scenario, "ecs-fargate"), "/account/quotas/fargate_vcpu"));
}

TEST_CASE("a task on Fargate has both amounts, and they are a size that Fargate has") {
  const auto size = [](const char* json) { return refusal({{kTask, json}}, "ecs-fargate"); };
  CHECK(scene::has(size(R"({"cpu": "1 vCPU"})").cure, "\"memory\""));
  const auto odd = size(R"({"cpu": "0.75 vCPU", "memory": "2 GiB"})");
  CHECK(odd.place == kTask);
  CHECK(odd.cure == R"(write "cpu": "1 vCPU", "memory": "2 GiB")");
  CHECK(scene::has(size(R"({"cpu": "1 vCPU", "memory": "100 GiB"})").cure, "vCPU"));
  const auto run = scene::run_of(scene::loaded({{kTask, R"({"cpu": "1 vCPU", "memory": "2 GiB"})"}}), "ecs-fargate");
  CHECK(scene::workload(run, "web")->ecs.task_cpu == berth::kVcpu);
  CHECK(scene::workload(run, "web")->ecs.task_memory == 2 * berth::kGiB);
}

TEST_CASE("a task on EC2 may have either amount, within what a task definition may say that day") {
  const auto run = scene::run_of(scene::loaded(on_pool("\"none\"", {{kTask, R"({"memory": "3 GiB"})"}})), "mine");
  CHECK_FALSE(scene::workload(run, "web")->ecs.task_cpu);
  const scene::Changes large = on_pool("\"none\"", {{kTask, R"({"cpu": "16 vCPU"})"}});
  CHECK(refusal(large, "mine").place.empty());
  scene::Changes then = large;
  then.push_back({"/catalog", "\"2023-06-01\""});
  CHECK(scene::has(refusal(then, "mine").cure, "10 vCPU"));
  CHECK(scene::has(refusal(on_pool("\"none\"", {{kTask, R"({"cpu": "0.1 vCPU"})"}}), "mine").expected, "0.125"));
}

TEST_CASE("containers together, of every revision, and the limit of each stay within their task") {
  CHECK(scene::has(refusal(on_pool("\"none\"", {{kTask, R"({"cpu": "0.2 vCPU"})"}}), "mine").expected, "0.25 vCPU"));
  CHECK(scene::has(refusal(on_pool("\"none\"", {{kTask, R"({"memory": "256 MiB"})"}}), "mine").expected, "512 MiB"));
  CHECK(scene::has(refusal(on_pool("\"none\"", {{kTask, R"({"memory": "1 GiB"})"},
                                                {"/services/web/containers/app/memory",
                                                 R"({"request": "512 MiB", "limit": "2 GiB"})"}}),
                           "mine")
                       .expected,
                   "limit of container app"));
  const scene::Changes grows = {
      {kTask, R"({"memory": "1 GiB"})"},
      {"/services/web/deployments", R"([{"at": "10 min", "change": {"containers": {"app": {"memory": "2 GiB"}}}}])"}};
  CHECK(scene::has(refusal(on_pool("\"none\"", grows), "mine").expected, "2 GiB"));
  // on Fargate the daemon's container is one of them
  CHECK(scene::has(refusal({{kTask, R"({"cpu": "0.25 vCPU", "memory": "1 GiB"})"}}, "ecs-fargate").expected,
                   "0.35 vCPU"));
}

TEST_CASE("an ECS task definition has an essential container, a pod need not") {
  const scene::Changes none = {{"/services/web/containers/app/essential", "false"}};
  CHECK(scene::has(refusal(none, "ecs-ec2").expected, "essential"));
  CHECK(refusal(none, "eks-ec2").place.empty());
}

TEST_CASE("requires_compatibilities refuses other pools in ECS's words, and what only EC2 has beside fargate") {
  const auto of = [](const char* kinds, const char* architecture, scene::Changes more = {}) {
    more.push_back({"/services/web/ecs/requires_compatibilities", kinds});
    return refusal(more, architecture);
  };
  CHECK(of(R"(["ec2", "fargate"])", "ecs-ec2").place.empty());
  CHECK(scene::has(of(R"(["ec2"])", "ecs-fargate").expected, "does not support launch_type FARGATE."));
  CHECK(scene::has(of(R"(["fargate"])", "ecs-ec2").expected, "does not support launch_type EC2."));
  CHECK(scene::has(of("[]", "ecs-ec2").found, "empty"));
  CHECK(of(R"(["ec2"])", "eks-fargate").place.empty());  // EKS ignores it
  const auto both = of(R"(["ec2", "fargate"])", "ecs-ec2", {{"/services/web/needs", R"(["privileged"])"}});
  CHECK(scene::has(both.expected, "privileged"));
  CHECK(both.cure == "write [\"ec2\"]");
  CHECK(of(R"(["ec2"])", "ecs-ec2", {{"/services/web/needs", R"(["privileged"])"}}).place.empty());
}

TEST_CASE("a service is started by a provider where its group scales for it, else by launch type") {
  const auto launch_type = [](const std::string& scaler, const scene::Changes& more = {}) {
    return scene::workload(scene::run_of(scene::loaded(on_pool(scaler, more)), "mine"), "web")->ecs.launch_type;
  };
  CHECK_FALSE(launch_type(R"({"managed_scaling": {}})"));
  CHECK(launch_type("\"none\""));
  CHECK_FALSE(launch_type("\"none\"", {{"/services/web/ecs/launch", "\"provider\""}}));
  CHECK(launch_type(R"({"managed_scaling": {}})", {{"/services/web/ecs/launch", "\"launch_type\""}}));
  const auto run = scene::run_of(scene::loaded(on_pool("\"none\"")), "mine");
  CHECK_FALSE(scene::workload(run, "report")->ecs.launch_type);
  CHECK(scene::has(
      limits_told(on_pool(R"({"managed_scaling": {}})", {{"/services/web/ecs/launch", "\"launch_type\""}}), "mine"),
      "the group of pool ec2 will not grow for it"));
}

TEST_CASE("Fargate Spot has no launch type") {
  const std::string cluster = R"({"orchestrator": "ecs", "runs_on": {"*": "spot"},
    "pools": {"spot": {"kind": "fargate", "purchase": "spot"}}})";
  const auto error = refusal(
      {{"/architectures/mine/clusters/main", cluster}, {"/services/web/ecs/launch", "\"launch_type\""}}, "mine");
  CHECK(error.place == "/services/web/ecs/launch");
  CHECK(error.cure == "write \"provider\"");
}

TEST_CASE("check tells before the run which quota will hold the scenario back") {
  const scene::Changes many = {{"/services/web/scale/max", "6000"}};
  const std::string fargate = limits_told(many, "ecs-fargate");
  CHECK(scene::has(fargate, "6000 tasks, an ECS service has 5000 at most"));
  CHECK(scene::has(fargate, "network interfaces, a Region has 5000 at most: the rest waits"));
  CHECK(scene::has(limits_told({{"/account/quotas", R"({"fargate_vcpu": 2})"}}, "ecs-fargate"),
                   "take 5 vCPU on Fargate, it may run 2 at once"));
  CHECK(scene::has(limits_told({{"/account/quotas", R"({"ecs_services_per_cluster": 1})"}}, "ecs-ec2"),
                   "an ECS cluster has 1 at most"));
  CHECK(scene::has(limits_told({{"/account/quotas", R"({"ecs_instances_per_cluster": 1})"}}, "ecs-ec2"),
                   "instances, an ECS cluster has 1 at most"));
  CHECK_FALSE(scene::has(limits_told(many, "eks-ec2"), "an ECS service"));
}
