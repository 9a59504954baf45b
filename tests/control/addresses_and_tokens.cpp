// Fargate launches that wait for a token while others wait for an address.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

TEST_CASE("who waits for an address gets one that came back while those before it waited for tokens") {
  const auto burst = static_cast<std::int64_t>(constant_catalog().quota("fargate_launch_burst"));
  WorkloadSpec full = service("full", burst, millicores(250), 512 * kMiB, "fargate");
  WorkloadSpec late = service("late", 2, millicores(250), 512 * kMiB, "fargate");
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {full, late}, false);
  run.network.zones = {"a"};
  run.network.subnets = {{burst}};
  Scene scene(run);
  scene.run_until(1ms);
  REQUIRE(scene.pending("full") == 0);
  REQUIRE(scene.pending("late") == 2);
  for (std::int64_t less = 1; less <= 2; ++less) {  // two addresses, one by one, before the bucket has a token again
    scene.world().set_desired(scene.id("full"), burst - less);
    scene.run_for(1ms);
    REQUIRE(scene.world().addresses(ZoneId{0}, AddressUse::free) == less);
  }
  scene.run_until(10min);
  CHECK(scene.healthy("late") == 2);
}

}  // namespace
}  // namespace berth::test
