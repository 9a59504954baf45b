// Roll-outs on EKS in the middle: scaled, overtaken, slow to be available, bereft of pods, without any overlap.
#include "tests/support/rollouts.hpp"

namespace berth::test {
namespace {

ContainerSpec newer(const std::string& image, bool never_serves = false) {
  ContainerSpec c = container(millicores(250), 512 * kMiB, image);
  c.never_serves = never_serves;
  return c;
}

WorkloadSpec rolling(std::int64_t desired, bool never_serves = false) {
  WorkloadSpec w = service("web", desired, millicores(250), 512 * kMiB, "ec2");
  w.deployments = {{Time{kRolledAt}, {{"app", newer("web-2", never_serves)}}}};
  return w;
}

RunSpec on_five_nodes(WorkloadSpec web) { return run_of(Orchestrator::eks, {ec2_pool(5, 5)}, {std::move(web)}); }

/// Pods of a revision that nobody has asked to stop; `number` 1 is the first one.
std::int64_t of_revision(Scene& scene, std::int64_t number) {
  std::int64_t n = 0;
  for (const ReplicaId r : scene.replicas("web"))
    n += is_wanted(scene.world()[r].seen) && scene.world()[scene.world()[r].revision].number == number;
  return n;
}

std::vector<std::string> outcomes(const Scene& scene) {
  std::vector<std::string> all;
  for (const Row& row : scene.rows("deployments")) all.push_back(row.at("outcome"));
  return all;
}

TEST_CASE("a Deployment that grows in the middle of a roll-out grows in proportion") {
  WorkloadSpec web = rolling(10, true);  // of kubernetes.io, "Proportional scaling"
  web.rollout.max_surge = 3;
  web.rollout.max_unavailable = 2;
  web.rollout.max_surge_is_percent = web.rollout.max_unavailable_is_percent = false;
  Scene scene(on_five_nodes(web));
  scene.run_until(5min);
  CHECK(of_revision(scene, 1) == 8);
  CHECK(of_revision(scene, 2) == 5);
  scene.world().set_desired(scene.id("web"), 15);
  scene.run_for(1min);
  CHECK(of_revision(scene, 1) == 11);
  CHECK(of_revision(scene, 2) == 7);
  scene.world().set_desired(scene.id("web"), 10);
  scene.run_for(1min);
  CHECK(of_revision(scene, 1) + of_revision(scene, 2) == 10 + 3);
  CHECK(of_revision(scene, 1) == 8);
}

TEST_CASE("a Deployment scaled to zero in the middle of a roll-out ends all pods of all revisions") {
  Scene scene(on_five_nodes(rolling(8, true)));
  scene.run_until(5min);
  REQUIRE(of_revision(scene, 2) > 0);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_for(2min);
  CHECK(scene.replicas("web").empty());
  CHECK(scene.row("web").deployment == kNone<DeploymentId>);
}

TEST_CASE("an old pod that dies in the middle of a roll-out comes back as an old one") {
  Scene scene(on_five_nodes(rolling(8, true)));
  scene.run_until(5min);
  const std::int64_t old = of_revision(scene, 1), fresh = of_revision(scene, 2);
  REQUIRE(old > 0);
  scene.sim.lose_replica(scene.replicas("web").front());
  scene.run_for(1min);
  CHECK(of_revision(scene, 1) == old);
  CHECK(of_revision(scene, 2) == fresh);
  CHECK(scene.healthy("web") == old);
}

TEST_CASE("a roll-out that is overtaken leaves its ReplicaSet to be shrunk with the older one") {
  WorkloadSpec web = rolling(8, true);
  web.deployments.push_back({Time{5min}, {{"app", newer("web")}}});
  Scene scene(on_five_nodes(web));
  scene.run_until(5min - 1s);
  REQUIRE(of_revision(scene, 2) > 0);
  std::int64_t fewest = 100;
  scene.every_second(5min, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  CHECK(fewest == 8 - 2);
  CHECK(of_revision(scene, 3) == 8);
  CHECK(scene.wanted("web") == 8);
  scene.finish();
  CHECK(outcomes(scene) == std::vector<std::string>{"superseded", "completed"});
}

TEST_CASE("a pod is available only when it has been ready for min_ready, which slows the roll-out and nothing else") {
  Duration took[2];
  for (const Duration ready : {0s, 60s}) {
    WorkloadSpec web = rolling(8);
    web.eks.min_ready = ready;
    Scene scene(on_five_nodes(web));
    scene.run_until(kRolledAt + 1s);
    REQUIRE(scene.row("web").deployment != kNone<DeploymentId>);
    REQUIRE(scene.run_until_it_holds([&] { return scene.row("web").deployment == kNone<DeploymentId>; }));
    took[ready == 60s] = scene.now().time_since_epoch() - kRolledAt;
    CHECK(scene.healthy("web") == 8);
  }
  CHECK(took[1] >= took[0] + 2 * 60s);  // at least two waves of four
  CHECK(took[1] <= took[0] + 4 * 61s);
}

TEST_CASE("Recreate ends all old pods, and none is left when the first new one is born") {
  WorkloadSpec web = rolling(6);
  web.eks.recreate = true;
  Scene scene(on_five_nodes(web));
  scene.run_until(kRolledAt - 1s);
  std::int64_t fewest = 100;
  scene.every_second(3min, [&] {
    fewest = std::min(fewest, scene.healthy("web"));
    std::int64_t old = 0;
    for (const ReplicaId r : scene.replicas("web")) old += scene.world()[scene.world()[r].revision].number == 1;
    CHECK((old == 0 || of_revision(scene, 2) == 0));
  });
  CHECK(fewest == 0);
  CHECK(of_revision(scene, 2) == 6);
  CHECK(scene.healthy("web") == 6);
  scene.finish();
  CHECK(outcomes(scene) == std::vector<std::string>{"completed"});
}

TEST_CASE("a service's own progress deadline says when its roll-out is stalled") {
  WorkloadSpec web = rolling(8, true);
  web.eks.progress_deadline = 2min;
  Scene scene(on_five_nodes(web));
  scene.run_until(kRolledAt + 2min - 1s);
  const DeploymentId deployment = scene.row("web").deployment;
  CHECK_FALSE(scene.world()[deployment].stalled);
  scene.run_for(10s);
  CHECK(scene.world()[deployment].stalled);
}

TEST_CASE("a roll-out as slow as its controller's client never has fewer pods available than it may") {
  RunSpec run = on_five_nodes(rolling(12));
  run.clusters.front().controller_manager = {0.5, 1};
  Scene scene(run);
  scene.run_until(kRolledAt - 1s);
  std::int64_t fewest = 100;
  scene.every_second(5min, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  CHECK(fewest >= 12 - 3);
  CHECK(of_revision(scene, 2) == 12);
  CHECK(scene.row("web").deployment == kNone<DeploymentId>);
}

}  // namespace
}  // namespace berth::test
