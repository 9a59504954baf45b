// Runs for tests of pulls: services of one container each, with images made for the test.
#pragma once

#include "tests/lifecycle/life.hpp"

namespace berth::test {

/// Of one layer that is called as the image is.
inline ImageSpec image_of(const std::string& name, Bytes compressed, Bytes unpacked) {
  return ImageSpec{name, {{name, compressed, unpacked}}};
}

/// Service i runs image i, on EC2 (pool 0) or Fargate (pool 1).
inline RunSpec pulling_run(Orchestrator orchestrator, std::vector<ImageSpec> images) {
  std::vector<WorkloadSpec> services;
  for (const ImageSpec& image : images) {
    services.push_back(service("of-" + image.name, 1, millicores(100), 128 * kMiB, "ec2"));
    services.back().pools.push_back({"fargate", 0, 1});
    services.back().containers.front().image = image.name;
  }
  RunSpec run = run_of(orchestrator, {ec2_pool(0, 10), fargate_pool()}, std::move(services));
  run.images = std::move(images);
  return run;
}

inline PoolSpec& nodes_of(RunSpec& run) { return run.clusters.front().pools.front(); }

/// A replica of service i, placed there.
inline ReplicaId start(Life& life, std::uint32_t service, std::optional<NodeId> node) {
  const ReplicaId replica = life.world.create_replica(ServiceId{service}, life.world[ServiceId{service}].revision);
  life.place(replica, node);
  return replica;
}

inline bool runs(const Life& life, ReplicaId replica) {
  return life.alive(replica) && is_running(life.world[replica].stage);
}

/// How long its pull took; the replica comes to run for it.
inline Duration pull_time(Life& life, ReplicaId replica) {
  REQUIRE(life.run_until_it_holds([&] { return runs(life, replica); }));
  return life.world[replica].pulled - life.world[replica].pull_started;
}

/// Equal but for the rounding of transfers to microseconds.
inline bool about(Duration a, Duration b) { return a - b < 1ms && b - a < 1ms; }

inline bool lies_on(const Life& life, NodeId node, const std::string& layer) {
  for (std::uint32_t i = 0; i < life.world.layer_count(); ++i)
    if (life.world[LayerId{i}].name == layer) return life.world[node].layers[i];
  return false;
}

}  // namespace berth::test
