// The worked examples of load-balancer checks.
#include <doctest/doctest.h>

#include "sim/catalog/catalog.hpp"
#include "sim/lifecycle/health.hpp"

namespace berth {
namespace {

TargetChecks checks_of(const Catalog& catalog) {
  const auto count = [&](const char* name) { return static_cast<std::int64_t>(catalog.constant(name)); };
  return {from_seconds(catalog.constant("alb.health.interval_s")), count("alb.health.first_successes"),
          count("alb.health.healthy_threshold"), count("alb.health.unhealthy_threshold")};
}

constexpr Duration kInstant{1};

/// From its last failed check, an instant after which it serves again, until it is healthy.
Duration recovers_in(const TargetChecks& checks) {
  const Time failed{std::chrono::hours{1}}, serves = failed + kInstant;
  return plan_target(checks, Time{}, serves, checks.interval - kInstant, kNever).healthy - failed;
}

TEST_CASE("G59: a target that recovers is healthy after 150 s of the ALB's own checks, 10 s of tuned ones") {
  const Instant day{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
  const TargetChecks own = checks_of(Catalog::load(models_folder(), {"us-east-1", day, "defaults"}));
  const TargetChecks quick = checks_of(Catalog::load(models_folder(), {"us-east-1", day, "tuned"}));
  CHECK(recovers_in(own) == std::chrono::seconds{30} * 5);
  CHECK(recovers_in(quick) == std::chrono::seconds{5} * 2);
}

TEST_CASE("G59: the threshold is for a target that was unhealthy, a new one needs a single success") {
  const TargetChecks checks{std::chrono::seconds{30}, 1, 5, 2};
  const Time at{std::chrono::minutes{1}};  // registered when it serves already
  CHECK(plan_target(checks, at, at, checks.interval - kInstant, kNever).healthy - at < checks.interval);
  CHECK(plan_target(checks, at, at, Duration{0}, kNever).healthy == at);
}

}  // namespace
}  // namespace berth
