// The cluster query language of ECS: which container instances a memberOf constraint allows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/policy/placement/node_attributes.hpp"
#include "sim/policy/placement/pattern.hpp"

namespace berth {

/// What is wrong with a query, and where.
struct QueryError {
  std::size_t position = 0;  ///< of the first character that is not understood; the first one is 0
  std::string expected, cure;
};

/// subject operator [argument]; a text comparison unless the operator is one of >, >=, <, <=.
struct QueryTerm {
  enum class Subject : std::uint8_t { attribute, task_group, agent_connected } subject;
  enum class Operator : std::uint8_t { equals, greater, greater_equal, less, less_equal, exists, in, matches } is;
  bool negated = false;                  ///< !=, !in, !~, !exists
  std::string attribute{};               ///< the name of one
  std::vector<std::string> arguments{};  ///< one, or the list of `in`
  double number = 0;                     ///< of >, >=, <, <=
  Pattern pattern{};                     ///< of `matches`
};

/// A query in postfix order: each step puts a term's truth on a stack, or joins what is on top of it.
struct ClusterQuery {
  struct Step {
    enum class Kind : std::uint8_t { term, both, either, negation } kind;
    std::uint32_t term = 0;
  };
  std::vector<QueryTerm> terms;
  std::vector<Step> steps;
};

/// `query` is only written when nothing is wrong. Any text is answered, in time that grows with its length alone.
std::optional<QueryError> parse_cluster_query(std::string_view text, ClusterQuery& query);

/// Whether an attribute term holds on nodes with these attributes. One that is compared with != or the like must
/// exist ("the instances with the attribute stack unless its value is prod", task-placement-constraints).
bool holds(const QueryTerm& term, const NodeAttributes& attributes);
/// Whether a task_group term names that group ("service:web", "family:report"); its negation is left to the caller.
bool names_group(const QueryTerm& term, std::string_view group);

/// The truth of the query from that of its terms: `truth(i)` of term i.
template <class Truth>
bool evaluate(const ClusterQuery& query, const Truth& truth) {
  std::uint64_t stack = 0;  // a bit each, the top is the lowest; the parser keeps queries shallow enough
  for (const ClusterQuery::Step& step : query.steps) {
    const std::uint64_t top = stack & 1, below = stack >> 1 & 1;
    using Kind = ClusterQuery::Step::Kind;
    if (step.kind == Kind::term) stack = stack << 1 | static_cast<std::uint64_t>(truth(step.term));
    if (step.kind == Kind::both) stack = (stack >> 2 << 1) | (top & below);
    if (step.kind == Kind::either) stack = (stack >> 2 << 1) | (top | below);
    if (step.kind == Kind::negation) stack ^= 1;
  }
  return (stack & 1) != 0;
}

}  // namespace berth
