// EKS nodes whose pods together use more memory than there is: the kubelet evicts, in its order.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// Asks for 1 GiB, may use all of its node, and grows by 10 MiB a second.
WorkloadSpec leaking(const std::string& name, std::int32_t priority = 0) {
  WorkloadSpec w = service(name, 1, millicores(200), 1 * kGiB, "ec2");
  w.containers.front().amount.memory_limit = 8 * kGiB;
  w.containers.front().memory_use = MemoryUseSpec{1 * kGiB, 10.0 * static_cast<double>(kMiB.count())};
  w.eks.pod.priority = priority;
  return w;
}

WorkloadSpec steady(const std::string& name) {
  WorkloadSpec w = service(name, 1, millicores(200), 3 * kGiB, "ec2");
  w.containers.front().memory_use = MemoryUseSpec{2 * kGiB, 0};
  return w;
}

/// When the two pods of a node have filled it.
Duration full_after(Scene& scene, double grows_mib_per_s, Bytes at_first) {
  const Bytes room = scene.world()[scene.pool().nodes.front()].memory_allocatable - at_first;
  return Duration{static_cast<Duration::rep>(static_cast<double>(room.count()) /
                                             (grows_mib_per_s * static_cast<double>(kMiB.count())) * 1e6)};
}

TEST_CASE("a node that runs out of memory evicts who uses more than it asked for, and its controller makes another") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {leaking("leak"), steady("calm")}));
  const Duration full = full_after(scene, 10, 3 * kGiB);
  scene.run_until(full - 1s);
  CHECK(scene.row("leak").births == 1);
  scene.run_until(full + 11s);
  CHECK(scene.row("leak").births == 2);
  CHECK(scene.row("calm").births == 1);
  scene.finish();
  const Row row = scene.row_of("replicas", "replica", "leak/1");
  CHECK(row.at("stop_reason") == "memory_pressure");
  CHECK(row.at("stopping_s") == row.at("stopped_s"));  // without grace
  CHECK(scene.row_of("disruptions", "replica", "leak/1").at("cause") == "memory_pressure");
}

TEST_CASE("of two that use more than they asked for the one of lower priority goes first") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {leaking("low", -1), leaking("high", 5)}));
  const Duration full = full_after(scene, 20, 2 * kGiB);
  scene.run_until(full + 11s);
  CHECK(scene.row("low").births == 2);
  CHECK(scene.row("high").births == 1);
}

TEST_CASE("a pod that ends in time leaves its memory to the others, and nobody is evicted") {
  WorkloadSpec ends = leaking("ends");
  ends.kind = WorkloadKind::job;
  ends.desired = 0;
  ends.job.emplace();
  ends.job->at = {Time{10s}};
  ends.job->run_time.parameters = {4min};
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {steady("calm"), ends}));
  scene.run_until(30min);
  scene.finish();
  CHECK(scene.row_of("replicas", "replica", "ends/1").at("stop_reason") == "finished");
  CHECK(scene.row("calm").births == 1);
}

TEST_CASE("on ECS nothing evicts") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {leaking("leak"), steady("calm")}));
  scene.run_until(10min);
  CHECK(scene.row("leak").births == 1);
}

}  // namespace
}  // namespace berth::test
