// Image layers on nodes, and nodes whose loss nobody has noticed yet.
#include "tests/lifecycle/life.hpp"

namespace berth::test {
namespace {

WorkloadSpec plain() {
  WorkloadSpec w = service("web", 1, millicores(250), 512 * kMiB, "ec2");
  w.pools.push_back({"fargate", 0, 1});
  return w;
}

TEST_CASE("a second start of the same image on that node pulls nothing") {
  Life life(Orchestrator::ecs, plain());
  const NodeId node = life.ready_node();
  const ReplicaId first = life.create();
  life.place(first, node);
  REQUIRE(life.run_until_it_holds([&] { return life.is(first, ReplicaStage::healthy); }));
  CHECK(life.world[first].pulled_bytes == 120 * kMiB);
  CHECK(life.world[first].pulled - life.world[first].pull_started > 1s);
  const ReplicaId second = life.create();
  life.place(second, node);
  REQUIRE(life.run_until_it_holds([&] { return life.is(second, ReplicaStage::healthy); }));
  CHECK(life.world[second].pulled_bytes == Bytes{});
  CHECK(life.world[second].cached_bytes == 120 * kMiB);
  CHECK(life.world[second].pulled == life.world[second].pull_started + kManifest);  // the agent asks all the same
}

TEST_CASE("two replicas that start together on a node wait for one transfer of each layer") {
  Life life(Orchestrator::ecs, plain());
  const NodeId node = life.ready_node();
  const ReplicaId a = life.create(), b = life.create();
  life.place(a, node);
  life.place(b, node);
  REQUIRE(life.run_until_it_holds([&] { return life.is(a, ReplicaStage::healthy); }));
  CHECK(life.world[a].pulled == life.world[b].pulled);
  Life alone(Orchestrator::ecs, plain());
  const ReplicaId c = alone.create();
  alone.place(c, alone.ready_node());
  REQUIRE(alone.run_until_it_holds([&] { return alone.is(c, ReplicaStage::healthy); }));
  CHECK(life.world[a].pulled == alone.world[c].pulled);  // twice the layers would take longer
}

TEST_CASE("on Fargate every replica pulls for itself, on its own node") {
  Life life(Orchestrator::ecs, plain());
  const ReplicaId a = life.create(), b = life.create();
  life.place(a, std::nullopt);
  REQUIRE(life.run_until_it_holds([&] { return life.is(a, ReplicaStage::healthy); }));
  life.place(b, std::nullopt);
  REQUIRE(life.run_until_it_holds([&] { return life.is(b, ReplicaStage::healthy); }));
  CHECK(life.world[a].node != life.world[b].node);
  CHECK(life.world[b].pulled_bytes == 120 * kMiB);
}

TEST_CASE("a micro-VM on EKS registers as a node after it has been prepared") {
  Life ecs(Orchestrator::ecs, plain()), eks(Orchestrator::eks, plain());
  for (Life* life : {&ecs, &eks}) {
    const ReplicaId replica = life->create();
    life->place(replica, std::nullopt);
    REQUIRE(life->run_until_it_holds([&] { return life->is(replica, ReplicaStage::healthy); }));
    const Duration register_node = life == &eks ? kFargateRegister : 0s;
    CHECK(life->world[replica].pull_started == Time{kFargateAttach + kFargatePrepare + register_node});
  }
}

TEST_CASE("an unpack that has begun goes on without its waiters, and serves the next") {
  Life life(Orchestrator::ecs, plain());
  const NodeId node = life.ready_node();
  const ReplicaId first = life.create();
  life.place(first, node);
  const Duration download = from_seconds(80.0 / 36);  // the lower layer over one connection; the other waits for it
  life.run_for(kManifest + download + 500ms);
  life.replicas.stop(first, StopReason::scale_in);
  life.run_for(1min);
  const ReplicaId second = life.create();
  life.place(second, node);
  REQUIRE(life.run_until_it_holds([&] { return life.is(second, ReplicaStage::healthy); }));
  CHECK(life.world[second].pulled_bytes == 40 * kMiB);
  CHECK(life.world[second].cached_bytes == 80 * kMiB);
}

TEST_CASE("an instance that is terminated while it unpacks takes the unpack with it") {
  Life life(Orchestrator::ecs, plain());
  const NodeId node = life.ready_node();
  const ReplicaId replica = life.create();
  life.place(replica, node);
  life.run_for(3s);
  life.nodes.terminate(node, StopReason::scale_in);
  life.run_for(1h);
  CHECK_FALSE(life.alive(node));
  CHECK_FALSE(life.alive(replica));
}

TEST_CASE("who is placed on a dead node that nobody misses yet ends when the loss is noticed") {
  Life life(Orchestrator::eks, plain());
  const NodeId node = life.ready_node();
  life.run_for(1s);
  life.nodes.lose(node, StopReason::node_lost);
  const ReplicaId late = life.create();
  life.place(late, node);
  life.run_for(from_seconds(life.world.catalog().constant("kube.node_lost_after_s")) - 1s);
  CHECK(life.world[late].stage == ReplicaStage::attaching);
  life.run_for(1s);
  CHECK_FALSE(life.alive(late));
  CHECK(life.moved(late, ReplicaStage::stopped)->why == StopReason::node_lost);
  CHECK_FALSE(life.alive(node));
}

TEST_CASE("stopping a replica that is dead already counts it as stopping until the loss is noticed") {
  Life life(Orchestrator::ecs, plain());
  const NodeId node = life.ready_node();
  const ReplicaId replica = life.create();
  life.place(replica, node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[replica].seen == ReplicaStage::healthy; }));
  life.nodes.lose(node, StopReason::node_lost);
  CHECK(life.world[replica].stage == ReplicaStage::stopped);
  CHECK(life.world[replica].seen == ReplicaStage::healthy);
  life.replicas.stop(replica, StopReason::scale_in);
  CHECK(life.world[replica].seen == ReplicaStage::stopping);
  CHECK(life.world[replica].why == StopReason::node_lost);
  life.run_for(5min);
  CHECK_FALSE(life.alive(replica));
}

}  // namespace
}  // namespace berth::test
