#include "sim/demand/retrying_loop.hpp"

#include <algorithm>

#include "sim/base/check.hpp"

namespace berth {
namespace {

/// 0 stands for never.
std::int64_t shorter(std::int64_t a, std::int64_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

}  // namespace

RetryingLoop::RetryingLoop(const LaneSpec& spec, std::uint64_t seed, Arrivals arrivals)
    : spec_(spec),
      seed_(seed),
      arrivals_(std::move(arrivals)),
      draws_(seed, Purpose::service_time, name_hash(spec.service)),
      back_off_(spec.retries, seed, spec.service),
      budget_(spec.retries),
      balancer_(spec.balancing, spec.by_zone, seed, spec.service),
      patience_length_(shorter(spec.timeout, spec.retries.deadline)) {}

void RetryingLoop::advance_to(std::int64_t end) {
  SIM_CHECK(end >= now_);
  for (std::int64_t t = next_time(); t < end; t = next_time()) step(t);
  now_ = end;
}

/// The first thing that happens at `t`, when something does.
void RetryingLoop::step(std::int64_t t) {
  const bool moment = moments_.first_time() == t;
  if (moment && moments_.first().kind < static_cast<std::uint32_t>(What::gives_up)) {
    happens(moments_.first());
  } else if (!patience_.empty() && patience_.front().ends == t) {
    const std::uint32_t attempt = patience_.front().attempt;
    patience_.pop_front();
    give_up(attempt, t);
  } else if (moment) {
    happens(moments_.first());
  } else {
    arrive();
  }
}

/// Some of what was to happen was overtaken: it no longer fits what there is.
void RetryingLoop::happens(const Moment& first) {
  const std::int64_t t = first.time;
  const auto what = static_cast<What>(first.kind);
  const std::uint32_t which = first.which;
  moments_.pop();
  switch (what) {
    case What::leaves_cpu:
      return leave_cpu(which, t);
    case What::ends:
      if (attempts_[which].where == Where::waiting && attempts_[which].until == t) end(which, t);
      return;
    case What::gives_up:
      return give_up(which, t);
    case What::tries_again:
      if (attempts_[which].where != Where::backing_off || attempts_[which].until != t) return;
      ++totals_.retried;
      send(which, t);
  }
}

void RetryingLoop::arrive() {
  Attempt first;
  first.number = arrivals_.number();
  first.first = arrivals_.peek();
  first.service = service_time(first.number);
  arrivals_.pop();
  ++totals_.arrived;
  presence_.come(first.first);
  budget_.request(first.first);
  send(seat(first), first.first);
}

void RetryingLoop::send(std::uint32_t number, std::int64_t t) {
  Attempt& attempt = attempts_[number];
  attempt.began = t;
  attempt.row = choose(attempt, t);
  if (attempt.row == Balancer::kNobody) return fail(number, Failure::refused, t);
  if (counts_outstanding()) balancer_.sent(attempt.row);
  if (rows_[attempt.row].dead) return fail(number, Failure::dropped, t);
  stir(attempt.row);
  if (accept(number, t)) return;
  if (counts_outstanding()) balancer_.left(attempt.row);
  fail(number, Failure::refused, t);
}

std::uint32_t RetryingLoop::choose(const Attempt& attempt, std::int64_t t) {
  switch (spec_.balancing) {
    case Balancing::least_outstanding:
      return balancer_.choose<Balancing::least_outstanding>(t, attempt.number, attempt.count);
    case Balancing::random:
      return balancer_.choose<Balancing::random>(t, attempt.number, attempt.count);
    case Balancing::round_robin:
      break;
  }
  return balancer_.choose<Balancing::round_robin>(t, attempt.number, attempt.count);
}

/// False when the queue is full.
bool RetryingLoop::accept(std::uint32_t number, std::int64_t t) {
  Attempt& attempt = attempts_[number];
  Row& row = rows_[attempt.row];
  const bool starts = is_free(row) && (spec_.concurrency == 0 || row.queued == 0);
  if (!starts && row.queued >= spec_.queue_limit) return false;
  ++row.outstanding;
  row.presence.come(t);
  row.cpu_arrived += work_of(attempt);
  watch_patience(number);
  if (starts) {
    start(number, t);
    return true;
  }
  attempt.where = Where::queue;
  ++row.queued;
  row.queue.push_back(number);
  return true;
}

void RetryingLoop::watch_patience(std::uint32_t number) {
  Attempt& attempt = attempts_[number];
  const std::int64_t deadline = spec_.retries.deadline;
  const std::int64_t left = deadline == 0 ? 0 : attempt.first + deadline - attempt.began;
  const std::int64_t length = shorter(spec_.timeout, left);
  if (length == 0) return;
  attempt.gives_up = attempt.began + length;
  if (length == patience_length_) patience_.push_back({attempt.gives_up, number});
  else moments_.push({attempt.gives_up, static_cast<std::uint32_t>(What::gives_up), number});
}

/// On a free slot.
void RetryingLoop::start(std::uint32_t number, std::int64_t t) {
  Attempt& attempt = attempts_[number];
  Row& row = rows_[attempt.row];
  if (--row.slots_left == 0) row.gaps.filled(t);
  if (spec_.cpu_per_request == 0) return wait(number, t);
  attempt.where = Where::cpu;
  row.cpu.put(number, work_of(attempt), t);
  watch_cpu(attempt.row);
}

void RetryingLoop::watch_cpu(std::uint32_t number) {
  Row& row = rows_[number];
  const std::int64_t next = row.cpu.next_end();
  if (next >= row.watched) return;  // looked at early, which does no harm
  row.watched = next;
  moments_.push({next, static_cast<std::uint32_t>(What::leaves_cpu), number});
}

void RetryingLoop::leave_cpu(std::uint32_t number, std::int64_t t) {
  if (rows_[number].watched != t) return;  // an earlier one has been put in its place
  rows_[number].watched = INT64_MAX;
  while (rows_[number].cpu.next_end() <= t) {
    stir(number);
    wait(rows_[number].cpu.take_first(), t);
  }
  watch_cpu(number);
}

void RetryingLoop::wait(std::uint32_t number, std::int64_t t) {
  Attempt& attempt = attempts_[number];
  attempt.where = Where::waiting;
  attempt.until = t + attempt.service - work_of(attempt);
  if (attempt.until == t) end(number, t);
  else moments_.push({attempt.until, static_cast<std::uint32_t>(What::ends), number});
}

void RetryingLoop::end(std::uint32_t number, std::int64_t t) {
  const std::uint32_t row = attempts_[number].row;
  if (!attempts_[number].gone) answer(attempts_[number], t);
  release(number);
  if (rows_[row].slots_left++ == 0) rows_[row].gaps.freed(t);
  start_next(row, t);
}

void RetryingLoop::answer(const Attempt& attempt, std::int64_t t) {
  Row& row = rows_[attempt.row];
  --row.outstanding;
  ++row.answered;
  row.presence.leave(t, t - attempt.began);
  if (counts_outstanding()) balancer_.left(attempt.row);
  const std::int64_t latency = t - attempt.first;
  presence_.leave(t, latency);
  ++totals_.ok;
  if (spec_.slo > 0 && latency > spec_.slo) ++totals_.late;
  latencies_.add(latency);
}

/// A slot of it has become free at `t`.
void RetryingLoop::start_next(std::uint32_t number, std::int64_t t) {
  while (!rows_[number].queue.empty()) {
    const std::uint32_t first = rows_[number].queue.front();
    if (attempts_[first].gives_up <= t) {
      give_up(first, t);  // it is gone afterwards, and out of the queue
      continue;
    }
    rows_[number].queue.pop_front();
    --rows_[number].queued;
    drop_those_gone(rows_[number]);
    stir(number);
    return start(first, t);
  }
}

/// Its time is over, unless it has been answered, or never was sent.
void RetryingLoop::give_up(std::uint32_t number, std::int64_t t) {
  Attempt& attempt = attempts_[number];
  const bool waits = attempt.where == Where::queue || attempt.where == Where::cpu || attempt.where == Where::waiting;
  if (!waits || attempt.gone || attempt.gives_up != t) return;
  attempt.gone = true;
  const Attempt failed = attempt;
  Row& row = rows_[failed.row];
  --row.outstanding;
  row.presence.leave(t, t - failed.began);
  if (counts_outstanding()) balancer_.left(failed.row);
  if (failed.where == Where::queue) {
    --row.queued;
    drop_those_gone(row);
  }
  fail(failed, Failure::timed_out, t);
}

/// So that the first in the queue, if there is one, is somebody who waits.
void RetryingLoop::drop_those_gone(Row& row) {
  while (!row.queue.empty() && attempts_[row.queue.front()].gone) {
    release(row.queue.front());
    row.queue.pop_front();
  }
}

/// An attempt that nobody works on.
void RetryingLoop::fail(std::uint32_t number, Failure why, std::int64_t t) {
  const Attempt failed = attempts_[number];
  release(number);
  fail(failed, why, t);
}

void RetryingLoop::fail(const Attempt& failed, Failure why, std::int64_t t) {
  const std::int64_t due = failed.count < spec_.retries.max ? t + back_off_.before(failed.number, failed.count + 1) : t;
  if (!tries_again(failed, why, t, due)) {
    presence_.leave(t, t - failed.first);
    ++(why == Failure::timed_out ? totals_.timed_out
       : why == Failure::refused ? totals_.refused
                                 : totals_.dropped_by_death);
    return;
  }
  Attempt next;
  next.number = failed.number;
  next.first = failed.first;
  next.count = failed.count + 1;
  next.service = service_time_again(next.number, next.count);
  next.where = Where::backing_off;
  next.until = due;
  moments_.push({due, static_cast<std::uint32_t>(What::tries_again), seat(next)});
}

bool RetryingLoop::tries_again(const Attempt& failed, Failure why, std::int64_t t, std::int64_t due) {
  const RetrySpec& retries = spec_.retries;
  if (failed.count >= retries.max || !retries.covers(why)) return false;
  if (retries.deadline > 0 && due - failed.first >= retries.deadline) return false;
  return budget_.take(t);
}

std::uint32_t RetryingLoop::seat(const Attempt& attempt) {
  if (free_attempts_.empty()) {
    attempts_.push_back(attempt);
    return static_cast<std::uint32_t>(attempts_.size() - 1);
  }
  const std::uint32_t free = free_attempts_.back();
  free_attempts_.pop_back();
  attempts_[free] = attempt;
  return free;
}

void RetryingLoop::release(std::uint32_t attempt) {
  attempts_[attempt].where = Where::nowhere;
  free_attempts_.push_back(attempt);
}

/// Of first attempts. Draws come in fours; requests come in order of their number.
std::int64_t RetryingLoop::service_time(std::uint64_t number) {
  if (const std::int64_t* listed = arrivals_.listed_service_times()) return listed[number];
  if (number / 4 != block_) {
    block_ = number / 4;
    four_ = draws_.four(block_);
  }
  return spec_.service_time.at(four_[number % 4]);
}

/// Each attempt has its own luck; what a list says is so each time.
std::int64_t RetryingLoop::service_time_again(std::uint64_t number, std::uint32_t attempt) const {
  if (const std::int64_t* listed = arrivals_.listed_service_times()) return listed[number];
  return spec_.service_time.at(Draws(seed_, Purpose::service_time, name_hash(spec_.service), attempt).at(number));
}

}  // namespace berth
