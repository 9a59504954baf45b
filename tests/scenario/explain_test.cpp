// A run that only a probe looks on is the same run, and what it sees of a start adds up to the latency on record.
#include "sim/observe/waterfall.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

std::vector<std::string> names_of_web(int count) {
  std::vector<std::string> names;
  for (int i = 1; i <= count; ++i) names.push_back("web/" + std::to_string(i));
  return names;
}

std::vector<ObservedStart> watched(const RunSpec& run, std::vector<std::string> names) {
  StartProbe* probe = nullptr;
  const Traces no_traces;
  Simulation simulation(run, constant_catalog(), no_traces, [&](const World& world) {
    auto made = std::make_unique<StartProbe>(world, std::move(names));
    probe = made.get();
    return made;
  });
  simulation.advance_to(Time{run.duration});
  return probe->take(Time{run.duration});
}

/// Starts cold, so that every replica waits for its node, its image and its checks. Two more come from a deployment.
RunSpec cold_run(Orchestrator orchestrator, PoolSpec pool) {
  WorkloadSpec web = service("web", 12, millicores(700), 2 * kGiB, pool.name);
  web.load_balancer = "public";
  web.containers[0].start = 4s;
  web.containers.push_back(container(millicores(50), 128 * kMiB, "web-2"));
  web.containers[1].name = "beside";
  DeploymentSpec change;
  change.at = Time{30min};
  change.containers.emplace("app", container(millicores(700), 2 * kGiB, "web-2"));
  web.deployments = {change};
  return run_of(orchestrator, {std::move(pool)}, {web}, false);
}

void check_adds_up(const RunSpec& run) {
  Scene scene(run);
  scene.finish();
  const std::vector<Row> rows = scene.rows("replicas");
  REQUIRE(rows.size() >= 12);
  const auto starts = watched(run, names_of_web(static_cast<int>(rows.size())));
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const ObservedStart& start = starts[i];
    const Row row = scene.row_of("replicas", "replica", "web/" + std::to_string(i + 1));
    CAPTURE(start.replica);
    REQUIRE(start.seen);
    REQUIRE(start.healthy != kNever);
    Duration sum{0};
    Time at = start.decided;
    for (const PathStep& step : critical_path(start)) {
      CHECK(step.from == at);
      CHECK(step.to > step.from);
      sum += step.to - step.from;
      at = step.to;
    }
    CHECK(at == start.healthy);
    CHECK(sum == start.healthy - start.decided);
    CHECK(std::abs(number(row, "deploy_latency_s") - seconds(sum)) < 0.0006);  // written with milliseconds
  }
}

TEST_CASE("the steps of every start on Fargate add up to its deploy latency") {
  check_adds_up(cold_run(Orchestrator::ecs, fargate_pool()));
  check_adds_up(cold_run(Orchestrator::eks, fargate_pool()));
}

TEST_CASE("the steps of every start that waits for an ECS instance add up to its deploy latency") {
  check_adds_up(cold_run(Orchestrator::ecs, ec2_pool(0, 20, NodeScalerKind::managed_scaling)));
}

TEST_CASE("the steps of every start that waits for Karpenter or the Cluster Autoscaler add up to its deploy latency") {
  check_adds_up(cold_run(Orchestrator::eks, ec2_pool(0, 20, NodeScalerKind::karpenter)));
  check_adds_up(cold_run(Orchestrator::eks, ec2_pool(1, 20, NodeScalerKind::cluster_autoscaler)));
}

TEST_CASE("of the wait for a new node every second has a cause in that node's life") {
  const auto starts = watched(cold_run(Orchestrator::ecs, ec2_pool(0, 20, NodeScalerKind::managed_scaling)), {"web/1"});
  std::map<StartCause, Duration> took;
  for (const PathStep& step : critical_path(starts.at(0))) took[step.cause] += step.to - step.from;
  CHECK(took.count(StartCause::control_plane) == 0);
  CHECK(took.count(StartCause::no_room) == 0);
  CHECK(took[StartCause::node_launch] == kGroupReaction + kInstanceLaunch);
  CHECK(took[StartCause::node_boot] == kInstanceBoot);
  CHECK(took[StartCause::node_join] == kNodeJoin);
  CHECK(took[StartCause::app_start] == 4s);
}

TEST_CASE("a replica that never was is not seen") {
  const auto starts = watched(cold_run(Orchestrator::ecs, fargate_pool()), {"web/1", "web/999"});
  CHECK(starts.at(0).seen);
  CHECK_FALSE(starts.at(1).seen);
  CHECK(critical_path(starts.at(1)).empty());
}

}  // namespace
}  // namespace berth::test
