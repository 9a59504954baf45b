#include "sim/control/job_runs.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace berth {

JobRuns::JobRuns(Hands hands, Starts& starts)
    : hands_(hands), starts_(starts), order_(hands.world), queues_(hands.world) {
  for (std::uint32_t s = 0; s < hands.world.service_count(); ++s) {
    const std::vector<PoolShare>& pools = hands.world[ServiceId{s}].spec->pools;
    falls_back_.push_back(
        std::any_of(pools.begin(), pools.end(), [](const PoolShare& p) { return p.wait.has_value(); }));
  }
}

void JobRuns::arrive(const JobKey& key) {
  Item& item = items_[key];
  hands_.world.publish(JobAccepted{key.first, key.second});
  const JobSpec& job = spec(key);
  // Kubernetes counts from the start of the Job; nobody else knows one that has not been started yet.
  if (job.deadline && (job.may_wait() || !is_eks(hands_.world, hands_.world[key.first].cluster)))
    hands_.agenda.in(*job.deadline, JobDeadlineDue{key.first, key.second});
  const JobOrder::Waits waits = order_.add(key);
  if (waits.in_vain) return over(key, JobOutcome::dependency_failed);
  item.waits = waits.open;
  if (item.waits == 0) go_on(key, item);
}

void JobRuns::go_on(const JobKey& key, Item& item) {
  if (!queues_.has(key.first)) return release(key);
  item.queued = true;
  queues_.add(key);
  if (!std::exchange(queues_due_, true)) hands_.agenda.in(0s, JobQueuesDue{});
}

void JobRuns::on(const JobQueuesDue&) {
  queues_due_ = false;
  for (const JobKey& key : queues_.let_in([&](const JobKey& k) { return waits(k); })) release(key);
}

void JobRuns::release(const JobKey& key) {
  items_.at(key).released = true;
  hands_.world.publish(JobReleased{key.first, key.second});
  release_(key);
}

bool JobRuns::waits(const JobKey& key) const {
  const auto found = items_.find(key);
  return found != items_.end() && !found->second.released;
}

void JobRuns::start(const JobKey& key, std::uint32_t attempt, std::int64_t count) {
  const auto found = items_.find(key);
  if (found == items_.end()) return;
  JobStart start{key.first, key.second, attempt, count};
  std::vector<std::int64_t> left = std::exchange(found->second.left, {});
  // A gang has made its checkpoints together: all go on from the one that kept least.
  if (spec(key).gang && !left.empty())
    left.assign(static_cast<std::size_t>(count), *std::max_element(left.begin(), left.end()));
  start.work_left = left;
  const std::uint32_t pool = found->second.pool;
  const ServiceRow& job = hands_.world[key.first];
  const bool falls_back = falls_back_[index(key.first)];
  if (falls_back) start.pool = job.pools[pool];
  const std::vector<ReplicaId> replicas = starts_.start_job(start);
  if (falls_back && job.spec->pools[pool].wait)
    for (const ReplicaId replica : replicas) hands_.agenda.in(*job.spec->pools[pool].wait, JobFallbackDue{replica});
  const auto& gang = job.spec->job->gang;
  if (gang && gang->wait) hands_.agenda.in(*gang->wait, JobGangDue{key.first, key.second, attempt});
}

void JobRuns::keep(const ReplicaRow& replica) {
  const JobKey key{replica.service, replica.arrival};
  const auto found = items_.find(key);
  if (found == items_.end() || !spec(key).checkpoint || replica.work_left < 0) return;
  found->second.left.push_back(replica.work_left);
}

bool JobRuns::fall_back(const JobKey& key, PoolId from) {
  const auto found = items_.find(key);
  if (found == items_.end() || !falls_back_[index(key.first)]) return false;
  const std::vector<PoolId>& pools = hands_.world[key.first].pools;
  const auto next = static_cast<std::uint32_t>(std::find(pools.begin(), pools.end(), from) - pools.begin()) + 1;
  if (next >= pools.size()) return false;
  found->second.pool = std::max(found->second.pool, next);
  return true;
}

/// Those that can no longer succeed end with it, and those that come after them.
void JobRuns::over(const JobKey& key, JobOutcome outcome) {
  std::deque<std::pair<JobKey, JobOutcome>> ends{{key, outcome}};
  for (; !ends.empty(); ends.pop_front()) {
    const auto [one, how] = ends.front();
    const auto found = items_.find(one);
    if (found == items_.end()) continue;
    const bool was_in = found->second.queued && found->second.released;
    items_.erase(found);
    hands_.world.publish(JobEnded{one.first, one.second, how});
    if (was_in) {
      queues_.leave(one);
      if (!std::exchange(queues_due_, true)) hands_.agenda.in(0s, JobQueuesDue{});
    }
    for (const JobOrder::Told& told : order_.ended(one, how == JobOutcome::finished)) {
      const auto waiting = items_.find(told.key);
      if (waiting == items_.end()) continue;
      --waiting->second.waits;
      if (told.in_vain) ends.emplace_back(told.key, JobOutcome::dependency_failed);
      else if (waiting->second.waits == 0) go_on(told.key, waiting->second);
    }
  }
}

}  // namespace berth
