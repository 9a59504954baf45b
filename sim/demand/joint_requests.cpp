// The life of a request in a joint lane, in order: it comes, gets a slot, works, calls (joint_calls.cpp), waits,
// answers.
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
  Request request;
  request.member = arrivals_.first().which;
  request.first = t;
  Member& m = members_[request.member];
  request.key = m.of.arrivals.number();
  m.of.arrivals.pop();
  const std::int64_t next = m.of.arrivals.peek();
  if (next < INT64_MAX) arrivals_.replace_first({next, 0, request.member});
  else arrivals_.pop();
  // Draws come in fours; requests come in order of their number. They are those of a lane alone.
  if (request.key / 4 != m.block) {
    m.block = request.key / 4;
    m.four = m.own_times.four(m.block);
  }
  ++m.totals.arrived;
  if (m.called) ++m.clients.arrived;
  m.presence.come(t);
  m.patience.budget.request(t);
  const std::int64_t* listed = m.of.arrivals.listed_service_times();
  send(request, listed != nullptr ? listed[request.key] : m.of.spec.service_time.at(m.four[request.key % 4]), t);
}

void JointLane::send(const Request& request, std::int64_t service, std::int64_t t) {
  Member& m = members_[request.member];
  const std::uint32_t number = choose(m, request, t);
  if (number == Balancer::kNobody) {  // a call is sent all the same, as far as its own zone
    if (request.asker != Asker::client) traffic_.sent(request.edge, request.zone, request.zone);
    return attempt_failed(request, Failure::refused, t);
  }
  if (request.asker != Asker::client) traffic_.sent(request.edge, request.zone, rows_[number].zone);
  if (counts_outstanding(m)) m.balancer.sent(number);
  Row& row = rows_[number];
  if (row.dead) {
    // A caller will notice at its time-out, or when the target is removed.
    if (request.asker != Asker::caller) return attempt_failed(request, Failure::dropped, t);
    visits_[visit_of(number, request, service, t)].stage = VisitStage::hanging;
    return;
  }
  const bool starts = row.slots_left > 0;
  if (!starts && row.queue.size() >= static_cast<std::size_t>(m.of.spec.queue_limit)) {
    if (counts_outstanding(m)) m.balancer.left(number);
    return attempt_failed(request, Failure::refused, t);
  }
  ++row.outstanding;
  row.presence.come(t);
  row.cpu_arrived += std::min(service, m.of.spec.cpu_per_request);
  const std::uint32_t visit = visit_of(number, request, service, t);
  if (starts) return start(visit, t);
  stir(number);
  row.queue.push_back(visits_, visit);
}

std::uint32_t JointLane::choose(Member& m, const Request& request, std::int64_t t) {
  const bool near = request.asker != Asker::client && edges_own_zone_first_[request.edge];
  const std::uint32_t zone = near ? request.zone : Balancer::kAnyZone;
  switch (m.of.spec.balancing) {
    case Balancing::least_outstanding:
      return m.balancer.choose<Balancing::least_outstanding>(t, request.key, request.attempt, zone);
    case Balancing::random:
      return m.balancer.choose<Balancing::random>(t, request.key, request.attempt, zone);
    case Balancing::round_robin:
      break;
  }
  return m.balancer.choose<Balancing::round_robin>(t, request.key, request.attempt, zone);
}

std::uint32_t JointLane::visit_of(std::uint32_t row, const Request& request, std::int64_t service, std::int64_t t) {
  const std::uint32_t number = visits_.add();
  ++rows_[row].visits;
  Visit& visit = visits_[number];
  visit.request = request;
  visit.row = row;
  visit.stage = VisitStage::queued;
  visit.arrived = t;
  visit.service = service;
  wait_in_line(number);
  return number;
}

/// Behind those who began to wait before it; a further attempt with a shorter patience stands alone.
void JointLane::wait_in_line(std::uint32_t number) {
  Visit& visit = visits_[number];
  const Patience& patience = patience_of(visit.request);
  if (patience.line == kNobody) return;
  std::int64_t length = lines_[patience.line].length;
  if (patience.retries.deadline > 0)
    length = std::min(length, visit.request.first + patience.retries.deadline - visit.arrived);
  visit.gives_up = visit.arrived + length;
  if (length != lines_[patience.line].length)
    return moments_.push({visit.gives_up, static_cast<std::uint32_t>(What::gives_up), number});
  visit.line = patience.line;
  lines_[visit.line].waiting.push_back(visits_, number);
  if (!lines_[visit.line].watched) watch(visit.line, visit.gives_up);
}

void JointLane::watch(std::uint32_t line, std::int64_t deadline) {
  lines_[line].watched = true;
  moments_.push({deadline, static_cast<std::uint32_t>(What::loses_patience), line});
}

/// Never ends the visit: an end of no length is a moment of its own, so that lives do not grow into each other.
void JointLane::start(std::uint32_t number, std::int64_t t) {
  Visit& visit = visits_[number];
  Row& row = rows_[visit.row];
  const Member& m = members_[row.member];
  visit.began = t;
  if (--row.slots_left == 0) {
    row.gaps.filled(t);
    stir(visit.row);
  }
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

/// Those who queue for its slot come before those whom its caller sends next.
void JointLane::answer(std::uint32_t number, std::int64_t t) {
  const Visit& visit = visits_[number];
  const Request request = visit.request;
  const std::uint32_t row = visit.row;
  const std::int64_t arrived = visit.arrived;
  const Member& m = members_[request.member];
  if (m.errors_at_most != 0 && m.errors.at(luck_of(request)) < m.errors_at_most) return fail(number, t);
  const bool awaited = !visit.gone && is_awaited(request);
  const bool from_outside = !visit.gone && request.asker != Asker::caller;
  if (!visit.gone) book_answer(visit, t);
  leave(number, t);
  CriticalPaths::Chain path;
  if (awaited || from_outside) path = path_of(number, t);
  else discard_paths(number);
  forget(number);
  start_next(row, t);
  if (awaited) return call_answered(request.caller, request.call, path, arrived - request.first, t);
  if (!from_outside) return;
  paths_.add_retry(path, arrived - request.first);
  paths_.add(request.member, path);
}

void JointLane::book_answer(const Visit& visit, std::int64_t t) {
  Row& row = rows_[visit.row];
  Member& m = members_[visit.request.member];
  const std::int64_t latency = t - visit.request.first;
  const bool late = m.of.spec.slo > 0 && latency > m.of.spec.slo;
  --row.outstanding;
  ++row.answered;
  row.presence.leave(t, t - visit.arrived);
  if (counts_outstanding(m)) m.balancer.left(visit.row);
  ++m.totals.ok;
  m.totals.late += late;
  m.presence.leave(t, latency);
  m.latencies.add(latency);
  if (visit.request.asker != Asker::client) traffic_.answered(visit.request.edge, visit.request.zone, row.zone);
  if (!m.called || visit.request.asker != Asker::client) return;
  ++m.clients.ok;
  m.clients.late += late;
  m.client_latencies.add(latency);
}

/// It answers with an error, at once.
void JointLane::fail(std::uint32_t number, std::int64_t t) {
  const Visit visit = visits_[number];
  leave(number, t);
  discard_paths(number);
  forget(number);
  start_next(visit.row, t);
  if (visit.gone) return;
  lose(visit, t);
  attempt_failed(visit.request, Failure::error, t);
}

/// The attempt has no answer, and its target is rid of it.
void JointLane::lose(const Visit& visit, std::int64_t t) {
  Row& row = rows_[visit.row];
  const Member& m = members_[visit.request.member];
  --row.outstanding;
  row.presence.leave(t, t - visit.arrived);
  if (counts_outstanding(m)) members_[visit.request.member].balancer.left(visit.row);
}

/// Its slot is free, and nobody waits for it any more.
void JointLane::leave(std::uint32_t number, std::int64_t t) {
  Row& row = rows_[visits_[number].row];
  if (row.slots_left++ == 0) row.gaps.freed(t);
  stop_waiting(number);
}

void JointLane::start_next(std::uint32_t number, std::int64_t t) {
  Row& row = rows_[number];
  while (row.slots_left > 0 && !row.queue.empty()) {
    const std::uint32_t first = row.queue.first();
    if (visits_[first].gives_up <= t) {
      give_up(first, t);  // and is out of the queue
      continue;
    }
    row.queue.remove(visits_, first);
    start(first, t);
  }
}

void JointLane::lose_patience(std::uint32_t number, std::int64_t t) {
  Line& line = lines_[number];
  line.watched = false;
  while (!line.waiting.empty()) {
    const std::uint32_t first = line.waiting.first();
    if (visits_[first].gives_up > t) return watch(number, visits_[first].gives_up);
    give_up(first, t);
  }
}

/// A request that queues leaves; one that is at work is finished all the same.
void JointLane::give_up(std::uint32_t number, std::int64_t t) {
  stop_waiting(number);
  Visit& visit = visits_[number];
  const bool hangs = visit.stage == VisitStage::hanging;
  const Request request = visit.request;
  visit.gone = true;
  if (!hangs) lose(visit, t);
  if (visit.stage == VisitStage::queued) rows_[visit.row].queue.remove(visits_, number);
  if (hangs || visit.stage == VisitStage::queued) forget(number);
  attempt_failed(request, hangs ? Failure::dropped : Failure::timed_out, t);
}

void JointLane::stop_waiting(std::uint32_t number) {
  Visit& visit = visits_[number];
  visit.gives_up = INT64_MAX;
  if (visit.line == kNobody) return;
  lines_[visit.line].waiting.remove(visits_, number);
  visit.line = kNobody;
}

/// Deaths are rare: whoever is there is looked for among all.
void JointLane::drop_all(std::uint32_t row, bool unnoticed) {
  std::vector<Request> dropped;
  for (std::uint32_t visit = 0; visit < visits_.room() && rows_[row].visits > 0; ++visit) {
    if (visits_[visit].stage == VisitStage::over || visits_[visit].row != row) continue;
    const Request request = visits_[visit].request;
    if (drop(visit, unnoticed)) dropped.push_back(request);
  }
  for (const Request& request : dropped) attempt_failed(request, Failure::dropped, now_);
}

/// What it called goes on for nobody. True when somebody is to hear of it now.
bool JointLane::drop(std::uint32_t number, bool unnoticed) {
  Visit& visit = visits_[number];
  const bool hung = visit.stage == VisitStage::hanging;
  if (!visit.gone && !hung) rows_[visit.row].presence.leave(now_, now_ - visit.arrived);
  discard_paths(number);
  if (unnoticed && !visit.gone && is_awaited(visit.request)) {
    ++visit.life;
    visit.begun = visit.over = 0;
    visit.stage = VisitStage::hanging;
    return false;
  }
  const bool gone = visit.gone;
  stop_waiting(number);
  forget(number);
  return !gone;
}

/// What points at it is void; its place is used again when no moment of it is still to come.
void JointLane::forget(std::uint32_t number) {
  Visit& visit = visits_[number];
  ++visit.life;
  --rows_[visit.row].visits;
  visit.stage = VisitStage::over;
  if (!visit.due) visits_.remove(number);
}

}  // namespace berth
