// Scenes of services that call each other: members by name, each with some targets, in one joint lane.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/demand/scene.hpp"
#include "sim/demand/joint_lane.hpp"

namespace berth::demand_test {

inline LaneMember member_of(const std::string& name, Quantiles service_time, std::int64_t concurrency = 1) {
  LaneMember member;
  member.spec = spec_of(std::move(service_time), concurrency);
  member.spec.service = name;
  return member;
}

inline LaneMember external_of(const std::string& name, Quantiles service_time, std::int64_t connections) {
  LaneMember member = member_of(name, std::move(service_time), connections);
  member.external = true;
  return member;
}

inline LaneCall call_to(std::uint32_t callee, std::uint32_t after = 0) {
  LaneCall call;
  call.callee = callee;
  call.after = after;
  return call;
}

/// So many requests in the first instants of the run, one after another.
inline Arrivals burst(int requests, const std::string& service = "web") {
  return arrivals_of(series_of(Meaning::count, {static_cast<double>(requests)}, 1s), 1, service);
}

inline Arrivals poisson_of(const std::string& service, double per_second, double for_seconds) {
  return arrivals_of(series_of(Meaning::rate, {per_second}, from_seconds(for_seconds)), 1, service);
}

inline std::int64_t at(Duration t) { return t.count() * 1000; }

/// Every member that is no external has `targets` of one core, numbered from 1.
inline JointLane joint_lane(std::vector<LaneMember> members, int targets = 1, Cpu allotment = kVcpu) {
  std::vector<bool> external;
  for (const LaneMember& m : members) external.push_back(m.external);
  JointLane lane(std::move(members), 1);
  for (std::uint32_t m = 0; m < external.size(); ++m)
    for (int i = 1; i <= targets && !external[m]; ++i) lane.add_target(m, TargetId(i), allotment, 0, 0, 0);
  return lane;
}

inline std::int64_t outcomes(const LaneTotals& t) {
  return t.ok + t.timed_out + t.refused + t.dropped_by_death + t.failed;
}

}  // namespace berth::demand_test
