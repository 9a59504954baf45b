#include "sim/world/region_network.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

namespace berth {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                    boost::property<boost::edge_weight_t, int>>;

// Only the order of the weights matters: a free endpoint before a NAT gateway, the own zone before another.
constexpr int kThroughEndpoint = 1;
constexpr int kThroughNat = 10;
constexpr int kOtherZone = 5;

}  // namespace

RegionNetwork::RegionNetwork(const NetworkSpec& spec) {
  const std::size_t zones = spec.zones.size();
  nat_gateways_ = spec.nat == NatMode::per_zone ? zones : spec.nat == NatMode::single ? 1 : 0;
  const bool endpoint = std::find(spec.endpoints.begin(), spec.endpoints.end(), "s3") != spec.endpoints.end();

  // Vertices: the registry, then the subnets, then the NAT gateways, then the endpoint. Edges point away from the
  // registry, so that one search finds the way to every subnet.
  const std::size_t first_nat = 1 + zones;
  const std::size_t endpoint_vertex = first_nat + nat_gateways_;
  Graph graph(endpoint_vertex + 1);
  for (std::size_t nat = 0; nat < nat_gateways_; ++nat) {
    boost::add_edge(0, first_nat + nat, kThroughNat, graph);
    for (std::size_t zone = 0; zone < zones; ++zone)
      boost::add_edge(first_nat + nat, 1 + zone, nat == zone ? 0 : kOtherZone, graph);
  }
  if (endpoint) {
    boost::add_edge(0, endpoint_vertex, kThroughEndpoint, graph);
    for (std::size_t zone = 0; zone < zones; ++zone) boost::add_edge(endpoint_vertex, 1 + zone, 0, graph);
  }
  std::vector<Graph::vertex_descriptor> before(boost::num_vertices(graph));
  boost::dijkstra_shortest_paths(graph, 0, boost::predecessor_map(before.data()));

  for (std::size_t zone = 0; zone < zones; ++zone) {
    const std::size_t via = before[1 + zone];
    if (via == 1 + zone) ways_.push_back(std::nullopt);  // never reached
    else if (via == endpoint_vertex) ways_.push_back(WayOut{WayOut::Kind::s3_endpoint, 0});
    else ways_.push_back(WayOut{WayOut::Kind::nat_gateway, via - first_nat});
  }
}

}  // namespace berth
