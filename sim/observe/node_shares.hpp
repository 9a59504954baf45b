// Which service a shared EC2 node stands for: the larger of its CPU and memory share, over time; the rest is idle.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sim/observe/gauge.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Shares are parts per million of a node. Where the larger shares of all replicas on a node add up to more than the
/// node (one full of CPU, another of memory), they are scaled down together. Follows changes, never scans.
class NodeShares {
 public:
  explicit NodeShares(const World& world) : world_(world) {}

  void hear(const Fact& fact, Time at);

  /// Nodes of one type in one pool: they have one price.
  struct Group {
    std::int64_t usd_hour = 0;            ///< 10⁻¹⁰ USD an hour and node
    Gauge nodes;                          ///< billed now, in millionths
    std::map<ServiceId, Gauge> services;  ///< what they hold of it, in millionths
  };
  std::map<std::pair<PoolId, std::uint16_t>, Group>& groups() { return groups_; }

  /// Millionths × microseconds by service, of one type or of all types of the pool; idle comes last, as kNone.
  std::vector<std::pair<ServiceId, __int128>> weights(PoolId pool, std::optional<std::uint16_t> type, Time end) const;

 private:
  struct Held {
    ReplicaId replica;
    Gauge* of_service;  ///< in the node's group
    std::int64_t millionths;
  };
  struct Load {
    Group* group;
    std::vector<Held> held;
    std::int64_t sum = 0;
  };
  Group& group_of(NodeId node);
  void open(NodeId node, Time at);
  void close(NodeId node, Time at);
  void put_on(NodeId node, ReplicaId replica, Time at);
  void take_off(NodeId node, ReplicaId replica, Time at);
  static void count(const Load& load, int sign, Time at);
  Load* load_of(NodeId node);

  const World& world_;
  std::map<std::pair<PoolId, std::uint16_t>, Group> groups_;
  std::vector<std::unique_ptr<Load>> loads_;  // by node; none before and after its bill
};

}  // namespace berth
