// The course of a step, and what ends one.
#include "sim/demand/fluid_loop.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/check.hpp"
#include "sim/demand/fluid_near.hpp"

namespace berth {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kSettled = 2e-4;  // of the number in a target, in one step
constexpr double kSlow = 1e-2;     // likewise: the next step may be twice as long
constexpr double kFast = 4e-2;     // … and must be half as long

}  // namespace

FluidLoop::FluidLoop(const LaneSpec& spec, std::shared_ptr<const LoadSeries> series)
    : spec_(spec), services_{FluidService(spec)}, arrivals_(std::move(series)) {}

void FluidLoop::advance_to(std::int64_t end) {
  SIM_CHECK(end >= now_);
  if (end == now_) return;
  if (step_end_ == step_begin_) open_step();
  while (step_end_ <= end) {
    close_step(step_end_);
    open_step();
  }
  now_ = end;
  totals_ = whole_at(end);
}

// Targets come and go: a step ends.

void FluidLoop::add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place, TargetSite) {
  SIM_CHECK(!has_target(id));
  close_step(now_);
  Group fresh;
  fresh.allotment = allotment;
  fresh.targets = 1;
  const bool others = std::any_of(groups_.begin(), groups_.end(), [&](const Group& g) {
    return g.role == Role::serving && g.targets > 0 && (g.slow_for == 0 || now_ - g.slow_from >= g.slow_for);
  });
  if (slow_start > 0 && others) {
    fresh.slow_from = now_;
    fresh.slow_for = slow_start;
  }
  Row row;
  row.id = id;
  row.group = static_cast<std::uint32_t>(groups_.size());
  row.place = place;
  row.allotment = allotment;
  groups_.push_back(fresh);
  const auto before = [](const Row& r, TargetId other) { return r.id < other; };
  rows_.insert(std::lower_bound(rows_.begin(), rows_.end(), id, before), row);
  rearrange_ = true;
}

void FluidLoop::drain_target(TargetId id) {
  Row& row = row_of(id);
  close_step(now_);
  if (groups_[row.group].role != Role::serving) return;
  groups_[separate(row)].role = Role::draining;
}

void FluidLoop::resume_target(TargetId id) {
  Row& row = row_of(id);
  close_step(now_);
  if (groups_[row.group].role == Role::draining) groups_[separate(row)].role = Role::serving;
}

void FluidLoop::remove_target(TargetId id) {
  Row& row = row_of(id);
  close_step(now_);
  drop(groups_[row.group], 1);
  groups_[row.group].targets -= 1;
  rows_.erase(rows_.begin() + (&row - rows_.data()));
  rearrange_ = true;
}

void FluidLoop::lose_target(TargetId id) {
  Row& row = row_of(id);
  close_step(now_);
  Group& group = groups_[separate(row)];
  drop(group, 1);
  group.queue = {};
  group.alive = group.gone = group.in_vain = 0;
  group.role = group.role == Role::draining ? Role::draining : Role::dead;
}

void FluidLoop::set_allotment(TargetId id, Cpu allotment) {
  Row& row = row_of(id);
  if (row.allotment == allotment) return;
  close_step(now_);
  row.allotment = allotment;
  rearrange_ = true;
}

void FluidLoop::set_core_time(TargetId id, double per_work) {
  Row& row = row_of(id);
  std::uint32_t known = 0;
  while (known < services_.size() && services_[known].core_time != per_work) ++known;
  if (known == services_.size()) services_.emplace_back(spec_, per_work);
  if (groups_[row.group].service == known) return;
  close_step(now_);
  groups_[separate(row)].service = known;
}

/// A group of its own, which goes on as the old one did.
std::uint32_t FluidLoop::separate(Row& row) {
  rearrange_ = true;
  Group own = groups_[row.group];
  if (own.targets == 1) return row.group;
  groups_[row.group].targets -= 1;
  own.targets = 1;
  row.group = static_cast<std::uint32_t>(groups_.size());
  groups_.push_back(std::move(own));
  return row.group;
}

void FluidLoop::drop(Group& group, double targets) {
  sum_.dropped += targets * (group.alive + group.in_vain);
  at_begin_ = totals_ = whole(at_begin_, sum_, at_begin_.arrived);
}

// One step.

std::int64_t FluidLoop::next_end() const {
  const std::int64_t even = arrivals_.even_until(step_begin_);
  const bool slow = std::any_of(groups_.begin(), groups_.end(), [](const Group& g) { return g.slow_for > 0; });
  if (settled_ && !slow) return even;
  return std::min(even, (step_begin_ / kSecond + (slow ? 1 : step_seconds_)) * kSecond);
}

void FluidLoop::open_step() {
  constexpr std::int64_t kForever = std::int64_t{1} << 62;
  if (rearrange_ || groups_.size() > 1) arrange_groups();
  step_end_ = std::min(next_end(), kForever);
  const auto length = static_cast<double>(step_end_ - step_begin_);
  const double rate = arrivals_.between(step_begin_, step_end_) / length;
  if (std::abs(rate - rate_) > 1e-9 * rate_) {
    settled_ = false;
    step_seconds_ = 1;
    step_end_ = next_end();
  }
  const auto taken = static_cast<double>(step_end_ - step_begin_);
  rate_ = arrivals_.between(step_begin_, step_end_) / taken;
  stirred_ = true;
  balance();
  sum_after_ = sum_;
  const double shares = share_sum();
  if (shares == 0) sum_after_.refused += rate_ * taken;
  for (Group& group : groups_) {
    plan(group, group.role == Role::draining || shares == 0 ? 0 : rate_ * group.weight / shares);
    add_up(sum_after_, group.going, group.targets);
  }
  at_end_ = whole(at_begin_, sum_after_, arrivals_.whole_until(step_end_));
}

/// Weights of slow starts and of least outstanding requests.
void FluidLoop::balance() {
  const bool all_slow = std::all_of(groups_.begin(), groups_.end(),
                                    [](const Group& g) { return g.role != Role::serving || g.slow_for > 0; });
  for (Group& group : groups_) {
    if (step_begin_ - group.slow_from >= group.slow_for) group.slow_for = 0;
    double weight = group.role == Role::draining ? 0 : 1;
    if (group.slow_for > 0 && !all_slow) {
      // As its share is in the middle of the step.
      const std::int64_t middle = (step_begin_ + step_end_) / 2 - group.slow_from;
      weight = std::min(1.0, static_cast<double>(middle) / static_cast<double>(group.slow_for));
    }
    if (spec_.balancing == Balancing::least_outstanding && weight > 0) {
      // Level targets get as they finish. Nobody leaves a dead one, so it gets no more.
      const double alone = std::max(1.0, curve_of(group).alone());
      const double stay = group.finishing > 0 ? std::max(alone, group.queue.number / group.finishing) : alone;
      weight = group.role == Role::dead ? 0 : group.finishing > 0 ? std::sqrt(group.weight / stay) : 1 / stay;
    }
    group.weight = weight;
  }
}

double FluidLoop::share_sum() const {
  double sum = 0;
  for (const Group& group : groups_) sum += group.weight * group.targets;
  return sum;
}

void FluidLoop::plan(Group& group, double rate) {
  const auto length = static_cast<double>(step_end_ - step_begin_);
  group.doing = {};
  group.going = {};
  group.latency_told = 0;
  group.before = group.queue;
  group.alive_after = group.alive;
  group.gone_after = group.gone;
  group.in_vain_after = group.in_vain;
  group.step = {};
  if (group.role == Role::dead || group.targets == 0) {
    group.going.dropped = rate * length;
    return;
  }
  const double shares = share_sum();
  group.step = fluid_step(group.queue, curve_of(group), spec_, rate, step_begin_, step_end_, arrivals_,
                          shares > 0 ? group.weight / shares : 0);
  fluid_latency(service_of(group), spec_, group.step.slowed, group.step.queued, group.latency);
  group.finishing = group.step.finished / length;
  settle_clients(group, rate * length);
  group.doing.answered = group.going.ok;
  group.doing.used = group.step.finished * service_of(group).mean_work;
  group.doing.asked = (rate * length - group.step.refused) * service_of(group).mean_work;
}

/// What becomes of `come` requests and of those that are here: clients may have gone before theirs is finished.
void FluidLoop::settle_clients(Group& group, double come) {
  const auto length = static_cast<double>(step_end_ - step_begin_), patience = static_cast<double>(spec_.timeout);
  const FluidStep& step = group.step;
  Outcomes& going = group.going;
  const double accepted = come - step.refused - step.abandoned;
  going.refused = step.refused;
  if (spec_.timeout > 0) {
    const double waiting = group.in_vain + step.abandoned;
    group.in_vain_after = waiting / (1 + length / patience);
    going.timed_out = waiting - group.in_vain_after;
  }
  double alive = group.alive + accepted;
  going.ok = std::min(step.finished * std::min(1.0, group.latency.in_time), alive);
  going.late = going.ok > 0 ? going.ok * std::min(1.0, group.latency.late / group.latency.in_time) : 0;
  alive -= going.ok;
  const double too_late = step.finished - going.ok;
  const double known = std::min(group.gone, too_late);
  const double given_up = std::min(alive, too_late - known);
  alive -= given_up;
  double gone = group.gone - known;
  double surplus = 0;
  if (spec_.timeout > 0) {
    const double most = accepted / length * patience;
    surplus = std::clamp(alive - most, 0.0, alive * length / (length + patience));
  }
  going.timed_out += given_up + surplus;
  alive -= surplus;
  // What rounding has left of clients whose requests are no longer there.
  const double left = std::max(0.0, alive - step.after.number);
  going.ok += left;
  group.alive_after = alive - left;
  group.gone_after = gone + surplus;
}

/// No group has changed by more than that part of itself.
bool FluidLoop::changed_less(double part) const {
  return std::all_of(groups_.begin(), groups_.end(), [part](const Group& g) {
    return is_near(g.before.number, g.step.after.number, part) &&
           is_near(g.before.variance, g.step.after.variance, part) && is_near(g.alive, g.alive_after, part) &&
           is_near(g.in_vain, g.in_vain_after, part);
  });
}

/// After a whole step.
void FluidLoop::choose_pace() {
  constexpr std::int64_t kLongest = 1 << 20;
  settled_ = changed_less(kSettled);
  if (changed_less(kSlow)) step_seconds_ = std::min(kLongest, step_seconds_ * 2);
  else if (!changed_less(kFast)) step_seconds_ = std::max<std::int64_t>(1, step_seconds_ / 2);
}

/// At `t`, within the step or at its end.
void FluidLoop::close_step(std::int64_t t) {
  if (t == step_begin_) {
    settled_ = false;
    step_seconds_ = 1;
    step_end_ = step_begin_;
    return;
  }
  keep_latencies(t);
  settled_ = false;
  if (t == step_end_) choose_pace();
  else step_seconds_ = 1;
  const double part = part_done(t);
  at_begin_ = t == step_end_ ? at_end_ : whole_at(t);
  for (Group& g : groups_) {
    const auto along = [part](double from, double to) { return part == 1 ? to : from + (to - from) * part; };
    g.done = deeds_of(g, t);
    g.queue.number = along(g.before.number, g.step.after.number);
    g.queue.backlog = along(g.before.backlog, g.step.after.backlog);
    g.queue.variance = along(g.before.variance, g.step.after.variance);
    g.queue.age = g.step.after.age;
    g.alive = along(g.alive, g.alive_after);
    g.gone = along(g.gone, g.gone_after);
    g.in_vain = along(g.in_vain, g.in_vain_after);
    add_up(sum_, g.going, g.targets * part);
    g.doing = {};
    g.going = {};
  }
  if (share_sum() == 0) sum_.refused += rate_ * static_cast<double>(t - step_begin_);
  step_begin_ = t;
  step_end_ = t;
}

}  // namespace berth
