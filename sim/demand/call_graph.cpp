#include "sim/demand/call_graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/dag_shortest_paths.hpp>
#include <boost/graph/depth_first_search.hpp>

namespace berth {
namespace {

using Calls = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;

Calls graph_of(std::size_t vertices, std::span<const CallEdge> calls) {
  Calls graph(vertices);
  for (const CallEdge& call : calls) boost::add_edge(call.caller, call.callee, graph);
  return graph;
}

/// Keeps the way from the root of the search to where it is; the first edge back into it closes a circle.
class CallCircleFinder : public boost::default_dfs_visitor {
 public:
  CallCircleFinder(std::vector<std::size_t>& way, std::vector<std::size_t>& circle) : way_(way), circle_(circle) {}
  void discover_vertex(std::size_t v, const Calls&) { way_.push_back(v); }
  void finish_vertex(std::size_t, const Calls&) { way_.pop_back(); }
  void back_edge(const Calls::edge_descriptor& e, const Calls& calls) {
    if (!circle_.empty()) return;
    circle_.assign(std::find(way_.begin(), way_.end(), boost::target(e, calls)), way_.end());
    circle_.push_back(circle_.front());
  }

 private:
  std::vector<std::size_t>& way_;
  std::vector<std::size_t>& circle_;
};

}  // namespace

std::vector<std::size_t> circle_of_calls(std::size_t vertices, std::span<const CallEdge> calls) {
  std::vector<std::size_t> way, circle;
  boost::depth_first_search(graph_of(vertices, calls), boost::visitor(CallCircleFinder(way, circle)));
  return circle;
}

std::vector<std::size_t> joined_by_calls(std::size_t vertices, std::span<const CallEdge> calls) {
  boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> graph(vertices);
  for (const CallEdge& call : calls) boost::add_edge(call.caller, call.callee, graph);
  std::vector<std::size_t> sets(vertices);
  if (vertices > 0) boost::connected_components(graph, sets.data());
  return sets;
}

/// The lowest number of those whose callers are all out: boost::topological_sort leaves the order among equals to its
/// search.
std::vector<std::size_t> callers_first(std::size_t vertices, std::span<const CallEdge> calls) {
  const Calls graph = graph_of(vertices, calls);
  std::vector<std::size_t> waits_for(vertices), order;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> next;
  for (std::size_t v = 0; v < vertices; ++v) {
    waits_for[v] = boost::in_degree(v, graph);
    if (waits_for[v] == 0) next.push(v);
  }
  while (!next.empty()) {
    const std::size_t v = next.top();
    next.pop();
    order.push_back(v);
    for (auto [e, end] = boost::out_edges(v, graph); e != end; ++e)
      if (--waits_for[boost::target(*e, graph)] == 0) next.push(boost::target(*e, graph));
  }
  return order;
}

double critical_path(std::span<const TimedStep> steps) {
  using Weighted = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                         boost::property<boost::edge_weight_t, double>>;
  // Step i leads from its begin 2i to its end 2i + 1; lengths are negative, as boost looks for the shortest way.
  const std::size_t source = 2 * steps.size(), sink = source + 1;
  Weighted graph(sink + 1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    boost::add_edge(2 * i, 2 * i + 1, -steps[i].length, graph);
    boost::add_edge(source, 2 * i, 0.0, graph);
    boost::add_edge(2 * i + 1, sink, 0.0, graph);
    for (std::size_t before = 0; before < i; ++before)
      if ((steps[i].after >> before & 1) != 0) boost::add_edge(2 * before + 1, 2 * i, 0.0, graph);
  }
  boost::add_edge(source, sink, 0.0, graph);
  std::vector<double> distance(sink + 1);
  boost::dag_shortest_paths(graph, source, boost::distance_map(distance.data()));
  return -distance[sink];
}

}  // namespace berth
