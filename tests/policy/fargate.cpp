// What Fargate hosts, at which size, and what it refuses.
#include "sim/policy/placement/fargate_profile.hpp"
#include "sim/policy/placement/fargate_refusal.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

const Catalog& catalog_of(int year) {
  static const auto load = [](int y) {
    return Catalog::load(models_folder(),
                         CatalogKey{"us-east-1", std::chrono::sys_days{std::chrono::year{y} / 9 / 20}});
  };
  static const Catalog in_2021 = load(2021), in_2026 = load(2026);
  return year == 2021 ? in_2021 : in_2026;
}

ContainerSpec container(Cpu cpu, Bytes memory, bool init = false) {
  ContainerSpec c;
  c.amount.cpu = cpu;
  c.amount.memory = memory;
  c.init = init;
  return c;
}

WorkloadSpec workload(Cpu cpu, Bytes memory) {
  WorkloadSpec w;
  w.containers = {container(cpu, memory)};
  return w;
}

PoolSpec profile(const std::string& name, std::vector<ProfileSelector> selectors) {
  PoolSpec pool;
  pool.name = name;
  pool.launch = Launch::fargate;
  pool.selectors = std::move(selectors);
  return pool;
}

/// "" where no profile takes the pod.
std::string taken_by(const std::vector<PoolSpec>& pools, const std::string& name_space, const Labels& labels) {
  const PoolSpec* pool = profile_of(pools, name_space, labels);
  return pool != nullptr ? pool->name : "";
}

}  // namespace

TEST_CASE("a replica asks for the sum of its containers or its largest init container, whichever is larger") {
  const ContainerSpec containers[] = {container(kVcpu, kGiB), container(kVcpu, kGiB),
                                      container(millicores(500), 3 * kGiB, true)};
  CHECK(replica_request(containers).cpu == 2 * kVcpu);
  CHECK(replica_request(containers).memory == 3 * kGiB);
}

TEST_CASE("EKS adds 256 MiB before the size is rounded up, ECS does not") {
  const ContainerSpec containers[] = {container(millicores(250), 512 * kMiB)};
  const auto ecs = fargate_size(containers, Orchestrator::ecs, catalog_of(2026));
  const auto eks = fargate_size(containers, Orchestrator::eks, catalog_of(2026));
  REQUIRE(ecs);
  REQUIRE(eks);
  CHECK(ecs->memory == 512 * kMiB);
  CHECK(eks->memory == kGiB);  // 512 + 256 MiB
}

TEST_CASE("sizes end at 4 vCPU in 2021 and at 16 or 32 vCPU in 2026") {
  const auto five = workload(5 * kVcpu, 20 * kGiB), twenty = workload(20 * kVcpu, 60 * kGiB);
  CHECK(fargate_refuses(five, Orchestrator::ecs, catalog_of(2021)) == WaitReason::too_big);
  CHECK_FALSE(fargate_refuses(five, Orchestrator::ecs, catalog_of(2026)));
  CHECK_FALSE(fargate_refuses(twenty, Orchestrator::ecs, catalog_of(2026)));
  CHECK(fargate_refuses(twenty, Orchestrator::eks, catalog_of(2026)) == WaitReason::too_big);
}

TEST_CASE("Fargate refuses daemons, privileged containers, GPUs, the host's network and too much storage") {
  auto w = workload(kVcpu, 2 * kGiB);
  CHECK_FALSE(fargate_refuses(w, Orchestrator::eks, catalog_of(2026)));
  w.ephemeral_storage = 180 * kGiB;
  CHECK_FALSE(fargate_refuses(w, Orchestrator::ecs, catalog_of(2026)));
  CHECK(fargate_refuses(w, Orchestrator::eks, catalog_of(2026)) == WaitReason::fargate_storage);
  w.needs = {Need::host_port};
  CHECK(fargate_refuses(w, Orchestrator::ecs, catalog_of(2026)) == WaitReason::fargate_host);
  w.needs = {Need::gpu};
  CHECK(fargate_refuses(w, Orchestrator::ecs, catalog_of(2026)) == WaitReason::fargate_gpu);
  w.needs = {Need::privileged};
  CHECK(fargate_refuses(w, Orchestrator::ecs, catalog_of(2026)) == WaitReason::fargate_privileged);
  w.kind = WorkloadKind::daemon;
  CHECK(fargate_refuses(w, Orchestrator::eks, catalog_of(2026)) == WaitReason::fargate_daemon);
}

TEST_CASE("in selectors of profiles * is any characters or none and ? exactly one, in the whole text") {
  struct Case {
    const char *pattern, *text;
    bool matches;
  };
  const Case cases[] = {
      {"prod", "prod", true},
      {"prod", "production", false},
      {"*", "", true},
      {"*", "kube-system", true},
      {"prod-*", "prod-", true},
      {"prod-*", "prod", false},
      {"*-a", "b-a-a", true},
      {"*-a", "b-a-b", false},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"a?c*", "abcabc", true},
      {"*a*b*", "xaxxbx", true},
      {"*a*b*", "xbxxax", false},
      {"", "", true},
      {"", "a", false},
      {"**?", "a", true},
      {"team-?", "team-10", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.pattern);
    CAPTURE(c.text);
    CHECK(matches_wildcards(c.pattern, c.text) == c.matches);
  }
}

TEST_CASE("a profile takes a pod by its namespace and all labels of one selector") {
  const std::vector<PoolSpec> pools = {
      profile("fargate", {{"batch", {}}, {"prod-*", {{"tier", "front"}, {"team/*", "a?"}}}})};
  CHECK(taken_by(pools, "batch", {}) == "fargate");
  CHECK(taken_by(pools, "default", {{"tier", "front"}}).empty());
  CHECK(taken_by(pools, "prod-1", {{"tier", "front"}, {"team/name", "a1"}}) == "fargate");
  CHECK(taken_by(pools, "prod-1", {{"tier", "front"}}).empty());
  CHECK(taken_by(pools, "prod-1", {{"tier", "back"}, {"team/name", "a1"}}).empty());
  CHECK(taken_by(pools, "prod-1", {{"tier", "front"}, {"team/name", "abc"}}).empty());
  CHECK(taken_by({profile("none", {})}, "default", {}).empty());
}

TEST_CASE("of several profiles the first by name takes a pod, unless its label names another that selects it") {
  const std::vector<PoolSpec> pools = {profile("zebra", {{"*", {}}}), profile("adder", {{"default", {}}}),
                                       profile("aardvark", {{"batch", {}}})};
  CHECK(taken_by(pools, "default", {}) == "adder");
  CHECK(taken_by(pools, "batch", {}) == "aardvark");
  CHECK(taken_by(pools, "other", {}) == "zebra");
  CHECK(taken_by(pools, "default", {{kProfileLabel, "zebra"}}) == "zebra");
  CHECK(taken_by(pools, "default", {{kProfileLabel, "aardvark"}}).empty());  // it must select the pod all the same
}

TEST_CASE("whom no profile selects Fargate does not refuse: it never hears of it") {
  auto w = workload(kVcpu, 2 * kGiB);
  w.needs = {Need::privileged};
  w.eks.without_profile = true;
  CHECK(fargate_refuses(w, Orchestrator::eks, catalog_of(2026)) == WaitReason::fargate_profile);
}

}  // namespace berth
