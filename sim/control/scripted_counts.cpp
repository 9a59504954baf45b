#include "sim/control/scripted_counts.hpp"

namespace berth {

void ScriptedCounts::begin() {
  const World& world = hands_.world;
  for (std::uint32_t s = 0; s < world.service_count(); ++s) {
    const std::vector<CountSpec>& counts = world[ServiceId{s}].spec->counts;
    for (std::uint32_t step = 0; step < counts.size(); ++step)
      if (counts[step].at < Time{world.spec().duration})
        hands_.agenda.at(counts[step].at, CountDue{ServiceId{s}, step});
  }
}

void ScriptedCounts::on(const CountDue& e) {
  hands_.world.set_desired(e.service, hands_.world[e.service].spec->counts[e.step].count);
}

}  // namespace berth
