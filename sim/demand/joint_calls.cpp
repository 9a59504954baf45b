// The calls of a request in a joint lane: made, answered, failed, tried again; and the longest way through them.
#include <algorithm>
#include <bit>

#include "sim/base/check.hpp"
#include "sim/demand/joint_lane.hpp"

namespace berth {

/// Those whose turn has come. A call comes after earlier ones only, and none is over before this returns, unless it is
/// not made: so one pass finds them all.
void JointLane::make_calls(std::uint32_t visit, std::int64_t t, bool may_end) {
  const Member& m = members_[rows_[visits_[visit].row].member];
  for (std::uint32_t call = 0; call < m.of.calls.size(); ++call) {
    const std::uint32_t bit = 1u << call;
    if ((visits_[visit].begun & bit) != 0) continue;
    if ((m.of.calls[call].after & ~visits_[visit].over) != 0) continue;
    make_call(m, visit, call, t);
  }
  if (visits_[visit].over == m.all_calls) wait(visit, t, may_end);
  else visits_[visit].stage = VisitStage::calling;
}

void JointLane::make_call(const Member& m, std::uint32_t number, std::uint32_t call, std::int64_t t) {
  const LaneCall& of = m.of.calls[call];
  Visit& visit = visits_[number];
  visit.begun |= 1u << call;
  CallState& state = visits_.call(number, call);
  state = {t, t, {}, of.count};
  const bool made = of.at_most == UINT64_MAX || m.choices.four(visit.key + call / 4)[call % 4] <= of.at_most;
  if (!made || of.async) visit.over |= 1u << call;
  if (!made) return;
  Attempt attempt{number, visit.life, 0, 0, static_cast<std::uint8_t>(call)};
  for (; attempt.copy < of.count; ++attempt.copy) attempt_call(attempt, t);
}

/// Its luck is keyed by the caller's, so it is the same whatever else happens.
void JointLane::attempt_call(const Attempt& attempt, std::int64_t t) {
  const Visit& caller = visits_[attempt.caller];
  const Member& m = members_[rows_[caller.row].member];
  const LaneCall& of = m.of.calls[attempt.call];
  const Member& callee = members_[of.callee];
  const std::uint64_t way = std::uint64_t{attempt.call} << 40 | std::uint64_t{attempt.copy} << 16 | attempt.number;
  Asked asked;
  asked.key = mixed(caller.key + (way + 1) * 0x9e3779b97f4a7c15);
  const Quantiles& time = callee.of.spec.service_time;
  asked.service = time.is_constant() ? time.at(0) : time.at(callee.times.at(asked.key));
  asked.patience = m.call_patience[attempt.call];
  asked.asker = of.async ? Asker::nobody : Asker::caller;
  asked.by = attempt;
  if (of.async) asked.by.caller = kNobody;
  ask(of.callee, asked, t);
}

void JointLane::call_answered(std::uint32_t number, std::uint32_t call, const CriticalPaths::Chain& path,
                              std::int64_t attempt_began, std::int64_t t) {
  CallState& state = visits_.call(number, call);
  if (--state.left > 0) return paths_.discard(path);  // of its copies the last one is critical
  paths_.add_retry(path, attempt_began - state.began);
  state.path = path;
  state.over = t;
  visits_[number].over |= 1u << call;
  make_calls(number, t, true);
}

void JointLane::tell_of_failure(const Attempt& attempt, std::int64_t t) {
  std::uint32_t news = static_cast<std::uint32_t>(news_.size());
  if (free_news_.empty()) {
    news_.push_back(attempt);
  } else {
    news = free_news_.back();
    free_news_.pop_back();
    news_[news] = attempt;
  }
  moments_.push({t, static_cast<std::uint32_t>(What::call_failed), news});
}

void JointLane::hear_of_failure(std::uint32_t news, std::int64_t t) {
  const Attempt attempt = news_[news];
  if (waits(attempt)) {
    Member& m = members_[rows_[visits_[attempt.caller].row].member];
    const LaneCall& of = m.of.calls[attempt.call];
    if (attempt.number < of.retries) {
      moments_.push({t + back_off(m, attempt), static_cast<std::uint32_t>(What::tries_again), news});
      return;
    }
    free_news_.push_back(news);
    if (!of.optional) return fail(attempt.caller, t);
    const std::int64_t began = visits_.call(attempt.caller, attempt.call).began;
    return call_answered(attempt.caller, attempt.call, paths_.link(of.callee, 0, 0, t - began), began, t);
  }
  free_news_.push_back(news);
}

void JointLane::try_again(std::uint32_t news, std::int64_t t) {
  Attempt attempt = news_[news];
  free_news_.push_back(news);
  if (!waits(attempt)) return;
  ++attempt.number;
  attempt_call(attempt, t);
}

bool JointLane::waits(const Attempt& attempt) {
  return attempt.caller != kNobody && visits_[attempt.caller].life == attempt.caller_life;
}

JointLane::Attempt JointLane::attempt_of(const Visit& visit) {
  return {visit.caller, visit.caller_life, visit.copy, visit.attempt, visit.call};
}

/// Its own time and, of its calls, those that it waited for: the last to be over, the last that that one came after …
/// Their chains become its own, the others are given back.
CriticalPaths::Chain JointLane::path_of(std::uint32_t number, std::int64_t t) {
  const Visit& visit = visits_[number];
  const std::uint32_t member = rows_[visit.row].member;
  const std::vector<LaneCall>& calls = members_[member].of.calls;
  const auto last_of = [&](std::uint32_t among) {
    std::uint32_t last = kNobody;
    for (; among != 0; among &= among - 1) {
      const auto call = static_cast<std::uint32_t>(std::countr_zero(among));
      if (last == kNobody || visits_.call(number, call).over >= visits_.call(number, last).over) last = call;
    }
    return last;
  };
  const std::uint32_t all = members_[member].all_calls;
  std::uint32_t at = last_of(all);
  const std::int64_t calls_over = at == kNobody ? visit.calls_began : visits_.call(number, at).over;
  const std::int64_t own = visit.calls_began - visit.began + t - calls_over;
  CriticalPaths::Chain path = paths_.link(member, visit.began - visit.arrived, own);
  std::uint32_t others = all;
  while (at != kNobody) {
    others &= ~(1u << at);
    paths_.append(path, visits_.call(number, at).path);
    at = last_of(calls[at].after);
  }
  for (; others != 0; others &= others - 1)
    paths_.discard(visits_.call(number, static_cast<std::uint32_t>(std::countr_zero(others))).path);
  return path;
}

void JointLane::discard_paths(std::uint32_t number) {
  for (std::uint32_t begun = visits_[number].begun; begun != 0; begun &= begun - 1)
    paths_.discard(visits_.call(number, static_cast<std::uint32_t>(std::countr_zero(begun))).path);
}

/// Doubled with every attempt, and a part of it by lot, so that those that failed together do not come back together.
std::int64_t JointLane::back_off(const Member& m, const Attempt& attempt) {
  constexpr std::int64_t kFirst = 100'000'000, kMost = 20'000'000'000;  // nanoseconds
  const std::int64_t most = std::min(kMost, kFirst << std::min<int>(attempt.number, 10));
  const std::uint64_t bits = m.back_offs.at(visits_[attempt.caller].key + attempt.number * 64u + attempt.call);
  return 1 + static_cast<std::int64_t>(below(bits, static_cast<std::uint64_t>(most)));
}

}  // namespace berth
