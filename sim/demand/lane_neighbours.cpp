// Replicas that share an EC2 node, and containers that share a task: what each of them may take of its CPU.
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

/// Who used all it was given would have used more.
bool Lanes::wants_more(std::uint32_t place) const {
  const Serving& s = serving_[place];
  return s.starts || s.rate * 100 >= allotments_[place].count() * 98;
}

/// What it would use now if it could.
std::int64_t Lanes::claim_of(std::uint32_t place) const {
  const Serving& s = serving_[place];
  if (s.starts) return std::min(s.wanted, s.limit);
  return wants_more(place) ? s.limit : std::min(s.rate, s.limit);
}

/// After a change of its rate or allotment. Only what it claims matters to the others.
void Lanes::reconsider(std::uint32_t place) {
  const Serving& s = serving_[place];
  if (s.neighbours == kAlone || claim_of(place) == s.claim) return;
  if (nodes_[s.neighbours].serving.size() > 1) changed(s.neighbours);
}

/// The allotments of the next slice. Those who want more divide what the others do not use in proportion to their
/// requests (Linux CPU shares are work-conserving). Who does not want more may take its share back at once, and what
/// nobody uses: so within one slice those that jump use more than the node has until it ends.
/// Where nobody's claim and no neighbour has changed, no allotment would.
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
  divide(node);
  std::int64_t kept = 0;  // of their shares, by those who use them
  for (const std::uint32_t i : node.serving) kept += std::min(serving_[i].due, serving_[i].share);
  for (const std::uint32_t i : node.serving) {
    const Serving& s = serving_[i];
    const std::int64_t own = wants_more(i) ? s.due : node.free - (kept - std::min(s.due, s.share));
    const Cpu allotment{std::min(s.limit, std::max<std::int64_t>(own, 1))};
    if (allotment != allotments_[i]) give(i, allotment, t);
  }
}

/// Max-min fair by requests: who claims less than its part has its claim, and the others divide what that leaves.
void Lanes::divide(Neighbours& node) {
  std::int64_t left = node.free, requests = 0;
  claimants_.clear();
  for (const std::uint32_t i : node.serving) {
    serving_[i].claim = claim_of(i);
    requests += std::max<std::int64_t>(serving_[i].request, 1);
    claimants_.push_back(i);
  }
  for (std::size_t before = claimants_.size() + 1; claimants_.size() < before;) {
    before = claimants_.size();
    std::erase_if(claimants_, [&](std::uint32_t i) {
      Serving& s = serving_[i];
      const std::int64_t request = std::max<std::int64_t>(s.request, 1);
      s.due = part_of(left, request, requests);
      if (s.claim > s.due) return false;
      s.due = s.claim;
      left -= s.claim;
      requests -= request;
      return true;
    });
  }
  for (const std::uint32_t i : claimants_)
    serving_[i].due = part_of(left, std::max<std::int64_t>(serving_[i].request, 1), requests);
}

/// What each is given when all contend. Jobs take theirs, and where credits hold the node to less than all want, the
/// others keep what their requests give them beside the jobs.
void Lanes::share_by_requests(Neighbours& node) {
  const std::int64_t all = std::min(serving_[node.serving.front()].node_cpu, node.most), jobs = jobs_on(node.node);
  std::int64_t requests = 0;
  for (const std::uint32_t i : node.serving) requests += std::max<std::int64_t>(serving_[i].request, 1);
  node.free = std::max({all - jobs, part_of(all, requests, requests + jobs), std::int64_t{1}});
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
  const auto there = jobs_at_.find(node);
  if (there == jobs_at_.end()) return 0;
  std::int64_t grains = 0;
  for (const ReplicaId job : there->second) grains += world_[world_[job].revision].cpu.count();
  return grains;
}

}  // namespace berth
