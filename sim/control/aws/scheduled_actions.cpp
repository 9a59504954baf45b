#include "sim/control/aws/scheduled_actions.hpp"

#include <algorithm>

namespace berth {

std::vector<TakenUp> taken_up(const World& world, const std::string& owner,
                              std::span<const ScheduledActionSpec> actions) {
  struct Moment {
    Time due;
    TakenUp taken;
  };
  const Latency& lateness = world.catalog().latency("autoscaling.scheduled_action");
  std::vector<Moment> moments;
  for (std::uint32_t a = 0; a < actions.size(); ++a) {
    const Draws draws(world.spec().seed, Purpose::scheduled_action, name_hash(owner + "/" + actions[a].name));
    for (std::size_t n = 0; n < actions[a].at.size(); ++n) {
      const Time due = actions[a].at[n];
      moments.push_back({due, {due + Duration{lateness.microseconds.at(draws.at(n))}, a}});
    }
  }
  std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.due < b.due; });
  std::vector<TakenUp> taken;
  for (const Moment& m : moments) {
    const Time before = taken.empty() ? m.taken.at : taken.back().at;
    taken.push_back({std::max(m.taken.at, before), m.taken.action});
  }
  return taken;
}

}  // namespace berth
