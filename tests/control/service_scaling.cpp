// How ECS services scale in a run: what CloudWatch publishes, when alarms act, which policy moved what.
#include "sim/control/aws/application_auto_scaling.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// Two tasks of half a vCPU on Fargate; 100 requests/s of 10 ms fill both.
WorkloadSpec scaled_web() {
  WorkloadSpec w = service("web", 2, millicores(500), 1 * kGiB, "fargate");
  w.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 50, 300s, 300s};
  w.demand = demand(20ms, 10ms);
  return w;
}

ScalingPolicySpec tracks(const std::string& name, ScaleMetric metric, double target) {
  ScalingPolicySpec spec;
  spec.name = name;
  spec.metric = metric;
  spec.tracking = TargetTrackingSpec{target, 300s, 300s};
  return spec;
}

RunSpec run_with(const WorkloadSpec& w, Duration length = 2h) {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {w});
  run.duration = length;
  return run;
}

/// The details of what Application Auto Scaling decided, in order of time.
std::vector<std::string> decisions(Scene& scene) {
  scene.finish();
  std::vector<std::string> all;
  for (const Row& row : scene.rows("journal"))
    if (row.at("fact") == "ScalingDecided") all.push_back(row.at("details"));
  return all;
}

/// The first moment at which desired differs from what it is now.
Time changes_at(Scene& scene) {
  const std::int64_t before = scene.row("web").desired;
  REQUIRE(scene.run_until_it_holds([&] { return scene.row("web").desired != before; }));
  return scene.now();
}

}  // namespace

TEST_CASE("CPU is published once a minute, two minutes late, and only while tasks run") {
  Scene scene(run_with(scaled_web()), load({30}, 2h));
  scene.run_until(10min + 1s);
  const MetricSeries& cpu = scene.row("web").cpu_pct;
  REQUIRE(cpu.points.size() == 10);
  CHECK(cpu.points.back().at == Time{10min});
  CHECK(cpu.points.back().published_at == Time{12min});
  CHECK(cpu.points.back().value == doctest::Approx(30).epsilon(0.05));
  CHECK(cpu.points.back().replicas == 2);
  CHECK(cpu.published(scene.now()).size() == 8);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_for(10min);
  const std::size_t last = cpu.points.size();
  CHECK(last < 13);
  scene.run_for(10min);
  CHECK(cpu.points.size() == last);
  CHECK(scene.row("web").desired == 0);  // missing data is not low utilisation, and nothing asks for more
}

TEST_CASE("a series keeps what alarms may still read and no more") {
  Scene scene(run_with(scaled_web(), 5h), load({30}, 5h));
  scene.run_until(4h);
  CHECK(scene.row("web").cpu_pct.points.size() >= static_cast<std::size_t>(kMostDatapoints));
  CHECK(scene.row("web").cpu_pct.points.size() < 120);
  CHECK(scene.row("web").memory_pct.points.empty());  // nobody reads it
}

TEST_CASE("60-s metrics: the alarm is looked at within a minute of the third point, two minutes after its end") {
  Scene scene(run_with(scaled_web()), load({30, 200, 200, 200}, 30min));
  scene.run_until(30min);
  const Time at = changes_at(scene);
  CHECK(at >= Time{30min + 3min + 2min});
  CHECK(at <= Time{30min + 3min + 2min + 1min});
  CHECK(scene.row("web").desired == 4);
}

TEST_CASE("20-s metrics: three points, ten seconds late, looked at every ten seconds") {
  WorkloadSpec w = scaled_web();
  w.ecs.high_resolution = true;
  Scene scene(run_with(w), load({30, 200, 200, 200}, 30min));
  scene.run_until(30min);
  const Time at = changes_at(scene);
  CHECK(at >= Time{30min + 60s + 10s});
  CHECK(at <= Time{30min + 60s + 10s + 10s});
}

TEST_CASE("every service's alarms are looked at in a moment of the minute of their own") {
  RunSpec run = run_with(scaled_web());
  for (const char* name : {"b", "c", "d"}) {
    run.workloads.push_back(scaled_web());
    run.workloads.back().name = name;
  }
  Scene scene(run, load({30, 200, 200, 200}, 30min));
  std::map<std::string, Time> moved;
  scene.run_until(34min);
  scene.every_second(3min, [&] {
    for (const char* name : {"web", "b", "c", "d"})
      if (scene.row(name).desired > 2) moved.emplace(name, scene.now());
  });
  REQUIRE(moved.size() == 4);
  CHECK(moved.at("web") != moved.at("b"));
  CHECK(moved.at("c") != moved.at("d"));
}

TEST_CASE("memory is measured against the task's size, and scales") {
  WorkloadSpec w = scaled_web();
  w.containers[0].memory_use = MemoryUseSpec{768 * kMiB};
  w.scale->policies = {tracks("memory", ScaleMetric::memory, 50)};
  Scene scene(run_with(w), load({10}, 2h));
  const Time at = changes_at(scene);
  CHECK(scene.row("web").memory_pct.points.front().value == doctest::Approx(75));  // 768 of 1,024 MiB
  CHECK(at >= Time{3min + 2min});
  CHECK(scene.row("web").desired == 3);  // 2 × 75 / 50
  CHECK(decisions(scene).front() == "memory, high alarm at 75.00: 2 -> 3");
}

TEST_CASE("the policy that asks for most decides, and the journal names it") {
  WorkloadSpec w = scaled_web();
  w.load_balancer = "public";
  w.scale->policies = {tracks("cpu", ScaleMetric::cpu, 50), tracks("requests", ScaleMetric::requests_per_replica, 600)};
  Scene scene(run_with(w), load({10, 60, 60, 60}, 30min));  // 60 % of CPU: 2.4 tasks; 1,800 a minute and task: 6
  scene.run_until(30min);
  changes_at(scene);
  CHECK(scene.row("web").desired == 6);
  const std::string first = decisions(scene).front();
  CHECK(first.find("requests, high alarm at 1") == 0);
  CHECK(first.find(": 2 -> 6") != std::string::npos);
}

TEST_CASE("a step policy acts on its own alarm, and again when its cooldown is over") {
  WorkloadSpec w = scaled_web();
  ScalingPolicySpec steps;
  steps.name = "steps";
  steps.steps = StepScalingSpec{60, true, Adjustment::change_in_capacity, 0, {{0, 20, 1}, {20, {}, 3}}, 300s};
  steps.alarm = AlarmSpec{1min, 1, 1};
  w.scale->policies = {steps};
  Scene scene(run_with(w), load({30, 400, 400, 400}, 30min));
  scene.run_until(30min);
  const Time first = changes_at(scene);
  CHECK(scene.row("web").desired == 5);  // 100 %: 40 beyond the threshold
  CHECK(first <= Time{30min + 1min + 2min + 1min});
  const Time second = changes_at(scene);
  CHECK(scene.row("web").desired == 8);
  CHECK(second - first >= 300s);
  CHECK(second - first <= 300s + 1min);
}

TEST_CASE("scale-in is held back while a deployment is under way, said once, and comes when it is over") {
  WorkloadSpec w = scaled_web();
  w.desired = 8;
  w.load_balancer = "public";
  ContainerSpec second = w.containers[0];
  second.image = "web-2";
  second.never_serves = true;
  w.deployments = {{Time{2min}, {{"app", second}}}};
  second.never_serves = false;
  w.deployments.push_back({Time{40min}, {{"app", second}}});
  Scene scene(run_with(w), load({10}, 2h));
  scene.run_until(39min);
  CHECK(scene.row("web").desired == 8);
  scene.run_until(100min);
  CHECK(scene.row("web").desired == 2);
  const std::vector<std::string> all = decisions(scene);
  const auto held = [](const std::string& d) { return d.find("held by the deployment") != std::string::npos; };
  REQUIRE(all.size() >= 2);
  CHECK(std::count_if(all.begin(), all.end(), held) == 1);
  CHECK(held(all.front()));
}

TEST_CASE("a scheduled action moves the bounds, seconds to two minutes late, and desired with them") {
  WorkloadSpec w = scaled_web();
  w.scale->scheduled = {{"morning", {Time{20min}}, 6, 8, {}}, {"night", {Time{60min}}, 1, 3, {}}};
  Scene scene(run_with(w), load({10}, 2h));
  scene.run_until(20min);
  REQUIRE(scene.row("web").desired == 2);
  scene.run_until(22min);
  CHECK(scene.row("web").desired == 6);
  scene.run_until(59min);
  CHECK(scene.row("web").desired == 6);  // the load would have 1
  scene.run_until(62min);
  CHECK(scene.row("web").desired == 1);  // the low alarm has waited for the new minimum
  const std::vector<std::string> all = decisions(scene);
  CHECK(all.at(0) == "morning: 2 -> 6");
  CHECK(all.at(1) == "night: 6 -> 3");
}

namespace {

double requests_per_target(Scene& scene) { return scene.row("web").requests_per_target.points.back().value; }

}  // namespace

TEST_CASE("targets on standby are no targets of the requests: they are of another target group") {
  WorkloadSpec w = scaled_web();
  w.load_balancer = "public";
  w.ecs.deployment = EcsDeployment::blue_green;
  w.ecs.bake = 10min;
  w.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 0, 300s, 300s};
  w.scale->policies = {tracks("requests", ScaleMetric::requests_per_replica, 6000)};
  w.deployments = {{Time{10min}, {{"app", container(millicores(500), 1 * kGiB, "web-2")}}}};
  Scene scene(run_with(w), load({50}, 2h));
  scene.run_until(9min + 59s);
  CHECK(requests_per_target(scene) == doctest::Approx(50 * 60 / 2.0).epsilon(0.1));
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("web") == 4; }));
  scene.run_for(5min);
  REQUIRE(scene.healthy("web") == 4);  // it bakes
  CHECK(requests_per_target(scene) == doctest::Approx(50 * 60 / 2.0).epsilon(0.1));
}

TEST_CASE("a load balancer without requests publishes nothing, and who scales by them stays as it is") {
  WorkloadSpec w = scaled_web();
  w.desired = 6;
  w.load_balancer = "public";
  w.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 0, 300s, 300s};
  w.scale->policies = {tracks("requests", ScaleMetric::requests_per_replica, 6000)};
  Scene scene(run_with(w), load({0}, 2h));
  scene.run_until(1h);
  CHECK(scene.row("web").requests_per_target.points.empty());
  CHECK(scene.row("web").desired == 6);
}

TEST_CASE("a service that only the clock scales has no alarms") {
  WorkloadSpec w = scaled_web();
  w.scale->target = 0;
  w.scale->scheduled = {{"up", {Time{20min}}, 4, {}, {}}};
  Scene scene(run_with(w), load({400}, 2h));
  scene.run_until(1h);
  CHECK(scene.row("web").desired == 4);
}

}  // namespace berth::test
