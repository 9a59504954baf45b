// A joint lane seen from outside: time, targets, totals.
#include "sim/demand/joint_lane.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/base/check.hpp"

namespace berth {
namespace {

constexpr std::int64_t kAllSlots = INT64_MAX / 2;

std::size_t most_calls(const std::vector<LaneMember>& members) {
  std::size_t most = 0;
  for (const LaneMember& m : members) most = std::max(most, m.calls.size());
  return most;
}

/// By member: whether some caller wants those of its targets that are in the caller's zone.
std::vector<bool> asked_from_near(const std::vector<LaneMember>& members) {
  std::vector<bool> near(members.size());
  for (const LaneMember& m : members)
    for (const LaneCall& call : m.calls)
      if (call.own_zone_first) near[call.callee] = true;
  return near;
}

/// What a draw must not reach to be one of `share`.
std::uint64_t threshold(double share) {
  constexpr double kAll = 18446744073709551616.0;  // 2⁶⁴
  const double scaled = share * kAll;
  return scaled >= kAll ? UINT64_MAX : scaled <= 0 ? 0 : static_cast<std::uint64_t>(scaled);
}

}  // namespace

JointLane::JointLane(std::vector<LaneMember> members, std::uint64_t seed)
    : seed_(seed), visits_(most_calls(members)), paths_(members.size()) {
  members_.resize(members.size());
  const std::vector<bool> near = asked_from_near(members);
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    Member& m = members_[i];
    m.of = std::move(members[i]);
    const LaneSpec& spec = m.of.spec;
    m.name = name_hash(spec.service);
    m.own_times = Draws(seed, Purpose::service_time, m.name);
    m.times = Draws(seed, Purpose::called_service_time, m.name);
    m.choices = Draws(seed, Purpose::call_made, m.name);
    m.errors = Draws(seed, Purpose::call_error, m.name);
    m.balancer = Balancer(spec.balancing, spec.by_zone, seed, spec.service, near[i]);
    m.patience = patience(spec.timeout, spec.retries, spec.service);
    m.errors_at_most = threshold(m.of.error_rate);
    m.all_calls = m.of.calls.size() >= 32 ? ~0u : (1u << m.of.calls.size()) - 1;
    if (m.of.arrivals.peek() < INT64_MAX) arrivals_.push({m.of.arrivals.peek(), 0, i});
  }
  for (std::uint32_t i = 0; i < members_.size(); ++i) join_calls(i);
  traffic_.set_edges(edges_own_zone_first_.size());
}

void JointLane::join_calls(std::uint32_t member) {
  Member& m = members_[member];
  m.first_edge = static_cast<std::uint32_t>(edges_own_zone_first_.size());
  for (const LaneCall& call : m.of.calls) {
    SIM_CHECK(call.callee > member);
    edges_own_zone_first_.push_back(call.own_zone_first);
    Member& callee = members_[call.callee];
    callee.called = true;
    m.call_patience.push_back(patience(call.timeout, call.retries, m.of.spec.service + " " + callee.of.spec.service));
  }
  if (m.of.external) add_target(member, TargetId{0}, Cpu{0}, 0, 0, 0);
}

JointLane::Patience JointLane::patience(std::int64_t timeout, const RetrySpec& retries, const std::string& name) {
  std::int64_t length = timeout == 0 ? retries.deadline : timeout;  // 0: never
  if (retries.deadline > 0) length = std::min(length, retries.deadline);
  return {timeout, retries, RetryBackOff(retries, seed_, name), RetryBudget(retries),
          length == 0 ? kNobody : line_of(length)};
}

std::uint32_t JointLane::line_of(std::int64_t length) {
  for (std::uint32_t line = 0; line < lines_.size(); ++line)
    if (lines_[line].length == length) return line;
  lines_.push_back({length, {}, false});
  return static_cast<std::uint32_t>(lines_.size() - 1);
}

std::optional<std::uint32_t> JointLane::member_named(const std::string& service) const {
  for (std::uint32_t i = 0; i < members_.size(); ++i)
    if (members_[i].of.spec.service == service) return i;
  return std::nullopt;
}

void JointLane::advance_to(std::int64_t end) {
  SIM_CHECK(end >= now_);
  for (;;) {
    const std::int64_t inside = moments_.first_time(), outside = arrivals_.first_time();
    if (std::min(inside, outside) >= end) break;
    if (outside < inside) request_from_outside();
    else happens(moments_.take_first());
  }
  now_ = end;
}

/// Some of what was to happen was overtaken: it no longer fits what there is.
void JointLane::happens(const Moment& moment) {
  const std::int64_t t = moment.time;
  switch (static_cast<What>(moment.kind)) {
    case What::leaves_cpu:
      return leave_cpu(moment.which, t);
    case What::answers:
      return end_waiting(moment.which, t);
    case What::call_failed:
      return hear_of_failure(moment.which, t);
    case What::loses_patience:
      return lose_patience(moment.which, t);
    case What::gives_up:
      if (visits_[moment.which].gives_up == t) give_up(moment.which, t);
      return;
    case What::tries_again:
      return try_again(moment.which, t);
  }
}

std::int64_t JointLane::quiet_until() const { return std::min(moments_.first_time(), arrivals_.first_time()); }

void JointLane::mark(std::uint32_t member, std::int64_t t) {
  SIM_CHECK(t >= now_);
  Member& m = members_[member];
  for (const std::uint32_t row : m.stirred) rows_[row].stirred = false;
  m.stirred.clear();
  m.mark = t;
}

void JointLane::take_use(std::uint32_t member, std::vector<UseSinceMark>& into) {
  into.clear();
  for (const std::uint32_t number : members_[member].stirred) {
    const Row& row = rows_[number];
    const std::int64_t timeout = members_[member].of.spec.check_timeout;
    const bool slow = timeout < INT64_MAX && !would_answer(row, timeout);
    into.push_back({row.place, row.cpu.used(now_) - row.used_at_mark, row.cpu.wanted(), slow});
  }
  mark(member, now_);
}

bool JointLane::would_answer(const Row& row, std::int64_t within) const {
  const LaneSpec& spec = members_[row.member].of.spec;
  const auto queued = static_cast<std::int64_t>(row.queue.size());
  return berth::would_answer(spec, row.cpu, row.gaps, row.slots_left > 0, queued, now_, within);
}

bool JointLane::answers_check(std::uint32_t member, TargetId id, std::int64_t within) const {
  const Row& row = rows_[row_of(member, id)];
  return !row.dead && would_answer(row, within);
}

/// Before something happens on its CPU, or a check might be late there, the first time since the mark: until now its
/// rate of use stood.
void JointLane::stir(std::uint32_t number) {
  Row& row = rows_[number];
  if (row.stirred) return;
  Member& m = members_[row.member];
  row.stirred = true;
  row.used_at_mark = row.cpu.used(m.mark);
  m.stirred.push_back(number);
  if (m.lent == nullptr) return;
  const bool unfelt = row.cpu.take_unfelt((*m.lent)[row.place]);
  SIM_CHECK(unfelt);
}

void JointLane::add_target(std::uint32_t member, TargetId id, Cpu allotment, std::int64_t slow_start,
                           std::uint32_t place, std::uint32_t zone) {
  SIM_CHECK(!has_target(member, id));
  std::uint32_t number = static_cast<std::uint32_t>(rows_.size());
  if (free_rows_.empty()) {
    rows_.emplace_back();
  } else {
    number = free_rows_.back();
    free_rows_.pop_back();
  }
  Member& m = members_[member];
  Row& row = rows_[number];
  row = Row{};
  row.cpu = SharedCpu<std::uint32_t>(allotment, now_);
  row.member = member;
  row.place = place;
  row.zone = zone;
  traffic_.reach(zone);
  row.slots_left = m.of.spec.concurrency > 0 ? m.of.spec.concurrency : kAllSlots;
  stir(number);
  m.ids.insert(std::lower_bound(m.ids.begin(), m.ids.end(), Named{id, 0}), Named{id, number});
  m.balancer.add(number, zone, now_, slow_start);
}

void JointLane::drain_target(std::uint32_t member, TargetId id) {
  members_[member].balancer.remove(row_of(member, id));
}

void JointLane::resume_target(std::uint32_t member, TargetId id, std::int64_t slow_start) {
  members_[member].balancer.resume(row_of(member, id), now_, slow_start);
}

void JointLane::set_health(std::uint32_t member, TargetId id, bool healthy) {
  members_[member].balancer.set_health(row_of(member, id), healthy);
}

void JointLane::remove_target(std::uint32_t member, TargetId id) {
  Member& m = members_[member];
  const std::uint32_t row = row_of(member, id);
  m.balancer.remove(row);
  drop_all(row, false);
  m.ids.erase(std::lower_bound(m.ids.begin(), m.ids.end(), Named{id, 0}));
  put_out(row);
  free_rows_.push_back(row);
}

/// Its connections hang: for least outstanding nobody leaves it any more.
void JointLane::lose_target(std::uint32_t member, TargetId id) {
  const std::uint32_t row = row_of(member, id);
  drop_all(row, true);
  put_out(row);
  rows_[row].dead = true;
}

/// Nobody works here any more.
void JointLane::put_out(std::uint32_t number) {
  Row& row = rows_[number];
  std::erase(members_[row.member].stirred, number);
  const std::uint32_t member = row.member, place = row.place, zone = row.zone;
  const std::int64_t hanging = row.visits;
  row = Row{};
  row.member = member;
  row.place = place;
  row.zone = zone;
  row.visits = hanging;
}

void JointLane::set_allotment(std::uint32_t member, TargetId id, Cpu allotment) {
  const std::uint32_t row = row_of(member, id);
  stir(row);
  rows_[row].cpu.set_allotment(allotment, now_);
  watch_cpu(row);
}

void JointLane::set_core_time(std::uint32_t member, TargetId id, double per_work) {
  rows_[row_of(member, id)].cpu.set_core_time(per_work);
}

bool JointLane::has_target(std::uint32_t member, TargetId id) const {
  const auto& ids = members_[member].ids;
  const auto it = std::lower_bound(ids.begin(), ids.end(), Named{id, 0});
  return it != ids.end() && it->id == id;
}

std::uint32_t JointLane::row_of(std::uint32_t member, TargetId id) const {
  const auto& ids = members_[member].ids;
  const auto it = std::lower_bound(ids.begin(), ids.end(), Named{id, 0});
  SIM_CHECK(it != ids.end());
  SIM_CHECK(it->id == id);
  return it->row;
}

TargetTotals JointLane::target_totals(std::uint32_t member, TargetId id) const {
  const Row& row = rows_[row_of(member, id)];
  return {row.cpu.used(now_), row.cpu.own_time(row.cpu_arrived), row.outstanding, row.answered};
}

const LaneTotals& JointLane::client_totals(std::uint32_t member) const {
  const Member& m = members_[member];
  return m.called ? m.clients : m.totals;
}

void JointLane::take_latencies(std::uint32_t member, LatencyHistogram& into) {
  into.clear();
  std::swap(into, members_[member].latencies);  // the room of both stays in use
}

void JointLane::take_client_latencies(std::uint32_t member, LatencyHistogram& into) {
  SIM_CHECK(members_[member].called);
  into.clear();
  std::swap(into, members_[member].client_latencies);
}

void JointLane::set_pace(std::uint32_t member, double factor, double error_rate) {
  SIM_CHECK(factor >= 0);
  Member& m = members_[member];
  m.pace = factor;
  m.errors_at_most = threshold(1 - (1 - m.of.error_rate) * (1 - error_rate));
}

void JointLane::check(std::uint32_t member) const {
  const Member& m = members_[member];
  std::vector<std::int64_t> present(rows_.size());
  std::vector<std::uint64_t> ages(rows_.size());
  std::int64_t requests = 0;
  std::uint64_t ages_of_requests = 0;
  const auto count = [&](const Request& request) {
    ++requests;
    ages_of_requests += static_cast<std::uint64_t>(now_ - request.first);
  };
  for (std::uint32_t i = 0; i < visits_.room(); ++i) {
    const Visit& visit = visits_[i];
    if (visit.stage == VisitStage::over || visit.gone || visit.request.member != member) continue;
    count(visit.request);
    if (visit.stage == VisitStage::hanging) continue;
    ++present[visit.row];
    ages[visit.row] += static_cast<std::uint64_t>(now_ - visit.arrived);
  }
  for (const Failed& failed : failed_)
    if (failed.waits && failed.request.member == member) count(failed.request);
  SIM_CHECK_SAY(requests == m.totals.in_flight(), m.of.spec.service);
  SIM_CHECK_SAY(m.presence.holds(now_, requests, ages_of_requests), m.of.spec.service);
  for (const Named& named : m.ids) {
    const Row& row = rows_[named.row];
    SIM_CHECK_SAY(present[named.row] == row.outstanding, m.of.spec.service);
    SIM_CHECK_SAY(row.presence.holds(now_, row.outstanding, ages[named.row]), m.of.spec.service);
  }
}

}  // namespace berth
