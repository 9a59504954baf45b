#include "sim/observe/pending_observer.hpp"

#include <algorithm>

#include "sim/observe/columns.hpp"
#include "sim/observe/summary.hpp"

namespace berth {

PendingObserver::PendingObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "pending")), waiting_(world.service_count()) {}

void PendingObserver::hear(const Fact& fact, Time at) {
  if (const auto* created = std::get_if<ReplicaCreated>(&fact)) {
    wait_for(created->replica, kNotTried, at);
  } else if (const auto* waits = std::get_if<ReplicaWaits>(&fact)) {
    wait_for(waits->replica, static_cast<int>(world_[waits->replica].main_reason), at);
  } else if (const auto* moved = std::get_if<ReplicaMoved>(&fact)) {
    // A pod waits for its address when it has its place already.
    if (moved->from == ReplicaStage::pending || moved->from == ReplicaStage::attaching)
      wait_no_more(moved->replica, at);
  } else if (const auto* assigned = std::get_if<AddressAssigned>(&fact)) {
    wait_no_more(assigned->replica, at);
  }
}

Gauge& PendingObserver::waiting(ServiceId service, int reason) {
  std::vector<Reason>& reasons = waiting_[index(service)];
  const auto at = std::lower_bound(reasons.begin(), reasons.end(), reason,
                                   [](const Reason& known, int wanted) { return known.reason < wanted; });
  if (at != reasons.end() && at->reason == reason) return at->waiting;
  return reasons.insert(at, {reason, {}})->waiting;
}

void PendingObserver::wait_for(ReplicaId replica, int reason, Time at) {
  const ServiceId service = world_[replica].service;
  const auto [known, fresh] = now_.try_emplace(replica, Waiting{reason, at});
  if (!fresh) waiting(service, known->second.reason).add(-1, at);
  known->second.reason = reason;
  waiting(service, reason).add(1, at);
}

void PendingObserver::wait_no_more(ReplicaId replica, Time at) {
  const auto found = now_.find(replica);
  if (found == now_.end()) return;
  waiting(world_[replica].service, found->second.reason).add(-1, at);
  now_.erase(found);
}

namespace {
std::string wait_reason_text(int reason) {
  return reason == kWaitReasons ? "not_tried" : std::string(name(static_cast<WaitReason>(reason)));
}
}  // namespace

void PendingObserver::sample(Time from, Time to) {
  for (std::uint32_t s = 0; s < waiting_.size(); ++s)
    for (auto& [reason, gauge] : waiting_[s]) {
      const __int128 waited = gauge.take(to);
      if (waited == 0) continue;
      CsvRow& row = file_->row();
      put_seconds(row, from).text(world_.name(ServiceId{s})).text(wait_reason_text(reason));
      row.number(mean(waited, to - from), 6).end();
    }
}

void PendingObserver::finish(Time end, Summary& summary) {
  file_->close();
  std::map<std::string, double> minutes;
  for (const auto& reasons : waiting_)
    for (const auto& [reason, gauge] : reasons)
      minutes[wait_reason_text(reason)] += static_cast<double>(gauge.integral(end)) / 60e6;
  for (const auto& [reason, waited] : minutes) {
    if (waited == 0) continue;
    summary.pending_replica_minutes += waited;
    summary.pending_minutes_by_reason.emplace_back(reason, waited);
  }
  std::stable_sort(summary.pending_minutes_by_reason.begin(), summary.pending_minutes_by_reason.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  tell_of_those_who_still_wait(end, summary);
}

void PendingObserver::tell_of_those_who_still_wait(Time end, Summary& summary) const {
  std::map<Key, StillPending> waiting;
  for (const auto& [replica, wait] : now_) {
    if (end - wait.since < kLongWait) continue;
    const ServiceId service = world_[replica].service;
    StillPending& all = waiting[{service, wait.reason}];
    all.service = world_.name(service);
    all.reason = wait_reason_text(wait.reason);
    ++all.replicas;
    all.longest_s = std::max(all.longest_s, seconds(end - wait.since));
  }
  for (auto& [key, all] : waiting) summary.still_pending.push_back(std::move(all));
}

}  // namespace berth
