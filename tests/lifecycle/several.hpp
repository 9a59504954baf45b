// Replicas of several containers, with their images on the node, so that only what is tested takes time.
#pragma once

#include "tests/lifecycle/life.hpp"

namespace berth::test {

inline const double kStart = seconds(kContainerStart);
inline const double kExit = seconds(kContainerExit);
/// From a container's turn to its run, with its image on the node: the ECS agent asks the registry all the same.
inline constexpr Duration kTaskTurn = kManifest + kContainerStart;
inline constexpr Duration kPodTurn = kCachedImage + kContainerStart;

inline ContainerSpec named(const std::string& name, const std::string& image = "web") {
  ContainerSpec c = container(millicores(100), 128 * kMiB, image);
  c.name = name;
  return c;
}

inline WorkloadSpec of(std::vector<ContainerSpec> containers) {
  WorkloadSpec w = service("web", 1, millicores(500), 1 * kGiB, "ec2");
  w.pools.push_back({"fargate", 0, 1});
  w.containers = std::move(containers);
  return w;
}

inline ContainerSpec after(ContainerSpec c, const std::string& on, Condition condition) {
  c.depends_on.push_back({on, condition});
  return c;
}

inline ContainerSpec exits(ContainerSpec c, Duration after_start, std::int64_t code) {
  c.exits = ExitSpec{after_start, code};
  c.essential = false;
  return c;
}

inline ContainerCheckSpec check_every(Duration interval, std::int64_t retries = 3, Duration start_period = 0s) {
  return {interval, retries, start_period};
}

inline ProbeSpec probe(Duration period, std::int64_t failures = 3, Duration initial_delay = 0s) {
  return {initial_delay, period, 1, failures};
}

/// One replica on a node that has the image "web"; `web-2` has to be pulled.
struct Placed {
  Placed(Orchestrator orchestrator, WorkloadSpec spec) : Placed(run_of_one(orchestrator, std::move(spec))) {}
  explicit Placed(RunSpec run) : life(std::move(run)), node(life.ready_node()), replica(life.create()) {
    for (std::uint32_t i = 0; i < life.world.image_count(); ++i)
      if (life.world[ImageId{i}].spec->name == "web") life.images.begin_cached(node, {ImageId{i}});
    life.place(replica, node);
  }

  const ContainerRow& row(ContainerIndex c) { return life.world[replica].containers[c]; }
  /// In seconds since the first container began to run; -1: it never came to it.
  double ran_after(ContainerIndex c, int n = 1) const { return since_first(c, ContainerStage::running, n); }
  double since_first(ContainerIndex c, ContainerStage stage, int n = 1) const {
    const Time at = life.came_to(replica, c, stage, n);
    return at == kNever ? -1 : seconds(at - first_run());
  }
  Time first_run() const {
    return life.told<ContainerMoved>([](const ContainerMoved& f) { return f.to == ContainerStage::running; });
  }
  ReplicaStage stage() { return life.world[replica].stage; }
  /// Why and when it was asked to stop, in seconds since the first container ran.
  StopReason why() const {
    const auto move = life.moved(replica, ReplicaStage::stopping);
    return move ? move->why : StopReason::none;
  }
  double stopping_after() const { return seconds(life.moved(replica, ReplicaStage::stopping)->at - first_run()); }

  Life life;
  NodeId node;
  ReplicaId replica;
};

}  // namespace berth::test
