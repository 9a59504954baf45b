// Kubernetes' Jobs: the pods of one arrival, their failures, deadline and end; and the CronJobs that make them.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/control/eks/cron_jobs.hpp"
#include "sim/control/job_runs.hpp"

namespace berth {

class JobController {
 public:
  JobController(Hands hands, Starts& starts, JobRuns& runs);

  /// Its time has come: of a plain Job or of one that a CronJob makes.
  void start(const JobKey& key);
  void on(const JobRetryDue& e);
  void on(const JobDeadlineDue& e);
  void on(const JobGangDue& e);
  void on(const JobTtlOver& e);
  void hear(const ReplicaSeen& seen);

 private:
  struct Job {
    std::int64_t missing = 0;  ///< pods that have yet to finish
    std::int64_t active = 0;   ///< … of which so many are there
    std::int64_t failed = 0;
    std::int64_t in_a_row = 0;  ///< failures since a pod finished
    Time due = Time::min();     ///< of the look that counts
    bool over = false;
    std::set<ReplicaId> kept{};  ///< pods that have ended and, until they are deleted, have their Fargate machine
  };
  using Key = JobKey;

  bool is_booked(ServiceId job) const { return booked_[index(job)]; }
  void create(const Key& key);
  void missed(const Key& key);
  void pod_ended(const ReplicaRow& pod);
  void look(const Key& key, Job& job, Time at);
  void go_on(const Key& key);
  void failed(const Key& key, Job& job);
  void end(const Key& key, JobOutcome outcome);
  void delete_running(const Key& key, StopReason why);
  void forget(const Key& key);
  Duration back_off(std::int64_t before) const;

  Hands hands_;
  Starts& starts_;
  JobRuns& runs_;
  double back_off_first_s_, back_off_maximum_s_;
  std::vector<bool> booked_;         // by service: its Jobs are in jobs_ from their creation on
  std::map<Key, Job> jobs_;          // and those of one pod that has failed
  std::vector<CronJobs> cron_jobs_;  // by service
};

}  // namespace berth
