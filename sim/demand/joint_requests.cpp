// The life of a request in a joint lane, in order: it comes, gets a slot, works, calls (joint_calls.cpp), waits, answers.
#include <algorithm>
#include <cmath>

#include "sim/base/check.hpp"
#include "sim/demand/joint_lane.hpp"

namespace berth {
namespace {

/// Longer by that factor; centuries are cut off.
std::int64_t stretched(std::int64_t nanoseconds, double factor) {
  constexpr double kLongest = 4e18;
  return static_cast<std::int64_t>(std::min(std::floor(static_cast<double>(nanoseconds) * factor), kLongest));
}

}  // namespace

void JointLane::request_from_outside() {
  const std::int64_t t = arrivals_.first_time();
  const std::uint32_t member = arrivals_.first_stream();
  Member& m = members_[member];
  const std::uint64_t number = m.of.arrivals.number();
  m.of.arrivals.pop();
  arrivals_.step(m.of.arrivals.peek());
  Asked asked;
  asked.service = own_time(m, number);
  asked.key = mixed(m.name + number * 0x9e3779b97f4a7c15);
  asked.patience = m.patience;
  ask(member, asked, t);
}

/// Draws come in fours; requests come in order of their number. They are those of a lane alone.
std::int64_t JointLane::own_time(Member& m, std::uint64_t number) {
  if (number / 4 != m.block) {
    m.block = number / 4;
    m.four = m.own_times.four(m.block);
  }
  return m.of.spec.service_time.at(m.four[number % 4]);
}

void JointLane::ask(std::uint32_t member, const Asked& asked, std::int64_t t) {
  Member& m = members_[member];
  const bool counts = m.of.spec.balancing == Balancing::least_outstanding;
  ++m.totals.arrived;
  if (m.called && asked.asker == Asker::client) ++m.clients.arrived;
  if (m.picker.empty()) return refuse(m, asked, t);
  const std::uint32_t number = counts ? m.picker.least_outstanding() : m.picker.in_turn(t);
  if (counts) m.picker.sent(number);
  Row& row = rows_[number];
  if (row.dead) return ask_dead(number, asked, t);
  const bool free_slot = row.slots_left > 0;
  if (!free_slot && row.queue.size() >= static_cast<std::size_t>(m.of.spec.queue_limit)) {
    if (counts) m.picker.left(number);
    return refuse(m, asked, t);
  }
  ++row.outstanding;
  row.cpu_arrived += std::min(asked.service, m.of.spec.cpu_per_request);
  const std::uint32_t visit = visit_of(number, asked, t);
  if (free_slot) start(visit, t);
  else row.queue.push_back(visits_, visit);
}

void JointLane::refuse(Member& m, const Asked& asked, std::int64_t t) {
  ++m.totals.refused;
  if (m.called && asked.asker == Asker::client) ++m.clients.refused;
  if (asked.asker == Asker::caller) tell_of_failure(asked.by, t);
}

/// The caller will notice at its time-out, or when the target is removed.
void JointLane::ask_dead(std::uint32_t row, const Asked& asked, std::int64_t t) {
  Member& m = members_[rows_[row].member];
  ++m.totals.dropped_by_death;
  if (m.called && asked.asker == Asker::client) ++m.clients.dropped_by_death;
  if (asked.asker != Asker::caller) return;
  const std::uint32_t visit = visit_of(row, asked, t);
  visits_[visit].stage = VisitStage::hanging;
}

std::uint32_t JointLane::visit_of(std::uint32_t row, const Asked& asked, std::int64_t t) {
  const std::uint32_t number = visits_.add();
  Visit& visit = visits_[number];
  ++rows_[row].visits;
  visit.stage = VisitStage::queued;
  visit.arrived = t;
  visit.service = asked.service;
  visit.key = asked.key;
  visit.row = row;
  visit.asker = asked.asker;
  visit.caller = asked.by.caller;
  visit.caller_life = asked.by.caller_life;
  visit.call = asked.by.call;
  visit.copy = asked.by.copy;
  visit.attempt = asked.by.number;
  visit.patience = asked.patience;
  if (asked.patience == kNobody) return number;
  Patience& patience = patiences_[asked.patience];
  patience.waiting.push_back(visits_, number);
  if (!patience.watched) watch(asked.patience, t + patience.length);
  return number;
}

void JointLane::watch(std::uint32_t patience, std::int64_t deadline) {
  patiences_[patience].watched = true;
  moments_.push({deadline, static_cast<std::uint32_t>(What::gives_up), patience});
}

/// Never ends the visit: an end of no length is a moment of its own, so that lives do not grow into each other.
void JointLane::start(std::uint32_t number, std::int64_t t) {
  Visit& visit = visits_[number];
  Row& row = rows_[visit.row];
  const Member& m = members_[row.member];
  visit.began = t;
  --row.slots_left;
  const std::int64_t work = std::min(visit.service, m.of.spec.cpu_per_request);
  visit.service = (m.pace == 1 ? visit.service : std::max(work, stretched(visit.service, m.pace))) - work;
  if (work == 0) return end_cpu_work(number, t, false);
  visit.stage = VisitStage::on_cpu;
  stir(visit.row);
  row.cpu.put(number, work, t);
  watch_cpu(visit.row);
}

/// Sees to it that the row is looked at when the first leaves its CPU; looking early does no harm.
void JointLane::watch_cpu(std::uint32_t number) {
  Row& row = rows_[number];
  const std::int64_t next = row.cpu.next_end();
  if (next >= row.watched) return;
  row.watched = next;
  moments_.push({next, static_cast<std::uint32_t>(What::leaves_cpu), number});
}

void JointLane::leave_cpu(std::uint32_t number, std::int64_t t) {
  Row& row = rows_[number];
  if (row.watched != t) return;  // an earlier one has been put in its place
  row.watched = INT64_MAX;
  while (row.cpu.next_end() <= t) {
    stir(number);
    end_cpu_work(row.cpu.take_first(), t, true);
  }
  watch_cpu(number);
}

void JointLane::end_cpu_work(std::uint32_t visit, std::int64_t t, bool may_end) {
  visits_[visit].calls_began = t;
  make_calls(visit, t, may_end);
}

/// All its calls are over: what remains of its service time.
void JointLane::wait(std::uint32_t number, std::int64_t t, bool may_end) {
  Visit& visit = visits_[number];
  if (may_end && visit.service == 0) return answer(number, t);
  visit.stage = VisitStage::ending;
  visit.due = true;
  moments_.push({t + visit.service, static_cast<std::uint32_t>(What::answers), number});
}

void JointLane::end_waiting(std::uint32_t number, std::int64_t t) {
  Visit& visit = visits_[number];
  visit.due = false;
  if (visit.stage == VisitStage::over) visits_.remove(number);
  else if (visit.stage == VisitStage::ending) answer(number, t);
}

/// Those who queue for its slot are before those whom its caller sends next.
void JointLane::answer(std::uint32_t number, std::int64_t t) {
  const Visit visit = visits_[number];
  const std::uint32_t member = rows_[visit.row].member;
  Member& m = members_[member];
  if (m.errors_at_most != 0 && m.errors.at(visit.key) < m.errors_at_most) return fail(number, t);
  leave(number);
  if (!visit.gone) book_answer(visit, t);
  const bool awaited = waits(attempt_of(visit));
  CriticalPaths::Chain path;
  if (awaited || (visit.asker != Asker::caller && !visit.gone)) path = path_of(number, t);
  else discard_paths(number);
  forget(number);
  start_next(visit.row, t);
  if (awaited) call_answered(visit.caller, visit.call, path, visit.arrived, t);
  else if (visit.asker != Asker::caller && !visit.gone) paths_.add(member, path);
}

/// It answers with an error, at once.
void JointLane::fail(std::uint32_t number, std::int64_t t) {
  const Visit visit = visits_[number];
  leave(number);
  if (!visit.gone) {
    book_failure(visit, &LaneTotals::failed);
    if (waits(attempt_of(visit))) tell_of_failure(attempt_of(visit), t);
  }
  discard_paths(number);
  forget(number);
  start_next(visit.row, t);
}

/// Its slot is free, and nobody waits for it any more.
void JointLane::leave(std::uint32_t number) {
  Row& row = rows_[visits_[number].row];
  ++row.slots_left;
  stop_waiting(number);
}

void JointLane::start_next(std::uint32_t number, std::int64_t t) {
  Row& row = rows_[number];
  while (row.slots_left > 0 && !row.queue.empty()) {
    const std::uint32_t first = row.queue.first();
    const std::uint32_t patience = visits_[first].patience;
    if (patience != kNobody && visits_[first].arrived + patiences_[patience].length <= t) {
      time_out(first, t);
      continue;
    }
    row.queue.remove(visits_, first);
    start(first, t);
  }
}

void JointLane::give_up(std::uint32_t number, std::int64_t t) {
  Patience& patience = patiences_[number];
  patience.watched = false;
  while (!patience.waiting.empty()) {
    const std::uint32_t first = patience.waiting.first();
    const std::int64_t deadline = visits_[first].arrived + patience.length;
    if (deadline > t) return watch(number, deadline);
    time_out(first, t);
  }
}

/// A request that queues leaves; one that is at work is finished all the same.
void JointLane::time_out(std::uint32_t number, std::int64_t t) {
  stop_waiting(number);
  Visit& visit = visits_[number];
  const bool hangs = visit.stage == VisitStage::hanging;  // and has been counted
  if (!hangs) book_failure(visit, &LaneTotals::timed_out);
  if (waits(attempt_of(visit))) tell_of_failure(attempt_of(visit), t);
  visit.gone = true;
  visit.caller = kNobody;
  if (!hangs && visit.stage != VisitStage::queued) return;
  if (!hangs) rows_[visit.row].queue.remove(visits_, number);
  forget(number);
}

/// Deaths are rare: whoever is there is looked for among all.
void JointLane::drop_all(std::uint32_t row, bool unnoticed) {
  for (std::uint32_t visit = 0; visit < visits_.room() && rows_[row].visits > 0; ++visit)
    if (visits_[visit].row == row && visits_[visit].stage != VisitStage::over) drop(visit, unnoticed);
}

/// Its target is dead: what it called goes on for nobody.
void JointLane::drop(std::uint32_t number, bool unnoticed) {
  Visit& visit = visits_[number];
  const bool hung = visit.stage == VisitStage::hanging;  // and has been counted
  Member& m = members_[rows_[visit.row].member];
  if (!visit.gone && !hung) {
    ++m.totals.dropped_by_death;
    if (m.called && visit.asker == Asker::client) ++m.clients.dropped_by_death;
  }
  discard_paths(number);
  const bool awaited = waits(attempt_of(visit));
  if (unnoticed && awaited) {
    ++visit.life;
    visit.begun = visit.over = 0;
    visit.stage = VisitStage::hanging;
    return;
  }
  stop_waiting(number);
  if (awaited) tell_of_failure(attempt_of(visit), now_);
  forget(number);
}

/// What points at it is void; its place is used again when no moment of it is still to come.
void JointLane::forget(std::uint32_t number) {
  Visit& visit = visits_[number];
  ++visit.life;
  --rows_[visit.row].visits;
  visit.stage = VisitStage::over;
  if (!visit.due) visits_.remove(number);
}

void JointLane::stop_waiting(std::uint32_t number) {
  Visit& visit = visits_[number];
  if (visit.patience == kNobody) return;
  patiences_[visit.patience].waiting.remove(visits_, number);
  visit.patience = kNobody;
}

void JointLane::book_answer(const Visit& visit, std::int64_t t) {
  Row& row = rows_[visit.row];
  Member& m = members_[row.member];
  const std::int64_t latency = t - visit.arrived;
  const bool late = m.of.spec.slo > 0 && latency > m.of.spec.slo;
  --row.outstanding;
  ++row.answered;
  ++m.totals.ok;
  m.totals.late += late;
  m.latencies.add(latency);
  if (m.of.spec.balancing == Balancing::least_outstanding) m.picker.left(visit.row);
  if (!m.called || visit.asker != Asker::client) return;
  ++m.clients.ok;
  m.clients.late += late;
  m.client_latencies.add(latency);
}

void JointLane::book_failure(const Visit& visit, std::int64_t LaneTotals::*outcome) {
  Row& row = rows_[visit.row];
  Member& m = members_[row.member];
  --row.outstanding;
  ++(m.totals.*outcome);
  if (m.of.spec.balancing == Balancing::least_outstanding) m.picker.left(visit.row);
  if (m.called && visit.asker == Asker::client) ++(m.clients.*outcome);
}

}  // namespace berth
