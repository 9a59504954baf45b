// Addresses through the lives of replicas and nodes: the VPC CNI's pools, ECS interfaces, subnets that run out.
#include "tests/lifecycle/life.hpp"

namespace berth::test {
namespace {

constexpr std::int64_t kSlots = 9;   // of an m6i.large's interface, beside its own address
constexpr Duration kTick = 5s;       // of the CNI's loop
constexpr Duration kInterface = 1s;  // to attach one, with these models
constexpr Duration kRetry = 1s;      // of the kubelet, likewise
constexpr Duration kCooldown = 30s;

RunSpec small_pods(Orchestrator orchestrator, std::vector<std::int64_t> subnets = {}) {
  WorkloadSpec w = service("web", 1, millicores(50), 64 * kMiB, "ec2");
  w.pools.push_back({"fargate", 0, 1});
  w.awsvpc = true;
  w.containers[0].start = 2s;
  RunSpec run = run_of(orchestrator, {ec2_pool(0, 10), fargate_pool()}, {std::move(w)});
  for (const std::int64_t addresses : subnets) run.network.subnets.push_back({addresses});
  return run;
}

/// A node that has the image: without a pull, whose network credits are looked at once more later, all that stands in
/// the calendar after a pod is the CNI's.
NodeId node_with_image(Life& life) {
  const NodeId node = life.ready_node();
  life.images.begin_cached(node, {ImageId{0}});
  return node;
}

std::int64_t count(const Life& life, AddressUse use, ZoneId zone = ZoneId{0}) {
  return life.world.addresses(zone, use);
}
std::vector<ReplicaId> place(Life& life, NodeId node, int pods) {
  std::vector<ReplicaId> placed;
  for (int i = 0; i < pods; ++i) {
    placed.push_back(life.create());
    life.place(placed.back(), node);
  }
  return placed;
}
bool attached(const Life& life, ReplicaId replica) { return life.world[replica].stage > ReplicaStage::attaching; }

TEST_CASE("an EKS node holds its own address and a full interface of warm ones") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  life.ready_node();
  CHECK(count(life, AddressUse::used) == 1);
  CHECK(count(life, AddressUse::warm) == kSlots);
  CHECK(count(life, AddressUse::free) == 100 - 1 - kSlots);
  CHECK(count(life, AddressUse::free, ZoneId{1}) == 100);
}

TEST_CASE("a pod with a warm address attaches in the sandbox's time") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = life.ready_node();
  const ReplicaId pod = place(life, node, 1).front();
  CHECK(count(life, AddressUse::used) == 2);
  CHECK(count(life, AddressUse::warm) == kSlots - 1);
  life.run_for(1s);
  CHECK(attached(life, pod));
  CHECK(life.waiting.empty());
}

TEST_CASE("the first pod makes the CNI attach a spare interface, at the next tick of its loop") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = life.ready_node();
  life.run_for(2s);
  place(life, node, 1);
  life.run_until(Time{kTick});
  CHECK(count(life, AddressUse::used) == 3);  // the new interface has an address of its own from its creation on
  CHECK(count(life, AddressUse::warm) == kSlots - 1);
  life.run_for(kInterface);
  CHECK(count(life, AddressUse::warm) == 2 * kSlots - 1);
  CHECK(life.world[node].pods.enis == 2);
}

TEST_CASE("a pod without a warm address waits for the next interface and says why") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = life.ready_node();
  const auto pods = place(life, node, static_cast<int>(kSlots) + 1);
  life.run_for(1s);
  CHECK(attached(life, pods[kSlots - 1]));
  REQUIRE(life.waiting.size() == 1);  // once, however often the kubelet tries
  CHECK(life.waiting.front().first == pods.back());
  CHECK(life.world[pods.back()].stage == ReplicaStage::attaching);
  CHECK(life.world[pods.back()].main_reason == WaitReason::no_addresses);
  life.run_until(Time{kTick + kInterface + kRetry});
  REQUIRE(life.addressed.size() == 1);
  CHECK(life.addressed.front().first == pods.back());
  CHECK(life.addressed.front().second >= Time{kTick + kInterface});
  life.run_for(1s);
  CHECK(attached(life, pods.back()));
}

TEST_CASE("an address of a stopped pod cools down before it is warm again") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = life.ready_node();
  const ReplicaId pod = place(life, node, 1).front();
  life.run_for(20s);
  life.replicas.stop(pod, StopReason::scale_in);
  life.run_for(kContainerExit);
  CHECK(count(life, AddressUse::cooling) == 1);
  CHECK(count(life, AddressUse::used) == 2);  // the instance and its second interface
  life.run_for(kCooldown - 1s);
  CHECK(count(life, AddressUse::cooling) == 1);
  life.run_for(1s);
  CHECK(count(life, AddressUse::cooling) == 0);
}

TEST_CASE("a spare interface that is too many goes after its minimum life, and nothing is scheduled after it") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = node_with_image(life);
  const ReplicaId pod = place(life, node, 1).front();
  life.run_for(kTick + kInterface);
  const Time since = life.now();
  life.replicas.stop(pod, StopReason::scale_in);
  life.run_until(since + 59s);
  CHECK(count(life, AddressUse::cooling) == 0);
  CHECK(life.world[node].pods.enis == 2);
  life.run_until(since + 60s + kTick);
  CHECK(life.world[node].pods.enis == 1);
  CHECK(count(life, AddressUse::used) == 1);
  CHECK(count(life, AddressUse::free) == 100 - 1 - kSlots);
  CHECK(life.calendar.size() == 0);
}

TEST_CASE("interfaces go one at a time, thirty seconds apart") {
  RunSpec run = small_pods(Orchestrator::eks, {100, 100});
  run.clusters[0].pools[0].instance_types = {"m6i.xlarge"};  // four interfaces of 14
  Life life(std::move(run));
  const NodeId node = node_with_image(life);
  const auto pods = place(life, node, 30);
  life.run_for(120s);
  REQUIRE(life.world[node].pods.enis == 4);
  for (const ReplicaId pod : pods) life.replicas.stop(pod, StopReason::scale_in);
  std::vector<Time> gone;
  std::int64_t enis = 4;
  for (int i = 0; i < 300; ++i) {
    life.run_for(1s);
    if (life.world[node].pods.enis < enis) gone.push_back(life.now());
    enis = life.world[node].pods.enis;
  }
  REQUIRE(gone.size() == 3);
  CHECK(gone[1] - gone[0] >= 30s);
  CHECK(gone[2] - gone[1] >= 30s);
  CHECK(life.calendar.size() == 0);
}

TEST_CASE("an idle node costs no event") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  life.ready_node();
  CHECK(life.calendar.size() == 0);
}

TEST_CASE("a pod in the host's network takes no address") {
  RunSpec run = small_pods(Orchestrator::eks, {100, 100});
  run.workloads[0].needs = {Need::host_network};
  Life life(std::move(run));
  place(life, life.ready_node(), 1);
  CHECK(count(life, AddressUse::used) == 1);
  CHECK(life.calendar.size() > 0);
  life.run_for(1s);
  CHECK(count(life, AddressUse::warm) == kSlots);
}

TEST_CASE("prefixes leave the subnet sixteen at a time") {
  RunSpec run = small_pods(Orchestrator::eks, {100, 100});
  run.network.cni.prefix_delegation = true;
  Life life(std::move(run));
  const NodeId node = life.ready_node();
  CHECK(count(life, AddressUse::warm) == 16);
  place(life, node, 5);
  life.run_for(kTick);
  CHECK(count(life, AddressUse::warm) == 2 * 16 - 5);
  CHECK(life.world[node].pods.enis == 1);
}

TEST_CASE("with custom networking the primary interface carries no pods") {
  RunSpec run = small_pods(Orchestrator::eks, {100, 100});
  run.network.cni.custom_networking = true;
  Life life(std::move(run));
  const NodeId node = life.ready_node();
  CHECK(life.world[node].pods.enis == 1);
  CHECK(count(life, AddressUse::used) == 2);
  CHECK(life.world[node].slots_allocatable == 2 * kSlots + 2);
}

TEST_CASE("address targets keep single addresses, and give back what is too many") {
  RunSpec run = small_pods(Orchestrator::eks, {100, 100});
  run.network.cni.warm_ip_target = 2;
  run.network.cni.minimum_ip_target = 4;
  Life life(std::move(run));
  const NodeId node = node_with_image(life);
  CHECK(count(life, AddressUse::warm) == 4);
  const auto pods = place(life, node, 4);
  life.run_for(kTick);
  CHECK(count(life, AddressUse::warm) == 2);
  for (const ReplicaId pod : pods) life.replicas.stop(pod, StopReason::scale_in);
  life.run_for(kCooldown + 30s + 2 * kTick);
  CHECK(count(life, AddressUse::warm) == 4);
  CHECK(life.calendar.size() == 0);
}

TEST_CASE("when the subnet is empty the CNI pauses for two minutes, although addresses come back before") {
  // Two nodes with a warm interface each, and one address left, which a further interface takes for itself.
  Life life(small_pods(Orchestrator::eks, {2 * (1 + kSlots) + 1, 100}));
  const NodeId node = life.ready_node(), other = life.ready_node();
  const auto pods = place(life, node, static_cast<int>(kSlots) + 1);
  life.run_for(kTick + kInterface);
  CHECK(count(life, AddressUse::free) == 0);
  const Time refused = life.now();
  life.nodes.terminate(other, StopReason::underutilized);
  life.run_for(kInstanceTerminate);
  CHECK(count(life, AddressUse::free) == 1 + kSlots);
  life.run_until(refused + 119s);
  CHECK(life.world[pods.back()].stage == ReplicaStage::attaching);
  life.run_until(refused + 120s + kTick + kRetry);
  CHECK(life.addressed.size() == 1);
  CHECK(count(life, AddressUse::free) == 1);
}

TEST_CASE("the pause holds as well where not even a new interface gets its own address") {
  Life life(small_pods(Orchestrator::eks, {2 * (1 + kSlots), 100}));
  const NodeId node = life.ready_node(), other = life.ready_node();
  place(life, node, 1);  // whose spare interface finds the subnet empty
  life.run_for(kTick);
  life.nodes.terminate(other, StopReason::underutilized);
  life.run_for(119s);
  CHECK(count(life, AddressUse::free) == 1 + kSlots);
  CHECK(life.world[node].pods.enis == 1);
  life.run_for(1s + kTick + kInterface);
  CHECK(life.world[node].pods.enis == 2);
}

TEST_CASE("a waiting pod takes the address of one that stopped, after its cool-down") {
  Life life(small_pods(Orchestrator::eks, {1 + kSlots, 100}));
  const NodeId node = life.ready_node();
  const auto pods = place(life, node, static_cast<int>(kSlots) + 1);
  life.run_for(20s);
  life.replicas.stop(pods.front(), StopReason::scale_in);
  life.run_for(kContainerExit + kCooldown - 1s);
  CHECK(life.addressed.empty());
  life.run_for(1s + kRetry);
  CHECK(life.addressed.size() == 1);
}

TEST_CASE("an awsvpc task takes one address of the subnet from its placement until it has stopped") {
  Life life(small_pods(Orchestrator::ecs, {100, 100}));
  const NodeId node = life.ready_node();
  CHECK(count(life, AddressUse::used) == 1);
  const ReplicaId task = place(life, node, 1).front();
  CHECK(count(life, AddressUse::used) == 2);
  life.run_for(20s);
  life.replicas.stop(task, StopReason::scale_in);
  CHECK(count(life, AddressUse::used) == 2);
  life.run_for(kContainerExit);
  CHECK(count(life, AddressUse::used) == 1);
}

TEST_CASE("a task in bridge mode takes no address of its own") {
  RunSpec run = small_pods(Orchestrator::ecs, {100, 100});
  run.workloads[0].awsvpc = false;
  Life life(std::move(run));
  place(life, life.ready_node(), 1);
  CHECK(count(life, AddressUse::used) == 1);
}

TEST_CASE("a Fargate task or pod has one interface with one address") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Life life(small_pods(orchestrator, {100, 100}));
    const ReplicaId replica = life.create();
    life.place(replica, std::nullopt);
    CHECK(count(life, AddressUse::used) == 1);
    CHECK(count(life, AddressUse::warm) == 0);
    life.replicas.stop(replica, StopReason::scale_in);  // while its interface is being attached
    life.run_for(1s);
    CHECK(count(life, AddressUse::free) == 100);
  }
}

TEST_CASE("whoever is interrupted, and when, gives every address back") {
  struct Case {
    Orchestrator orchestrator;
    bool fargate;
  };
  for (const Case c : {Case{Orchestrator::ecs, false}, Case{Orchestrator::ecs, true}, Case{Orchestrator::eks, false},
                       Case{Orchestrator::eks, true}})
    for (int s = static_cast<int>(ReplicaStage::attaching); s <= static_cast<int>(ReplicaStage::stopping); ++s)
      for (const bool crash : {false, true}) {
        const auto stage = static_cast<ReplicaStage>(s);
        CAPTURE(static_cast<int>(c.orchestrator));
        CAPTURE(c.fargate);
        CAPTURE(name(stage));
        CAPTURE(crash);
        Life life(small_pods(c.orchestrator, {100, 100}));
        std::optional<NodeId> node;
        if (!c.fargate) node = life.ready_node();
        const ReplicaId replica = life.create();
        life.place(replica, node);
        const NodeId host = life.world[replica].node;
        if (stage == ReplicaStage::stopping) {
          life.run_for(20s);
          life.replicas.stop(replica, StopReason::replaced);
        }
        REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage == stage; }));
        if (crash) life.nodes.lose(host, StopReason::node_lost);
        else life.replicas.stop(replica, StopReason::scale_in);
        if (crash) CHECK(count(life, AddressUse::free) == 100);
        life.run_for(600s);
        if (!crash && node) life.nodes.terminate(*node, StopReason::underutilized);
        life.run_for(600s);
        CHECK(count(life, AddressUse::free) == 100);
        CHECK(life.calendar.size() == 0);
      }
}

TEST_CASE("a node that is lost while an interface is attached, and while addresses cool, leaves nothing behind") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = life.ready_node();
  const auto pods = place(life, node, 2);
  life.run_for(4s);
  life.replicas.stop(pods.front(), StopReason::scale_in);
  life.run_until(Time{kTick} + 500ms);  // between the order and the arrival of the interface
  REQUIRE(life.world[node].pods.attaching);
  life.run_for(1s);
  life.nodes.lose(node, StopReason::node_lost);
  CHECK(count(life, AddressUse::free) == 100);
  life.run_for(600s);
  CHECK(count(life, AddressUse::free) == 100);
}

TEST_CASE("a node that comes back from a warm pool has its interfaces, and nothing that was under way is lost") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = life.ready_node();
  const ReplicaId pod = place(life, node, 1).front();
  life.run_for(4s);
  life.replicas.stop(pod, StopReason::scale_in);
  life.run_for(0s);
  life.run_until(Time{kTick + kInterface / 2});
  REQUIRE(life.world[node].pods.attaching);
  life.run_until_it_holds([&] { return !life.alive(pod); });
  life.agenda.cancel_all(node);  // stopped: none of its own steps goes on
  life.world.move(node, NodeStage::pooled);
  CHECK(count(life, AddressUse::cooling) == 1);
  for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) life.world.move(node, s);
  life.interfaces.join(node);
  life.world.check_everything();
  CHECK(count(life, AddressUse::cooling) == 0);
  CHECK(life.world[node].own_addresses == 1);
  life.run_for(600s);
  CHECK(count(life, AddressUse::free) == 100 - 1 - kSlots);
  CHECK(life.calendar.size() == 0);
}

TEST_CASE("a node that was stopped before its loop ticked looks at its pool again when it comes back") {
  Life life(small_pods(Orchestrator::eks, {100, 100}));
  const NodeId node = life.ready_node();
  place(life, node, 1);
  REQUIRE(life.world[node].pods.due);
  life.agenda.cancel_all(node);
  life.interfaces.join(node);
  life.run_for(kTick + kInterface);
  CHECK(life.world[node].pods.enis == 2);
}

TEST_CASE("an instance whose subnet is empty starts when it is not") {
  Life life(small_pods(Orchestrator::ecs, {1, 100}));
  const NodeId first = life.nodes.request(PoolId{0}, life.world[PoolId{0}].types.front(), ZoneId{0}, LaunchPath::fleet);
  const NodeId second =
      life.nodes.request(PoolId{0}, life.world[PoolId{0}].types.front(), ZoneId{0}, LaunchPath::fleet);
  life.run_for(90s);
  CHECK(life.world[first].stage == NodeStage::ready);
  CHECK(life.world[second].stage == NodeStage::requested);
  life.nodes.terminate(first, StopReason::underutilized);
  life.run_for(kInstanceTerminate + 120s);
  CHECK(life.world[second].stage == NodeStage::ready);
}

TEST_CASE("trunking raises the tasks of an instance, and the trunk has an address of its own") {
  RunSpec run = small_pods(Orchestrator::ecs, {100, 100});
  run.clusters[0].pools[0].eni_trunking = true;
  Life life(std::move(run));
  const NodeId node = life.ready_node();
  CHECK(life.world[node].slots_allocatable == 10);
  CHECK(count(life, AddressUse::used) == 2);
}

}  // namespace
}  // namespace berth::test
