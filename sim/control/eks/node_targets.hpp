// Nodes as the targets of load balancers: who registers them, what their checks find, and when they are gone.
//
// Two controllers do it, each by rules of its own: the AWS Load Balancer Controller for ALBs and NLBs, the cloud
// controller manager for Classic Load Balancers. Whom kube-proxy sends requests to is the lanes' part.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/control/hands.hpp"
#include "sim/lifecycle/health.hpp"

namespace berth {

/// Whether the controller of that kind of load balancer wants the node as a target; it knows what its cluster has seen.
bool is_wanted_as_target(const World& world, const NodeRow& node, LoadBalancerKind kind);

class NodeTargets {
 public:
  explicit NodeTargets(Hands hands);

  /// Nodes that are there when the run begins have long been registered.
  void begin();
  /// Nodes come, go and die, pods become ready on them and cease to be.
  void hear(const Fact& fact, Time at);
  /// How a node stands as a target of the service; none: not at all.
  std::optional<NodeTargetState> state(ServiceId service, NodeId node) const;
  void on(const NodeTargetsDue& e);
  void on(const NodeTargetDue& e);

 private:
  struct Row {
    NodeTargetState state = NodeTargetState::gone;
    bool answers = false;    ///< its checks, as far as they have looked
    bool dead = false;       ///< nobody answers any more, not even to refuse
    std::uint32_t turn = 0;  ///< of its next step
    Ticks checks{Time{}, Duration{1}};
  };
  /// The target group of one service.
  struct Group {
    ServiceId service;
    ClusterId cluster;
    LoadBalancerKind kind;
    bool local = false;
    Duration interval{0}, timeout{0};
    std::int64_t first_successes = 1, healthy_threshold = 1, unhealthy_threshold = 1;
    std::map<NodeId, Row> rows{};
    std::set<NodeId> refused{};  ///< for the quotas, until another target is gone
  };
  struct Changed {
    std::vector<NodeId> nodes;
    bool due = false;
  };
  Group group_of(ServiceId service) const;
  bool is_full(const Group& group) const;
  void erase(Group& group, std::map<NodeId, Row>::iterator row);
  void changed(NodeId node);
  void endpoint_changed(TargetId target);
  void look_at(Group& group, NodeId node);
  void add(Group& group, NodeId node);
  void deregister(Group& group, NodeId node, Row& row);
  void check(Group& group, NodeId node, Row& row);
  void plan(const Group& group, NodeId node, Row& row);
  void then(const Group& group, NodeId node, Row& row, Duration delay);
  void move(const Group& group, NodeId node, Row& row, NodeTargetState to);
  void kill(NodeId node);
  void forget(NodeId node);
  bool answers(const Group& group, NodeId node, const Row& row) const;
  Ticks checks_from(const Group& group, NodeId node, Time begin) const;
  Draws draws(const Group& group, NodeId node) const;

  Hands hands_;
  std::vector<Group> groups_;
  std::vector<Changed> changed_;         // by ClusterId
  std::vector<std::size_t> registered_;  // by LoadBalancerId: targets of all its groups
  std::uint32_t turns_ = 0;              // each step has its own
};

}  // namespace berth
