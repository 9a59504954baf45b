// disruptions.csv: replicas that something cut short which was not their own doing, and what their replacements pulled;
// those that something wanted to and a disruption budget kept; nodes that Karpenter took away, and what that saved.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Whether a replica that stops for this reason was disrupted: lost, taken back, drained or killed, and not scaled in,
/// replaced by a roll-out or ended by itself.
bool is_disruption(StopReason why);

/// The replacement of a replica is the next one of its service, as long as nothing else starts any.
class DisruptionsObserver final : public Observer {
 public:
  DisruptionsObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override {
    return only<ReplicaMoved, NodeMoved, MemoryExhausted, ReplicaCreated, EvictionRefused, DrainGivenUp,
                DeploymentStarted, DesiredChanged>();
  }
  void finish(Time end, Summary& summary) override;

 private:
  struct Disruption {
    Time at;
    std::string_view cause;
    std::string node, replica;
    std::optional<Bytes> repulled;
    std::string waited_for;
    ClusterId cluster{};  ///< of a node that was not worth its price:
    std::int64_t hourly =
        0;        ///< 10⁻¹⁰ USD an hour that are no longer paid, and that nothing launched since needs again
    Usd saved{};  ///< of what was needed again
  };
  /// Its eviction was refused, and it is still there.
  struct Kept {
    NodeId node;
    Time since;
  };
  /// A node in the place of others, paid beside them until they go.
  struct Replacement {
    ClusterId cluster;
    std::int64_t hourly;
    Time booted, others_gone;
    bool consolidates = false;
    bool closed = false;
  };
  void node_moved(const NodeMoved& fact, Time at);
  void needed_again(ClusterId cluster, std::int64_t hourly, Time at);
  void add_figures(Time end, Summary& summary) const;
  void moved(const ReplicaMoved& fact, Time at);
  void add(ReplicaId replica, std::string_view cause, Time at);
  std::string waited(ReplicaId replica, Time at) const;
  void keep(const EvictionRefused& fact, Time at);
  void give_up(NodeId node, std::string_view cause, Time at);

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::vector<Disruption> all_;
  std::vector<std::size_t> unpaid_;  // nodes whose price, or a part of it, is still saved; the last one went last
  std::vector<Replacement> replacements_;
  std::vector<std::deque<std::size_t>> unreplaced_;  // by service: rows whose replacement has not been created
  std::map<ReplicaId, std::size_t> replaces_;        // those on their way
  std::map<ReplicaId, Kept> kept_;                   // by disruption budgets
  std::int64_t disrupted_ = 0;
};

}  // namespace berth
