// What holds on every network at every moment: no link over its capacity, no flow starved, no byte lost or made.
#include <doctest/doctest.h>

#include <map>

#include "tests/engine/network_scene.hpp"
#include "tests/engine/wire.hpp"

namespace berth {
namespace {

using test::Play;

/// Looks at the bytes that each link carried over each stretch of time. Bytes tell it from outside what the rates were;
/// an end may be up to a microsecond before it is told.
class Watch {
 public:
  explicit Watch(bool behind_gateways) : behind_gateways_(behind_gateways) {}

  void operator()(Play& play, Time from, Time to) {
    const double length = seconds(to - from);
    before_.resize(play.capacities().size());
    std::vector<double> passed;
    for (std::size_t i = 0; i < before_.size(); ++i) {
      passed.push_back(play.carried(i) - before_[i]);
      before_[i] += passed[i];
      CHECK(passed[i] <= play.capacities()[i] * length + rounding(play.capacities()[i]));
      CHECK(passed[i] >= -1e-3);
    }
    count_rights(play, length);
    if (behind_gateways_) check_fullness(play, passed, length);
  }

 private:
  static double rounding(double rate) { return 1 + 1e-6 * rate; }

  /// On its worst link a flow gets no less than if all flows there wanted as much as they can have.
  static void count_rights(Play& play, double length) {
    std::vector<double> flows(play.capacities().size());
    for (const Play::Flow& flow : play.flows())
      for (const std::size_t link : flow.asked->route) flows[link] += flow.over ? 0 : 1;
    for (Play::Flow& flow : play.flows()) {
      if (flow.over) continue;
      double right = flow.asked->rate;
      for (const std::size_t link : flow.asked->route) right = std::min(right, play.capacities()[link] / flows[link]);
      flow.fair += right * length;
    }
  }

  /// A gateway carries all that its nodes can take and their flows want, up to its capacity. So does a disk.
  static void check_fullness(const Play& play, const std::vector<double>& passed, double length) {
    std::map<std::size_t, std::map<std::size_t, double>> wanted;  // by the last link, then by the first
    for (const Play::Flow& flow : play.flows())
      if (!flow.over) wanted[flow.asked->route.back()][flow.asked->route.front()] += flow.asked->rate;
    for (const auto& [link, by_first] : wanted) {
      double most = 0;
      for (const auto& [first, rate] : by_first) most += std::min(rate, play.capacities()[first]);
      const double fullest = std::min(most, play.capacities()[link]);
      CHECK(passed[link] >= fullest * length - rounding(fullest));
      CHECK(passed[link] <= fullest * length + rounding(fullest));
    }
  }

  bool behind_gateways_;
  std::vector<double> before_;
};

/// Hands back the moment after the scene.
Time check_promises(const test::Scene& scene, Network& network, Time zero, bool behind_gateways, bool to_the_end) {
  Play play(scene, network, zero);
  Watch watch(behind_gateways);
  play.perform(watch);
  play.run(play.now() + 50ms, watch);
  if (to_the_end) play.run_out(watch);
  else play.cancel_rest();
  CHECK(network.next_time() == kNever);
  std::vector<double> moved(scene.capacities.size());
  for (const Play::Flow& flow : play.flows()) {
    const auto bytes = static_cast<double>((flow.moved < Bytes{0} ? flow.asked->bytes : flow.moved).count());
    for (const std::size_t link : flow.asked->route) moved[link] += bytes;
    CHECK(bytes >= flow.fair * (1 - 1e-9) - 1 - 1e-6 * 500e6);
    CHECK(bytes <= static_cast<double>(flow.asked->bytes.count()));
  }
  for (std::size_t link = 0; link < moved.size(); ++link)
    CHECK(std::abs(play.carried(link) - moved[link]) <= 1e-9 * moved[link] + static_cast<double>(play.flows().size()));
  return play.now();
}

/// Half of the scenes run to their end, the others are broken off 50 ms after the last act.
TEST_CASE("fair_share fills no link over its capacity, starves no flow and loses no byte") {
  for (std::uint64_t seed = 10'001; seed <= 11'000; ++seed) {
    CAPTURE(seed);
    check_promises(test::behind_gateways(seed), *make_fair_share_network(), Time{}, true, seed % 2 == 0);
  }
}

TEST_CASE("SimGrid fills no link over its capacity, starves no flow and loses no byte") {
  for (std::uint64_t seed = 10'001; seed <= 11'000; ++seed) {
    CAPTURE(seed);
    const bool behind_gateways = seed % 4 < 2;
    const test::Scene scene = behind_gateways ? test::behind_gateways(seed) : test::criss_cross(seed);
    test::simgrid_clock() =
        check_promises(scene, test::simgrid(), test::simgrid_clock(), behind_gateways, seed % 2 == 0);
  }
}

}  // namespace
}  // namespace berth
