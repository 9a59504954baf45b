// Lives without anybody who decides: a world, its clock and its lifecycles, moved by hand.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "sim/engine/loop.hpp"
#include "sim/lifecycle/lives.hpp"
#include "tests/support/specs.hpp"

namespace berth::test {

/// Service 0 is `spec`, pool 0 is EC2, pool 1 is Fargate.
inline RunSpec run_of_one(Orchestrator orchestrator, WorkloadSpec spec) {
  return run_of(orchestrator, {ec2_pool(0, 10), fargate_pool()}, {std::move(spec)});
}

class Life : public FactSink {
 public:
  Life(Orchestrator orchestrator, WorkloadSpec spec) : Life(run_of_one(orchestrator, std::move(spec))) {}
  explicit Life(RunSpec all, const Catalog& catalog = constant_catalog())
      : run(std::move(all)),
        world(run, catalog),
        calendar(&event_name),
        agenda(calendar),
        network(run.network_engine == NetworkEngine::simgrid ? make_simgrid_network() : make_fair_share_network()),
        lives(world, agenda, *network) {
    world.tell(*this);
  }

  void hear(const Fact& fact, Time at) override {
    facts.push_back({fact, at});
    if (const auto* moved = std::get_if<ReplicaMoved>(&fact))
      moves.push_back({moved->replica, moved->to, moved->why, at});
    if (const auto* moved = std::get_if<NodeMoved>(&fact))
      node_moves.push_back({moved->node, moved->to, moved->why, at});
    if (const auto* waits = std::get_if<ReplicaWaits>(&fact)) waiting.push_back({waits->replica, at});
    if (const auto* assigned = std::get_if<AddressAssigned>(&fact)) addressed.push_back({assigned->replica, at});
    if (const auto* moved = std::get_if<LayerMoved>(&fact))
      layer_moves.push_back({world[moved->layer].name, moved->to, at});
    if (const auto* came = std::get_if<LayerTransferred>(&fact)) {
      transfers.push_back({*came, at});
      transferred += came->bytes;
    }
  }

  Time now() const { return agenda.now(); }
  /// Everything due up to `t`; all invariants are swept after every step of a life.
  void run_until(Time t) {
    berth::run_until(
        t, calendar, *network,
        [&](FlowId flow) {
          world.set_now(calendar.now());
          images.finished(flow);
        },
        [&](const EventCalendar::Entry& entry) {
          world.set_now(entry.time);
          std::visit([this](const auto& e) { handle(e); }, entry.event);
          world.check_everything();
        });
    world.set_now(t);
  }
  void run_for(Duration d) { run_until(now() + d); }
  template <class Holds>
  bool run_until_it_holds(Holds holds) {
    for (int i = 0; i < 6000 && !holds(); ++i) run_for(100ms);
    return holds();
  }

  NodeId ready_node(ZoneId zone = ZoneId{0}) {
    return nodes.begin_ready(PoolId{0}, world[PoolId{0}].types.front(), zone);
  }
  ReplicaId create() { return world.create_replica(ServiceId{0}, world[ServiceId{0}].revision); }
  /// Placed on that node, or on a micro-VM of its own where `node` is empty.
  void place(ReplicaId replica, std::optional<NodeId> node) {
    if (node) replicas.place(replica, *node);
    else replicas.launch_on_fargate(replica, PoolId{1}, ZoneId{0});
  }
  bool alive(ReplicaId replica) const { return world.replicas().has(replica); }
  bool alive(NodeId node) const { return world.nodes().has(node); }
  bool is(ReplicaId replica, ReplicaStage stage) const { return world[replica].stage == stage; }

  struct ReplicaMove {
    ReplicaId replica;
    ReplicaStage to;
    StopReason why;
    Time at;
  };
  struct NodeMove {
    NodeId node;
    NodeStage to;
    StopReason why;
    Time at;
  };
  struct Transfer {
    LayerTransferred fact;
    Time at;
  };
  struct LayerMove {
    std::string layer;
    LayerStage to;
    Time at;
  };
  std::vector<Time> layer_moved(const std::string& layer, LayerStage to) const {
    std::vector<Time> times;
    for (const LayerMove& m : layer_moves)
      if (m.layer == layer && m.to == to) times.push_back(m.at);
    return times;
  }
  std::optional<ReplicaMove> moved(ReplicaId replica, ReplicaStage to) const {
    for (const ReplicaMove& m : moves)
      if (m.replica == replica && m.to == to) return m;
    return std::nullopt;
  }
  std::optional<NodeMove> moved(NodeId node, NodeStage to) const {
    for (const NodeMove& m : node_moves)
      if (m.node == node && m.to == to) return m;
    return std::nullopt;
  }

  RunSpec run;
  World world;
  EventCalendar calendar;
  Agenda agenda;
  std::unique_ptr<Network> network;
  Lives lives;
  ImageCache& images = lives.images;
  ReplicaLifecycle& replicas = lives.replicas;
  NodeLifecycle& nodes = lives.nodes;
  NetworkInterfaces& interfaces = lives.interfaces;
  struct Told {
    Fact fact;
    Time at;
  };
  /// When a fact of that kind was told for the n-th time, of those that `holds` is true of; kNever: it was not.
  template <class F, class Holds>
  Time told(Holds holds, int n = 1) const {
    for (const Told& t : facts)
      if (const auto* f = std::get_if<F>(&t.fact); f && holds(*f) && --n == 0) return t.at;
    return kNever;
  }
  /// When that container came to that stage for the n-th time.
  Time came_to(ReplicaId replica, ContainerIndex container, ContainerStage stage, int n = 1) const {
    return told<ContainerMoved>(
        [&](const ContainerMoved& f) { return f.replica == replica && f.container == container && f.to == stage; }, n);
  }

  std::vector<Told> facts;
  std::vector<ReplicaMove> moves;
  std::vector<NodeMove> node_moves;
  std::vector<Transfer> transfers;
  std::vector<std::pair<ReplicaId, Time>> waiting, addressed;
  std::vector<LayerMove> layer_moves;
  Bytes transferred;

 private:
  static const char* event_name(const Event& event) { return berth::name(event); }
  /// Without controllers an unreachable node of Kubernetes is given up on at once.
  void handle(const NodeReported& e) {
    nodes.on(e);
    if (e.stage == NodeStage::unreachable) nodes.on(NodeReported{e.node, NodeStage::gone});
  }
  template <class E>
  void handle(const E& e) {
    if constexpr (requires { replicas.on(e); }) replicas.on(e);
    else if constexpr (requires { nodes.on(e); }) nodes.on(e);
    else if constexpr (requires { images.on(e); }) images.on(e);
    else if constexpr (requires { interfaces.on(e); }) interfaces.on(e);
    else if constexpr (requires { lives.volumes.on(e); }) lives.volumes.on(e);
    else FAIL("nobody schedules " << berth::name(Event{e}));
  }
};

}  // namespace berth::test
