#include "sim/policy/node_scaling/expander.hpp"

#include <algorithm>

#include "sim/base/check.hpp"
#include "sim/base/random.hpp"

namespace berth {
namespace {

double wasted_share(std::int64_t asked, std::int64_t offered) {
  return static_cast<double>(offered - asked) / static_cast<double>(offered);
}

double waste(const ScaleUpOption& o) {
  return wasted_share(o.cpu.count(), o.node_cpu.count() * o.nodes) +
         wasted_share(o.memory.count(), o.node_memory.count() * o.nodes);
}

/// The lower is better. Whole numbers here are far below 2⁵³.
double badness(const ScaleUpOption& o, Expander by) {
  switch (by) {
    case Expander::random:
      return 0;
    case Expander::most_pods:
      return -static_cast<double>(o.pods);
    case Expander::least_waste:
      return waste(o);
    case Expander::least_nodes:
      return static_cast<double>(o.nodes);
    case Expander::priority:
      return -static_cast<double>(o.priority);
  }
  SIM_CHECK(false);
}

/// Those that `by` finds best among `left`.
std::vector<std::uint32_t> best_of(std::span<const ScaleUpOption> options, std::vector<std::uint32_t> left,
                                   Expander by) {
  if (by == Expander::priority) {
    std::vector<std::uint32_t> listed;
    for (const std::uint32_t i : left)
      if (options[i].has_priority) listed.push_back(i);
    if (listed.empty()) return left;
    left = std::move(listed);
  }
  double best = badness(options[left.front()], by);
  for (const std::uint32_t i : left) best = std::min(best, badness(options[i], by));
  std::vector<std::uint32_t> among;
  for (const std::uint32_t i : left)
    if (badness(options[i], by) == best) among.push_back(i);
  return among;
}

}  // namespace

std::uint32_t expand(std::span<const ScaleUpOption> options, std::span<const Expander> expanders, std::uint64_t bits) {
  SIM_CHECK(!options.empty());
  std::vector<std::uint32_t> left(options.size());
  for (std::uint32_t i = 0; i < left.size(); ++i) left[i] = i;
  for (const Expander by : expanders) left = best_of(options, std::move(left), by);
  return left[below(bits, left.size())];
}

}  // namespace berth
