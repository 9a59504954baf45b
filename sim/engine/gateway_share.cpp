// Sharing a gateway: the level is found again after each change, by moving classes across it.
#include "sim/engine/gateway_share.hpp"

#include <algorithm>
#include <iterator>

namespace berth {

void GatewayShare::move_to(double now) {
  const double dt = elapsed(now);
  if (dt == 0) return;
  carried_ += rate() * dt;
  if (shared_flows_ > 0) shared_volume_ += level_ * dt;
  now_ = now;
}

GatewayShare::Place GatewayShare::add(FlowId flow, double limit, double bytes) {
  const auto entry = class_of(limit);
  const Place place{entry, volume(*entry, now_) + bytes};
  unlist(entry);
  entry->second.ends.emplace(place.end, flow);
  list(entry);
  count(*entry, 1);
  return place;
}

double GatewayShare::remove(FlowId flow, Place place) {
  const double left = remaining(place, now_);
  unlist(place.in);
  place.in->second.ends.erase({place.end, flow});
  count(*place.in, -1);
  if (!place.in->second.ends.empty()) {
    list(place.in);
    return left;
  }
  if (place.in == first_shared_) ++first_shared_;
  classes_.erase(place.in);
  if (classes_.empty()) shared_volume_ = 0;  // a long run must not eat up the precision of short flows
  return left;
}

/// Two passes, then stop: rounding cannot make a class cross the level for ever.
void GatewayShare::rebalance() {
  find_level();
  while (first_shared_ != classes_.begin() && std::prev(first_shared_)->first > level_) share(--first_shared_);
  while (first_shared_ != classes_.end() && first_shared_->first <= level_) cap(first_shared_++);
}

double GatewayShare::next_end() const {
  double end = std::numeric_limits<double>::infinity();
  if (!capped_due_.empty()) end = capped_due_.begin()->first;
  if (!shared_due_.empty() && level_ > 0)
    end = std::min(end, now_ + std::max(0.0, shared_due_.begin()->first - shared_volume_) / level_);
  return std::max(end, now_);
}

FlowId GatewayShare::move_to_end() {
  const double end = next_end();
  const bool capped = !capped_due_.empty() && std::max(capped_due_.begin()->first, now_) <= end;
  const double limit = capped ? capped_due_.begin()->second : shared_due_.begin()->second;
  move_to(end);
  return classes_.find(limit)->second.ends.begin()->second;
}

double GatewayShare::remaining(Place place, double now) const {
  return std::max(0.0, place.end - volume(*place.in, now));
}

double GatewayShare::carried(double now) const { return carried_ + rate() * elapsed(now); }

double GatewayShare::volume(const Classes::value_type& entry, double now) const {
  const FlowClass& flows = entry.second;
  if (flows.shared) return flows.base + (shared_volume_ + level_ * elapsed(now) - flows.since);
  return flows.base + entry.first * (now_ + elapsed(now) - flows.since);
}

GatewayShare::Classes::iterator GatewayShare::class_of(double limit) {
  const auto [entry, fresh] = classes_.try_emplace(limit);
  if (!fresh) return entry;
  entry->second.shared = first_shared_ != classes_.end() && first_shared_->first < limit;
  entry->second.since = entry->second.shared ? shared_volume_ : now_;
  return entry;
}

void GatewayShare::count(const Classes::value_type& entry, long flows) {
  if (entry.second.shared) {
    shared_flows_ += flows;
    return;
  }
  capped_flows_ += flows;
  capped_sum_ = capped_flows_ == 0 ? 0 : capped_sum_ + entry.first * static_cast<double>(flows);
}

void GatewayShare::list(Classes::iterator entry) {
  FlowClass& flows = entry->second;
  if (flows.ends.empty()) return;
  const double left = flows.ends.begin()->first - flows.base;
  flows.due = flows.since + (flows.shared ? left : left / entry->first);
  (flows.shared ? shared_due_ : capped_due_).emplace(flows.due, entry->first);
}

void GatewayShare::unlist(Classes::iterator entry) {
  const FlowClass& flows = entry->second;
  if (!flows.ends.empty()) (flows.shared ? shared_due_ : capped_due_).erase({flows.due, entry->first});
}

void GatewayShare::find_level() {
  if (shared_flows_ > 0) level_ = std::max(0.0, capacity_ - capped_sum_) / static_cast<double>(shared_flows_);
  else level_ = capped_sum_ > capacity_ ? 0 : std::numeric_limits<double>::infinity();
}

void GatewayShare::share(Classes::iterator entry) {
  FlowClass& flows = entry->second;
  const double at = volume(*entry, now_);
  const long moved = static_cast<long>(flows.ends.size());
  unlist(entry);
  count(*entry, -moved);
  flows.shared = true;
  flows.base = at;
  flows.since = shared_volume_;
  count(*entry, moved);
  list(entry);
  find_level();
}

void GatewayShare::cap(Classes::iterator entry) {
  FlowClass& flows = entry->second;
  const double at = volume(*entry, now_);
  const long moved = static_cast<long>(flows.ends.size());
  unlist(entry);
  count(*entry, -moved);
  flows.shared = false;
  flows.base = at;
  flows.since = now_;
  count(*entry, moved);
  list(entry);
  find_level();
}

}  // namespace berth
