#include "sim/control/eks/cron_jobs.hpp"

#include <algorithm>
#include <utility>

namespace berth {

/// Of those that wait only the last is started, when the one that runs is over.
CronJobs::Begin CronJobs::is_due(const CronJobSpec& spec, std::uint32_t arrival) {
  Begin begin;
  if (spec.concurrency == Concurrency::forbid && !active_.empty()) {
    begin.starts = false;
    begin.missed = std::exchange(waiting_, arrival);
    return begin;
  }
  if (spec.concurrency == Concurrency::replace) begin.deleted = std::exchange(active_, {});
  active_.push_back(arrival);
  return begin;
}

CronJobs::End CronJobs::is_over(const CronJobSpec& spec, std::uint32_t arrival, bool succeeded,
                                const std::vector<Time>& due, Time now) {
  End end;
  active_.erase(std::remove(active_.begin(), active_.end(), arrival), active_.end());
  std::vector<std::uint32_t>& done = succeeded ? successful_ : failed_;
  done.insert(std::upper_bound(done.begin(), done.end(), arrival), arrival);
  const auto kept = static_cast<std::size_t>(succeeded ? spec.successful_history : spec.failed_history);
  if (done.size() > kept) {
    const auto too_many = done.begin() + static_cast<std::ptrdiff_t>(done.size() - kept);
    end.deleted.assign(done.begin(), too_many);
    done.erase(done.begin(), too_many);
  }
  if (!waiting_ || !active_.empty()) return end;
  const std::uint32_t next = *std::exchange(waiting_, std::nullopt);
  const bool too_late = spec.starting_deadline && due[next] + *spec.starting_deadline < now;
  (too_late ? end.missed : end.starts) = next;
  if (!too_late) active_.push_back(next);
  return end;
}

}  // namespace berth
