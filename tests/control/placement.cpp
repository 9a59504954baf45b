// Constraints, GPUs and host ports in whole runs on ECS.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

std::uint16_t nodes_refusing(Scene& s, ReplicaId replica, WaitReason reason) {
  return s.world()[replica].waits[static_cast<std::size_t>(reason)];
}

PoolSpec pool_of(const std::string& name, const std::string& type, std::int64_t nodes) {
  PoolSpec pool = ec2_pool(nodes, nodes);
  pool.name = name;
  pool.instance_types = {type};
  return pool;
}

}  // namespace

TEST_CASE("distinctInstance keeps the tasks of a service apart, and who finds no instance waits for the constraint") {
  WorkloadSpec web = service("web", 3, millicores(100), 128 * kMiB, "ec2");
  web.ecs.constraints = {"distinctInstance"};
  Scene s(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web}));
  s.run_for(60s);
  CHECK(s.healthy("web") == 2);
  REQUIRE(s.pending("web") == 1);
  CHECK(s.row("web").on_node.size() == 2);
  const ReplicaId waiting = s.replicas("web", ReplicaStage::pending).front();
  CHECK(s.reason(waiting) == "constraint");
  CHECK(nodes_refusing(s, waiting, WaitReason::constraint) == 2);
}

TEST_CASE("a service whose constraint names another's task group goes where that one is") {
  WorkloadSpec db = service("db", 1, millicores(100), 128 * kMiB, "ec2");
  WorkloadSpec web = service("web", 4, millicores(100), 128 * kMiB, "ec2");
  WorkloadSpec far = service("far", 2, millicores(100), 128 * kMiB, "ec2");
  web.ecs.constraints = {"memberOf(task:group == service:db)"};
  far.ecs.constraints = {"memberOf(not(task:group == service:db))"};
  Scene s(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {db, web, far}));
  s.run_for(10s);
  const NodeId home = s.world()[s.replicas("db").front()].node;
  for (const ReplicaId r : s.replicas("web")) CHECK(s.world()[r].node == home);
  for (const ReplicaId r : s.replicas("far")) CHECK(s.world()[r].node != home);
}

TEST_CASE("attributes choose among the zones, the types and the labels of pools") {
  WorkloadSpec web = service("web", 3, millicores(100), 128 * kMiB, "ec2");
  web.ecs.constraints = {"memberOf(attribute:ecs.availability-zone == us-east-1b)",
                         "memberOf(attribute:stack =~ pr.* and attribute:ecs.instance-type == m6i.large)"};
  PoolSpec pool = ec2_pool(4, 4);
  pool.labels = {{"stack", "prod"}};
  Scene s(run_of(Orchestrator::ecs, {pool}, {web}));
  s.run_for(10s);
  CHECK(s.healthy("web") == 3);
  for (const ReplicaId r : s.replicas("web")) CHECK(s.world()[s.world()[r].node].zone == ZoneId{1});
}

TEST_CASE("a task that needs a GPU takes one of its instance until it ends, and the next waits for it") {
  WorkloadSpec train = service("train", 2, millicores(100), 128 * kMiB, "gpu");
  train.needs = {Need::gpu};
  train.gpus = 1;
  Scene s(run_of(Orchestrator::ecs, {pool_of("ec2", "m6i.large", 1), pool_of("gpu", "g5.xlarge", 1)}, {train}));
  s.run_for(60s);
  REQUIRE(s.replicas("train", ReplicaStage::healthy).size() == 1);
  const ReplicaRow& there = s.world()[s.replicas("train", ReplicaStage::healthy).front()];
  CHECK(s.world().name(there.node) == "gpu/1");
  CHECK(s.world()[there.node].gpus_used == 1);
  const ReplicaId waiting = s.replicas("train", ReplicaStage::pending).front();
  CHECK(nodes_refusing(s, waiting, WaitReason::gpu) == 1);
  CHECK(nodes_refusing(s, waiting, WaitReason::wrong_pool) == 1);
}

TEST_CASE("jobs are RunTask: their group is their family, and distinctInstance keeps them apart too") {
  WorkloadSpec batch = job("batch", {Time{10s}, Time{11s}, Time{12s}}, 300s, "ec2");
  batch.containers = {container(millicores(100), 128 * kMiB)};
  batch.ecs.constraints = {"distinctInstance"};
  WorkloadSpec web = service("web", 2, millicores(100), 128 * kMiB, "ec2");
  web.ecs.constraints = {"memberOf(task:group == family:batch)"};
  Scene s(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {batch, web}));
  s.run_for(5s);
  CHECK(s.pending("web") == 2);
  s.run_for(120s);
  CHECK(s.row("batch").on_node.size() == 2);
  CHECK(s.pending("batch") == 1);
  CHECK(s.pending("web") == 0);
}

TEST_CASE("a static host port allows one task an instance, whoever has it, and is free when its task has stopped") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    WorkloadSpec web = service("web", 1, millicores(100), 128 * kMiB, "ec2");
    WorkloadSpec proxy = service("proxy", 1, millicores(100), 128 * kMiB, "ec2");
    web.host_ports = {80};
    proxy.host_ports = {80, 443};
    Scene s(run_of(orchestrator, {ec2_pool(1, 1)}, {web, proxy}));
    s.run_for(60s);
    CHECK(s.healthy("web") == 1);
    REQUIRE(s.pending("proxy") == 1);
    CHECK(nodes_refusing(s, s.replicas("proxy").front(), WaitReason::port) == 1);
    s.world().set_desired(s.id("web"), 0);
    CHECK(s.run_until_it_holds([&] { return s.healthy("proxy") == 1; }, 600));
  }
}

TEST_CASE("a task with a network interface of its own has all ports of its own") {
  WorkloadSpec web = service("web", 2, millicores(100), 128 * kMiB, "ec2");
  web.host_ports = {80};
  web.awsvpc = true;
  Scene s(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}));
  s.run_for(60s);
  CHECK(s.healthy("web") == 2);
}

TEST_CASE("no task gets a port that the ECS agent keeps, while a pod may") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    WorkloadSpec ssh = service("ssh", 1, millicores(100), 128 * kMiB, "ec2");
    ssh.host_ports = {22};
    Scene s(run_of(orchestrator, {ec2_pool(1, 1)}, {ssh}));
    s.run_for(60s);
    CHECK(s.pending("ssh") == (orchestrator == Orchestrator::ecs ? 1 : 0));
  }
}

TEST_CASE("placement and scale-in by the attribute of the zone keep the zones balanced") {
  WorkloadSpec web = service("web", 6, millicores(100), 128 * kMiB, "ec2");
  web.ecs.placement = {"spread(attribute:ecs.availability-zone)", "binpack(cpu)"};
  Scene s(run_of(Orchestrator::ecs, {ec2_pool(4, 4)}, {web}));
  s.run_for(60s);
  CHECK(s.row("web").by_zone == std::vector<std::uint32_t>{3, 3});
  s.world().set_desired(s.id("web"), 2);
  s.run_for(600s);
  CHECK(s.row("web").by_zone == std::vector<std::uint32_t>{1, 1});
}

}  // namespace berth::test
