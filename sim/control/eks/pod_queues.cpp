#include "sim/control/eks/pod_queues.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace berth {
namespace {

/// The first tick at `t` or after it; the scheduler's loops tick from the run's beginning on.
Time tick(Time t, Duration period) {
  const auto past = t.time_since_epoch() % period;
  return past == Duration{0} ? t : t + (period - past);
}

}  // namespace

PodQueues::PodQueues(World& world, ClusterId cluster, WaitingRoom& room)
    : world_(world), cluster_(cluster), room_(room) {
  const auto read = [&](const char* name) {
    return from_seconds(world.catalog().constant(std::string("kube.scheduler.") + name));
  };
  first_ = read("backoff_first_s");
  most_ = read("backoff_maximum_s");
  flush_ = read("backoff_flush_s");
  sweep_ = read("unschedulable_flush_s");
  unschedulable_ = read("unschedulable_maximum_s");
  pops_ = world.catalog().constant("kube.scheduler.pop_from_backoff") != 0;
  for (all_attempts_ = 1; back_off(all_attempts_) < most_;) ++all_attempts_;
}

/// calculateBackoffDuration: doubled with every attempt in vain after the first.
Duration PodQueues::back_off(int attempts) const {
  Duration d = first_;
  for (int i = 1; i < attempts && d < most_; ++i) d *= 2;
  return std::min(d, most_);
}

/// An epoch moves the unschedulable to where they are tried; newcomers are there at once; back-offs come to their end.
void PodQueues::wake() {
  for (Pods* const pods : moved()) {
    pods->moved = false;
    queue(*pods);
  }
}

std::vector<PodQueues::Pods*> PodQueues::moved() {
  std::vector<Pods*> all;
  const auto add = [&](Pods* pods) {
    if (!std::exchange(pods->moved, true)) all.push_back(pods);
  };
  for (const WaitingRoom::Newcomer& newcomer : room_.take_newcomers()) add(&take(newcomer));
  if (std::exchange(epoch_, world_[cluster_].epoch) != world_[cluster_].epoch)
    for (Pods* const pods : std::exchange(asleep_, {})) {
      pods->asleep = false;
      for (Cohort& cohort : pods->cohorts) wake(cohort);
      add(pods);
    }
  for (const auto& [turn, pods] : turns_) {
    if (std::get<0>(turn) > world_.now()) break;
    add(pods);
  }
  return all;
}

PodQueues::Pods& PodQueues::take(const WaitingRoom::Newcomer& newcomer) {
  const Time now = world_.now();
  Pods& pods = pods_[newcomer.group];
  pods.group = newcomer.group;
  std::vector<Cohort>& all = pods.cohorts;
  if (all.empty() || all.back().attempts > 0 || all.back().queued != now) all.push_back({now, 0, now, false, {}});
  all.back().pods.push_back(newcomer.replica);
  return pods;
}

/// Those that were swept meanwhile were tried in vain then, as nothing had changed: that is only counted.
void PodQueues::wake(Cohort& cohort) const {
  const Time now = world_.now();
  if (!std::exchange(cohort.unschedulable, false)) return;
  for (Time swept; (swept = tick(cohort.queued + unschedulable_ + Duration{1}, sweep_)) < now;) {
    cohort.attempts = std::min(cohort.attempts + 1, all_attempts_);
    cohort.queued = swept;
    cohort.ready = swept + back_off(cohort.attempts);
  }
  if (cohort.ready > now && !pops_) cohort.ready = tick(cohort.ready, flush_);
}

/// Popped from back-off they come by the second in which it ends, then by priority (kubernetes v1.33,
/// backoff_queue.go).
PodQueues::Turn PodQueues::turn_of(const Pods& pods, const Cohort& cohort) const {
  const std::int64_t priority = world_[world_[pods.group->revision].service].spec->eks.pod.priority;
  Time ends = Time::min();
  if (cohort.ready > world_.now())
    ends = pops_ ? cohort.ready - cohort.ready.time_since_epoch() % flush_ : cohort.ready;
  return {ends, -priority, cohort.queued, cohort.pods.front()};
}

PodQueues::Cohort* PodQueues::whose_turn(Pods& pods) const {
  Cohort* first = nullptr;
  for (Cohort& cohort : pods.cohorts)
    if (!cohort.unschedulable && (first == nullptr || turn_of(pods, cohort) < turn_of(pods, *first))) first = &cohort;
  return first;
}

void PodQueues::drop_stopped(Pods& pods) const {
  for (Cohort& cohort : pods.cohorts)
    while (!cohort.pods.empty() && !room_.is_here(cohort.pods.front())) cohort.pods.pop_front();
  std::vector<Cohort>& all = pods.cohorts;
  all.erase(std::remove_if(all.begin(), all.end(), [](const Cohort& c) { return c.pods.empty(); }), all.end());
}

/// Its turn as its cohorts are now; a group of nobody is forgotten.
void PodQueues::queue(Pods& pods) {
  if (pods.turn) turns_.erase(*pods.turn);
  pods.turn.reset();
  drop_stopped(pods);
  if (const Cohort* const first = whose_turn(pods)) {
    pods.turn = turn_of(pods, *first);
    turns_.emplace(*pods.turn, &pods);
  } else if (pods.cohorts.empty() && !pods.asleep) {
    Group& group = *pods.group;
    pods_.erase(&group);
    room_.forget(group);
  }
}

PodQueues::Pods* PodQueues::next() {
  if (turns_.empty()) return nullptr;
  const auto [turn, pods] = *turns_.begin();
  if (!pops_ && std::get<0>(turn) > world_.now()) return nullptr;
  return pods;
}

std::optional<Time> PodQueues::next_try() const {
  if (turns_.empty()) return std::nullopt;
  return std::get<0>(turns_.begin()->first);
}

void PodQueues::take_front(Pods& pods) {
  whose_turn(pods)->pods.pop_front();
  room_.drop_stopped(*pods.group);
  queue(pods);
}

/// For all that would have been tried before anything could change.
void PodQueues::count_attempt(Pods& pods) {
  const Time now = world_.now();
  tidy(pods);
  std::vector<Cohort> before = std::exchange(pods.cohorts, {});
  std::stable_sort(before.begin(), before.end(), [](const Cohort& a, const Cohort& b) { return a.queued < b.queued; });
  std::vector<Cohort> refused;
  for (Cohort& cohort : before) {
    if (!tried_now(cohort)) {
      pods.cohorts.push_back(std::move(cohort));
      continue;
    }
    const int attempts = std::min(cohort.attempts + 1, all_attempts_);
    const auto same =
        std::find_if(refused.begin(), refused.end(), [&](const Cohort& c) { return c.attempts == attempts; });
    if (same != refused.end()) same->pods.insert(same->pods.end(), cohort.pods.begin(), cohort.pods.end());
    else refused.push_back({now, attempts, now + back_off(attempts), true, std::move(cohort.pods)});
  }
  std::move(refused.begin(), refused.end(), std::back_inserter(pods.cohorts));
  if (!std::exchange(pods.asleep, true)) asleep_.push_back(&pods);
  queue(pods);
}

/// Who stopped while others waited before it.
void PodQueues::tidy(Pods& pods) const {
  std::size_t all = 0;
  for (const Cohort& cohort : pods.cohorts) all += cohort.pods.size();
  if (all < pods.tidy_at) return;
  all = 0;
  for (Cohort& cohort : pods.cohorts) {
    std::deque<ReplicaId>& here = cohort.pods;
    here.erase(std::remove_if(here.begin(), here.end(), [&](ReplicaId r) { return !room_.is_here(r); }), here.end());
    all += here.size();
  }
  room_.drop_all_stopped(*pods.group);
  pods.tidy_at = 2 * all + 64;
}

}  // namespace berth
