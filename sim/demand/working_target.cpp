#include "sim/demand/working_target.hpp"

namespace berth {

WorkingTarget::WorkingTarget(const LaneSpec& spec, Cpu allotment, std::int64_t now)
    : spec_(&spec), worked_until_(now), waiting_(spec.concurrency) {
  set_allotment(allotment, now);
}

void WorkingTarget::set_allotment(Cpu allotment, std::int64_t t) {
  if (allotment.count() == allotment_) return;
  work_until(t);
  allotment_ = allotment.count();
  per_allotment_ = allotment_ > 0 ? 1.0 / static_cast<double>(allotment_) : 0;
  set_rate();
}

bool WorkingTarget::take_unfelt(Cpu allotment) {
  if (allotment.count() == allotment_) return true;
  if (allotment.count() <= 0 || wanted() > std::min(allotment_, allotment.count())) return false;
  allotment_ = allotment.count();
  per_allotment_ = 1.0 / static_cast<double>(allotment_);
  return true;
}

bool WorkingTarget::is_slow(std::int64_t now) {
  if (spec_->check_timeout == INT64_MAX) return false;
  if (!queue_.empty()) return true;
  if (spec_->concurrency > 0) {
    waiting_.drop_until(now);
    if (on_cpu_.size() + waiting_.size() >= static_cast<std::size_t>(spec_->concurrency)) return true;
  }
  const double sharers = static_cast<double>(on_cpu_.size() + 1) * static_cast<double>(kVcpu.count());
  const double stretch = std::max(1.0, sharers * per_allotment_);
  return static_cast<double>(spec_->check_work) * core_time_ * stretch > static_cast<double>(spec_->check_timeout);
}

bool WorkingTarget::answers_check(std::int64_t now, std::int64_t within) const {
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

std::int64_t WorkingTarget::cpu_used(std::int64_t t) const {
  const __int128 used = used_ + static_cast<__int128>(t - worked_until_) * grains_in_use_;
  if (used <= INT64_MAX) return static_cast<std::int64_t>(used) / kVcpu.count();  // the short division is the quick one
  return static_cast<std::int64_t>(used / kVcpu.count());
}

std::int64_t WorkingTarget::cpu_arrived() const {
  if (core_time_ == 1) return cpu_arrived_;
  return static_cast<std::int64_t>(static_cast<double>(cpu_arrived_) * core_time_);
}

}  // namespace berth
