// A target whose requests do CPU work: exact processor sharing of its allotment, then the waiting part of each request.
//
// V is the work one request has been given since V was last zero: it grows by min(1 core, allotment / n) while n share
// the CPU. A request that comes with work w leaves the CPU when V has grown by w; so the order of leaving is the order
// of V-deadlines, and neither an arrival nor a new allotment has to touch the others.
// A slot is held from the start of the CPU part to the end of the waiting part.
// A request that times out in the queue never uses CPU; one that times out in service is finished all the same, as
// servers do not notice that the client has gone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/demand/lane.hpp"
#include "sim/demand/ring.hpp"
#include "sim/demand/slot_ends.hpp"
#include "sim/demand/waiting_target.hpp"

namespace berth {

class WorkingTarget {
 public:
  static constexpr bool kWorksLater = true;

  WorkingTarget(const LaneSpec& spec, Cpu allotment, std::int64_t now);

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
      if (std::min(cpu_end_, slot_free) > until) return;
      if (cpu_end_ <= slot_free) leave_cpu(outcome);
      else end_waiting(slot_free, outcome);
    }
  }

  /// Reports the time-outs at or before `until` of requests still here. Changes nothing for the others.
  template <class Outcome>
  void expire(std::int64_t until, Outcome outcome) {
    if (check_at_ > until) return;
    leave_queue(until, outcome);
    check_at_ = queue_.empty() ? INT64_MAX : deadline_of(queue_.front().arrived);
    for (std::size_t i = 0; i < on_cpu_.size(); ++i) {
      OnCpu& request = on_cpu_[i];
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
    for (std::size_t i = 0; i < on_cpu_.size(); ++i)
      if (on_cpu_[i].arrived != kGone) act(on_cpu_[i].arrived);
  }

  /// Nothing happens here, and nobody times out, before this moment.
  std::int64_t next_event() const { return std::min({cpu_end_, next_free_slot(), check_at_}); }

  void set_allotment(Cpu allotment, std::int64_t t);
  /// Takes an allotment that leaves everything as it is, because those here have all they want of both; else false.
  bool take_unfelt(Cpu allotment);
  /// Nanoseconds of one core up to `t`; nothing happens between the last event and `t`.
  std::int64_t cpu_used(std::int64_t t) const;
  std::int64_t cpu_arrived() const { return cpu_arrived_; }
  /// Grains: a core for each request that is at work.
  std::int64_t wanted() const { return static_cast<std::int64_t>(on_cpu_.size()) * kVcpu.count(); }

 private:
  static constexpr std::int64_t kGone = -1;  // the client has given up: work without an outcome

  struct OnCpu {
    double leaves_at_v = 0;
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
    if (on_cpu_.size() + waiting_.size() < slots) return true;
    waiting_.drop_until(t);
    return on_cpu_.size() + waiting_.size() < slots;
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
    const std::int64_t t = cpu_end_;
    work_until(t);
    const OnCpu done = on_cpu_.front();
    on_cpu_.pop_front();
    set_rate();
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
    work_until(t);
    if (on_cpu_.empty()) v_ = 0;  // keeps V small, so that it stays exact to far below a nanosecond
    const std::int64_t work = std::min(service, spec_->cpu_per_request);
    on_cpu_.insert_sorted({v_ + static_cast<double>(work), arrived, service - work},
                          [](const OnCpu& a, const OnCpu& b) { return a.leaves_at_v < b.leaves_at_v; });
    set_rate();
  }

  void work_until(std::int64_t t) {
    const std::int64_t passed = t - worked_until_;
    v_ += static_cast<double>(passed) * v_rate_;
    used_ += static_cast<__int128>(passed) * grains_in_use_;
    worked_until_ = t;
  }

  /// After every change of who is on the CPU or of the allotment, at worked_until_.
  void set_rate() {
    const std::int64_t wanted = this->wanted();
    grains_in_use_ = std::min(wanted, allotment_);
    cpu_end_ = INT64_MAX;
    v_rate_ = 0;
    if (grains_in_use_ == 0) return;
    const double left = on_cpu_.front().leaves_at_v - v_;
    if (wanted <= allotment_) {
      v_rate_ = 1;
      cpu_end_ = worked_until_ + whole_nanoseconds(left);
    } else {
      v_rate_ = static_cast<double>(allotment_) / static_cast<double>(wanted);
      cpu_end_ = worked_until_ + whole_nanoseconds(left * static_cast<double>(wanted) * per_allotment_);
    }
  }

  /// Rounded up, so that nobody leaves before the work is done; centuries are cut off.
  static std::int64_t whole_nanoseconds(double t) {
    constexpr double kLongest = 4e18;
    if (t <= 0) return 0;
    if (t >= kLongest) return static_cast<std::int64_t>(kLongest);
    const auto down = static_cast<std::int64_t>(t);
    return down + (static_cast<double>(down) < t ? 1 : 0);
  }

  const LaneSpec* spec_;
  std::int64_t allotment_ = 0;  // grains
  double per_allotment_ = 0;    // 1 / allotment_
  double v_ = 0;
  double v_rate_ = 0;
  std::int64_t worked_until_ = 0;
  std::int64_t cpu_end_ = INT64_MAX;  // when the first leaves the CPU
  std::int64_t grains_in_use_ = 0;
  std::int64_t check_at_ = INT64_MAX;  // no time-out of a request here comes before
  std::int64_t cpu_arrived_ = 0;
  __int128 used_ = 0;   // grain-nanoseconds
  Ring<OnCpu> on_cpu_;  // in order of leaving
  SlotEnds waiting_;    // slots held by waiting parts; some may have ended while nobody queued
  Ring<Queued> queue_;
};

}  // namespace berth
