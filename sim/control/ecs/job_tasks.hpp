// Tasks of jobs on ECS: whoever called RunTask calls again when one has failed, as often as it may, and stops those
// that take too long. ECS itself does neither.
#pragma once

#include <cstdint>
#include <map>

#include "sim/control/job_runs.hpp"

namespace berth {

class JobTasks {
 public:
  JobTasks(Hands hands, JobRuns& runs);

  void start(const JobKey& key);
  void on(const JobRetryDue& e);
  void on(const JobDeadlineDue& e);
  void on(const JobGangDue& e);
  /// A task is known to have stopped.
  void ended(const ReplicaRow& task);

 private:
  /// Tasks of one arrival.
  struct Tasks {
    std::int64_t open = 0;      ///< that run or will be tried again
    std::uint32_t attempt = 0;  ///< of a gang: the try that counts
    bool failed = false;        ///< one of them for good
  };
  Duration wait_before(StopReason why, std::uint32_t attempt) const;
  void retry(const ReplicaRow& task, Tasks& tasks);
  void gang_failed(const JobKey& key, Tasks& tasks, StopReason why, PoolId pool);
  void close(const JobKey& key, bool succeeded);
  const JobSpec& spec(const JobKey& key) const { return *hands_.world[key.first].spec->job; }

  Hands hands_;
  JobRuns& runs_;
  double retry_first_s_, retry_maximum_s_;
  std::map<JobKey, Tasks> tasks_;
};

}  // namespace berth
