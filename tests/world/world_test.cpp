// What the world keeps true: legal moves only, columns with positions used again, epochs, names.
#include "sim/world/world.hpp"

#include <doctest/doctest.h>

#include "tests/engine/aborts.hpp"
#include "tests/support/constant_models.hpp"
#include "tests/support/specs.hpp"

namespace berth::test {
namespace {

struct SmallWorld {
  SmallWorld()
      : run(run_of(Orchestrator::ecs, {ec2_pool(0, 3), fargate_pool()},
                   {service("web", 2, millicores(500), 1 * kGiB, "ec2")})),
        world(run, constant_catalog()) {
    run.workloads[0].pools.push_back({"fargate", 0, 1});
  }
  NodeId node(ZoneId zone = ZoneId{0}) { return world.create_node(PoolId{0}, world[PoolId{0}].types.front(), zone); }
  NodeId ready_node(ZoneId zone = ZoneId{0}) {
    const NodeId id = node(zone);
    for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) world.move(id, s);
    world.report(id, NodeStage::ready);
    return id;
  }
  void end(NodeId id) {
    world.move(id, NodeStage::terminating);
    world.move(id, NodeStage::gone);
    world.report(id, NodeStage::gone);
  }
  ReplicaId replica() { return world.create_replica(ServiceId{0}, world[ServiceId{0}].revision); }
  std::uint64_t epoch() const { return world[ClusterId{0}].epoch; }

  RunSpec run;
  World world;
};

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a move that is no edge of the life aborts and names both stages") {
  SmallWorld w;
  const NodeId node = w.ready_node();
  const ReplicaId replica = w.replica();
  w.world.place(replica, node);
  CHECK(mentions(last_words([&] { w.world.move(replica, ReplicaStage::pending); }), "attaching -> pending"));
  CHECK(mentions(last_words([&] { w.world.move(replica, ReplicaStage::stopped); }), "attaching -> stopped"));
  CHECK(mentions(last_words([&] { w.world.move(node, NodeStage::booting); }), "ready -> booting"));
  CHECK(mentions(last_words([&] { w.world.place(w.replica(), w.node()); }), "host.stage"));
}

TEST_CASE("a node never carries more than it has") {
  SmallWorld w;
  const NodeId node = w.ready_node();  // m6i.large: 2 vCPU
  for (int i = 0; i < 4; ++i) w.world.place(w.replica(), node);
  CHECK(w.world[node].cpu_used == 4 * millicores(500));
  CHECK(mentions(last_words([&] { w.world.place(w.replica(), node); }), "cpu_used <= node.cpu_allocatable"));
}

TEST_CASE("a pool never has more nodes than its maximum") {
  SmallWorld w;
  for (int i = 0; i < 3; ++i) w.node();
  CHECK_FALSE(last_words([&] { w.node(); }).empty());
}

TEST_CASE("the position of a node that is gone is used again, the lowest first, but names are not") {
  SmallWorld w;
  const NodeId a = w.ready_node(), b = w.ready_node(), c = w.ready_node(ZoneId{1});
  CHECK(w.world.name(c) == "ec2/3");
  CHECK(w.world[c].position == 2);
  w.end(b);
  w.end(a);
  CHECK(w.world.view(ClusterId{0}).size() == 3);
  CHECK(w.world.view(ClusterId{0}).seen[0] == NodeStage::gone);
  const NodeId d = w.node(ZoneId{1});
  CHECK(w.world[d].position == 0);
  CHECK(w.world.name(d) == "ec2/4");
  CHECK(w.world.view(ClusterId{0}).zone[0] == ZoneId{1});
  CHECK(w.world[w.node()].position == 1);
}

TEST_CASE("capacity is free on the node when the replica stops, in the columns when the control plane learns it") {
  SmallWorld w;
  const NodeId node = w.ready_node();
  const ReplicaId replica = w.replica();
  CHECK(w.world.name(replica) == "web/1");
  w.world.place(replica, node);
  w.world.move(replica, ReplicaStage::stopping, StopReason::scale_in);
  w.world.move(replica, ReplicaStage::stopped);
  CHECK(w.world[node].cpu_used == Cpu{});
  CHECK(w.world.view(ClusterId{0}).cpu_used[0] == millicores(500).count());
  w.world.check_everything();
  w.world.report(replica, ReplicaStage::stopped);
  CHECK(w.world.view(ClusterId{0}).cpu_used[0] == 0);
  CHECK_FALSE(w.world.replicas().has(replica));
  CHECK(w.world.name(w.replica()) == "web/2");
}

TEST_CASE("an epoch rises when a node becomes ready, when room is given back and when a node is gone") {
  SmallWorld w;
  const NodeId node = w.node();
  const std::uint64_t at_first = w.epoch();
  for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) w.world.move(node, s);
  CHECK(w.epoch() == at_first);  // nobody knows yet
  w.world.report(node, NodeStage::ready);
  CHECK(w.epoch() == at_first + 1);
  const ReplicaId replica = w.replica();
  w.world.place(replica, node);
  w.world.move(replica, ReplicaStage::stopping, StopReason::scale_in);
  w.world.move(replica, ReplicaStage::stopped);
  CHECK(w.epoch() == at_first + 1);
  w.world.report(replica, ReplicaStage::stopped);
  CHECK(w.epoch() == at_first + 2);
  w.end(node);
  CHECK(w.epoch() == at_first + 3);
}

TEST_CASE("the first reason to stop is kept") {
  SmallWorld w;
  const ReplicaId replica = w.replica();
  w.world.place(replica, w.ready_node());
  w.world.move(replica, ReplicaStage::stopping, StopReason::replaced);
  w.world.move(replica, ReplicaStage::stopped, StopReason::node_lost);
  CHECK(w.world[replica].why == StopReason::replaced);
}

TEST_CASE("a Fargate node is made to the measure of one replica and is in no column") {
  SmallWorld w;
  RunSpec run =
      run_of(Orchestrator::ecs, {fargate_pool()}, {service("web", 1, millicores(300), 700 * kMiB, "fargate")});
  World world(run, constant_catalog());
  const ReplicaId replica = world.create_replica(ServiceId{0}, world[ServiceId{0}].revision);
  const NodeId node = world.create_fargate_node(PoolId{0}, replica, ZoneId{1});
  CHECK(world[node].cpu_allocatable == millicores(500));
  CHECK(world[node].memory_allocatable == 1 * kGiB);
  CHECK(world.view(ClusterId{0}).size() == 0);
}

}  // namespace
}  // namespace berth::test
