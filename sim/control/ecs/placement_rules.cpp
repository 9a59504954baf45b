#include "sim/control/ecs/placement_rules.hpp"

#include <algorithm>

namespace berth {
namespace {

/// "service:web" of services and daemons; a job's tasks are standalone ones, whose group is their family.
std::string task_group(const World& world, ServiceId service) {
  const bool job = world[service].spec->kind == WorkloadKind::job;
  return (job ? "family:" : "service:") + world.name(service);
}

std::vector<ClusterQuery> queries_of(const WorkloadSpec& spec) {
  std::vector<ClusterQuery> queries;
  for (const std::string& text : spec.ecs.constraints) {
    auto parsed = parse_ecs_constraint(text);
    SIM_CHECK_SAY(!std::holds_alternative<QueryError>(parsed), text);
    if (auto* query = std::get_if<ClusterQuery>(&parsed)) queries.push_back(std::move(*query));
  }
  return queries;
}

/// Empty = the default of a service. AWS's pages contradict each other on that of RunTask.
Strategies written_strategies(const World& world, const WorkloadSpec& spec) {
  Strategies strategies;
  for (const std::string& text : spec.ecs.placement)
    if (auto strategy = parse_ecs_strategy(text)) strategies.push_back(std::move(*strategy));
  if (strategies.empty() && spec.kind == WorkloadKind::job &&
      world.catalog().constant("ecs.run_task.default_random") != 0)
    strategies.push_back({EcsStrategy::Kind::random});
  return strategies;
}

}  // namespace

std::vector<NodeAttributes> class_attributes(const World& world) {
  std::vector<NodeAttributes> all;
  for (const NodeClass& c : world.node_classes())
    all.push_back(node_attributes(*world[c.pool].spec, world.catalog().instances()[c.type], world.zone_name(c.zone),
                                  world.spec().region));
  return all;
}

std::vector<PlacementRules> placement_rules(const World& world) {
  const std::vector<NodeAttributes> classes = class_attributes(world);
  std::vector<PlacementRules> rules(world.service_count());
  for (std::uint32_t s = 0; s < rules.size(); ++s) {
    const ServiceRow& row = world[ServiceId{s}];
    if (is_eks(world, row.cluster)) continue;
    rules[s].strategies = written_strategies(world, *row.spec);
    bind_to_classes(rules[s].strategies, classes);
    const std::vector<ClusterQuery> queries = queries_of(*row.spec);
    if (queries.empty()) continue;
    std::vector<std::string> groups;
    for (const ServiceId other : world[row.cluster].services) groups.push_back(task_group(world, other));
    rules[s].constraints = bind_to_classes(queries, classes, groups);
    for (const std::uint32_t g : rules[s].constraints.groups) rules[s].groups.push_back(world[row.cluster].services[g]);
  }
  return rules;
}

Strategies strategies_of(const World& world, ServiceId service) {
  Strategies strategies = written_strategies(world, *world[service].spec);
  const bool by_class = std::any_of(strategies.begin(), strategies.end(),
                                    [](const EcsStrategy& s) { return s.kind == EcsStrategy::Kind::spread_attribute; });
  if (by_class) bind_to_classes(strategies, class_attributes(world));
  return strategies;
}

}  // namespace berth
