// Jobs: every arrival starts replicas; one that fails is tried again while retries are left.
#pragma once

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
  Duration back_off(const ReplicaRow& failed) const;

  Hands hands_;
  Starts& starts_;
  BackOff of_job_controller_, of_run_task_;
};

}  // namespace berth
