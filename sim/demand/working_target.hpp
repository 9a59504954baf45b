// A target whose requests do CPU work (shared_cpu.hpp) first, and then the waiting part of each.
//
// A slot is held from the start of the CPU part to the end of the waiting part.
// A request that times out in the queue never uses CPU; one that times out in service is finished all the same, as
// servers do not notice that the client has gone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/demand/lane.hpp"
#include "sim/demand/ring.hpp"
#include "sim/demand/shared_cpu.hpp"
#include "sim/demand/slot_ends.hpp"
#include "sim/demand/waiting_target.hpp"

namespace berth {

class WorkingTarget {
 public:
  static constexpr bool kWorksLater = true;

  WorkingTarget(const LaneSpec& spec, Cpu allotment, std::int64_t now)
      : spec_(&spec), cpu_(allotment, now), waiting_(spec.concurrency) {}

  /// False when refused. Works off what happens up to `t` first.
  template <class Outcome>
  bool arrive(std::int64_t t, std::int64_t service, Outcome outcome) {
    advance(t, outcome);
    const std::int64_t deadline = deadline_of(t);
    if (!has_free_slot(t)) {
      leave_queue(t, outcome);
      if (queue_.size() >= static_cast<std::size_t>(spec_->queue_limit)) return false;
      queue_.push_back({t, service});
    } else {
      start(t, t, service);
    }
    cpu_arrived_ += std::min(service, spec_->cpu_per_request);
    check_at_ = std::min(check_at_, deadline);
    return true;
  }

  /// Everything that happens in here at or before `until`, in order.
  template <class Outcome>
  void advance(std::int64_t until, Outcome outcome) {
    for (;;) {
      const std::int64_t slot_free = next_free_slot();
      if (std::min(cpu_.next_end(), slot_free) > until) return;
      if (cpu_.next_end() <= slot_free) leave_cpu(outcome);
      else end_waiting(slot_free, outcome);
    }
  }

  /// Reports the time-outs at or before `until` of requests still here. Changes nothing for the others.
  template <class Outcome>
  void expire(std::int64_t until, Outcome outcome) {
    if (check_at_ > until) return;
    leave_queue(until, outcome);
    check_at_ = queue_.empty() ? INT64_MAX : deadline_of(queue_.front().arrived);
    for (std::size_t i = 0; i < cpu_.size(); ++i) {
      OnCpu& request = cpu_[i];
      if (request.arrived == kGone) continue;
      const std::int64_t deadline = deadline_of(request.arrived);
      if (deadline > until) {
        check_at_ = std::min(check_at_, deadline);
        continue;
      }
      request.arrived = kGone;
      outcome(deadline, kTimedOut);
    }
  }

  /// Calls act(arrived).
  template <class Act>
  void for_each_without_outcome(Act act) const {
    for (std::size_t i = 0; i < queue_.size(); ++i) act(queue_[i].arrived);
    for (std::size_t i = 0; i < cpu_.size(); ++i)
      if (cpu_[i].arrived != kGone) act(cpu_[i].arrived);
  }

  /// Nothing happens here, and nobody times out, before this moment.
  std::int64_t next_event() const { return std::min({cpu_.next_end(), next_free_slot(), check_at_}); }

  /// A check that comes now may wait for a slot, or for its share of the CPU for too long. A cheap look.
  bool is_slow(std::int64_t now) {
    if (spec_->check_timeout == INT64_MAX) return false;
    if (!has_free_slot(now)) return true;
    return static_cast<double>(spec_->check_work) * cpu_.stretch() > static_cast<double>(spec_->check_timeout);
  }
  /// Works off a copy of what is here until the check has its answer, or not in time.
  bool answers_check(std::int64_t now, std::int64_t within) const {
    bool answered = false;
    const auto look = [&](std::int64_t time, std::int64_t latency) {
      answered = answered || (latency < kTimedOut && time <= now + within);
    };
    WorkingTarget copy = *this;
    copy.advance(now, look);
    if (copy.has_free_slot(now)) {
      copy.start(now, kCheck, spec_->check_work);
    } else {
      copy.leave_queue(now, look);
      if (copy.queue_.size() >= static_cast<std::size_t>(spec_->queue_limit)) return false;
      copy.queue_.push_back({kCheck, spec_->check_work});
    }
    copy.advance(now + within, look);
    return answered;
  }

  // As of its CPU.
  void set_core_time(double per_work) { cpu_.set_core_time(per_work); }
  void set_allotment(Cpu allotment, std::int64_t t) { cpu_.set_allotment(allotment, t); }
  bool take_unfelt(Cpu allotment) { return cpu_.take_unfelt(allotment); }
  std::int64_t cpu_used(std::int64_t t) const { return cpu_.used(t); }
  std::int64_t wanted() const { return cpu_.wanted(); }
  std::int64_t cpu_arrived() const { return cpu_.own_time(cpu_arrived_); }

 private:
  static constexpr std::int64_t kGone = -1;  // the client has given up: work without an outcome

  static constexpr std::int64_t kCheck = INT64_MAX / 2;  // in place of its arrival: a check, which no time-out ends

  struct OnCpu {
    std::int64_t arrived = 0;
    std::int64_t waiting = 0;  // what remains after the CPU part
  };
  struct Queued {
    std::int64_t arrived = 0;
    std::int64_t service = 0;
  };

  std::int64_t deadline_of(std::int64_t arrived) const {
    return spec_->timeout > 0 ? arrived + spec_->timeout : INT64_MAX;
  }

  bool has_free_slot(std::int64_t t) {
    if (spec_->concurrency == 0) return true;
    if (!queue_.empty()) return false;
    const auto slots = static_cast<std::size_t>(spec_->concurrency);
    if (cpu_.size() + waiting_.size() < slots) return true;
    waiting_.drop_until(t);
    return cpu_.size() + waiting_.size() < slots;
  }

  /// Ends of waiting parts matter only while somebody queues for the slot.
  std::int64_t next_free_slot() const {
    return queue_.empty() || waiting_.empty() ? INT64_MAX : waiting_.at(waiting_.earliest());
  }

  template <class Outcome>
  void leave_queue(std::int64_t until, Outcome outcome) {
    while (!queue_.empty()) {
      const std::int64_t deadline = deadline_of(queue_.front().arrived);
      if (deadline > until) return;
      queue_.pop_front();
      outcome(deadline, kTimedOut);
    }
  }

  template <class Outcome>
  void leave_cpu(Outcome outcome) {
    const std::int64_t t = cpu_.next_end();
    const OnCpu done = cpu_.take_first();
    const std::int64_t end = t + done.waiting;
    if (done.arrived != kGone) {
      const std::int64_t deadline = deadline_of(done.arrived);
      if (end > deadline) outcome(deadline, kTimedOut);
      else outcome(end, end - done.arrived);
    }
    if (spec_->concurrency == 0) return;
    if (done.waiting > 0) waiting_.add(end);
    else start_next(t, outcome);
  }

  template <class Outcome>
  void end_waiting(std::int64_t t, Outcome outcome) {
    waiting_.remove_earliest(waiting_.earliest());
    start_next(t, outcome);
  }

  /// A slot has become free at `t`.
  template <class Outcome>
  void start_next(std::int64_t t, Outcome outcome) {
    leave_queue(t, outcome);
    if (queue_.empty()) return;
    const Queued next = queue_.front();
    queue_.pop_front();
    start(t, next.arrived, next.service);
  }

  void start(std::int64_t t, std::int64_t arrived, std::int64_t service) {
    const std::int64_t work = std::min(service, spec_->cpu_per_request);
    cpu_.put({arrived, service - work}, work, t);
  }

  const LaneSpec* spec_;
  SharedCpu<OnCpu> cpu_;
  std::int64_t check_at_ = INT64_MAX;  // no time-out of a request here comes before
  std::int64_t cpu_arrived_ = 0;       // for the reference core
  SlotEnds waiting_;                   // slots held by waiting parts; some may have ended while nobody queued
  Ring<Queued> queue_;
};

}  // namespace berth
