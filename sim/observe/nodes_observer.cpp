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
    const NodeRow& row = world_[moved->node];
    const NodeBill bill = node_bill(world_, row, moved->from);
    if (bill != node_bill(world_, row, moved->to)) add_bill(known_[moved->node], row, bill, at);
    if (moved->to == NodeStage::pooled) known_[moved->node].ready = kNever;  // the row tells of its last service
    if (moved->to == NodeStage::gone) write(moved->node, world_[moved->node], at);
  }
}

void NodesObserver::add_bill(Known& known, const NodeRow& node, NodeBill bill, Time until) const {
  if (bill == NodeBill::nothing) return;
  const std::int64_t seconds = billed_node(world_, node, bill, until).seconds;
  if (bill == NodeBill::all) known.ran_s += seconds;
  known.cost += cost_of(world_, meters_of(world_, node, bill), seconds);
}

void NodesObserver::write(NodeId id, const NodeRow& node, Time until) {
  const auto found = known_.find(id);
  Known known = found == known_.end() ? Known{} : found->second;
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
  add_bill(known, node, node_bill(world_, node, node.stage), until);
  row.whole(known.ran_s);
  put_usd(row, known.cost).end();
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
