// Calls of RunTask: so many tasks a call, so many calls a second of the account; whoever is throttled calls again.
#pragma once

#include <deque>
#include <vector>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/control/hands.hpp"
#include "sim/control/limiter.hpp"

namespace berth {

class RunTaskCalls final : public Limiter {
 public:
  explicit RunTaskCalls(Hands hands);

  /// Divides the tasks into calls; returns those whose call goes through now. The others wait, call after call, for
  /// all clusters of the account: their client tries again as soon as the account may call.
  std::vector<ReplicaId> call(const std::vector<ReplicaId>& tasks);
  /// The tasks of the calls that go through now.
  std::vector<ReplicaId> begin(const RunTaskDue& e);
  std::optional<Held> held_by(ReplicaId replica) const override;

 private:
  using Call = std::vector<ReplicaId>;
  bool forget_stopped(Call& call) const;
  void go_through(std::vector<ReplicaId>& passed);

  Hands hands_;
  TokenBucket bucket_;
  std::size_t tasks_per_call_;
  std::deque<Call> waiting_;
  bool due_ = false;
};

}  // namespace berth
