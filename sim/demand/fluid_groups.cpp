// Targets of a flow that are alike are one group: who parts, who joins, and what they are like when they are steady.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "sim/demand/fluid_loop.hpp"
#include "sim/demand/fluid_near.hpp"

namespace berth {
namespace {

constexpr double kAlike = 0.01;  // groups whose numbers differ by less are one
constexpr std::size_t kMostCurves = 2048;

/// In so many bits, to the nearest.
std::int64_t roughly(std::int64_t amount, int bits = 7) {
  std::int64_t step = 1;
  while (amount / step >> bits != 0) step *= 2;
  return (amount + step / 2) / step * step;
}

}  // namespace

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
    return std::tuple(g.role, g.service, roughly(g.allotment.count()), g.slow_for > 0 ? g.slow_from : -1,
                      g.queue.number, i);
  };
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  std::vector<Group> joined;
  for (std::size_t n = 0; n < order.size(); ++n) {
    const Group& g = groups_[order[n]];
    const bool alike = n > 0 && joined.back().role == g.role && joined.back().service == g.service &&
                       (joined.back().slow_for > 0) == (g.slow_for > 0) &&
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
  const std::tuple key(group.service, roughly(group.allotment.count(), kAllotmentBits), roughly(alike, kTargetBits));
  const auto known = curves_.find(key);
  if (known != curves_.end()) return known->second;
  if (curves_.size() >= kMostCurves) curves_.clear();
  const bool level = spec_.balancing == Balancing::least_outstanding;
  return curves_
      .try_emplace(key, service_of(group), Cpu{std::get<1>(key)}, static_cast<double>(std::get<2>(key)), level)
      .first->second;
}

}  // namespace berth
