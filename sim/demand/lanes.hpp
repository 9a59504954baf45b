// All request lanes of a run beside the world: they hear of targets, settle shared CPU, and say what was used.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/demand/call_traffic.hpp"
#include "sim/demand/cpu_credits.hpp"
#include "sim/demand/critical_paths.hpp"
#include "sim/demand/lane.hpp"
#include "sim/lifecycle/slow_checks.hpp"
#include "sim/world/events.hpp"
#include "sim/world/world.hpp"

namespace berth {

using Traces = std::map<std::string, std::shared_ptr<const LoadSeries>>;

class JointLane;
struct LaneMember;

/// The shortest time-out of what looks at the replicas of a service; empty: nobody does.
std::optional<Duration> shortest_check(const WorkloadSpec& workload, bool eks, const Catalog& catalog);

/// An event for a replica, now: of what demand found when it settled a slice.
struct Consequence {
  ReplicaId replica;
  Event event;
};

class Lanes final : public FactSink, public Answers {
 public:
  /// Every service with a demand gets a lane; its trace must be in `traces`.
  Lanes(World& world, const Traces& traces);
  ~Lanes() override;

  /// Targets come and go: their lane first advances to that moment.
  void hear(const Fact& fact, Time at) override;
  /// A slice ends: lanes to which something happened advance to `t`, and the shares of the next slice are settled
  /// where they change. What the others worked off is booked when somebody asks.
  void end_slice(Time t);
  /// The same for all lanes: before anyone reads them, or what replicas, services and pools used.
  void settle(Time t);
  /// How long a slice may be: 1 s while replicas share nodes whose CPU can run short, or where memory is at stake, else
  /// the metric period.
  Duration slice() const { return slice_; }
  /// Another length, to see what it matters.
  void set_slice(Duration slice) { slice_ = slice; }

  /// The full sweep of what holds in every lane.
  void check_everything() const;

  bool has(ServiceId service) const;
  RequestLane& lane(ServiceId service);
  const RequestLane& lane(ServiceId service) const;

  /// Externals that somebody calls, as lanes of their own, in the order of the scenario.
  const std::vector<std::unique_ptr<RequestLane>>& externals() const { return externals_; }
  /// On the critical paths of the requests that came to a service from outside since they were taken last.
  struct PathPart {
    std::string service;  ///< or external
    PathShare share;
  };
  /// Callers first, the service itself at the front; empty where no services call each other.
  std::vector<PathPart> take_paths(ServiceId entry);

  /// One call of a service, by its number there, from zone to zone; sums since the start. Of an external the zone says
  /// nothing.
  struct CallFlow {
    std::size_t call = 0;
    ZoneId from{}, to{};
    CallTraffic::Count count;
  };
  std::vector<CallFlow> call_flows(ServiceId caller) const;
  /// Up to the last settle(): requests that the service's replicas in that zone answered since the start.
  std::int64_t answered(ServiceId service, ZoneId zone) const;

  // Up to the last settle(), nanoseconds of one core since the start. A job uses its whole request while it runs;
  // a container without demand uses nothing that berth knows of.
  std::int64_t cpu_used(ServiceId service) const;
  std::int64_t cpu_demanded(ServiceId service) const;
  std::int64_t cpu_used(PoolId pool) const;
  std::int64_t cpu_used(ReplicaId replica) const;
  /// What the service's healthy replicas can serve per second: allotment ÷ cpu_per_request, or concurrency ÷ service
  /// time where that is less; 0 without demand of requests.
  double capacity_rps(ServiceId service) const;

  /// What requests take of the memory of their containers, in byte-seconds since the start.
  double request_memory(ServiceId service) const { return memory_by_service_[index(service)]; }
  double request_memory(PoolId pool) const { return memory_by_pool_[index(pool)]; }
  /// Of burstable instances.
  const CpuCredits& credits() const { return credits_; }
  bool requests_take_memory() const { return !in_memory_.empty(); }
  /// Replicas whose checks may be answered late, in no order that matters; nobody else's.
  const std::vector<ReplicaId>& slow_replicas();
  /// Now, which is the end of a slice.
  bool in_time(ReplicaId replica, Duration timeout) override;
  /// What the last slices have brought about in lives, in order; the caller sees to it.
  std::vector<Consequence> take_consequences() { return std::exchange(consequences_, {}); }

 private:
  static constexpr std::uint32_t kAlone = ~0u;
  /// A target in its lane, or a container that starts, and how it stands with its neighbours. CPU in grains, work in
  /// nanoseconds of one core.
  struct Serving {
    TargetId target;
    ReplicaId replica;
    ServiceId service;
    std::uint32_t neighbours = kAlone;
    PoolId pool;
    std::int64_t request = 0, limit = 0;
    std::int64_t node_cpu = 0;            // that it shares; 0: nobody else uses any of it
    std::int64_t used = 0, demanded = 0;  // booked so far
    std::int64_t answered = 0;            // likewise, requests
    std::int64_t rate = 0;                // of use in the last slice
    std::int64_t wanted = 0;              // would be its rate from now on, if it had as much
    Time told = Time::min();              // when its lane told of it last
    std::int64_t share = 0;               // what its request gives it when all contend
    std::int64_t claim = 0;               // what it would use now, if it could
    std::int64_t due = 0;                 // of that, what it has beside the others
    double core_time = 1;                 // of its core, for what takes the reference core one
    bool starts = false;                  // a container that starts, and no target
    bool slow = false;                    // its checks may be answered late
  };
  /// A container that uses CPU while it starts, by its place in serving_.
  struct Start {
    ContainerIndex container;
    std::uint16_t restarts;
    std::int64_t left;  // nanoseconds of a core
    Time since;         // settled up to here
  };
  /// Of a replica some of whose containers start: they share what it may use with the one that serves.
  struct Starting {
    std::uint32_t serving = kAlone;
    std::vector<std::uint32_t> starts;
  };
  /// Those that share an EC2 node, or a Fargate task whose containers use CPU while they start.
  struct Neighbours {
    NodeId node;
    std::vector<std::uint32_t> serving;
    std::int64_t most = INT64_MAX;  // its CPU credits allow
    std::int64_t free = 0;          // CPU that jobs leave
    bool crowd_changed = true;      // who is here, since their shares were made
    bool changed = false;           // what makes allotments, since they were
  };
  /// A lane as slices see it.
  struct Watch {
    Time marked{};  // rates are told from here on
    std::vector<std::uint32_t> serving;
  };
  struct Counters {
    std::int64_t used = 0, demanded = 0;
  };
  /// `flows`: the loads of those that are fluid if nobody calls them; by ServiceId, else null.
  void make_lanes(std::vector<std::optional<LaneMember>> members,
                  const std::vector<std::shared_ptr<const LoadSeries>>& flows);
  void make_joint_lane(std::vector<std::optional<LaneMember>>& members, const std::vector<std::size_t>& joined);
  LaneMember external_member(const ExternalSpec& external) const;
  void set_pace(const FaultSpec& fault, Time at);
  bool hear_of_nodes(const Fact& fact, Time at);
  void hear_of(const NodeTargetMoved& moved, Time at);
  void lose_node(NodeId node, Time at);
  void add(TargetId target, Time at);
  void avoid(TargetId target, Time at);
  std::uint32_t seat(const Serving& serving, Cpu allotment);
  void remove(TargetId target, Time at);
  void lose(TargetId target, Time at);
  bool take_out(TargetId target, Time at);
  void advance(Time t, bool all);
  void catch_up(ServiceId service);
  void watch(ServiceId service);
  void take_rates(ServiceId service, Duration slice, Time t);
  void settle_rates(Time t);
  void set_rate(std::uint32_t serving, std::int64_t rate);
  std::int64_t steady_rate(std::uint32_t serving) const;
  void book(ServiceId service);
  void book(Serving& serving);
  void book_job(ReplicaId job, Time t);
  bool wants_more(std::uint32_t serving) const;
  std::int64_t claim_of(std::uint32_t serving) const;
  void reconsider(std::uint32_t serving);
  void crowd_changed(std::uint32_t neighbours);
  void changed(std::uint32_t neighbours);
  void join(std::uint32_t serving, NodeId node);
  void leave(std::uint32_t serving);
  void share_nodes(Time t);
  void share_one_node(Neighbours& node, Time t);
  void share_by_requests(Neighbours& node);
  void divide(Neighbours& node);
  void give(std::uint32_t serving, Cpu allotment, Time t);
  std::int64_t jobs_on(NodeId node) const;
  double core_time(ServiceId service, const NodeRow& node) const;
  void settle_credits(Time t);
  void settle_credits(NodeId node, Time t);
  void book_node(NodeId node, Time t);
  void settle_memory(ServiceId service, Duration slice, Time t);
  Cpu first_allotment(const Serving& serving) const;
  void begin_start(ReplicaId replica, ContainerIndex container, Time at);
  void settle_starts(Time t);
  void settle_start(std::uint32_t place, Start& start, Time t);
  void move_start(std::uint32_t place, Cpu allotment, Time t);
  void plan_start(std::uint32_t place, Time t);
  void end_starts(ReplicaId replica, Time t, std::optional<ContainerIndex> only = {});
  void forget_start(std::uint32_t place);
  void share_replica(const Starting& replica);
  void weigh(std::uint32_t place, std::int64_t all);
  const ContainerSpec& container_at(std::uint32_t place) const;
  std::int64_t own_request(std::uint32_t place) const;
  Serving serving_on(ReplicaId replica) const;

  World& world_;
  std::vector<std::unique_ptr<JointLane>> joint_lanes_;
  std::vector<std::unique_ptr<RequestLane>> lanes_;  // by ServiceId; none without demand
  std::vector<std::unique_ptr<RequestLane>> externals_;
  // By ServiceId: all services of the same joint lane, which go ahead together; else the service alone.
  std::vector<std::vector<ServiceId>> mates_;
  struct Seat {
    JointLane* joint = nullptr;  // null: a lane of its own
    std::uint32_t member = 0;
  };
  std::vector<Seat> seats_;                // by ServiceId
  std::vector<std::uint32_t> slow_downs_;  // under way, in faults of the run
  std::vector<double> call_times_;         // by ServiceId: mean nanoseconds that its calls take on idle replicas
  std::vector<Watch> watched_;             // by ServiceId
  // By ServiceId: nanoseconds before which its slices pass over the lane; 0 while some of a slice has been worked off
  // ahead of its end.
  std::vector<std::int64_t> quiet_until_;
  std::vector<Serving> serving_;
  std::vector<Cpu> allotments_;  // of serving_; the lanes look them up here
  std::vector<std::uint32_t> free_serving_;
  std::vector<Neighbours> nodes_;
  std::vector<std::uint32_t> free_nodes_;
  std::map<NodeId, std::uint32_t> node_at_;         // in nodes_
  std::vector<std::uint32_t> claimants_;            // of one node, while it is divided
  std::vector<std::uint32_t> changed_, due_nodes_;  // in nodes_
  std::map<ReplicaId, Time> working_jobs_;          // since when their CPU is not booked yet
  std::map<NodeId, std::vector<ReplicaId>> jobs_at_;
  std::vector<UseSinceMark> use_;                    // of one lane, while it is taken
  std::vector<std::uint32_t> settling_, due_rates_;  // in serving_: steady in the next slice, if nothing happens
  std::vector<Counters> by_service_;
  std::vector<std::int64_t> by_pool_;
  CpuCredits credits_;
  std::vector<ServiceId> in_memory_;  // those whose requests take memory
  std::vector<double> memory_by_service_, memory_by_pool_;
  std::map<std::uint32_t, Start> starts_;   // by place in serving_
  std::map<ReplicaId, Starting> starting_;  // those that have some of starts_
  std::vector<std::uint32_t> slow_;         // in serving_: those that were told to be slow, some may no longer be
  std::vector<ReplicaId> slow_replicas_;
  std::vector<Consequence> consequences_;
  std::vector<std::int64_t> answered_;  // by service and zone
  Duration slice_{0};
  Time settled_{};  // the end of the last slice
};

}  // namespace berth
