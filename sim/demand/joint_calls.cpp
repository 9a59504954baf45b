// The calls of a request in a joint lane: made and answered; and the longest way through them.
#include <algorithm>
#include <bit>

#include "sim/base/check.hpp"
#include "sim/demand/joint_lane.hpp"

namespace berth {

/// Those whose turn has come. A call comes after earlier ones only, and none is over before this returns, unless nobody
/// waits for it: so one pass finds them all.
void JointLane::make_calls(std::uint32_t visit, std::int64_t t, bool may_end) {
  const Member& m = members_[visits_[visit].request.member];
  for (std::uint32_t call = 0; call < m.of.calls.size(); ++call) {
    if ((visits_[visit].begun >> call & 1) != 0) continue;
    if ((m.of.calls[call].after & ~visits_[visit].over) != 0) continue;
    make_call(m, visit, call, t);
  }
  if (visits_[visit].over == m.all_calls) wait(visit, t, may_end);
  else visits_[visit].stage = VisitStage::calling;
}

/// Its luck is made from the caller's.
void JointLane::make_call(const Member& m, std::uint32_t number, std::uint32_t call, std::int64_t t) {
  const LaneCall& of = m.of.calls[call];
  Visit& visit = visits_[number];
  const std::uint64_t luck = luck_of(visit.request);
  visit.begun |= 1u << call;
  visits_.call(number, call) = {t, {}, of.count};
  const bool made = of.at_most == UINT64_MAX || m.choices.four(luck + call / 4)[call % 4] <= of.at_most;
  if (!made || of.async) visit.over |= 1u << call;
  if (!made) return;
  Request request{0, t, number, visit.life, of.callee, 0, 0, static_cast<std::uint8_t>(call), Asker::caller};
  if (of.async) request.asker = Asker::nobody;
  request.zone = static_cast<std::uint16_t>(rows_[visit.row].zone);
  request.edge = m.first_edge + call;
  RetryBudget& budget = members_[visit.request.member].call_patience[call].budget;
  Member& callee = members_[of.callee];
  for (; request.copy < of.count; ++request.copy) {
    request.key = mixed(luck + (std::uint64_t{call} << 16 | request.copy) * 0x9e3779b97f4a7c15 + 1);
    ++callee.totals.arrived;
    callee.presence.come(t);
    budget.request(t);
    send(request, service_time(request), t);
  }
}

/// `lost`: on attempts before the one that was answered.
void JointLane::call_answered(std::uint32_t number, std::uint32_t call, const CriticalPaths::Chain& path,
                              std::int64_t lost, std::int64_t t) {
  CallState& state = visits_.call(number, call);
  if (--state.left > 0) return paths_.discard(path);  // of its copies the last one is critical
  paths_.add_retry(path, lost);
  state.path = path;
  state.over = t;
  visits_[number].over |= 1u << call;
  make_calls(number, t, true);
}

/// Its own time and, of its calls, those that it waited for: the last to be over, the last that that one came after …
/// Their chains become its own, the others are given back.
CriticalPaths::Chain JointLane::path_of(std::uint32_t number, std::int64_t t) {
  const Visit& visit = visits_[number];
  const Member& m = members_[visit.request.member];
  const auto last_of = [&](std::uint32_t among) {
    std::uint32_t last = kNobody;
    for (; among != 0; among &= among - 1) {
      const auto call = static_cast<std::uint32_t>(std::countr_zero(among));
      if (last == kNobody || visits_.call(number, call).over >= visits_.call(number, last).over) last = call;
    }
    return last;
  };
  std::uint32_t at = last_of(m.all_calls);
  const std::int64_t calls_over = at == kNobody ? visit.calls_began : visits_.call(number, at).over;
  const std::int64_t own = visit.calls_began - visit.began + t - calls_over;
  CriticalPaths::Chain path = paths_.link(visit.request.member, visit.began - visit.arrived, own);
  std::uint32_t others = m.all_calls;
  for (; at != kNobody; at = last_of(m.of.calls[at].after)) {
    others &= ~(1u << at);
    paths_.append(path, visits_.call(number, at).path);
  }
  for (; others != 0; others &= others - 1)
    paths_.discard(visits_.call(number, static_cast<std::uint32_t>(std::countr_zero(others))).path);
  return path;
}

void JointLane::discard_paths(std::uint32_t number) {
  for (std::uint32_t begun = visits_[number].begun; begun != 0; begun &= begun - 1)
    paths_.discard(visits_.call(number, static_cast<std::uint32_t>(std::countr_zero(begun))).path);
}

}  // namespace berth
