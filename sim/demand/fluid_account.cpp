// What a flow tells of itself: whole requests, latencies, and the CPU of every target.
#include <algorithm>
#include <cmath>

#include "sim/base/check.hpp"
#include "sim/demand/fluid_loop.hpp"
#include "sim/demand/fluid_near.hpp"
#include "sim/demand/part_of.hpp"

namespace berth {
namespace {

/// Of what an outcome gains in a step, as much as of the requests that come in it, or of its time.
struct Part {
  std::int64_t part, whole;
  std::int64_t of(std::int64_t gain) const { return whole > 0 ? part_of(gain, part, whole) : 0; }
};

}  // namespace

double FluidLoop::part_done(std::int64_t t) const {
  if (t >= step_end_) return 1;
  return static_cast<double>(t - step_begin_) / static_cast<double>(step_end_ - step_begin_);
}

FluidLoop::Deeds FluidLoop::deeds_of(const Group& group, std::int64_t t) const {
  const double part = step_end_ > step_begin_ ? part_done(t) : 0;
  return {group.done.answered + group.doing.answered * part, group.done.used + group.doing.used * part,
          group.done.asked + group.doing.asked * part};
}

double FluidLoop::outstanding_of(const Group& group) const {
  const double part = step_end_ > step_begin_ ? part_done(now_) : 0;
  const double begin = group.alive + group.in_vain, end = group.alive_after + group.in_vain_after;
  return part > 0 ? begin + (end - begin) * part : begin;
}

void FluidLoop::add_up(Outcomes& sum, const Outcomes& of_one, double times) const {
  sum.ok += of_one.ok * times;
  sum.late += of_one.late * times;
  sum.timed_out += of_one.timed_out * times;
  sum.refused += of_one.refused * times;
  sum.dropped += of_one.dropped * times;
}

/// In whole requests: as many as have an outcome in whole, each outcome next to what it is.
LaneTotals FluidLoop::whole(const LaneTotals& from, const Outcomes& sum, std::int64_t arrived) const {
  constexpr double kRounding = 1e-3;
  LaneTotals to = from;
  to.arrived = arrived;
  struct Outcome {
    std::int64_t* count;
    double real;
  } parts[] = {{&to.ok, sum.ok},
               {&to.timed_out, sum.timed_out},
               {&to.refused, sum.refused},
               {&to.dropped_by_death, sum.dropped}};
  const auto all =
      static_cast<std::int64_t>(std::floor(sum.ok + sum.timed_out + sum.refused + sum.dropped + kRounding));
  std::int64_t told = 0;
  for (const Outcome& part : parts) told += *part.count;
  std::int64_t left = std::max<std::int64_t>(0, std::min(all, arrived) - told);
  const auto lacks = [](const Outcome& part) { return part.real - static_cast<double>(*part.count); };
  for (Outcome& part : parts) {
    const std::int64_t more = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(lacks(part))), 0, left);
    *part.count += more;
    left -= more;
  }
  for (; left > 0; --left)
    ++*std::max_element(std::begin(parts), std::end(parts), [&](const Outcome& a, const Outcome& b) {
         return lacks(a) < lacks(b);
       })->count;
  const std::int64_t late = static_cast<std::int64_t>(std::floor(sum.late + kRounding)) - from.late;
  to.late = from.late + std::clamp<std::int64_t>(late, 0, to.ok - from.ok);
  return to;
}

/// Between the ends of the step: along with the requests that have come, or with time where none come.
LaneTotals FluidLoop::whole_at(std::int64_t t) const {
  if (step_end_ == step_begin_ || t <= step_begin_) return at_begin_;
  if (t >= step_end_) return at_end_;
  LaneTotals at = at_begin_;
  at.arrived = std::clamp(arrivals_.whole_until(t), at_begin_.arrived, at_end_.arrived);
  const std::int64_t come = at_end_.arrived - at_begin_.arrived;
  const Part part =
      come > 0 ? Part{at.arrived - at_begin_.arrived, come} : Part{t - step_begin_, step_end_ - step_begin_};
  at.ok += part.of(at_end_.ok - at_begin_.ok);
  at.late += part.of(at_end_.late - at_begin_.late);
  at.timed_out += part.of(at_end_.timed_out - at_begin_.timed_out);
  at.refused += part.of(at_end_.refused - at_begin_.refused);
  at.dropped_by_death += part.of(at_end_.dropped_by_death - at_begin_.dropped_by_death);
  return at;
}

void FluidLoop::keep_latencies(std::int64_t t) {
  const double part = part_done(t);
  for (Group& group : groups_) {
    const double answers = group.targets * group.going.ok * (part - group.latency_told);
    group.latency_told = part;
    if (answers <= 0 || group.latency.in_time <= 0) continue;
    const std::vector<double>& shares = group.latency.shares;
    if (latencies_.size() < shares.size()) latencies_.resize(shares.size(), 0.0);
    const double scale = answers / group.latency.in_time;
    for (std::size_t b = 0; b < shares.size(); ++b) latencies_[b] += shares[b] * scale;
  }
}

/// As many as have been answered since; what they took is spread over them.
void FluidLoop::take_latencies(LatencyHistogram& into) {
  into.clear();
  if (step_end_ > step_begin_) keep_latencies(now_);
  const std::int64_t answers = totals_.ok - ok_taken_;
  double sum = 0;
  for (const double mass : latencies_) sum += mass;
  if (answers == 0 || sum <= 0) return;
  ok_taken_ = totals_.ok;
  double passed = 0;
  std::int64_t told = 0;
  for (std::size_t b = 0; b < latencies_.size(); ++b) {
    if (latencies_[b] == 0) continue;
    passed += latencies_[b];
    const std::int64_t up_to =
        b + 1 == latencies_.size()
            ? answers
            : std::min<std::int64_t>(answers, std::llround(passed / sum * static_cast<double>(answers)));
    const std::int64_t longest = spec_.timeout > 0 ? spec_.timeout : INT64_MAX;
    if (up_to > told) into.add(std::min(LatencyHistogram::upper_edge(b), longest), up_to - told);
    told = std::max(told, up_to);
    latencies_[b] = 0;
  }
}

FluidLoop::Row& FluidLoop::row_of(TargetId id) {
  return const_cast<Row&>(static_cast<const FluidLoop&>(*this).row_of(id));
}

const FluidLoop::Row& FluidLoop::row_of(TargetId id) const {
  const auto before = [](const Row& r, TargetId other) { return r.id < other; };
  const auto it = std::lower_bound(rows_.begin(), rows_.end(), id, before);
  SIM_CHECK(it != rows_.end());
  SIM_CHECK(it->id == id);
  return *it;
}

bool FluidLoop::has_target(TargetId id) const {
  const auto before = [](const Row& r, TargetId other) { return r.id < other; };
  const auto it = std::lower_bound(rows_.begin(), rows_.end(), id, before);
  return it != rows_.end() && it->id == id;
}

TargetTotals FluidLoop::target_totals(TargetId id) const {
  const Row& row = row_of(id);
  const Group& group = groups_[row.group];
  const Deeds deeds = deeds_of(group, now_);
  TargetTotals totals;
  totals.cpu_used = std::llround(row.before.used + deeds.used);
  totals.cpu_arrived = std::llround(row.before.asked + deeds.asked);
  totals.answered = static_cast<std::int64_t>(row.before.answered + deeds.answered + kNearlyNobody);
  totals.outstanding = std::llround(outstanding_of(group));
  return totals;
}

void FluidLoop::mark(std::int64_t t) {
  SIM_CHECK(t >= now_);
  mark_ = t;
  stirred_ = false;
  for (Row& row : rows_) row.used_at_mark = row.before.used + deeds_of(groups_[row.group], t).used;
}

/// Grains: what it uses, and all there is where it has a backlog.
double FluidLoop::wanted_of(const Group& group) const {
  constexpr double kFull = 0.98;
  const auto grains = static_cast<double>(kVcpu.count());
  if (group.step.load > kFull)
    return std::max(service_of(group).mean_work > 0 ? group.queue.number * grains : 0.0, 0.0);
  const auto length = static_cast<double>(step_end_ - step_begin_);
  return length > 0 ? group.doing.used / length * grains : 0;
}

void FluidLoop::take_use(std::vector<UseSinceMark>& into) {
  into.clear();
  for (const Row& row : rows_) {
    const Group& group = groups_[row.group];
    const double used = row.before.used + deeds_of(group, now_).used - row.used_at_mark;
    into.push_back({row.place, std::llround(used), std::llround(wanted_of(group))});
  }
  mark(now_);
}

}  // namespace berth
