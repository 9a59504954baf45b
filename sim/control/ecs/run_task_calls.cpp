#include "sim/control/ecs/run_task_calls.hpp"

#include <algorithm>

namespace berth {

RunTaskCalls::RunTaskCalls(Hands hands)
    : hands_(hands),
      bucket_(hands.world.quota("ecs_run_task_calls_burst"), hands.world.quota("ecs_run_task_calls_per_s")),
      tasks_per_call_(static_cast<std::size_t>(hands.world.quota("ecs_run_task_tasks_per_call"))) {
  hands.world.show_tokens(Limit::run_task, [this](Time now) { return bucket_.tokens(now); });
}

std::vector<ReplicaId> RunTaskCalls::call(const std::vector<ReplicaId>& tasks) {
  std::vector<ReplicaId> passed;
  for (std::size_t from = 0; from < tasks.size(); from += tasks_per_call_) {
    const auto first = tasks.begin() + static_cast<std::ptrdiff_t>(from);
    waiting_.emplace_back(first, first + static_cast<std::ptrdiff_t>(std::min(tasks_per_call_, tasks.size() - from)));
  }
  go_through(passed);
  for (const ReplicaId task : tasks)
    if (!std::binary_search(passed.begin(), passed.end(), task))
      hands_.world.hold(task, Limit::run_task, WaitReason::run_task_rate);
  return passed;
}

std::vector<ReplicaId> RunTaskCalls::begin(const RunTaskDue&) {
  due_ = false;
  std::vector<ReplicaId> passed;
  go_through(passed);
  for (const ReplicaId task : passed) hands_.world.let_pass(task);
  return passed;
}

/// A token is for a call, with all its tasks.
std::optional<Held> RunTaskCalls::held_by(ReplicaId replica) const {
  std::int64_t tasks = 0, calls = 0;
  for (const Call& call : waiting_) {
    const auto before = ahead_of(hands_.world, call, replica);
    if (before) return held_by_bucket(Limit::run_task, bucket_, hands_.world.now(), tasks + *before, calls);
    const auto still =
        std::count_if(call.begin(), call.end(), [&](ReplicaId r) { return hands_.world.still_waits(r); });
    tasks += still;
    calls += still > 0;
  }
  return std::nullopt;
}

bool RunTaskCalls::forget_stopped(Call& call) const {
  call.erase(std::remove_if(call.begin(), call.end(), [&](ReplicaId r) { return !hands_.world.still_waits(r); }),
             call.end());
  return call.empty();
}

/// In the order of the calls, which is the order of the tasks' ids.
void RunTaskCalls::go_through(std::vector<ReplicaId>& passed) {
  const Time now = hands_.world.now();
  for (; !waiting_.empty(); waiting_.pop_front()) {
    if (forget_stopped(waiting_.front())) continue;
    if (!bucket_.take(now)) break;
    passed.insert(passed.end(), waiting_.front().begin(), waiting_.front().end());
  }
  if (waiting_.empty() || std::exchange(due_, true)) return;
  hands_.agenda.at(bucket_.next(now), RunTaskDue{});
}

}  // namespace berth
