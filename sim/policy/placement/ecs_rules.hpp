// What a service says about where its tasks go: strategies and constraints, as written and against classes of nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/policy/placement/cluster_query.hpp"

namespace berth {

struct EcsStrategy {
  enum class Kind : std::uint8_t {
    spread_zone,
    spread_instance,
    binpack_cpu,
    binpack_memory,
    random,
    spread_attribute
  } kind;
  std::string attribute{};                      ///< of spread_attribute
  std::vector<std::uint16_t> value_of_class{};  ///< of it: classes with equal values have equal numbers
};
/// Applied one after the other: a later one only chooses among the nodes that the earlier ones find equally good.
/// Empty = the default of a service: spread over zones, then the node with fewest tasks of this service.
using Strategies = std::vector<EcsStrategy>;

/// "spread(zone)", "spread(instance)", "spread(attribute:NAME)", "binpack(cpu)", "binpack(memory)", "random"; empty for
/// anything else.
std::optional<EcsStrategy> parse_ecs_strategy(std::string_view text);
/// As it is written in a scenario.
std::string say(const EcsStrategy& strategy);

struct DistinctInstance {};
/// "distinctInstance" or "memberOf(QUERY)"; what is wrong with it otherwise, its position counted in `text`.
std::variant<DistinctInstance, ClusterQuery, QueryError> parse_ecs_constraint(std::string_view text);

/// The memberOf constraints of a service: all must hold. distinctInstance stands in the Ask.
struct EcsConstraints {
  /// A query whose attribute terms have been looked up for every class of nodes.
  struct MemberOf {
    ClusterQuery query;
    std::vector<std::vector<bool>> holds_on_class;      ///< by term, then by class; of attribute terms
    std::vector<std::vector<std::uint32_t>> group_ids;  ///< by term: indexes in Ask::groups that it names
  };
  std::vector<MemberOf> member_of;
  std::vector<std::uint32_t>
      groups;  ///< of known_groups: those that any term names, ascending; Ask::groups has them so

  bool empty() const { return member_of.empty(); }
};

/// Looks everything up that does not change during a run. `known_groups`: every task group of the cluster.
void bind_to_classes(Strategies& strategies, std::span<const NodeAttributes> classes);
EcsConstraints bind_to_classes(const std::vector<ClusterQuery>& queries, std::span<const NodeAttributes> classes,
                               std::span<const std::string> known_groups);

/// Whether the memberOf constraints allow a node of that class, `hosts(i)` telling whether it has a task of group i of
/// Ask::groups.
template <class Hosts>
bool allows(const EcsConstraints& constraints, std::uint16_t node_class, const Hosts& hosts) {
  for (const EcsConstraints::MemberOf& rule : constraints.member_of) {
    const bool ok = evaluate(rule.query, [&](std::uint32_t t) {
      const QueryTerm& term = rule.query.terms[t];
      if (term.subject == QueryTerm::Subject::attribute) return bool(rule.holds_on_class[t][node_class]);
      if (term.subject == QueryTerm::Subject::agent_connected) return !term.negated;  // or it were not ready
      bool any = false;
      for (const std::uint32_t group : rule.group_ids[t]) any = any || hosts(group);
      return any != term.negated;
    });
    if (!ok) return false;
  }
  return true;
}

}  // namespace berth
