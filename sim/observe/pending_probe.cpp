#include "sim/observe/pending_probe.hpp"

#include "sim/base/check.hpp"

namespace berth {

void PendingProbe::hear(const Fact& fact, Time) {
  const auto* failed = std::get_if<RunTaskFailed>(&fact);
  if (failed == nullptr || world_.name(failed->replica) != replica_) return;
  SIM_CHECK(control_ != nullptr);
  refused_ = report_pending(world_, *control_, failed->replica);
  refused_->refused_by_run_task = true;
  refused_->reason = failed->why;
}

}  // namespace berth
