// Who is held back by which limit, behind how many, and until when.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

ReplicaId replica_at(Scene& scene, const std::string& service, std::size_t place) {
  return scene.world()[scene.id(service)].replicas.at(place);
}

WorkloadSpec tasks(std::int64_t desired) { return service("web", desired, millicores(250), 512 * kMiB, "fargate"); }

TEST_CASE("a task that waits for Fargate's bucket knows its place and its turn, and has it then") {
  const auto burst = static_cast<std::int64_t>(constant_catalog().quota("fargate_launch_burst"));
  const double per_s = constant_catalog().quota("fargate_launch_per_s");
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {tasks(burst + 5)}, false));
  scene.run_until(1ms);
  CHECK_FALSE(scene.sim.control().held_by(replica_at(scene, "web", 0)));
  const ReplicaId last = replica_at(scene, "web", static_cast<std::size_t>(burst) + 4);
  const std::optional<Held> held = scene.sim.control().held_by(last);
  REQUIRE(held);
  CHECK(held->limit == Limit::fargate_launch);
  CHECK(held->ahead == 4);
  CHECK(*held->tokens < 1);
  CHECK(*held->per_s == doctest::Approx(per_s));
  CHECK(*held->next == Time{from_seconds(1 / per_s)});
  REQUIRE(*held->until == Time{from_seconds(5 / per_s)});
  scene.run_until((*held->until).time_since_epoch() - 1us);
  CHECK(scene.world().still_waits(last));
  scene.run_until((*held->until).time_since_epoch());
  CHECK_FALSE(scene.world().still_waits(last));
  CHECK_FALSE(scene.sim.control().held_by(last));
}

TEST_CASE("those before it that were stopped take no token") {
  const auto burst = static_cast<std::int64_t>(constant_catalog().quota("fargate_launch_burst"));
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {tasks(burst + 5)}, false));
  scene.run_until(1ms);
  const ReplicaId last = replica_at(scene, "web", static_cast<std::size_t>(burst) + 4);
  const Time before = *scene.sim.control().held_by(last)->until;
  scene.sim.lose_replica(replica_at(scene, "web", static_cast<std::size_t>(burst) + 1));
  const std::optional<Held> held = scene.sim.control().held_by(last);
  CHECK(held->ahead == 3);
  CHECK(*held->until < before);
}

TEST_CASE("a service's own rate holds its tasks before Fargate is asked") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {tasks(20)}, false);
  run.quotas["ecs_service_launches_per_min_fargate"] = 12;
  Scene scene(run);
  scene.run_until(1ms);
  const std::optional<Held> held = scene.sim.control().held_by(replica_at(scene, "web", 19));
  REQUIRE(held);
  CHECK(held->limit == Limit::service_launch);
  CHECK(held->ahead == 7);
  CHECK(*held->until == Time{8 * 5s});
}

TEST_CASE("nobody knows when PROVISIONING has room again, but when ECS gives up who is inside") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 20, NodeScalerKind::managed_scaling)},
                       {service("web", 6, millicores(250), 512 * kMiB, "ec2")}, false);
  run.quotas["ecs_provisioning_tasks"] = 4;
  Scene scene(run);
  scene.run_until(1ms);
  const std::optional<Held> held = scene.sim.control().held_by(replica_at(scene, "web", 5));
  REQUIRE(held);
  CHECK(held->limit == Limit::provisioning_tasks);
  CHECK(held->ahead == 1);
  CHECK_FALSE(held->until);
  const Starts& starts = scene.sim.control().starts;
  CHECK(starts.gives_up(replica_at(scene, "web", 0)) ==
        Time{from_seconds(constant_catalog().constant("ecs.provisioning_timeout_s"))});
  CHECK_FALSE(starts.gives_up(replica_at(scene, "web", 5)));
}

}  // namespace
}  // namespace berth::test
