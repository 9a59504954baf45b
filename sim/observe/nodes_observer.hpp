// nodes.csv: one row a node with every moment of its life, written when it is gone or when the run ends.
#pragma once

#include <map>
#include <memory>

#include "sim/base/csv.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// joined_s: registered and able to run; ready_s: when the control plane knew. A Fargate micro-VM has no instance
/// type and no bill: its replica has.
class NodesObserver final : public Observer {
 public:
  NodesObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return only<NodeSeen, NodeMoved>(); }
  void finish(Time end, Summary& summary) override;

 private:
  struct Known {
    Time ready = kNever;
    std::int64_t ran_s = 0;  ///< billed seconds of the instance, of all its starts
    Usd cost;
  };
  void add_bill(Known& known, const NodeRow& node, NodeBill bill, Time until) const;
  void write(NodeId id, const NodeRow& node, Time until);

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::map<NodeId, Known> known_;
};

}  // namespace berth
