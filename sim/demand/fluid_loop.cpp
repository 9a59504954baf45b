#include "sim/demand/fluid_loop.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "sim/base/check.hpp"
#include "sim/demand/part_of.hpp"

namespace berth {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kAlike = 0.01;    // groups whose numbers differ by less are one
constexpr double kSettled = 2e-4;  // of the number in a target, in one step
constexpr double kSlow = 1e-2;     // likewise: the next step may be twice as long
constexpr double kFast = 4e-2;     // … and must be half as long
constexpr double kNobody = 1e-6;   // requests
constexpr std::size_t kMostCurves = 2048;

/// In so many bits, to the nearest.
std::int64_t roughly(std::int64_t amount, int bits = 7) {
  std::int64_t step = 1;
  while (amount / step >> bits != 0) step *= 2;
  return (amount + step / 2) / step * step;
}

bool is_near(double a, double b, double part) {
  return std::abs(a - b) <= part * std::max(std::abs(a), std::abs(b)) + kNobody;
}

/// Of what an outcome gains in a step, as much as of the requests that come in it, or of its time.
struct Part {
  std::int64_t part, whole;
  std::int64_t of(std::int64_t gain) const { return whole > 0 ? part_of(gain, part, whole) : 0; }
};

}  // namespace

FluidLoop::FluidLoop(const LaneSpec& spec, std::shared_ptr<const LoadSeries> series)
    : spec_(spec), service_(spec), arrivals_(std::move(series)) {}

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

void FluidLoop::add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place) {
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
  const double rate = (arrivals_.until(step_end_) - arrivals_.until(step_begin_)) / length;
  if (std::abs(rate - rate_) > 1e-9 * rate_) {
    settled_ = false;
    step_seconds_ = 1;
    step_end_ = next_end();
  }
  const auto taken = static_cast<double>(step_end_ - step_begin_);
  rate_ = (arrivals_.until(step_end_) - arrivals_.until(step_begin_)) / taken;
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
  fluid_latency(service_, spec_, group.step.slowed, group.step.queued, group.latency);
  group.finishing = group.step.finished / length;
  settle_clients(group, rate * length);
  group.doing.answered = group.going.ok;
  group.doing.used = group.step.finished * service_.mean_work;
  group.doing.asked = (rate * length - group.step.refused) * service_.mean_work;
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

// Groups.

/// Targets that have become different part, groups that have become alike join.
void FluidLoop::arrange_groups() {
  if (rearrange_) split_groups();
  rearrange_ = false;
  join_groups();
}

void FluidLoop::split_groups() {
  std::map<std::pair<std::uint32_t, std::int64_t>, std::uint32_t> parts;
  std::vector<Group> groups;
  std::vector<std::int64_t> grains;
  for (Row& row : rows_) {
    const auto [at, fresh] =
        parts.emplace(std::pair(row.group, roughly(row.allotment.count())), static_cast<std::uint32_t>(groups.size()));
    if (fresh) {
      groups.push_back(groups_[row.group]);
      groups.back().targets = 0;
      grains.push_back(0);
    }
    row.group = at->second;
    groups[row.group].targets += 1;
    grains[row.group] += row.allotment.count();
  }
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i].allotment = Cpu{grains[i] / static_cast<std::int64_t>(groups[i].targets)};
  groups_ = std::move(groups);
}

void FluidLoop::join_groups() {
  std::vector<std::uint32_t> order(groups_.size()), into(groups_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](std::uint32_t i) {
    const Group& g = groups_[i];
    return std::tuple(g.role, roughly(g.allotment.count()), g.slow_for > 0 ? g.slow_from : -1, g.queue.number, i);
  };
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  std::vector<Group> joined;
  for (std::size_t n = 0; n < order.size(); ++n) {
    const Group& g = groups_[order[n]];
    const bool alike = n > 0 && joined.back().role == g.role && (joined.back().slow_for > 0) == (g.slow_for > 0) &&
                       (g.slow_for == 0 || joined.back().slow_from == g.slow_from) &&
                       roughly(joined.back().allotment.count()) == roughly(g.allotment.count()) &&
                       is_near(joined.back().queue.number, g.queue.number, kAlike) &&
                       is_near(joined.back().alive + joined.back().in_vain, g.alive + g.in_vain, kAlike);
    into[order[n]] = static_cast<std::uint32_t>(joined.size() - (alike ? 1 : 0));
    if (!alike) {
      joined.push_back(g);
      continue;
    }
    Group& sum = joined.back();
    const double all = sum.targets + g.targets;
    const auto mean = [&](double& a, double b) { a = (a * sum.targets + b * g.targets) / all; };
    mean(sum.queue.number, g.queue.number);
    mean(sum.queue.backlog, g.queue.backlog);
    mean(sum.queue.variance, g.queue.variance);
    mean(sum.queue.age, g.queue.age);
    mean(sum.alive, g.alive);
    mean(sum.gone, g.gone);
    mean(sum.in_vain, g.in_vain);
    mean(sum.weight, g.weight);
    const double grains = (static_cast<double>(sum.allotment.count()) * sum.targets +
                           static_cast<double>(g.allotment.count()) * g.targets) /
                          all;
    sum.allotment = Cpu{std::llround(grains)};
    sum.targets = all;
  }
  if (joined.size() == groups_.size()) return;
  for (Row& row : rows_) {
    const Deeds &old = groups_[row.group].done, &fresh = joined[into[row.group]].done;
    row.before.answered += old.answered - fresh.answered;
    row.before.used += old.used - fresh.used;
    row.before.asked += old.asked - fresh.asked;
    row.group = into[row.group];
  }
  groups_ = std::move(joined);
}

const FluidCurve& FluidLoop::curve_of(const Group& group) {
  double serving = 0;
  for (const Group& g : groups_)
    if (g.role != Role::draining) serving += g.targets;
  const auto alike = static_cast<std::int64_t>(std::max(1.0, serving));
  constexpr int kAllotmentBits = 9, kTargetBits = 4;
  const std::pair key(roughly(group.allotment.count(), kAllotmentBits), roughly(alike, kTargetBits));
  const auto known = curves_.find(key);
  if (known != curves_.end()) return known->second;
  if (curves_.size() >= kMostCurves) curves_.clear();
  const bool level = spec_.balancing == Balancing::least_outstanding;
  return curves_.try_emplace(key, service_, Cpu{key.first}, static_cast<double>(key.second), level).first->second;
}

// What is told of it.

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
  totals.answered = static_cast<std::int64_t>(row.before.answered + deeds.answered + kNobody);
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
  if (group.step.load > kFull) return std::max(service_.mean_work > 0 ? group.queue.number * grains : 0.0, 0.0);
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
