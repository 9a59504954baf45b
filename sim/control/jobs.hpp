// Jobs: their arrivals, and who is told what becomes of their replicas: ECS's callers of RunTask, or Kubernetes' Job
// controller.
#pragma once

#include "sim/control/ecs/job_tasks.hpp"
#include "sim/control/eks/job_controller.hpp"
#include "sim/control/job_runs.hpp"

namespace berth {

class Jobs final : public FactSink {
 public:
  Jobs(Hands hands, Starts& starts);

  /// Puts all arrivals of the run on the calendar.
  void begin();
  void on(const JobArrived& e) { runs_.arrive({e.job, e.arrival}); }
  void on(const JobQueuesDue& e) { runs_.on(e); }
  void on(const JobFallbackDue& e);
  void on(const JobGangDue& e);
  void on(const JobRetryDue& e);
  void on(const JobDeadlineDue& e);
  void on(const JobTtlOver& e) { controller_.on(e); }
  void hear(const Fact& fact, Time at) override;

 private:
  bool of_eks(ServiceId job) const { return is_eks(hands_.world, hands_.world[job].cluster); }

  Hands hands_;
  JobRuns runs_;
  JobTasks tasks_;            // of ECS
  JobController controller_;  // of EKS
};

}  // namespace berth
