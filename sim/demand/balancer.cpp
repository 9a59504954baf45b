#include "sim/demand/balancer.hpp"

#include <algorithm>

namespace berth {

Balancer::Balancer(Balancing how, bool by_zone, std::uint64_t seed, const std::string& service, bool near)
    : by_zone_(by_zone),
      zones_known_(by_zone || near),
      count_outstanding_(how == Balancing::least_outstanding),
      one_(count_outstanding_),
      zones_drawn_(seed, Purpose::load_balancer_zone, name_hash(service)),
      targets_drawn_(seed, Purpose::balancing, name_hash(service)) {}

void Balancer::add(std::uint32_t target, std::uint32_t zone, std::int64_t now, std::int64_t slow_start) {
  if (target >= zones_.size()) zones_.resize(target + 1, 0);
  zones_[target] = zone;
  while (zones_known_ && zone >= nodes_.size()) nodes_.emplace_back(count_outstanding_);
  known_.push_back({target, true});
  if (zones_known_) nodes_[zone].add(target, now, slow_start);
  if (!by_zone_) one_.add(target, now, slow_start);
  reconsider();
}

void Balancer::resume(std::uint32_t target, std::int64_t now, std::int64_t slow_start) {
  if (find(target) != known_.end()) return set_health(target, true);
  known_.push_back({target, true});
  deal(target, now, slow_start);
  reconsider();
}

void Balancer::remove(std::uint32_t target) {
  const auto known = find(target);
  if (known == known_.end()) return;
  known_.erase(known);
  put_aside(target);
  reconsider();
}

void Balancer::put_aside(std::uint32_t target) {
  if (zones_known_) nodes_[zones_[target]].remove(target);
  if (!by_zone_) one_.remove(target);
}

void Balancer::deal(std::uint32_t target, std::int64_t now, std::int64_t slow_start) {
  if (zones_known_) nodes_[zones_[target]].resume(target, now, slow_start);
  if (!by_zone_) one_.resume(target, now, slow_start);
}

void Balancer::set_health(std::uint32_t target, bool healthy) {
  const auto known = find(target);
  if (known == known_.end() || known->healthy == healthy) return;
  known->healthy = healthy;
  if (!healthy) put_aside(target);
  else if (!is_dealt(target)) deal(target, 0, 0);
  reconsider();
}

std::vector<Balancer::Known>::iterator Balancer::find(std::uint32_t target) {
  return std::find_if(known_.begin(), known_.end(), [&](const Known& k) { return k.target == target; });
}

/// Who can be sent to has changed.
void Balancer::reconsider() {
  const bool all_fail = std::none_of(known_.begin(), known_.end(), [](const Known& k) { return k.healthy; });
  if (all_fail || fails_open_)
    for (const Known& k : known_) {
      if (k.healthy) continue;
      if (!all_fail) put_aside(k.target);
      else if (!is_dealt(k.target)) deal(k.target, 0, 0);
    }
  fails_open_ = all_fail;
  open_.clear();
  for (std::size_t zone = 0; by_zone_ && zone < nodes_.size(); ++zone)
    if (!nodes_[zone].empty()) open_.push_back(zone);
}

}  // namespace berth
