#include "sim/observe/nodes_observer.hpp"

#include <algorithm>
#include <vector>

#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"

namespace berth {

NodesObserver::NodesObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "nodes")) {}

void NodesObserver::hear(const Fact& fact, Time at) {
  if (const auto* seen = std::get_if<NodeSeen>(&fact)) {
    if (seen->stage != NodeStage::ready) return;
    Known& known = known_[seen->node];
    known.ready = std::min(known.ready, at);
  } else if (const auto* moved = std::get_if<NodeMoved>(&fact)) {
    if (ends_bill(*moved)) known_[moved->node].bill_ended = at;
    if (moved->to == NodeStage::gone) write(moved->node, world_[moved->node], at);
  }
}

void NodesObserver::write(NodeId id, const NodeRow& node, Time until) {
  const auto found = known_.find(id);
  const Known known = found == known_.end() ? Known{} : found->second;
  if (found != known_.end()) known_.erase(found);
  CsvRow& row = file_->row();
  row.text(world_.name(id)).text(world_[node.cluster].spec->name).text(world_.name(node.pool));
  node.fargate ? row.empty() : row.text(world_.catalog().instances()[node.type].name);
  row.text(world_.zone_name(node.zone)).text(node.spot ? "spot" : "on_demand").flag(node.initial);
  for (const Time t : {node.requested, node.booted, node.joined, known.ready, node.draining, node.terminated})
    put_seconds(row, t);
  node.why == StopReason::none ? row.empty() : row.text(name(node.why));
  if (node.fargate) {
    row.empty().empty().end();
    return;
  }
  const bool billed = node.launched != kNever;
  const std::int64_t seconds = billed ? billed_node(world_, node, std::min(until, known.bill_ended)).seconds : 0;
  row.whole(seconds);
  put_usd(row, cost_of(world_, meters_of(world_, node), seconds)).end();
}

void NodesObserver::finish(Time end, Summary&) {
  std::vector<NodeId> alive;
  world_.nodes().for_each([&](NodeId id, const NodeRow& row) {
    if (row.stage != NodeStage::gone) alive.push_back(id);
  });
  std::sort(alive.begin(), alive.end());
  for (const NodeId id : alive) write(id, world_[id], end);
  file_->close();
}

}  // namespace berth
