// Jobs: every arrival starts replicas; one that fails is tried again while retries are left.
#pragma once

#include <map>
#include <utility>

#include "sim/control/starts.hpp"

namespace berth {

class Jobs final : public FactSink {
 public:
  Jobs(Hands hands, Starts& starts);

  /// Puts all arrivals of the run on the calendar.
  void begin();
  void on(const JobArrived& e);
  void on(const JobRetryDue& e);
  void hear(const Fact& fact, Time at) override;

 private:
  struct BackOff {
    double first_s, maximum_s;
  };
  /// A Job of Kubernetes: the pods of one arrival, whose failures are counted together.
  struct KubeJob {
    std::int64_t missing = 0;  ///< pods that have yet to finish
    std::int64_t active = 0;   ///< … of which so many are there
    std::int64_t failed = 0;
    std::int64_t in_a_row = 0;  ///< failures since a pod finished
    Time last_failure{};
    Time due = Time::min();  ///< of the event that counts
  };
  using Key = std::pair<ServiceId, std::uint32_t>;  // and which arrival

  void task_ended(const ReplicaRow& task);
  void pod_ended(const ReplicaRow& pod);
  void look(const Key& key, KubeJob& job, Time at);
  void go_on(const Key& key);
  void give_up(const Key& key);
  Duration back_off(const BackOff& waits, std::int64_t before) const;

  Hands hands_;
  Starts& starts_;
  BackOff of_job_controller_, of_run_task_;
  std::map<Key, KubeJob> kube_jobs_;  // those of several pods, and those of one that has failed
};

}  // namespace berth
