#include "sim/demand/node_ports.hpp"

#include <algorithm>

#include "sim/base/check.hpp"

namespace berth {
namespace {

/// Of requests that never time out: what is under way for longer is taken to be answered.
constexpr std::int64_t kAnHour = 3'600'000'000'000;

Draws stream(const LaneSpec& spec, std::uint64_t seed, std::uint64_t number) {
  return {seed, Purpose::kube_proxy, name_hash(spec.service), number};
}

}  // namespace

NodePorts::NodePorts(const LaneSpec& spec, std::uint64_t seed)
    : way_in_(spec.way_in),
      ending_while_alone_(spec.ending_while_alone),
      longest_(spec.timeout > 0 ? spec.timeout : kAnHour),
      for_pods_{stream(spec, seed, 0)},
      for_nodes_{stream(spec, seed, 1)},
      for_losses_(stream(spec, seed, 2)) {}

std::size_t NodePorts::place_of(NodeId node) const {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.node == node; });
  return static_cast<std::size_t>(found - open_.begin());
}

NodePorts::Pods& NodePorts::pods_of(NodeId node) { return way_in_ == WayIn::own_node ? on_node_[node] : everywhere_; }

void NodePorts::open(NodeId node) {
  SIM_CHECK(place_of(node) == open_.size());
  std::erase_if(closed_, [&](const Closed& c) { return c.node == node; });
  open_.push_back({node, false, &pods_of(node)});
}

void NodePorts::close(NodeId node, std::int64_t now) {
  const std::size_t place = place_of(node);
  if (place == open_.size()) return;
  if (open_[place].dead) --dead_;
  else closed_.push_back({node, place, open_.size(), now});
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(place));
  if (place < mark_) --mark_;
}

void NodePorts::cut(NodeId node, std::int64_t now) {
  close(node, now);
  lose(node, now);
  if (const auto pods = on_node_.find(node); pods != on_node_.end())
    if (pods->second.ready.empty() && pods->second.ending.empty()) on_node_.erase(pods);
}

/// What went through it to a pod of its own dies with that pod.
void NodePorts::lose(NodeId node, std::int64_t now) {
  if (const std::size_t place = place_of(node); place < open_.size()) {
    if (open_[place].dead) return;
    open_[place].dead = true;
    ++dead_;
    break_off(now, now, place, open_.size());
    return;
  }
  const auto was = std::find_if(closed_.begin(), closed_.end(), [&](const Closed& c) { return c.node == node; });
  if (was == closed_.end()) return;
  break_off(was->at, now, was->slot, was->of);
  closed_.erase(was);
}

void NodePorts::break_off(std::int64_t sent_before, std::int64_t now, std::size_t slot, std::size_t of) {
  if (way_in_ == WayIn::own_node || now - sent_before > longest_) return;
  const bool together = !losses_.empty() && losses_.back().at == now && losses_.back().sent_before == sent_before &&
                        losses_.back().fell.size() == of;
  if (!together) losses_.push_back({sent_before, now, std::vector<bool>(of)});
  losses_.back().fell[slot] = true;
}

bool NodePorts::is_among_losses(std::int64_t sent, std::int64_t answered) const {
  return std::any_of(losses_.begin(), losses_.end(), [&](const Loss& loss) {
    return sent < loss.sent_before && answered >= loss.at && answered - loss.sent_before <= longest_ &&
           loss.fell[below(for_losses_.at(static_cast<std::uint64_t>(sent)), loss.fell.size())];
  });
}

void NodePorts::forget_losses(std::int64_t now) {
  std::erase_if(losses_, [&](const Loss& loss) { return now - loss.sent_before > longest_; });
}

void NodePorts::add(std::uint32_t pod, NodeId node) {
  if (pod >= node_of_.size()) node_of_.resize(pod + std::size_t{1}, kNone<NodeId>);
  node_of_[pod] = node;
  pods_of(node).ready.push_back(pod);
}

void NodePorts::resume(std::uint32_t pod) {
  Pods& pods = pods_of(node_of_[pod]);
  const bool here = std::find(pods.ready.begin(), pods.ready.end(), pod) != pods.ready.end();
  if (!here) pods.ready.push_back(pod);
}

void NodePorts::end(std::uint32_t pod) {
  Pods& pods = pods_of(node_of_[pod]);
  const bool was_ready = std::erase(pods.ready, pod) != 0;
  if (was_ready && ending_while_alone_) pods.ending.push_back(pod);
}

void NodePorts::remove(std::uint32_t pod) {
  const NodeId node = node_of_[pod];
  Pods& pods = pods_of(node);
  std::erase(pods.ready, pod);
  std::erase(pods.ending, pod);
  const bool empty = pods.ready.empty() && pods.ending.empty();
  if (way_in_ == WayIn::own_node && empty && place_of(node) == open_.size()) on_node_.erase(node);
}

}  // namespace berth
