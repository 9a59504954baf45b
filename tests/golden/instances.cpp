// What container instances offer to tasks: G30 to G32.
#include "sim/world/max_pods.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {

TEST_CASE("G30: an m4.large with a MemTotal of 8,373,026,816 B registers 7,985 MiB") {
  CHECK(constant_catalog().instance("m4.large")->ecs_memory == 7985 * kMiB);
  CHECK(8'373'026'816 / kMiB.count() == 7985);
}

TEST_CASE("G31: a c5.large takes 2 tasks with network interfaces of their own, 10 with trunking") {
  const InstanceType& type = *constant_catalog().instance("c5.large");
  CHECK(tasks_with_interfaces(type, false) == 2);
  CHECK(tasks_with_interfaces(type, true) == 10);
}

TEST_CASE("G32: m5 instances take 3 to 14 such tasks without trunking and 20 to 120 with it") {
  struct Row {
    const char* name;
    int plain, trunked;
  };
  const Row rows[] = {{"m5.xlarge", 3, 20}, {"m5.2xlarge", 3, 40}, {"m5.4xlarge", 7, 60}, {"m5.16xlarge", 14, 120}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const InstanceType& type = *constant_catalog().instance(row.name);
    CHECK(tasks_with_interfaces(type, false) == row.plain);
    CHECK(tasks_with_interfaces(type, true) == row.trunked);
  }
}

TEST_CASE("G31 in a run: of twelve such tasks on one c5.large with trunking ten are placed, two wait for interfaces") {
  WorkloadSpec web = service("web", 12, millicores(100), 64 * kMiB, "ec2");
  web.awsvpc = true;
  PoolSpec pool = ec2_pool(1, 1);
  pool.instance_types = {"c5.large"};
  pool.eni_trunking = true;
  Scene s(run_of(Orchestrator::ecs, {pool}, {web}));
  s.run_for(60s);
  CHECK(s.healthy("web") == 10);
  REQUIRE(s.pending("web") == 2);
  const ReplicaRow& waiting = s.world()[s.replicas("web", ReplicaStage::pending).front()];
  CHECK(waiting.waits[static_cast<std::size_t>(WaitReason::slots)] == 1);
}

}  // namespace berth::test
