#include "sim/policy/placement/ecs_placement.hpp"

#include <algorithm>
#include <limits>

#include "sim/base/random.hpp"

namespace berth {
namespace {

using Kind = EcsStrategy::Kind;

std::int64_t in_zone(const Ask& ask, ZoneId zone) {
  const auto z = static_cast<std::size_t>(zone);
  return z < ask.same_service_by_zone.size() ? ask.same_service_by_zone[z] : 0;
}

/// Tasks of the service on all nodes whose attribute has the value that it has here. Nodes without the attribute are
/// taken for nodes of one more value: what ECS does there is not documented.
std::int64_t under_value(const EcsStrategy& strategy, const ClusterView& view, const Ask& ask, std::uint32_t p) {
  const auto value = [&](std::uint32_t position) { return strategy.value_of_class[view.node_class[position]]; };
  std::int64_t tasks = 0;
  for (const NodeCount& c : ask.same_service)
    if (value(c.position) == value(p)) tasks += c.replicas;
  return tasks;
}

void keep_best(const EcsStrategy& strategy, const ClusterView& view, const Ask& ask,
               std::vector<std::uint32_t>& fitting) {
  auto best = std::numeric_limits<std::int64_t>::max();
  std::size_t kept = 0;
  for (const std::uint32_t p : fitting) {
    const auto d = dislike(strategy, view, ask, p);
    if (d > best) continue;
    if (d < best) kept = 0;
    best = d;
    fitting[kept++] = p;
  }
  fitting.resize(kept);
}

bool constraints_allow(const ClusterView& view, const Ask& ask, const EcsConstraints& constraints, std::uint32_t p) {
  if (constraints.empty()) return true;
  const auto hosts = [&](std::uint32_t group) { return replicas_on(ask.groups[group], p) > 0; };
  return allows(constraints, view.node_class[p], hosts);
}

}  // namespace

const Strategies& or_default(const Strategies& strategies) {
  static const Strategies service_default = {{Kind::spread_zone}, {Kind::spread_instance}};
  return strategies.empty() ? service_default : strategies;
}

std::int64_t dislike(const EcsStrategy& strategy, const ClusterView& view, const Ask& ask, std::uint32_t p) {
  switch (strategy.kind) {
    case Kind::spread_zone:
      return in_zone(ask, view.zone[p]);
    case Kind::spread_instance:
      return same_service_on(ask, p);
    case Kind::spread_attribute:
      return under_value(strategy, view, ask, p);
    case Kind::binpack_cpu:
      return view.cpu_allocatable[p] - view.cpu_used[p];
    case Kind::binpack_memory:
      return view.memory_allocatable[p] - view.memory_used[p];
    case Kind::random:
      break;
  }
  return 0;
}

std::optional<WaitReason> refusal_ecs(const ClusterView& view, const Ask& ask, const EcsConstraints& constraints,
                                      std::uint32_t p) {
  const auto why = refusal(view, ask, p);
  if (why && *why != WaitReason::network_interfaces) return why;
  return constraints_allow(view, ask, constraints, p) ? why : std::optional(WaitReason::constraint);
}

std::vector<std::uint32_t> filter_ecs(const ClusterView& view, const Ask& ask, const EcsConstraints& constraints,
                                      std::array<std::uint16_t, kWaitReasons>& refused) {
  std::vector<std::uint32_t> fitting;
  const auto nodes = static_cast<std::uint32_t>(view.size());
  filter_nodes(view, ask, 0, nodes, nodes, fitting, &refused);
  const auto count = [&](WaitReason why) -> std::uint16_t& { return refused[static_cast<std::size_t>(why)]; };
  std::size_t kept = 0;
  for (const std::uint32_t p : fitting) {
    if (constraints_allow(view, ask, constraints, p)) fitting[kept++] = p;
    else if (count(WaitReason::constraint) < 0xffff) ++count(WaitReason::constraint);
  }
  fitting.resize(kept);
  if (!out_of_interfaces(view, ask)) return fitting;
  count(WaitReason::network_interfaces) = static_cast<std::uint16_t>(std::min<std::size_t>(kept, 0xffff));
  return {};
}

Placement place_ecs(const ClusterView& view, const Ask& ask, const Strategies& strategies, std::uint64_t draw,
                    const EcsConstraints& constraints) {
  Placement answer;
  std::vector<std::uint32_t> fitting = filter_ecs(view, ask, constraints, answer.refused);
  if (fitting.empty()) {
    answer.main = main_reason(answer.refused);
    return answer;
  }
  for (const auto& strategy : or_default(strategies)) {
    if (strategy.kind == Kind::random) {
      answer.position = fitting[below(draw, fitting.size())];
      return answer;
    }
    keep_best(strategy, view, ask, fitting);
  }
  answer.position = fitting.front();
  return answer;
}

}  // namespace berth
