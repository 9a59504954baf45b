#include "sim/control/ecs/job_tasks.hpp"

#include <algorithm>

#include "sim/control/gangs.hpp"

namespace berth {

JobTasks::JobTasks(Hands hands, JobRuns& runs)
    : hands_(hands),
      runs_(runs),
      retry_first_s_(hands.world.catalog().constant("ecs.run_task.retry_first_s")),
      retry_maximum_s_(hands.world.catalog().constant("ecs.run_task.retry_maximum_s")) {}

void JobTasks::start(const JobKey& key) {
  const std::int64_t count = spec(key).count_of(key.second);
  tasks_[key] = {count};
  runs_.start(key, 0, count);
}

void JobTasks::ended(const ReplicaRow& task) {
  const JobKey key{task.service, task.arrival};
  const auto found = tasks_.find(key);
  if (found == tasks_.end()) return;  // given up, or done
  if (task.why == StopReason::gang_failed || task.why == StopReason::fell_back) return;
  Tasks& tasks = found->second;
  const bool gang = spec(key).gang.has_value();
  if (gang && task.attempt != tasks.attempt) return;  // that try is over
  if (task.why == StopReason::finished) {
    if (--tasks.open == 0) close(key, !tasks.failed);
    return;
  }
  runs_.keep(task);
  if (gang) gang_failed(key, tasks, task.why, task.pool);
  else retry(task, tasks);
}

/// At once when a task has failed; longer each time when there was no room for it.
Duration JobTasks::wait_before(StopReason why, std::uint32_t attempt) const {
  if (why != StopReason::no_capacity) return 0s;
  const double doublings = static_cast<double>(std::int64_t{1} << std::min<std::uint32_t>(attempt, 20));
  return from_seconds(std::min(retry_first_s_ * doublings, retry_maximum_s_));
}

/// Without room it goes to the next pool, where it has one.
void JobTasks::retry(const ReplicaRow& task, Tasks& tasks) {
  const JobKey key{task.service, task.arrival};
  if (task.why == StopReason::no_capacity && runs_.fall_back(key, task.pool))
    return hands_.agenda.in(0s, JobRetryDue{task.service, task.arrival, task.attempt});
  if (task.attempt < static_cast<std::uint32_t>(spec(key).retries))
    return hands_.agenda.in(wait_before(task.why, task.attempt),
                            JobRetryDue{task.service, task.arrival, task.attempt + 1});
  tasks.failed = true;
  if (--tasks.open == 0) close(key, false);
}

void JobTasks::on(const JobRetryDue& e) {
  const JobKey key{e.job, e.arrival};
  const auto found = tasks_.find(key);
  if (found == tasks_.end()) return;
  runs_.start(key, e.attempt, spec(key).gang ? found->second.open : 1);
}

/// A gang fails and is tried again as one.
void JobTasks::gang_failed(const JobKey& key, Tasks& tasks, StopReason why, PoolId pool) {
  end_gang(hands_, runs_, key);
  if (tasks.attempt >= static_cast<std::uint32_t>(spec(key).retries)) return close(key, false);
  if (why == StopReason::no_capacity) runs_.fall_back(key, pool);
  const Duration wait = wait_before(why, tasks.attempt);
  tasks.open = spec(key).count_of(key.second);
  ++tasks.attempt;
  hands_.agenda.in(wait, JobRetryDue{key.first, key.second, tasks.attempt});
}

void JobTasks::on(const JobGangDue& e) {
  const JobKey key{e.job, e.arrival};
  const auto found = tasks_.find(key);
  if (found == tasks_.end() || found->second.attempt != e.attempt || !gang_is_late(hands_.world, e)) return;
  gang_failed(key, found->second, StopReason::no_capacity, kNone<PoolId>);
}

/// StopTask.
void JobTasks::on(const JobDeadlineDue& e) {
  const JobKey key{e.job, e.arrival};
  if (tasks_.erase(key) == 0) return;
  for (const ReplicaId task : wanted_of(hands_.world, key)) hands_.replicas.stop(task, StopReason::job_deadline);
  runs_.over(key, JobOutcome::deadline);
}

void JobTasks::close(const JobKey& key, bool succeeded) {
  tasks_.erase(key);
  runs_.over(key, succeeded ? JobOutcome::finished : JobOutcome::failed);
}

}  // namespace berth
