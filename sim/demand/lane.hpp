// A request lane: all requests of one service in one tight loop over integer nanoseconds.
//
// Rules (each is held by a test):
//  - draws are keyed by (service, request number, attempt): cutting a window anywhere changes no byte;
//  - a lane owns its copy of the target list; whoever changes it first advances the lane to that moment;
//  - a request is counted when its outcome happens (ok and late at completion, timed out at its deadline,
//    refused at arrival, dropped at the death of its target);
//  - a request that times out in the queue never uses CPU; one that times out in service is counted at its deadline,
//    and the server finishes the work all the same (it does not notice that the client has gone);
//  - a deadline that falls together with the answer is kept; one that falls together with a slot becoming free is not;
//  - the CPU part of the requests in flight shares the target's allotment by processor sharing, a single request
//    never gets more than one core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/quantiles.hpp"
#include "sim/base/quantity.hpp"
#include "sim/base/random.hpp"
#include "sim/base/time.hpp"
#include "sim/demand/arrivals.hpp"
#include "sim/demand/balancer.hpp"
#include "sim/demand/latency_histogram.hpp"
#include "sim/demand/retry_policy.hpp"
#include "sim/world/ids.hpp"

namespace berth {

/// Who a load balancer sends to: its targets, or nodes (node_ports.hpp has the rule).
enum class WayIn : std::uint8_t { targets, any_node, own_node };

/// Where a target is.
struct TargetSite {
  std::uint32_t zone = 0;
  NodeId node = kNone<NodeId>;
};

struct LaneSpec {
  std::string service;
  Quantiles service_time;            ///< nanoseconds on an idle replica, CPU work included
  std::int64_t cpu_per_request = 0;  ///< nanoseconds of the reference core; a shorter service time is all CPU
  std::int64_t concurrency = 1;      ///< requests a target works on at once; 0 = no limit
  std::int64_t queue_limit = 4096;   ///< requests that wait in a target beyond that; then refused
  std::int64_t timeout = 0;          ///< nanoseconds until the client gives up; 0 = never
  std::int64_t slo = 0;              ///< nanoseconds; an answer slower than this is late; 0 = none
  Balancing balancing = Balancing::round_robin;
  bool by_zone = false;                    ///< cross-zone load balancing is off
  std::int64_t slow_start = 0;             ///< nanoseconds in which a new target's share grows; round robin only
  std::int64_t check_work = 0;             ///< nanoseconds of the reference core that a check takes
  std::int64_t check_timeout = INT64_MAX;  ///< nanoseconds; a check that may take longer makes a target slow
  RetrySpec retries;
  WayIn way_in = WayIn::targets;
  std::int64_t hop = 0;             ///< nanoseconds that the way through a node adds to every answer
  bool ending_while_alone = false;  ///< behind nodes: those that end are sent requests while nobody else is there
  bool in_cores = false;            ///< the load is one of busy cores, without requests (cores_loop.hpp)
};

/// Sums since the start of the run, of requests, each counted once; only `retried` counts attempts. `ok` includes
/// `late`.
struct LaneTotals {
  std::int64_t arrived = 0;
  std::int64_t retried = 0;  ///< attempts after the first
  std::int64_t ok = 0;
  std::int64_t late = 0;
  std::int64_t timed_out = 0;
  std::int64_t refused = 0;  ///< no healthy target, or its queue was full
  std::int64_t dropped_by_death = 0;
  std::int64_t failed = 0;  ///< answered with an error: a call that it needs failed, or a fault's

  std::int64_t in_flight() const { return arrived - ok - timed_out - refused - dropped_by_death - failed; }
  std::int64_t attempts() const { return arrived + retried; }
};

/// What one target did since it was added.
struct TargetTotals {
  std::int64_t cpu_used = 0;     ///< nanoseconds of a core that were worked off
  std::int64_t cpu_arrived = 0;  ///< nanoseconds of a core that were asked for by requests sent here
  std::int64_t outstanding = 0;  ///< requests here now, working and waiting, that have no outcome yet
  std::int64_t answered = 0;
};

/// What a target did since its lane was marked.
struct UseSinceMark {
  std::uint32_t place = 0;  ///< the caller's number of it
  std::int64_t used = 0;    ///< nanoseconds of one core
  std::int64_t wanted = 0;  ///< grains that it would use now if it had them
  bool slow = false;        ///< a check that comes now might not be answered in time
};

/// Of a load in busy cores since the start of the run, nanoseconds of one core.
struct CoresTotals {
  std::int64_t asked = 0;
  std::int64_t unserved = 0;  ///< nobody had room for it
};

class JointLane;

class RequestLane {
 public:
  RequestLane(LaneSpec spec, std::uint64_t seed, Arrivals arrivals);
  /// A member of a joint lane, which outlives it: whoever advances one of them advances all.
  RequestLane(JointLane& joint, std::uint32_t member);
  /// Without single requests (fluid_loop.hpp): for rates that no one needs to see one by one; or without any
  /// (cores_loop.hpp).
  static RequestLane fluid(LaneSpec spec, std::shared_ptr<const LoadSeries> load);
  ~RequestLane();
  RequestLane(RequestLane&&) noexcept;
  RequestLane& operator=(RequestLane&&) noexcept;

  const LaneSpec& spec() const;
  /// Its targets feel every allotment, so it must be told of each.
  bool is_fluid() const;

  /// Works through all arrivals and completions before `t` (those at `t` belong to the next window).
  /// Never goes back: t is not before the last one.
  void advance_to(Time t);
  Time now() const;
  /// Up to here nothing changes but time: nanoseconds since the start. Advancing may wait for it.
  std::int64_t quiet_until() const;

  /// Use is told from that moment on, which is not after quiet_until().
  void mark(Time t);
  /// Tells it of targets to which something happened since the mark, and marks now(). The others went on as they did:
  /// what they want, as far as they have it.
  void take_use(std::vector<UseSinceMark>& into);
  /// Whether it would tell of anybody.
  bool is_stirred() const;

  /// Where targets find allotments that they do not feel, by place, when something happens to them: so that it costs
  /// nothing to change those of idle ones. set_allotment() is for the others. The vector outlives the lane.
  void borrow_from(const std::vector<Cpu>& allotments);

  /// Whether a check that comes to the target now is answered within so many nanoseconds: it waits for a slot behind
  /// those that queue and shares the CPU. Exact where slots are limited and nobody comes after it; it burdens nobody.
  bool answers_check(TargetId target, std::int64_t within) const;

  // Each of these advances to `t` first. Targets are tried in order of being added (target_picker.hpp has the rule).
  void add_target(TargetId target, Cpu allotment, Time t, std::uint32_t place = 0, TargetSite site = {});
  /// One that gets its full share from the beginning, whatever the slow start.
  void add_settled_target(TargetId target, Cpu allotment, Time t, std::uint32_t place = 0, TargetSite site = {});
  /// New requests go elsewhere, those here are finished.
  void drain_target(TargetId target, Time t);
  /// The same, but it could still serve.
  void end_target(TargetId target, Time t);
  /// One that drained gets new requests again, as a new one does; one that was unhealthy is well.
  void resume_target(TargetId target, Time t);
  /// What is outstanding here is dropped, the target is forgotten.
  void remove_target(TargetId target, Time t);
  /// It is dead and nobody knows: what is outstanding here is dropped, and so is what it is still sent until it is
  /// removed.
  void lose_target(TargetId target, Time t);
  /// Whether it passes the load balancer's checks: if not, new requests go elsewhere while any other target does.
  void set_health(TargetId target, bool healthy, Time t);
  void set_allotment(TargetId target, Cpu allotment, Time t);

  /// Of one that has just been added: its core takes so long for what takes the reference core one nanosecond.
  void set_core_time(TargetId target, double per_work);

  // Nodes that requests come through; each advances to `t` first.
  void open_node(NodeId node, Time t);
  /// New requests come through others, those that came through it go on.
  void close_node(NodeId node, Time t);
  /// It is closed, and its last connections are broken off.
  void cut_node(NodeId node, Time t);
  /// It dies, and nobody knows: what came through it is lost, and what is sent to it until it is closed.
  void lose_node(NodeId node, Time t);

  bool has_target(TargetId target) const;
  /// Requests that wait or are worked on there, those included whose clients have given up.
  std::int64_t resident(TargetId target) const;
  /// Up to now(). SIM_CHECK when the target is unknown.
  TargetTotals target_totals(TargetId target) const;
  const LaneTotals& totals() const;
  /// Nothing unless the load is one of cores.
  CoresTotals cores_totals() const;
  /// Whether other services call it. If not, all requests are its clients'.
  bool is_called() const;
  const LaneTotals& client_totals() const;
  /// Latencies (nanoseconds) of answered requests since the last take; empties it.
  LatencyHistogram take_latencies();
  void take_latencies(LatencyHistogram& into);  ///< the same, in place of what was there
  /// Of its clients; only where it is called.
  void take_client_latencies(LatencyHistogram& into);
  std::int64_t in_flight() const { return totals().in_flight(); }
  /// That every request is somewhere, once, and that Little's law holds for the lane and each of its targets:
  /// SIM_CHECK.
  void check() const;

 private:
  struct State;
  explicit RequestLane(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace berth
