// RunTask refuses a task and it is gone: what the control plane saw is looked at in the moment of the call.
#pragma once

#include <optional>
#include <string>

#include "sim/observe/observer.hpp"
#include "sim/observe/pending_report.hpp"

namespace berth {

/// Listens for one replica.
class PendingProbe final : public Observer {
 public:
  PendingProbe(const World& world, std::string replica) : world_(world), replica_(std::move(replica)) {}
  /// The run's own, which is made after its observer; before its first moment.
  void look_with(const Control& control) { control_ = &control; }

  void hear(const Fact& fact, Time at) override;
  /// Empty: RunTask has not failed for it up to now.
  const std::optional<PendingReport>& refused() const { return refused_; }

 private:
  const World& world_;
  const std::string replica_;
  const Control* control_ = nullptr;
  std::optional<PendingReport> refused_;
};

}  // namespace berth
