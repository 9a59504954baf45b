// Karpenter: batches waiting pods into launches, and takes away nodes that are not worth their price.
#pragma once

#include <optional>
#include <vector>

#include "sim/control/daemons.hpp"
#include "sim/control/eks/node_drains.hpp"
#include "sim/policy/node_scaling/karpenter.hpp"

namespace berth {

class KarpenterController {
 public:
  KarpenterController(Hands hands, Mailbox& mailbox, Starts& starts, NodeDrains& drains);
  void begin();

  /// A pod of the pool found no node: opens, or prolongs, the batch window.
  void pods_wait(PoolId pool);
  void on(const KarpenterDue& e);
  void on(const ConsolidationDue& e);

 private:
  struct Batch {
    bool open = false;
    Time first{}, last{};
  };
  /// A command waits before it is carried out, and must still be what would be decided then.
  struct Command {
    std::vector<NodeId> remove;
    Time decided{};
  };
  struct Replacement {
    NodeId fresh;
    std::vector<NodeId> old;
  };
  struct PoolState {
    Batch batch;
    std::optional<Command> command;
    std::optional<Replacement> replacement;
  };

  void provision(PoolId pool);
  std::vector<ConsolidationNode> disruptable_nodes(PoolId pool) const;
  void consolidate(PoolId pool);
  void carry_out(PoolId pool, const ConsolidationPlan& plan, const std::vector<Offering>& offerings,
                 const std::vector<NodeId>& remove);
  void finish_replacement(PoolId pool);
  void evict(NodeId node);
  bool may_disrupt(NodeId node) const;

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  NodeDrains& drains_;
  Duration batch_idle_, batch_maximum_, period_, validation_;
  double budget_percent_;
  std::vector<PoolState> pools_;
};

/// The cluster as it will be when its coming nodes carry their daemons.
Overlay with_coming_daemons(const World& world, ClusterId cluster);

}  // namespace berth
