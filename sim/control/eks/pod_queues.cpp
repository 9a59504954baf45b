#include "sim/control/eks/pod_queues.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace berth {
namespace {

template <class Cohorts>
void drop_empty(Cohorts& cohorts) {
  cohorts.erase(std::remove_if(cohorts.begin(), cohorts.end(), [](const auto& c) { return c.pods.empty(); }),
                cohorts.end());
}

template <class Cohorts>
void sort_by_entry(Cohorts& cohorts) {
  if (cohorts.size() < 2) return;
  std::stable_sort(cohorts.begin(), cohorts.end(), [](const auto& a, const auto& b) { return a.queued < b.queued; });
}

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
  for (all_attempts_ = 1; back_off(all_attempts_) < most_;) ++all_attempts_;
}

/// calculateBackoffDuration: doubled with every attempt in vain after the first.
Duration PodQueues::back_off(int attempts) const {
  Duration d = first_;
  for (int i = 1; i < attempts && d < most_; ++i) d *= 2;
  return std::min(d, most_);
}

/// An upgrade of the control plane brings another scheduler: whether turns are other ones with it.
bool PodQueues::follow_version() {
  const KubeVersion now = world_[cluster_].version;
  if (std::exchange(version_, now) == now) return false;
  const bool pops = world_.catalog().constant("kube.scheduler.pop_from_backoff", now) != 0;
  return std::exchange(pops_, pops) != pops;
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
      wake(*pods);
      add(pods);
    }
  const bool all_turns = follow_version();
  for (const auto& [turn, pods] : turns_) {
    if (std::get<0>(turn) > world_.now() && !all_turns) break;
    add(pods);
  }
  return all;
}

PodQueues::Pods& PodQueues::take(const WaitingRoom::Newcomer& newcomer) {
  const Time now = world_.now();
  Pods& pods = pods_[newcomer.group];
  pods.group = newcomer.group;
  std::vector<Cohort>& all = pods.active;
  if (all.empty() || all.back().attempts > 0 || all.back().queued != now) all.push_back({now, 0, now, {}});
  all.back().pods.push_back(newcomer.replica);
  ++pods.came;
  return pods;
}

void PodQueues::wake(Pods& pods) const {
  for (Cohort& cohort : pods.unschedulable) {
    count_sweeps(cohort);
    if (cohort.ready <= world_.now()) pods.active.push_back(std::move(cohort));
    else begin_back_off(pods, std::move(cohort));
  }
  pods.unschedulable.clear();
  sort_by_entry(pods.active);
}

/// Those that were swept meanwhile were tried in vain then, as nothing had changed: that is only counted.
void PodQueues::count_sweeps(Cohort& cohort) const {
  for (Time swept; (swept = tick(cohort.queued + unschedulable_ + Duration{1}, sweep_)) < world_.now();) {
    cohort.attempts = std::min(cohort.attempts + 1, all_attempts_);
    cohort.queued = swept;
    cohort.ready = swept + back_off(cohort.attempts);
  }
}

/// As many attempts until the same second: they are one from now on, with the entry of the first.
void PodQueues::begin_back_off(Pods& pods, Cohort cohort) const {
  if (!pops_) cohort.ready = tick(cohort.ready, flush_);
  for (Cohort& other : pods.in_back_off) {
    if (other.attempts != cohort.attempts || back_at(other) != back_at(cohort)) continue;
    other.pods.append(cohort.pods);
    return;
  }
  pods.in_back_off.push_back(std::move(cohort));
}

void PodQueues::end_back_offs(Pods& pods) const {
  bool ended = false;
  for (Cohort& cohort : pods.in_back_off) {
    if (cohort.ready > world_.now()) continue;
    pods.active.push_back(std::exchange(cohort, Cohort{}));
    ended = true;
  }
  if (!ended) return;
  drop_empty(pods.in_back_off);
  sort_by_entry(pods.active);
}

/// Its turn as its pods are now; a group of nobody is forgotten.
void PodQueues::queue(Pods& pods) {
  if (pods.turn) turns_.erase(*pods.turn);
  pods.turn.reset();
  end_back_offs(pods);
  drop_stopped(pods);
  if (const Cohort* const first = whose_turn(pods)) {
    pods.turn = turn_of(pods, *first);
    turns_.emplace(*pods.turn, &pods);
  } else if (!pods.asleep) {
    Group& group = *pods.group;
    pods_.erase(&group);
    room_.forget(group);
  }
}

/// Of those that may come next.
void PodQueues::drop_stopped(Pods& pods) const {
  const auto drop = [&](Cohort& cohort) {
    while (!cohort.pods.empty() && !room_.is_here(cohort.pods.front())) cohort.pods.pop_front();
    return cohort.pods.empty();
  };
  const auto first = std::find_if_not(pods.active.begin(), pods.active.end(), drop);
  pods.active.erase(pods.active.begin(), first);
  for (Cohort& cohort : pods.in_back_off) drop(cohort);
  drop_empty(pods.in_back_off);
}

/// Popped from back-off they come by the second in which it ends, then by priority (kubernetes v1.33,
/// backoff_queue.go).
Time PodQueues::back_at(const Cohort& cohort) const {
  return pops_ ? cohort.ready - cohort.ready.time_since_epoch() % flush_ : cohort.ready;
}

PodQueues::Turn PodQueues::turn_of(const Pods& pods, const Cohort& cohort) const {
  const std::int64_t priority = world_[world_[pods.group->revision].service].spec->eks.pod.priority;
  const Time ends = cohort.ready > world_.now() ? back_at(cohort) : Time::min();
  return {ends, -priority, cohort.queued, cohort.pods.front()};
}

PodQueues::Cohort* PodQueues::whose_turn(Pods& pods) const {
  if (!pods.active.empty()) return &pods.active.front();
  const auto first =
      std::min_element(pods.in_back_off.begin(), pods.in_back_off.end(),
                       [&](const Cohort& a, const Cohort& b) { return turn_of(pods, a) < turn_of(pods, b); });
  return first == pods.in_back_off.end() ? nullptr : &*first;
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
  tried_.swap(pods.active);
  if (pops_) {
    std::move(pods.in_back_off.begin(), pods.in_back_off.end(), std::back_inserter(tried_));
    pods.in_back_off.clear();
    sort_by_entry(tried_);
  }
  const auto first = static_cast<std::ptrdiff_t>(pods.unschedulable.size());  // of those that are refused now
  for (Cohort& cohort : tried_) {
    const int attempts = std::min(cohort.attempts + 1, all_attempts_);
    const auto same = std::find_if(pods.unschedulable.begin() + first, pods.unschedulable.end(),
                                   [&](const Cohort& c) { return c.attempts == attempts; });
    if (same != pods.unschedulable.end()) same->pods.append(cohort.pods);
    else pods.unschedulable.push_back({now, attempts, now + back_off(attempts), std::move(cohort.pods)});
  }
  tried_.clear();
  if (!std::exchange(pods.asleep, true)) asleep_.push_back(&pods);
  queue(pods);
}

/// Forgets who stopped while others waited before it.
void PodQueues::tidy(Pods& pods) const {
  if (pods.came < pods.tidy_at) return;
  pods.came = 0;
  const auto drop = [&](auto& cohorts) {
    for (Cohort& cohort : cohorts) cohort.pods.remove_if([&](ReplicaId r) { return !room_.is_here(r); });
    drop_empty(cohorts);
  };
  drop(pods.active);
  drop(pods.in_back_off);
  drop(pods.unschedulable);
  room_.drop_all_stopped(*pods.group);
  pods.tidy_at = pods.group->waiting.size() + 64;
}

}  // namespace berth
