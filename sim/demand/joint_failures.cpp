// Attempts in a joint lane that got no answer: tried again by the rules of whoever asks, or its failure.
#include "sim/base/check.hpp"
#include "sim/demand/joint_lane.hpp"

namespace berth {

/// A caller hears of it by a moment of its own, so that lives do not grow into each other.
void JointLane::attempt_failed(const Request& request, Failure why, std::int64_t t) {
  const bool awaited = is_awaited(request);
  if (request.asker == Asker::client || awaited) {
    Patience& patience = patience_of(request);
    const bool more = request.attempt < patience.retries.max;
    const std::int64_t due = more ? t + patience.back_off.before(request.key, request.attempt + 1) : t;
    if (more && tries_again(request, patience, why, t, due))
      return moments_.push({due, static_cast<std::uint32_t>(What::tries_again), keep({request, why, true})});
  }
  book_failure(request, why, t);
  if (awaited) moments_.push({t, static_cast<std::uint32_t>(What::call_failed), keep({request, why, false})});
}

bool JointLane::tries_again(const Request& request, Patience& patience, Failure why, std::int64_t t, std::int64_t due) {
  if (!patience.retries.covers(why)) return false;
  const std::int64_t deadline = patience.retries.deadline;
  if (deadline > 0 && due - request.first >= deadline) return false;
  return patience.budget.take(t);
}

void JointLane::book_failure(const Request& request, Failure why, std::int64_t t) {
  constexpr std::int64_t LaneTotals::*kOutcomes[] = {&LaneTotals::timed_out, &LaneTotals::refused,
                                                     &LaneTotals::dropped_by_death, &LaneTotals::failed};
  const auto outcome = kOutcomes[static_cast<std::size_t>(why)];
  Member& m = members_[request.member];
  m.presence.leave(t, t - request.first);
  ++(m.totals.*outcome);
  if (m.called && request.asker == Asker::client) ++(m.clients.*outcome);
}

/// Unless its caller has ended in the meantime: then its last failure stands.
void JointLane::try_again(std::uint32_t number, std::int64_t t) {
  const Failed failed = release(number);
  Request request = failed.request;
  if (request.asker == Asker::caller && !is_awaited(request)) return book_failure(request, failed.why, t);
  ++request.attempt;
  Member& m = members_[request.member];
  ++m.totals.retried;
  if (m.called && request.asker == Asker::client) ++m.clients.retried;
  send(request, service_time(request), t);
}

void JointLane::hear_of_failure(std::uint32_t number, std::int64_t t) {
  const Request request = release(number).request;
  if (!is_awaited(request)) return;
  const LaneCall& call = members_[visits_[request.caller].request.member].of.calls[request.call];
  if (!call.optional) return fail(request.caller, t);
  call_answered(request.caller, request.call, paths_.link(request.member, 0, 0), t - request.first, t);
}

std::uint32_t JointLane::keep(const Failed& failed) {
  if (free_failed_.empty()) {
    failed_.push_back(failed);
    return static_cast<std::uint32_t>(failed_.size() - 1);
  }
  const std::uint32_t number = free_failed_.back();
  free_failed_.pop_back();
  failed_[number] = failed;
  return number;
}

JointLane::Failed JointLane::release(std::uint32_t number) {
  const Failed failed = failed_[number];
  failed_[number].waits = false;
  free_failed_.push_back(number);
  return failed;
}

JointLane::Patience& JointLane::patience_of(const Request& request) {
  switch (request.asker) {
    case Asker::client:
      return members_[request.member].patience;
    case Asker::caller:
      return members_[visits_[request.caller].request.member].call_patience[request.call];
    case Asker::nobody:
      break;
  }
  return endless_;
}

/// Of a further attempt, or of a call.
std::int64_t JointLane::service_time(const Request& request) const {
  const Member& m = members_[request.member];
  const Quantiles& time = m.of.spec.service_time;
  const bool client = request.asker == Asker::client;
  if (const std::int64_t* listed = m.of.arrivals.listed_service_times(); client && listed != nullptr)
    return listed[request.key];
  if (time.is_constant()) return time.at(0);
  if (!client && request.attempt == 0) return time.at(m.times.at(request.key));
  const Purpose purpose = client ? Purpose::service_time : Purpose::called_service_time;
  return time.at(Draws(seed_, purpose, m.name, request.attempt).at(request.key));
}

/// Of everything but its service time: keyed by the request and its attempt, whatever else happens.
std::uint64_t JointLane::luck_of(const Request& request) const {
  const std::uint64_t whose = request.asker == Asker::client ? members_[request.member].name : 0;
  return mixed(whose + (request.key + 1) * 0x9e3779b97f4a7c15 + request.attempt * 0xd1b54a32d192ed03);
}

}  // namespace berth
