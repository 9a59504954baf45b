// Which lanes a run has: one for each service alone, a joint one for those that calls join; and who slows them down.
#include <algorithm>
#include <utility>

#include "sim/base/check.hpp"
#include "sim/demand/answer_times.hpp"
#include "sim/demand/call_graph.hpp"
#include "sim/demand/joint_lane.hpp"
#include "sim/demand/lanes.hpp"

namespace berth {
namespace {

/// Services by their ids, then externals.
struct CallNames {
  std::vector<std::string> all;
  explicit CallNames(const RunSpec& run) {
    for (const WorkloadSpec& workload : run.workloads) all.push_back(workload.demand ? workload.name : "");
    for (const ExternalSpec& external : run.externals) all.push_back(external.name);
  }
  std::size_t of(const std::string& name) const {
    const auto found = std::find(all.begin(), all.end(), name);
    SIM_CHECK_SAY(found != all.end(), name);
    return static_cast<std::size_t>(found - all.begin());
  }
};

std::vector<CallEdge> edges_of(const RunSpec& run, const CallNames& names) {
  std::vector<CallEdge> edges;
  for (std::size_t s = 0; s < run.workloads.size(); ++s)
    for (const CallSpec& call : run.workloads[s].calls) edges.push_back({s, names.of(call.to)});
  return edges;
}

/// Past a load balancer the callee's Service decides; through an NLB its routing of clients does, where each zone has
/// targets of its own.
bool is_near(const RunSpec& run, const CallSpec& call) {
  const auto callee = std::find_if(run.workloads.begin(), run.workloads.end(),
                                   [&](const WorkloadSpec& w) { return w.demand && w.name == call.to; });
  if (callee == run.workloads.end()) return false;
  if (call.direct || callee->load_balancer.empty()) return callee->eks.own_zone_first;
  const auto balancer = std::find_if(run.load_balancers.begin(), run.load_balancers.end(),
                                     [&](const LoadBalancerSpec& b) { return b.name == callee->load_balancer; });
  return balancer != run.load_balancers.end() && balancer->own_zone_first && !balancer->cross_zone;
}

LaneCall lane_call(const CallSpec& spec, std::uint32_t callee) {
  constexpr double kAll = 18446744073709551616.0;  // 2⁶⁴
  LaneCall call;
  call.callee = callee;
  call.count = static_cast<std::uint32_t>(spec.count);
  if (spec.probability < 1) call.at_most = static_cast<std::uint64_t>(spec.probability * kAll);
  call.after = spec.after;
  call.timeout = spec.timeout.count() * 1000;
  call.retries = spec.retries;
  call.async = spec.async;
  call.optional = spec.optional;
  return call;
}

}  // namespace

void Lanes::make_lanes(std::vector<std::optional<LaneMember>> members,
                       const std::vector<std::shared_ptr<const LoadSeries>>& flows) {
  const RunSpec& run = world_.spec();
  const std::size_t services = members.size();
  SIM_CHECK(services == run.workloads.size());
  const CallNames names(run);
  const std::vector<CallEdge> edges = edges_of(run, names);
  const std::vector<std::size_t> sets = joined_by_calls(names.all.size(), edges);
  const std::vector<std::size_t> order = callers_first(names.all.size(), edges);
  const auto times = answer_times(run);
  externals_.resize(run.externals.size());
  seats_.resize(services);
  mates_.resize(services);
  call_times_.resize(services);
  for (std::size_t s = 0; s < services; ++s) {
    if (!members[s]) continue;
    if (!run.workloads[s].calls.empty())
      call_times_[s] = times.at(names.all[s]) * 1e9 - members[s]->spec.service_time.mean();
    std::vector<std::size_t> joined;
    for (const std::size_t other : order)
      if (sets[other] == sets[s]) joined.push_back(other);
    if (joined.size() > 1 || is_slowed_down(run.faults, names.all[s])) {
      if (seats_[s].joint == nullptr) make_joint_lane(members, joined);
      lanes_[s] = std::make_unique<RequestLane>(*seats_[s].joint, seats_[s].member);
      for (const std::size_t other : joined)
        if (other < services) mates_[s].push_back(ServiceId{static_cast<std::uint32_t>(other)});
    } else {
      if (run.workloads[s].demand->trace.empty()) continue;  // nobody asks it for anything
      LaneMember& alone = *members[s];
      lanes_[s] = std::make_unique<RequestLane>(
          flows[s] != nullptr ? RequestLane::fluid(std::move(alone.spec), flows[s])
                              : RequestLane(std::move(alone.spec), run.seed, std::move(alone.arrivals)));
      mates_[s].push_back(ServiceId{static_cast<std::uint32_t>(s)});
    }
    lanes_[s]->borrow_from(allotments_);
    quiet_until_[s] = 0;
  }
}

void Lanes::make_joint_lane(std::vector<std::optional<LaneMember>>& members, const std::vector<std::size_t>& joined) {
  const RunSpec& run = world_.spec();
  const CallNames names(run);
  std::vector<std::uint32_t> member_of(names.all.size());
  for (std::size_t i = 0; i < joined.size(); ++i) member_of[joined[i]] = static_cast<std::uint32_t>(i);
  std::vector<LaneMember> all;
  for (const std::size_t name : joined) {
    if (name >= members.size()) {
      all.push_back(external_member(run.externals[name - members.size()]));
      continue;
    }
    all.push_back(*members[name]);
    for (const CallSpec& call : run.workloads[name].calls) {
      all.back().calls.push_back(lane_call(call, member_of[names.of(call.to)]));
      all.back().calls.back().own_zone_first = is_near(run, call);
    }
  }
  joint_lanes_.push_back(std::make_unique<JointLane>(std::move(all), run.seed));
  for (const std::size_t name : joined) {
    const Seat seat{joint_lanes_.back().get(), member_of[name]};
    if (name < members.size()) seats_[name] = seat;
    else externals_[name - members.size()] = std::make_unique<RequestLane>(*seat.joint, seat.member);
  }
}

LaneMember Lanes::external_member(const ExternalSpec& external) const {
  LaneMember member;
  member.external = true;
  member.spec.service = external.name;
  member.spec.service_time = external.service_time.in_nanoseconds();
  member.spec.concurrency = external.connections;
  member.spec.queue_limit = external.queue_limit;
  member.error_rate = external.error_rate;
  return member;
}

/// A slow-down of its target has begun or ended: what is under way counts together.
void Lanes::set_pace(const FaultSpec& fault, Time at) {
  double factor = 1, good = 1;
  for (const std::uint32_t f : slow_downs_) {
    const FaultSpec& spec = world_.spec().faults[f];
    if (spec.service != fault.service) continue;
    factor *= spec.factor;
    good *= 1 - spec.error_rate;
  }
  for (std::uint32_t s = 0; s < lanes_.size(); ++s) {
    JointLane* const joint = seats_[s].joint;
    if (joint == nullptr) continue;
    const std::optional<std::uint32_t> member = joint->member_named(fault.service);
    if (!member) continue;
    catch_up(ServiceId{s});
    lanes_[s]->advance_to(at);
    joint->set_pace(*member, factor, 1 - good);
    return watch(ServiceId{s});
  }
}

std::vector<Lanes::CallFlow> Lanes::call_flows(ServiceId caller) const {
  std::vector<CallFlow> flows;
  const auto [joint, member] = seats_[index(caller)];
  const std::size_t calls = world_.spec().workloads[index(caller)].calls.size();
  const std::size_t zones = joint == nullptr ? 0 : joint->zones_of_traffic();
  for (std::size_t call = 0; call < calls; ++call)
    for (std::size_t from = 0; from < zones; ++from)
      for (std::size_t to = 0; to < zones; ++to) {
        const CallTraffic::Count count = joint->traffic(member, call, from, to);
        if (count.sent > 0) flows.push_back({call, static_cast<ZoneId>(from), static_cast<ZoneId>(to), count});
      }
  return flows;
}

std::vector<Lanes::PathPart> Lanes::take_paths(ServiceId entry) {
  std::vector<PathPart> parts;
  const Seat seat = seats_[index(entry)];
  if (seat.joint == nullptr) return parts;
  std::vector<PathShare> shares;
  seat.joint->take_paths(seat.member, shares);
  for (std::uint32_t member = seat.member; member < shares.size(); ++member)
    if (shares[member].visits > 0 && shares.size() > 1)
      parts.push_back({seat.joint->spec(member).service, shares[member]});
  return parts;
}

}  // namespace berth
