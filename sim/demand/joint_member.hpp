// One member of a joint lane, as a lane of its own.
#pragma once

#include <vector>

#include "sim/demand/joint_lane.hpp"

namespace berth {

/// One of those who share a joint lane: whoever advances one advances all.
class JointMember {
 public:
  JointMember(JointLane& joint, std::uint32_t member) : joint_(&joint), member_(member) {}

  void advance_to(std::int64_t end) { joint_->advance_to(end); }
  std::int64_t now() const { return joint_->now(); }
  std::int64_t quiet_until() const { return joint_->quiet_until(); }
  void mark(std::int64_t t) { joint_->mark(member_, t); }
  void take_use(std::vector<UseSinceMark>& into) { joint_->take_use(member_, into); }
  bool is_stirred() const { return joint_->is_stirred(member_); }
  void borrow_from(const std::vector<Cpu>& allotments) { joint_->borrow_from(member_, allotments); }
  void add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place, TargetSite site) {
    joint_->add_target(member_, id, allotment, slow_start, place, site.zone);
  }
  void set_health(TargetId id, bool healthy) { joint_->set_health(member_, id, healthy); }
  void drain_target(TargetId id) { joint_->drain_target(member_, id); }
  void end_target(TargetId id) { drain_target(id); }
  void resume_target(TargetId id) { joint_->resume_target(member_, id); }
  void remove_target(TargetId id) { joint_->remove_target(member_, id); }
  void lose_target(TargetId id) { joint_->lose_target(member_, id); }
  void set_allotment(TargetId id, Cpu allotment) { joint_->set_allotment(member_, id, allotment); }
  void set_core_time(TargetId id, double per_work) { joint_->set_core_time(member_, id, per_work); }
  bool answers_check(TargetId id, std::int64_t within) const { return joint_->answers_check(member_, id, within); }
  bool has_target(TargetId id) const { return joint_->has_target(member_, id); }
  TargetTotals target_totals(TargetId id) const { return joint_->target_totals(member_, id); }
  const LaneTotals& totals() const { return joint_->totals(member_); }
  const LaneTotals& client_totals() const { return joint_->client_totals(member_); }
  void take_latencies(LatencyHistogram& into) { joint_->take_latencies(member_, into); }
  bool is_called() const { return joint_->is_called(member_); }
  void take_client_latencies(LatencyHistogram& into) { joint_->take_client_latencies(member_, into); }
  void check() const { joint_->check(member_); }

 private:
  JointLane* joint_;
  std::uint32_t member_;
};

}  // namespace berth
