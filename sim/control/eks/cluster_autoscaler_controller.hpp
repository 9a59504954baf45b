// Cluster Autoscaler, one a cluster: every scan, nodes for pods that found none, and an end for nodes that are unneeded
// long enough.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/control/daemons.hpp"
#include "sim/control/eks/node_drains.hpp"
#include "sim/policy/node_scaling/cluster_autoscaler.hpp"
#include "sim/policy/node_scaling/expander.hpp"
#include "sim/policy/node_scaling/group_back_off.hpp"
#include "sim/policy/node_scaling/unneeded_nodes.hpp"

namespace berth {

class ClusterAutoscalerController {
 public:
  ClusterAutoscalerController(Hands hands, Starts& starts, AutoScalingGroups& groups, NodeDrains& drains);
  void begin();
  void on(const ClusterAutoscalerDue& e);
  void on(const UnneededNodeDue& e);
  /// A pod that found no node begins a loop at once, where its version does that.
  void hear(const Fact& fact, Time at);

 private:
  /// Equal pods that wait, for whom neither the nodes that are there nor those on their way have room.
  struct Unplaced {
    const WaitingRoom::Group* group;
    PodGroup pods;
    ReplicaId first;  ///< of them
    Time since, last;
  };
  struct Option {
    PoolId pool;
    NodeEstimate estimate;
    std::vector<std::uint32_t> groups;  ///< indexes of who may go there
    ScaleUpOption sum;
    Time since;
  };
  /// Of whom no scale-up came, and how many groups for which reason.
  struct Vain {
    std::int32_t backed_off = 0, at_maximum = 0, unfit = 0;
    bool operator==(const Vain& v) const {
      return backed_off == v.backed_off && at_maximum == v.at_maximum && unfit == v.unfit;
    }
  };
  /// What a loop that could do nothing for anybody saw: the same again is not looked at.
  struct Quiet {
    std::uint64_t epoch = 0;
    std::size_t waiting = 0;
    ReplicaId last{0};
    Time until = Time::min();
  };
  struct ClusterState {
    std::vector<PoolId> pools;  ///< its groups
    std::vector<Expander> expanders;
    std::vector<ServiceId> expendable;  ///< of so low a priority that their pods count for nothing
    std::vector<ServiceId> budgeted;    ///< whose pods only their disruption budget lets go
    bool frequent = false;              ///< a loop that did something, or a new pod, brings the next one at once
    bool tries_older_nodes = false;     ///< of the estimate, for hostname spread
    Duration system_pods{};             ///< keep their node for so long; 0: for good
    bool healthy = true;
    Time next = Time::min(), ran = Time::min();
    std::uint64_t scale_ups = 0;
    Quiet quiet;
    std::map<std::pair<RevisionId, PoolId>, Vain> told;
    UnneededMemory memory;
    std::uint64_t searched_at = ~std::uint64_t{0};  ///< the placement epoch
    Time search_again = Time::min();
  };
  struct GroupState {
    GroupBackOff back_off;
    bool grows = false;  ///< was asked for nodes that have not all come
  };

  void find_services(ClusterId cluster);
  bool loop(ClusterId cluster);
  void look_at(ClusterId cluster, Time at);
  bool is_healthy(ClusterId cluster);
  void take_off_expendable(const ClusterState& state, Overlay& overlay) const;

  // Scale-up.
  void find_failures(PoolId pool);
  void fail(PoolId pool, std::optional<Limit> limit);
  void give_up_late(PoolId pool);
  bool scale_up(ClusterId cluster, bool& wait);
  std::vector<Unplaced> unplaced(ClusterId cluster, Overlay& coming);
  std::optional<Unplaced> waiting_in(const WaitingRoom::Group& group) const;
  bool are_all_new(const std::vector<Unplaced>& pods) const;
  std::vector<Option> options(ClusterId cluster, const std::vector<Unplaced>& pods, const Overlay& coming,
                              std::vector<Vain>& vain);
  std::optional<Option> option_of(PoolId pool, const std::vector<Unplaced>& pods, const Overlay& coming) const;
  std::vector<PoolId> similar_to(PoolId pool, const std::vector<Unplaced>& pods) const;
  NodeTemplate template_of(PoolId pool, const Offering& offering) const;
  void grow(ClusterId cluster, const Option& chosen, const std::vector<Option>& all);
  void tell_vain(ClusterId cluster, const std::vector<Unplaced>& pods, const std::vector<Option>& all,
                 const std::vector<Vain>& vain);
  bool is_quiet(ClusterId cluster);
  void be_quiet(ClusterId cluster);

  // Scale-down.
  bool scale_down(ClusterId cluster);
  std::vector<Removal> search(ClusterId cluster, const std::vector<GroupNode>& nodes, const AsksOf& asks);
  std::vector<GroupNode> ready_nodes(const ClusterState& state) const;
  Duration shortest_unneeded_time(const ClusterState& state) const;
  RemovalLimits limits_of(const ClusterState& state) const;
  bool is_empty(const ClusterState& state, NodeId node) const;
  bool keeps_node(const ReplicaRow& pod) const;
  std::optional<std::vector<Ask>> asks_of(NodeId node) const;

  Hands hands_;
  Starts& starts_;
  AutoScalingGroups& groups_;
  NodeDrains& drains_;
  Duration scan_, loop_, buffer_, gpu_buffer_, provision_time_, taint_delay_, recent_;
  std::int64_t most_nodes_, expendable_, unready_ok_;
  double unready_percent_;
  BackOffParameters back_off_;
  UnneededParameters unneeded_;
  std::vector<ClusterState> clusters_;
  std::vector<GroupState> pools_;
};

}  // namespace berth
