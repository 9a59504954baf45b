// Networks under test: a fresh fair_share, and the one SimGrid that a process can have, with a clock that only rises.
#pragma once

#include <csignal>
#include <map>

#include "sim/engine/network.hpp"

namespace berth::test {

/// A network with its clock; moments in a test count from `zero`.
struct Wire {
  Network& network;
  Time zero{};
  Time now{};
  std::map<FlowId, Time> ends{};

  void run(Time until) {
    std::vector<FlowId> finished;
    for (Time next = network.next_time(); next <= until; next = network.next_time()) {
      finished.clear();
      network.advance_to(next, finished);
      for (const FlowId flow : finished) ends[flow] = next;
      now = next;
    }
    network.advance_to(until, finished);
    now = until;
  }
  /// To `s` seconds after zero.
  void run_to(double s) { run(zero + from_seconds(s)); }
  /// Until nothing moves any more.
  void run_out() {
    while (network.next_time() != kNever) run(network.next_time());
  }
  /// Seconds after zero.
  double end(FlowId flow) const { return seconds(ends.at(flow) - zero); }
};

inline Time& simgrid_clock() {
  static Time clock;
  return clock;
}
inline bool& interrupt_was_kept() {
  static bool kept = false;
  return kept;
}
inline Network& simgrid() {
  static Network* network = [] {
    struct sigaction before {
    }, after{};
    sigaction(SIGINT, nullptr, &before);
    Network* made = make_simgrid_network().release();
    sigaction(SIGINT, nullptr, &after);
    interrupt_was_kept() = before.sa_handler == after.sa_handler;
    return made;
  }();
  return *network;
}

/// The same scene on both networks.
template <class Scene>
void on_both(Scene scene) {
  const auto fair = make_fair_share_network();
  Wire exact{*fair};
  scene(exact);
  Wire referee{simgrid(), simgrid_clock(), simgrid_clock()};
  scene(referee);
  referee.run_out();
  simgrid_clock() = referee.now + 1s;
  std::vector<FlowId> none;
  referee.network.advance_to(simgrid_clock(), none);
}

}  // namespace berth::test
