// Worked examples of AWS's pages on CPU shares, reservations and token buckets.
#include "sim/control/aws/token_bucket.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

PoolSpec one_core_host() {
  PoolSpec pool = ec2_pool(1, 1);
  pool.instance_types = {"c7a.medium"};
  return pool;
}

WorkloadSpec busy(const std::string& name) {
  WorkloadSpec w = service(name, 1, millicores(500), 512 * kMiB, "ec2");
  w.demand = demand(40ms, 10ms);
  w.demand->concurrency = 100;
  w.demand->queue_limit = 1'000'000;
  return w;
}

/// CPU work of 10 ms a request on the reference core: what its answers of ten minutes took, in CPU units of 1/1024
/// core.
double units_used(Scene& scene, const std::string& name) {
  const auto ok = [&] { return scene.sim.lanes().lane(scene.id(name)).totals().ok; };
  while (scene.now() < Time{10min}) scene.run_for(1s);
  const std::int64_t before = ok();
  while (scene.now() < Time{20min}) scene.run_for(1s);
  const double speed = scene.world().catalog().instance("c7a.medium")->cpu_speed;
  return static_cast<double>(ok() - before) / 600 * 0.010 / speed * 1024;
}

TEST_CASE("G33: of one core, a container with 512 CPU units may use 1,024 alone, and two of them have 512 each") {
  Scene alone(run_of(Orchestrator::ecs, {one_core_host()}, {busy("a")}), load({300}, 1h));
  CHECK(units_used(alone, "a") == doctest::Approx(1024).epsilon(0.02));
  Scene two(run_of(Orchestrator::ecs, {one_core_host()}, {busy("a"), busy("b")}), load({300}, 1h));
  CHECK(units_used(two, "a") == doctest::Approx(512).epsilon(0.02));
}

TEST_CASE("G34: of memoryReservation 128 and memory 300, placement reserves 128 MiB only") {
  WorkloadSpec w = service("web", 10, millicores(1), 128 * kMiB, "ec2");
  w.containers[0].amount.memory_limit = 300 * kMiB;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {w}));
  const NodeRow& node = scene.world()[scene.pool().nodes.front()];
  CHECK(node.memory_used == 10 * 128 * kMiB);
  // … and a task definition that says 2 GiB for the whole task reserves those
  w.ecs.task_memory = 2 * kGiB;
  w.desired = 1;
  Scene whole(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {w}));
  CHECK(whole.world()[whole.pool().nodes.front()].memory_used == 2 * kGiB);
}

std::int64_t launched(Scene& scene, const std::string& name, Duration by) {
  scene.run_until(by);
  return static_cast<std::int64_t>(scene.replicas(name).size()) - scene.pending(name);
}

TEST_CASE("G35: Fargate launches 100 tasks at once, then 20 a second") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {service("web", 400, millicores(250), 512 * kMiB, "fargate")},
                     false));
  CHECK(launched(scene, "web", 0s) == 100);
  CHECK(launched(scene, "web", 1s) == 100 + 20);
  CHECK(launched(scene, "web", 10s) == 100 + 10 * 20);
}

TEST_CASE("G36: 10 calls of RunTask for 10 tasks each, or 20 for 5 each, launch 100 tasks in one second") {
  WorkloadSpec ten = job("many", {Time{1min}}, 20min, "fargate");
  ten.job->count = 100;  // one arrival: calls of ten
  WorkloadSpec five = job("many", std::vector<Time>(20, Time{1min}), 20min, "fargate");
  five.job->count = 5;  // twenty arrivals: a call each
  for (const WorkloadSpec& w : {ten, five}) {
    Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {w}));
    CHECK(launched(scene, "many", 1min + 999ms) == 100);
  }
}

TEST_CASE("G38: a bucket of 100 with 20 a second that was emptied is full again after 5 s") {
  TokenBucket bucket(100, 20);
  const Time start{1h};
  for (int i = 0; i < 100; ++i) REQUIRE(bucket.take(start));
  CHECK_FALSE(bucket.take(start));
  CHECK(bucket.tokens(start + 4999ms) < 100);
  CHECK(bucket.tokens(start + 5s) == 100);
  CHECK(bucket.tokens(start + 1h) == 100);
}

}  // namespace
}  // namespace berth::test
