// The targets of a lane whose clients try again: how they come, fail and go, what they use, and what must hold of them.
#include <algorithm>

#include "sim/base/check.hpp"
#include "sim/demand/retrying_loop.hpp"

namespace berth {

void RetryingLoop::add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place,
                              TargetSite site) {
  SIM_CHECK(!has_target(id));
  if (free_rows_.empty()) {
    free_rows_.push_back(static_cast<std::uint32_t>(rows_.size()));
    rows_.emplace_back();
  }
  const std::uint32_t row = free_rows_.back();
  free_rows_.pop_back();
  rows_[row] = Row{};
  rows_[row].cpu = SharedCpu<std::uint32_t>(allotment, now_);
  rows_[row].place = place;
  rows_[row].slots_left = spec_.concurrency;
  stir(row);
  ids_.insert(std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0}), Named{id, row});
  balancer_.add(row, site.zone, now_, slow_start);
}

void RetryingLoop::remove_target(TargetId id) {
  const std::uint32_t row = row_of(id);
  balancer_.remove(row);
  drop_outstanding(row);
  ids_.erase(std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0}));
  put_out(row);
  free_rows_.push_back(row);
}

void RetryingLoop::lose_target(TargetId id) {
  const std::uint32_t row = row_of(id);
  drop_outstanding(row);
  put_out(row);
  rows_[row].dead = true;
}

void RetryingLoop::drop_outstanding(std::uint32_t row) {
  std::vector<Attempt> dropped;
  for (std::uint32_t i = 0; i < attempts_.size(); ++i) {
    const Attempt& attempt = attempts_[i];
    if (attempt.where == Where::nowhere || attempt.row != row) continue;
    if (!attempt.gone) dropped.push_back(attempt);
    release(i);
  }
  std::sort(dropped.begin(), dropped.end(), [](const Attempt& a, const Attempt& b) { return a.number < b.number; });
  for (const Attempt& attempt : dropped) rows_[row].presence.leave(now_, now_ - attempt.began);
  SIM_CHECK(rows_[row].presence.holds(now_, 0, 0));
  for (const Attempt& attempt : dropped) fail(attempt, Failure::dropped, now_);
}

void RetryingLoop::put_out(std::uint32_t row) {
  std::erase(stirred_, row);
  const std::uint32_t place = rows_[row].place;
  rows_[row] = Row{};
  rows_[row].place = place;
}

void RetryingLoop::set_allotment(TargetId id, Cpu allotment) {
  const std::uint32_t row = row_of(id);
  stir(row);
  rows_[row].cpu.set_allotment(allotment, now_);
  watch_cpu(row);
}

bool RetryingLoop::has_target(TargetId id) const {
  const auto it = std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0});
  return it != ids_.end() && it->id == id;
}

std::uint32_t RetryingLoop::row_of(TargetId id) const {
  SIM_CHECK(has_target(id));
  return std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0})->row;
}

TargetTotals RetryingLoop::target_totals(TargetId id) const {
  const Row& row = rows_[row_of(id)];
  return {row.cpu.used(now_), row.cpu.own_time(row.cpu_arrived), row.outstanding, row.answered};
}

void RetryingLoop::mark(std::int64_t t) {
  SIM_CHECK(t >= now_);
  for (const std::uint32_t row : stirred_) rows_[row].stirred = false;
  stirred_.clear();
  mark_ = t;
}

void RetryingLoop::take_use(std::vector<UseSinceMark>& into) {
  into.clear();
  for (const std::uint32_t number : stirred_) {
    const Row& row = rows_[number];
    const bool slow = spec_.check_timeout < INT64_MAX && !would_answer(row, spec_.check_timeout);
    into.push_back({row.place, row.cpu.used(now_) - row.used_at_mark, row.cpu.wanted(), slow});
  }
  mark(now_);
}

bool RetryingLoop::would_answer(const Row& row, std::int64_t within) const {
  return berth::would_answer(spec_, row.cpu, row.gaps, is_free(row), row.queued, now_, within);
}

bool RetryingLoop::answers_check(TargetId id, std::int64_t within) const {
  const Row& row = rows_[row_of(id)];
  return !row.dead && would_answer(row, within);
}

/// Before something happens there, the first time since the mark: until now its rate of use stood.
void RetryingLoop::stir(std::uint32_t number) {
  Row& row = rows_[number];
  if (row.stirred) return;
  row.stirred = true;
  row.used_at_mark = row.cpu.used(mark_);
  stirred_.push_back(number);
  if (lent_ == nullptr) return;
  const bool unfelt = row.cpu.take_unfelt((*lent_)[row.place]);
  SIM_CHECK(unfelt);
}

/// Every request is somewhere, once; Little's law holds for the requests of the lane and the attempts of each target.
void RetryingLoop::check() const {
  std::vector<std::int64_t> present(rows_.size());
  std::vector<std::uint64_t> ages(rows_.size());
  std::int64_t requests = 0;
  std::uint64_t ages_of_requests = 0;
  for (const Attempt& attempt : attempts_) {
    if (attempt.where == Where::nowhere || attempt.gone) continue;
    ++requests;
    ages_of_requests += static_cast<std::uint64_t>(now_ - attempt.first);
    if (attempt.where == Where::backing_off) continue;
    ++present[attempt.row];
    ages[attempt.row] += static_cast<std::uint64_t>(now_ - attempt.began);
  }
  SIM_CHECK_SAY(requests == totals_.in_flight(), spec_.service);
  SIM_CHECK_SAY(presence_.holds(now_, requests, ages_of_requests), spec_.service);
  for (const Named& named : ids_) {
    const Row& row = rows_[named.row];
    SIM_CHECK_SAY(present[named.row] == row.outstanding, spec_.service);
    SIM_CHECK_SAY(row.presence.holds(now_, row.outstanding, ages[named.row]), spec_.service);
  }
}

}  // namespace berth
