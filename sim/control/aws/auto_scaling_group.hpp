// Auto Scaling groups: as many instances as desired, between their bounds, in balanced zones, of the types and the
// purchase options that they ask for, as fast as EC2 lets them have them; their warm pools filled.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/control/aws/ec2_launches.hpp"
#include "sim/control/hands.hpp"
#include "sim/control/limiter.hpp"

namespace berth {

/// Nodes that count towards the group's desired capacity: not of the warm pool, and not yet asked to go.
std::vector<NodeId> nodes_in_service(const World& world, PoolId pool);

/// Karpenter's nodes are in no group.
bool is_group(const World& world, PoolId pool);

/// Managed termination protection: an instance with a task that is no daemon's does not go (ECS developer guide).
bool is_protected(const World& world, NodeId node);

class AutoScalingGroups {
 public:
  /// What is bought next.
  struct Purchase {
    std::uint16_t type;  ///< index in the catalog
    bool spot;
  };

  /// What a group is without the instances that EKS adds while it updates it.
  struct Own {
    std::int64_t max, desired;
  };

  explicit AutoScalingGroups(Hands hands);
  /// Actions of the clock and of people.
  void begin();

  /// Sets the desired capacity, within the bounds; what is missing comes out of the warm pool as far as it is
  /// prepared, the rest is launched: the type that its allocation prefers and EC2 has, in the zone with fewest.
  void grow(PoolId pool, std::int64_t desired);
  /// Lowers it, and releases that many of `candidates` by the group's termination policy.
  void shrink(PoolId pool, std::int64_t desired, const std::vector<NodeId>& candidates, StopReason why);
  /// Either; all instances that are not protected may go.
  void set_desired(PoolId pool, std::int64_t desired);
  /// What the account may launch: Karpenter asks the same.
  Ec2Launches& launches() { return launches_; }
  /// Empty but during an update of the group; the actions of the clock and of people set it too.
  std::optional<Own>& own(PoolId pool) { return groups_[index(pool)].own; }
  /// Of the candidates the one that its termination policy would end first.
  std::optional<NodeId> first_to_go(PoolId pool, const std::vector<NodeId>& candidates) const;
  /// What a group of `total` instances buys first, were it to grow to that now.
  Purchase next_purchase(PoolId pool, std::int64_t total) const;
  /// When its last instance was launched or ended.
  std::optional<Time> last_activity(PoolId pool) const { return groups_[index(pool)].last_activity; }

  /// Instances that the group misses, by what holds their launch back.
  std::vector<HeldBesides> held_launches(PoolId pool) const;

  /// Something has changed: what is missing is launched, what was drained is ended, zones are balanced.
  void on(const GroupDue& e);
  void on(const InstanceMissed& e);
  void on(const GroupActionDue& e);
  void on(const InstanceRefreshDue& e);
  void hear(const Fact& fact, Time at);

 private:
  struct Choice {
    std::uint16_t type;
    ZoneId zone;
    bool spot;
  };
  struct Drained {
    NodeId node;
    StopReason why;
    Time until;
  };
  /// Lost, and the group does not know it yet.
  struct Lost {
    NodeId node;
    ZoneId zone;
    bool forgotten = false;  ///< its row is gone: it is counted here
  };
  struct Group {
    std::array<std::vector<std::uint16_t>, 2> order;  ///< of its types: on demand, spot
    std::array<std::int64_t, kLimits> held{};         ///< instances that are missing, by what holds them back
    Time retry = Time::min();                         ///< when it looks again
    std::vector<Drained> draining;
    std::vector<Lost> lost;
    std::vector<NodeId> ahead;       ///< launched to balance the zones, before another ends
    std::vector<NodeId> to_refresh;  ///< old instances that an instance refresh has still to replace
    std::optional<Time> last_activity;
    std::optional<Own> own;
  };

  void keep(PoolId pool);
  void launch_missing(PoolId pool);
  void fill_warm_pool(PoolId pool);
  bool launch(PoolId pool, const std::vector<ZoneId>& zones, bool warm, Limit& why);
  std::optional<Choice> choose(PoolId pool, const std::vector<ZoneId>& zones, bool warm, Limit& why) const;
  std::vector<bool> options_wanted(PoolId pool, std::int64_t total) const;
  std::vector<std::int64_t> by_zone(PoolId pool) const;
  std::vector<ZoneId> emptiest_first(PoolId pool) const;
  std::int64_t counted(PoolId pool) const;
  std::int64_t on_its_way_ahead(PoolId pool) const;
  bool is_on_its_way(NodeId node) const;
  void hold(PoolId pool, std::optional<Limit> limit, std::int64_t count);
  void look_again(PoolId pool, Time at);
  std::vector<NodeId> by_policy(PoolId pool, std::int64_t count, const std::vector<NodeId>& candidates) const;
  void end_some(PoolId pool, std::int64_t count, const std::vector<NodeId>& candidates, StopReason why);
  void release(NodeId node, StopReason why);
  void end_drained(PoolId pool);
  void balance_zones(PoolId pool);
  void end_balancing(PoolId pool);
  void refresh(PoolId pool);
  std::vector<NodeId> removable(PoolId pool, std::optional<ZoneId> zone) const;

  Hands hands_;
  Ec2Launches launches_;
  Duration retry_, unhealthy_after_, draining_timeout_;
  double over_maximum_pct_;
  std::vector<Group> groups_;  // by pool
};

}  // namespace berth
