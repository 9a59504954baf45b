// Runs of ECS in which everything comes together: deployments, draining, balancing, warm pools, faults and limits.
#include "sim/base/random.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// The same choices for the same seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : draws_(seed, Purpose::retry, name_hash("dice")) {}
  std::int64_t below_count(std::uint64_t n) { return static_cast<std::int64_t>(below(draws_.at(drawn_++), n)); }
  bool coin() { return below_count(2) == 0; }

 private:
  Draws draws_;
  std::uint64_t drawn_ = 0;
};

PoolSpec random_group(Dice& dice) {
  PoolSpec pool = ec2_pool(1, 10, NodeScalerKind::managed_scaling);
  pool.scaler.termination_protection = dice.coin();
  pool.scaler.target_capacity = dice.coin() ? 100 : 80;
  pool.group.az_rebalance = dice.coin();
  pool.group.draining = dice.coin();
  if (dice.coin()) pool.group.refresh = RefreshSpec{Time{40min}, 75};
  if (dice.coin()) pool.group.purchase = PurchaseSpec{1, 50, Allocation::lowest_price};
  else if (dice.coin()) pool.warm_pool = WarmPoolSpec{1, 4, WarmState::stopped, dice.coin(), {}};
  pool.interruption.draining = dice.coin();
  return pool;
}

WorkloadSpec random_web(Dice& dice, const std::string& name, const std::string& pool) {
  WorkloadSpec web = service(name, 4, millicores(400), 1 * kGiB, pool);
  if (dice.coin()) web.load_balancer = "public";
  web.health.deregistration_delay = 30s * dice.below_count(4);
  web.scale = ScaleSpec{};
  web.scale->min = 2;
  web.scale->max = 12;
  web.scale->target = 50;
  web.scale->out_cooldown = web.scale->in_cooldown = 60s;
  web.demand = demand(20ms, 10ms);
  web.rollout.max_percent = 100 + 50 * dice.below_count(3);
  web.rollout.min_healthy_percent = 50 + 50 * dice.below_count(2);
  if (web.rollout.max_percent == 100) web.rollout.min_healthy_percent = 50;
  web.ecs.az_rebalancing = web.rollout.max_percent > 100 && dice.coin();
  if (dice.coin()) web.ecs.circuit_breaker = CircuitBreakerSpec{dice.coin()};
  if (dice.coin()) web.ecs.deployment = EcsDeployment::blue_green;
  web.ecs.bake = 1min * dice.below_count(5);
  for (const Duration at : {20min, 23min, 50min, 70min})
    web.deployments.push_back(
        {Time{at}, {{"app", container(millicores(400), 1 * kGiB, at == 50min ? "web" : "web-2")}}});
  if (dice.coin()) {  // the second one never works; the third one is as before
    ContainerSpec& broken = web.deployments[1].containers.at("app");
    broken.exits = ExitSpec{dice.coin() ? 0s : 20s, 1};
  }
  return web;
}

FaultSpec fault(FaultKind kind, Duration every, const std::string& pool) {
  FaultSpec spec;
  spec.kind = kind;
  spec.name = "fault of " + pool + std::to_string(static_cast<int>(kind));
  spec.every = every;
  if (!pool.empty()) spec.pools = {{"main", pool}};
  return spec;
}

RunSpec random_run(Dice& dice) {
  PoolSpec spot = fargate_pool();
  spot.name = "fargate_spot";
  spot.spot = true;
  WorkloadSpec fast = random_web(dice, "fast", "fargate");
  if (dice.coin()) fast.pools = {{"fargate", 1, 1}, {"fargate_spot", 0, 2}};
  WorkloadSpec typed = random_web(dice, "typed", "ec2");
  typed.ecs.launch_type = dice.coin();
  WorkloadSpec report = job("report", {Time{10min}, Time{30min}, Time{50min}}, 7min, "ec2", 3);
  report.ecs.launch_type = dice.coin();
  RunSpec run = run_of(Orchestrator::ecs, {random_group(dice), fargate_pool(), spot},
                       {daemon("logs"), random_web(dice, "web", "ec2"), fast, typed, report}, dice.coin());
  run.duration = 3h;
  run.journal = "all";
  run.seed = static_cast<std::uint64_t>(dice.below_count(1000));
  if (dice.coin()) run.quotas = {{"ecs_service_launches_per_min_ec2", 4}, {"ecs_provisioning_tasks", 3}};
  if (dice.coin()) run.quotas["ecs_service_launches_per_min_fargate"] = 5;
  run.faults = {fault(FaultKind::instance_loss, 9min, "ec2"), fault(FaultKind::spot_interruption, 7min, "ec2"),
                fault(FaultKind::container_exit, 13min, "ec2"), fault(FaultKind::task_retirement, 11min, "fargate"),
                fault(FaultKind::fargate_spot_interruption, 5min, "fargate_spot")};
  FaultSpec zone = fault(FaultKind::zone_loss, 0s, "");
  zone.at = Time{60min};
  zone.lasts = 10min;
  zone.zone = "a";
  if (dice.coin()) run.faults.push_back(zone);
  return run;
}

/// What limits hold, by limit and whom, when all that passed is taken off.
std::map<std::string, int> still_held(const Scene& scene) {
  std::map<std::string, int> held;
  for (const Row& row : scene.rows("journal")) {
    const std::string key = row.at("entity") + " " + row.at("details");
    if (row.at("fact") == "LimitHolds") ++held[key];
    if (row.at("fact") == "LimitPasses") --held[key];
  }
  return held;
}

TEST_CASE("deployments, draining, balancing, warm pools, limits and faults come together, and all is well again") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    RunSpec run = random_run(dice);
    for (FaultSpec& f : run.faults)
      if (f.every > 0s) f.every += 1s * dice.below_count(59);
    Scene scene(run, load({20, 60, 200, 250, 90, 20, 10, 30, 30, 30, 30, 30}, 15min));
    for (Duration t = 1min; t < 100min; t += 61'300ms) {
      scene.run_until(t);
      scene.world().check_everything();
    }
    scene.run_until(175min);
    for (const char* name : {"web", "fast", "typed"}) {
      CAPTURE(std::string(name));
      CHECK(scene.wanted(name) + 1 >= scene.row(name).desired);  // one may just have died
    }
    scene.finish();
    for (const auto& held : still_held(scene)) {
      CAPTURE(held.first);
      CHECK(held.second >= 0);
      CHECK(held.second <= 1);
    }
  }
}

}  // namespace
}  // namespace berth::test
