#include "sim/policy/placement/ecs_rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace berth {
namespace {

using StrategyKind = EcsStrategy::Kind;
constexpr std::array<std::pair<std::string_view, StrategyKind>, 5> kStrategyWords = {{
    {"spread(zone)", StrategyKind::spread_zone},
    {"spread(instance)", StrategyKind::spread_instance},
    {"binpack(cpu)", StrategyKind::binpack_cpu},
    {"binpack(memory)", StrategyKind::binpack_memory},
    {"random", StrategyKind::random},
}};
constexpr std::string_view kSpreadAttribute = "spread(attribute:";
constexpr std::string_view kMemberOf = "memberOf(";

bool is_attribute_name(std::string_view name) {
  constexpr std::string_view kBeside = "-_/\\.";
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kBeside.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<EcsStrategy> parse_ecs_strategy(std::string_view text) {
  for (const auto& [word, kind] : kStrategyWords) {
    if (word == text) return EcsStrategy{kind};
  }
  if (text.substr(0, kSpreadAttribute.size()) != kSpreadAttribute || text.back() != ')') return std::nullopt;
  const std::string_view name = text.substr(kSpreadAttribute.size(), text.size() - kSpreadAttribute.size() - 1);
  if (!is_attribute_name(name)) return std::nullopt;
  if (name == "ecs.availability-zone") return EcsStrategy{StrategyKind::spread_zone};
  return EcsStrategy{StrategyKind::spread_attribute, std::string(name)};
}

std::string say(const EcsStrategy& strategy) {
  for (const auto& [word, kind] : kStrategyWords) {
    if (kind == strategy.kind) return std::string(word);
  }
  return std::string(kSpreadAttribute) + strategy.attribute + ")";
}

std::variant<DistinctInstance, ClusterQuery, QueryError> parse_ecs_constraint(std::string_view text) {
  if (text == "distinctInstance") return DistinctInstance{};
  if (text.substr(0, kMemberOf.size()) != kMemberOf)
    return QueryError{0, "distinctInstance or memberOf(…)",
                      "write \"distinctInstance\" or \"memberOf(attribute:ecs.instance-type == m6i.large)\""};
  if (text.back() != ')') return QueryError{text.size(), "the bracket that ends memberOf(", "write )"};
  ClusterQuery query;
  auto error = parse_cluster_query(text.substr(kMemberOf.size(), text.size() - kMemberOf.size() - 1), query);
  if (!error) return query;
  error->position += kMemberOf.size();
  return *error;
}

void bind_to_classes(Strategies& strategies, std::span<const NodeAttributes> classes) {
  for (EcsStrategy& strategy : strategies) {
    if (strategy.kind != StrategyKind::spread_attribute) continue;
    std::map<std::string, std::uint16_t> values;
    strategy.value_of_class.clear();
    for (const NodeAttributes& attributes : classes) {
      const std::string* value = attribute(attributes, strategy.attribute);
      // A value is never empty, so "" stands for nodes without the attribute.
      const auto at = values.emplace(value != nullptr ? *value : std::string(), values.size()).first;
      strategy.value_of_class.push_back(at->second);
    }
  }
}

EcsConstraints bind_to_classes(const std::vector<ClusterQuery>& queries, std::span<const NodeAttributes> classes,
                               std::span<const std::string> known_groups) {
  EcsConstraints constraints;
  std::vector<std::vector<std::vector<std::uint32_t>>> named;  // by query and term: of known_groups
  for (const ClusterQuery& query : queries) {
    EcsConstraints::MemberOf rule{query, {}, {}};
    named.emplace_back();
    for (const QueryTerm& term : query.terms) {
      rule.holds_on_class.emplace_back();
      named.back().emplace_back();
      if (term.subject == QueryTerm::Subject::attribute)
        for (const NodeAttributes& attributes : classes) rule.holds_on_class.back().push_back(holds(term, attributes));
      if (term.subject != QueryTerm::Subject::task_group) continue;
      for (std::uint32_t g = 0; g < known_groups.size(); ++g)
        if (names_group(term, known_groups[g])) named.back().back().push_back(g);
      constraints.groups.insert(constraints.groups.end(), named.back().back().begin(), named.back().back().end());
    }
    constraints.member_of.push_back(std::move(rule));
  }
  std::vector<std::uint32_t>& groups = constraints.groups;
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  for (std::size_t q = 0; q < queries.size(); ++q)
    for (std::vector<std::uint32_t>& of_term : named[q]) {
      for (std::uint32_t& g : of_term)
        g = static_cast<std::uint32_t>(std::lower_bound(groups.begin(), groups.end(), g) - groups.begin());
      constraints.member_of[q].group_ids.push_back(std::move(of_term));
    }
  return constraints;
}

}  // namespace berth
