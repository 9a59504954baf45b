// Jobs: every arrival starts replicas; one that fails is tried again while retries are left.
#pragma once

#include "sim/control/eks/job_controller.hpp"
#include "sim/control/starts.hpp"

namespace berth {

class Jobs final : public FactSink {
 public:
  Jobs(Hands hands, Starts& starts);

  /// Puts all arrivals of the run on the calendar.
  void begin();
  void on(const JobArrived& e);
  void on(const JobRetryDue& e);
  void on(const JobDeadlineDue& e) { controller_.on(e); }
  void on(const JobTtlOver& e) { controller_.on(e); }
  void hear(const Fact& fact, Time at) override;

 private:
  void task_ended(const ReplicaRow& task);

  Hands hands_;
  Starts& starts_;
  JobController controller_;  // of EKS
  double retry_first_s_, retry_maximum_s_;
};

}  // namespace berth
