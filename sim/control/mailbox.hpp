// Control's only ear: a fact marks whoever it concerns as due; the first mark of an instant posts one event.
#pragma once

#include <vector>

#include "sim/lifecycle/agenda.hpp"
#include "sim/world/world.hpp"

namespace berth {

class Mailbox final : public FactSink {
 public:
  Mailbox(const World& world, Agenda& agenda);

  void hear(const Fact& fact, Time at) override;

  // Marks by hand, for controllers that wait for a moment rather than for a fact.
  void service_due(ServiceId service);
  void placement_due(ClusterId cluster);
  void fargate_due();

  // A controller that begins its turn takes the mark back; what comes later posts again.
  void begin(const EcsServiceDue& e) { service_due_[index(e.service)] = false; }
  void begin(const DeploymentControllerDue& e) { service_due_[index(e.service)] = false; }
  void begin(const EcsPlacementDue& e) { placement_due_[index(e.cluster)] = false; }
  void begin(const KubeSchedulerDue& e) { placement_due_[index(e.cluster)] = false; }
  /// Nodes of the cluster whose daemons should be looked at, in the order in which they became due.
  std::vector<NodeId> begin(const DaemonsDue& e);
  void begin(const FargateRetryDue&) { fargate_retry_due_ = false; }
  void begin(const GroupDue& e) { group_due_[index(e.pool)] = false; }
  /// Nodes of the pool that may have become empty.
  bool begin(const ConsolidationDue& e);

 private:
  void daemons_due(NodeId node);
  void group_due(PoolId pool);
  void drain_begins(NodeId node);
  void node_drains(NodeId node);
  void node_emptied(PoolId pool);

  const World& world_;
  Agenda& agenda_;
  std::vector<bool> service_due_, placement_due_, group_due_, pool_due_;
  bool fargate_retry_due_ = false;
  std::vector<std::vector<NodeId>> daemons_due_;
};

}  // namespace berth
