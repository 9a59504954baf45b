// What a scenario says of CPUs, credits, memory and starts, and of how long a check may take.
#include <doctest/doctest.h>

#include "tests/scenario/scene.hpp"

namespace berth::machines_test {
namespace {

const char* const kCpu = "/services/web/demand/cpu_per_request";
const char* const kApp = "/services/web/containers/app";
const char* const kMemory = "/services/web/demand/memory_per_request";

std::string at(const char* path, const char* key) { return std::string(path) + "/" + key; }

/// With a pool of such instances.
scene::Changes pool_of(const std::string& type) {
  return {{"/architectures", R"({"mine": {"clusters": {"main": {"orchestrator": "ecs",
    "pools": {"ec2": {"kind": "ec2", "instance_types": [")" +
                                 type + R"("], "min": 1, "max": 4}},
    "runs_on": {"*": "ec2"}}}}})"}};
}

std::vector<std::string> assumed(const RunSpec& run, const std::string& subject) {
  std::vector<std::string> texts;
  for (const Assumption& a : run.assumptions)
    if (a.subject == subject) texts.push_back(a.assumed);
  return texts;
}

bool says(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& t) { return scene::has(t, part); });
}

RunSpec run_with(const scene::Changes& changes, const std::string& architecture) {
  return scene::run_of(scene::loaded(changes), architecture);
}

InputError::Parts refused(const scene::Changes& changes, const std::string& architecture = "ecs-ec2") {
  return scene::error_of([&] { run_with(changes, architecture); });
}

}  // namespace

TEST_CASE("CPU work is one amount, or one for each processor architecture") {
  const RunSpec one = run_with({{kCpu, "\"12 ms\""}}, "ecs-ec2");
  const RunSpec two = run_with({{kCpu, R"({"amd64": "12 ms", "arm64": "9 ms"})"}}, "ecs-ec2");
  CHECK(scene::workload(one, "web")->demand->cpu_per_request == 12ms);
  CHECK_FALSE(scene::workload(one, "web")->demand->cpu_per_request_arm64);
  CHECK(scene::workload(two, "web")->demand->cpu_per_request == 12ms);
  CHECK(scene::workload(two, "web")->demand->cpu_per_request_arm64 == 9ms);
}

TEST_CASE("work of one architecture alone, of an unknown one, or none at all is refused") {
  CHECK(scene::has(refused({{kCpu, R"({"arm64": "9 ms"})"}}).cure, "add \"amd64\""));
  CHECK(scene::has(refused({{kCpu, R"({"amd64": "9 ms", "arm": "9 ms"})"}}).expected, "amd64, arm64"));
  CHECK(refused({{kCpu, R"({"amd64": "0 ms", "arm64": "9 ms"})"}}).place == at(kCpu, "amd64"));
}

TEST_CASE("how fast CPUs are taken to be is assumed for Fargate and for families unlike the reference") {
  CHECK(says(assumed(run_with({}, "ecs-fargate"), "pool fargate"), "a vCPU of Fargate does 0.87"));
  CHECK(says(assumed(run_with(pool_of("m5.large"), "mine"), "pool ec2"), "a vCPU does 0.87 (m5)"));
  CHECK_FALSE(says(assumed(run_with(pool_of("m6i.large"), "mine"), "pool ec2"), "of the work of one of m6i"));
}

TEST_CASE("burstable instances have EC2's credit mode for their family, which is assumed, or that of their pool") {
  CHECK(says(assumed(run_with(pool_of("t3.large"), "mine"), "pool ec2"), "t3: unlimited CPU credits"));
  CHECK(says(assumed(run_with(pool_of("t2.large"), "mine"), "pool ec2"), "t2: standard CPU credits"));
  scene::Changes standard = pool_of("t3.large");
  standard.push_back({"/architectures/mine/clusters/main/pools/ec2/cpu_credits", "\"standard\""});
  const RunSpec run = run_with(standard, "mine");
  CHECK(run.clusters[0].pools[0].unlimited_credits == false);
  CHECK_FALSE(says(assumed(run, "pool ec2"), "EC2's default"));
}

TEST_CASE("a container whose requests take memory uses nothing else unless it says so") {
  const RunSpec silent = run_with({{kMemory, "\"2 MiB\""}}, "ecs-ec2");
  REQUIRE(scene::workload(silent, "web")->containers[0].memory_use);
  CHECK(scene::workload(silent, "web")->containers[0].memory_use->idle == Bytes{});
  CHECK(says(assumed(silent, "service web"), "memory for requests only"));
  const RunSpec told = run_with({{kMemory, "\"2 MiB\""}, {at(kApp, "memory_use"), R"({"idle": "90 MiB"})"}}, "ecs-ec2");
  CHECK(scene::workload(told, "web")->containers[0].memory_use->idle == 90 * kMiB);
  CHECK_FALSE(says(assumed(told, "service web"), "memory for requests only"));
}

TEST_CASE("CPU for a start needs a start that takes time, of a container that serves") {
  const scene::Changes right = {{at(kApp, "start"), "\"20 s\""}, {at(kApp, "start_cpu"), "\"1 vCPU\""}};
  CHECK(scene::workload(run_with(right, "ecs-ec2"), "web")->containers[0].start_cpu == kVcpu);
  CHECK(refused({{at(kApp, "start_cpu"), "\"1 vCPU\""}}).place == at(kApp, "start_cpu"));
  CHECK(refused({{at(kApp, "start"), "\"never\""}, {at(kApp, "start_cpu"), "\"1 vCPU\""}}).place ==
        at(kApp, "start_cpu"));
  const char* const init = R"({"image": "web", "cpu": "0.1 vCPU", "memory": "64 MiB", "init": true, "start": "5 s",
    "start_cpu": "1 vCPU"})";
  CHECK(refused({{"/services/web/containers/first", init}}).place == "/services/web/containers/first/start_cpu");
  CHECK(refused({{"/jobs/report/containers/main/start_cpu", "\"1 vCPU\""}}).place ==
        "/jobs/report/containers/main/start_cpu");
}

TEST_CASE("a check may take as long as its platform lets it, but a load balancer's not longer than its interval") {
  const RunSpec run = run_with({}, "ecs-ec2");
  CHECK(scene::workload(run, "web")->health.timeout == 5s);
  const auto health = [](const char* json) { return scene::Changes{{"/services/web/health", json}}; };
  CHECK(scene::workload(run_with(health(R"({"timeout": "20 s"})"), "ecs-ec2"), "web")->health.timeout == 20s);
  CHECK(refused(health(R"({"interval": "10 s", "timeout": "20 s"})")).place == "/services/web/health/timeout");
  const scene::Changes probe = {
      {"/services/web/eks", R"({"probes": {"app": {"liveness": {"timeout": "3 s"}, "readiness": {}}}})"}};
  const RunSpec eks = run_with(probe, "eks-ec2");
  CHECK(scene::workload(eks, "web")->containers[0].probes->liveness->timeout == 3s);
  CHECK(scene::workload(eks, "web")->containers[0].probes->readiness->timeout == 1s);
  const scene::Changes check = {{at(kApp, "health_check"), R"({"timeout": "7 s"})"}};
  CHECK(scene::workload(run_with(check, "ecs-ec2"), "web")->containers[0].health_check->timeout == 7s);
}

}  // namespace berth::machines_test
