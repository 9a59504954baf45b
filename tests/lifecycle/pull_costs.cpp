// Image pulls of a whole run, as the bill shows them.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

double billed_usd(const Scene& scene, const std::string& item) {
  double usd = 0;
  for (const Row& row : scene.rows("cost"))
    if (row.at("item") == item) usd += number(row, "usd");
  return usd;
}

TEST_CASE("a service that fails its checks all day pulls 500 MB again and again: about 5.50 USD by the NAT") {
  // copilot-cli #5167: 122 GB through NAT in a day, about 245 pulls.
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()},
                       {service("dormant", 1, millicores(250), 512 * kMiB, "fargate")}, false);
  run.duration = 24h;
  run.sample_interval = 10min;
  run.network.endpoints = {};
  run.images = {{"web", {{"all", 500 * kMiB, 1200 * kMiB}}}};
  Scene scene(run);
  for (int pull = 0; pull < 245; ++pull) {
    REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("dormant") == 1; }));
    scene.sim.lose_replica(scene.replicas("dormant", ReplicaStage::healthy).front());
    scene.run_until((pull + 1) * (Duration{24h} / 245));
  }
  scene.finish();
  CHECK(billed_usd(scene, "nat:gb") == doctest::Approx(5.5).epsilon(0.05));
  CHECK(scene.row_of("cost", "item", "nat:gb").at("service") == "shared");
}

TEST_CASE("a pull that is broken off is billed for what came") {
  RunSpec run =
      run_of(Orchestrator::ecs, {fargate_pool()}, {service("web", 1, millicores(250), 512 * kMiB, "fargate")}, false);
  run.duration = 10min;
  run.network.endpoints = {};
  run.network.ecr.per_connection = 1e6;
  run.images = {{"web", {{"all", Bytes{100'000'000}, 1 * kMiB}}}};
  Scene scene(run);
  REQUIRE(scene.run_until_it_holds([&] { return !scene.replicas("web", ReplicaStage::pulling).empty(); }));
  const ReplicaId replica = scene.replicas("web", ReplicaStage::pulling).front();
  scene.run_until(scene.world()[replica].pull_started.time_since_epoch() + kManifest + 40s);
  scene.sim.lose_replica(replica);
  scene.finish();
  const double all = number(scene.row_of("usage", "sku", "nat:gb"), "quantity");
  // 40 s of the first pull, the whole of the one that replaced it, and ECR's answers to both.
  CHECK(all == doctest::Approx(40e6 + 100e6 + 2 * 4096).epsilon(1e-6));
}

}  // namespace
}  // namespace berth::test
