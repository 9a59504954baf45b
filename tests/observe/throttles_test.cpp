// throttles.csv: how many a limit held back, for how long, and what its bucket holds.
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

RunSpec web_on_fargate() {
  RunSpec spec = small_run();
  spec.workloads = {service("web", millicores(500), 1 * kGiB, "fargate")};
  return spec;
}

Rows throttles(const Scene& scene) { return read_rows(scene.folder.path() + "/throttles.csv"); }

TEST_CASE("a limit has a row for each interval in which it held somebody back, with the replica-seconds it cost") {
  Scene scene(web_on_fargate());
  scene.at(30s);
  const ServiceId web = scene.id("web");
  std::vector<ReplicaId> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(scene.world.create_replica(web, scene.world[web].revision));
    scene.world.hold(held.back(), Limit::service_launch, WaitReason::service_rate);
  }
  scene.at(45s).world.let_pass(held[0]);
  scene.at(70s).world.let_pass(held[1]);
  scene.world.let_pass(held[1]);  // once is enough
  scene.world.let_pass(held[2]);
  const Summary summary = scene.end(3min);
  const Rows rows = throttles(scene);
  REQUIRE(rows.size() == 2);
  CHECK(rows.at(0, "limit") == "service_launch");
  CHECK(rows.number(0, "held_s") == 15 + 2 * 30);
  CHECK(rows.number(0, "waiting") == 75.0 / 60);
  CHECK(rows.number(0, "waiting_max") == 3);
  CHECK(rows.at(0, "tokens").empty());
  CHECK(rows.number(1, "t_s") == 60);
  CHECK(rows.number(1, "held_s") == 2 * 10);
  CHECK(rows.number(1, "waiting_max") == 2);
  REQUIRE(summary.throttled_seconds_by_limit.size() == 1);
  CHECK(summary.throttled_seconds_by_limit[0].second == 95);
}

TEST_CASE("a replica that stops while it is held, or that another limit takes over, leaves the first") {
  Scene scene(web_on_fargate());
  scene.at(10s);
  const ServiceId web = scene.id("web");
  const ReplicaId a = scene.world.create_replica(web, scene.world[web].revision);
  const ReplicaId b = scene.world.create_replica(web, scene.world[web].revision);
  scene.world.hold(a, Limit::service_launch, WaitReason::service_rate);
  scene.world.hold(b, Limit::service_launch, WaitReason::service_rate);
  scene.at(20s).world.hold(a, Limit::fargate_launch, WaitReason::launch_rate);
  scene.world.move(b, ReplicaStage::stopped, StopReason::scale_in);
  scene.world.report(b, ReplicaStage::stopped);
  scene.world.show_tokens(Limit::fargate_launch, [](Time now) { return seconds(now.time_since_epoch()) / 10; });
  scene.end(1min);
  const Rows rows = throttles(scene);
  REQUIRE(rows.size() == 2);
  CHECK(std::stod(rows.where("limit", "service_launch").at("held_s")) == 20);
  CHECK(std::stod(rows.where("limit", "fargate_launch").at("held_s")) == 40);
  CHECK(std::stod(rows.where("limit", "fargate_launch").at("tokens")) == 6);
}

TEST_CASE("the summary keeps what each limit cost") {
  Summary summary;
  summary.throttled_seconds_by_limit = {{"run_task", 12.5}, {"fargate_launch", 3}};
  const Value value = summary_value(summary);
  CHECK(read_summary(Field(value, "summary.json")).throttled_seconds_by_limit == summary.throttled_seconds_by_limit);
}

}  // namespace
}  // namespace berth::observe_test
