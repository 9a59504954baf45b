// What Fargate hosts, at which size, and what it refuses.
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

}  // namespace berth
