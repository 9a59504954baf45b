// Replicas that share an EC2 node: what each of them may take of its CPU.
#include <algorithm>
#include <utility>

#include "sim/demand/lanes.hpp"
#include "sim/demand/part_of.hpp"

namespace berth {

void Lanes::join(std::uint32_t serving, NodeId node) {
  const auto [at, fresh] = node_at_.emplace(node, static_cast<std::uint32_t>(nodes_.size()));
  if (fresh) {
    if (free_nodes_.empty()) {
      nodes_.emplace_back();
    } else {
      at->second = free_nodes_.back();
      free_nodes_.pop_back();
    }
    nodes_[at->second].node = node;
    nodes_[at->second].most = INT64_MAX;
  }
  nodes_[at->second].serving.push_back(serving);
  serving_[serving].neighbours = at->second;
  crowd_changed(at->second);
}

void Lanes::leave(std::uint32_t serving) {
  const std::uint32_t number = serving_[serving].neighbours;
  Neighbours& node = nodes_[number];
  std::erase(node.serving, serving);
  serving_[serving].neighbours = kAlone;
  crowd_changed(number);
  if (!node.serving.empty()) return;
  node_at_.erase(node.node);
  free_nodes_.push_back(number);
}

void Lanes::crowd_changed(std::uint32_t neighbours) {
  nodes_[neighbours].crowd_changed = true;
  changed(neighbours);
}

void Lanes::changed(std::uint32_t neighbours) {
  if (nodes_[neighbours].changed) return;
  nodes_[neighbours].changed = true;
  changed_.push_back(neighbours);
}

/// The part of its share that the others cannot take. Who used all it was given would have used more: to it the whole.
std::int64_t Lanes::safe_of(std::uint32_t place) const {
  const Serving& s = serving_[place];
  if (s.starts) return std::min(s.wanted, s.share);
  const bool wants_more = s.rate * 100 >= allotments_[place].count() * 98;
  return wants_more ? s.share : std::min(s.rate, s.share);
}

/// After a change of its rate or allotment. Only what it is safe of matters to the others.
void Lanes::reconsider(std::uint32_t place) {
  const Serving& s = serving_[place];
  if (s.neighbours == kAlone || safe_of(place) == s.safe) return;
  if (nodes_[s.neighbours].serving.size() > 1) changed(s.neighbours);
}

/// The allotments of the next slice. Each replica on an EC2 node may take what the others do not use, where the
/// others are safe up to the share that their requests give them (Linux CPU shares are work-conserving). Within one
/// slice several can be lent the same idle CPU: those that jump together use more than the node has until it ends.
/// Where nobody's safe part and no neighbour has changed, no allotment would.
void Lanes::share_nodes(Time t) {
  due_nodes_.swap(changed_);
  for (const std::uint32_t number : due_nodes_) {
    nodes_[number].changed = false;
    if (!nodes_[number].serving.empty()) share_one_node(nodes_[number], t);
  }
  due_nodes_.clear();
}

void Lanes::share_one_node(Neighbours& node, Time t) {
  if (std::exchange(node.crowd_changed, false)) share_by_requests(node);
  std::int64_t safe = 0;
  for (const std::uint32_t i : node.serving) {
    serving_[i].safe = safe_of(i);
    safe += serving_[i].safe;
  }
  for (const std::uint32_t i : node.serving) {
    const Serving& s = serving_[i];
    const Cpu allotment{std::min(s.limit, std::max<std::int64_t>(node.free - (safe - s.safe), 1))};
    if (allotment != allotments_[i]) give(i, allotment, t);
  }
}

/// What each is given when all contend.
void Lanes::share_by_requests(Neighbours& node) {
  node.free = std::min(serving_[node.serving.front()].node_cpu, node.most) - jobs_on(node.node);
  node.free = std::max<std::int64_t>(node.free, 1);  // jobs take theirs whatever the credits say
  std::int64_t requests = 0;
  for (const std::uint32_t i : node.serving) requests += std::max<std::int64_t>(serving_[i].request, 1);
  for (const std::uint32_t i : node.serving)
    serving_[i].share = part_of(node.free, std::max<std::int64_t>(serving_[i].request, 1), requests);
}

/// Its target looks it up when something happens there, unless it feels it now.
void Lanes::give(std::uint32_t place, Cpu allotment, Time t) {
  const Serving& s = serving_[place];
  if (s.starts) return move_start(place, allotment, t);
  if (s.wanted > std::min(allotments_[place], allotment).count() || lane(s.service).is_fluid()) {
    catch_up(s.service);
    lane(s.service).set_allotment(s.target, allotment, t);
    for (const ServiceId mate : mates_[index(s.service)]) quiet_until_[index(mate)] = lane(mate).quiet_until();
    due_rates_.push_back(place);
  }
  allotments_[place] = allotment;
  reconsider(place);
}

std::int64_t Lanes::jobs_on(NodeId node) const {
  std::int64_t grains = 0;
  for (const auto& [job, since] : working_jobs_)
    if (world_[job].node == node) grains += world_[world_[job].revision].cpu.count();
  return grains;
}

}  // namespace berth
