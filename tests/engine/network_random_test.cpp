// The networks against each other, and against the definition of max-min fairness, on thousands of random scenes.
#include <doctest/doctest.h>

#include "tests/engine/network_filling.hpp"
#include "tests/engine/network_scene.hpp"
#include "tests/engine/wire.hpp"

namespace berth {
namespace {

using test::Play;

/// SimGrid has one network in the life of the process: scenes follow each other on it.
void perform_on_simgrid(Play& play) {
  play.perform(test::nobody_watches);
  play.run_out(test::nobody_watches);
  play.run(play.now() + 1s, test::nobody_watches);
  test::simgrid_clock() = play.now();
}

/// The largest difference between two ends of a flow, in seconds.
double compare_plays(const Play& exact, const Play& referee) {
  double worst = 0;
  for (std::size_t i = 0; i < exact.flows().size(); ++i) {
    const Play::Flow &a = exact.flows()[i], &b = referee.flows()[i];
    const double lengths[] = {exact.length(a), referee.length(b)};
    worst = std::max(worst, std::abs(lengths[0] - lengths[1]));
    CHECK(std::abs(lengths[0] - lengths[1]) <= 0.001 * std::abs(lengths[1]) + 2e-6);
    CHECK(std::abs((a.moved - b.moved).count()) <= b.moved.count() / 1000 + 100);
  }
  for (std::size_t link = 0; link < exact.capacities().size(); ++link)
    CHECK(std::abs(exact.carried(link) - referee.carried(link)) <= 0.001 * referee.carried(link) + 100);
  return worst;
}

TEST_CASE("fair_share and SimGrid agree within 0.1 % on four thousand random scenes behind gateways") {
  double worst = 0;
  std::size_t flows = 0;
  for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
    CAPTURE(seed);
    const test::Scene scene = test::behind_gateways(seed);
    const auto network = make_fair_share_network();
    Play fair(scene, *network, Time{}), referee(scene, test::simgrid(), test::simgrid_clock());
    fair.perform(test::nobody_watches);
    fair.run_out(test::nobody_watches);
    perform_on_simgrid(referee);
    worst = std::max(worst, compare_plays(fair, referee));
    flows += fair.flows().size();
  }
  MESSAGE(flows, " flows, the ends at most ", worst * 1e6, " us apart");
  CHECK(worst <= 1e-5);
}

TEST_CASE("SimGrid shares as max-min fairness is defined, on a thousand random scenes of routes up to four links") {
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    CAPTURE(seed);
    const test::Scene scene = test::criss_cross(seed);
    test::FillingNetwork network;
    Play filled(scene, network, Time{}), simgrid(scene, test::simgrid(), test::simgrid_clock());
    filled.perform(test::nobody_watches);
    filled.run_out(test::nobody_watches);
    perform_on_simgrid(simgrid);
    worst = std::max(worst, compare_plays(filled, simgrid));
  }
  MESSAGE("the ends at most ", worst * 1e6, " us apart");
  CHECK(worst <= 1e-5);
}

}  // namespace
}  // namespace berth
