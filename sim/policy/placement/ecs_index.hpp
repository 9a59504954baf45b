// What place_ecs answers, without looking at every node: sets of nodes by shape, class and service, and orders by room,
// kept up to date from the nodes that have changed.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "sim/policy/placement/ecs_rules.hpp"
#include "sim/policy/placement/node_counts.hpp"
#include "sim/policy/placement/room_order.hpp"
#include "sim/world/view.hpp"

namespace berth {

class EcsIndex {
 public:
  /// `classes` outlive it.
  explicit EcsIndex(std::span<const NodeClass> classes);

  /// All that has changed in the view since the last call; first of all every node and every replica there.
  /// `replicas_of(service, position)` is what the service has there now.
  template <class ReplicasOf>
  void catch_up(const ClusterView& view, std::span<const NodeChange> changes, const ReplicasOf& replicas_of) {
    // A position may have a new node of another class by now: first the old replicas go, then the old node.
    for (const NodeChange& c : changes)
      if (c.service != kNone<ServiceId> && is_another(view, c.position)) count(c.service, c.position, 0);
    for (const NodeChange& c : changes) update(view, c.position);
    for (const NodeChange& c : changes)
      if (c.service != kNone<ServiceId>) count(c.service, c.position, replicas_of(c.service, c.position));
  }

  struct Question {
    ServiceId service;
    const Strategies& strategies;
    const EcsConstraints& constraints;
    std::span<const ServiceId> groups;  ///< in the order of Ask::groups
    std::uint64_t draw;
  };
  /// The position that place_ecs chooses; empty when no node fits. Ask::same_service and Ask::groups are not read:
  /// catch_up has told them.
  std::optional<std::uint32_t> place(const ClusterView& view, const Ask& ask, const Question& question);

 private:
  enum class Resource : std::uint8_t { cpu, memory };
  static constexpr std::uint16_t kNoClass = 0xffff;
  using Shape = std::tuple<std::int64_t, std::int64_t, std::int32_t, std::int32_t, std::int32_t, std::uint64_t>;
  struct Fits {
    NodeBits nodes;          ///< ready ones with room for the shape
    std::uint64_t seen = 0;  ///< changes taken into account
    bool known = false;
  };
  struct OfService {
    NodeCounts on_node;
    std::vector<std::int64_t> by_class;
  };
  struct OfClass {
    NodeBits ready;
    RoomOrder by_cpu, by_memory;
  };

  bool is_another(const ClusterView& view, std::uint32_t position) const {
    return position < class_at_.size() && class_at_[position] != view.node_class[position];
  }
  void count(ServiceId service, std::uint32_t position, std::uint32_t replicas);
  void update(const ClusterView& view, std::uint32_t position);
  void put_in_orders(const ClusterView& view, std::uint32_t position);
  void take_from_orders(std::uint32_t position);
  void keep_order(Resource resource);
  bool takes(const ClusterView& view, const Ask& ask, const Spare& needed, std::uint32_t position) const;
  const NodeBits& fitting(const ClusterView& view, const Ask& ask);
  void keep_allowed(const ClusterView& view, const Ask& ask, const Question& question);
  void keep_hosts(const Question& question);
  NodeBits nodes_where(const EcsConstraints::MemberOf& rule, std::uint32_t term, const Question& question);
  void keep_emptiest_zones(const Ask& ask);
  void keep_emptiest_values(const EcsStrategy& strategy, OfService& service);
  /// Puts the nodes with least left in kept_; `last`: of each class only the first of them.
  void find_fullest(const Ask& ask, Resource resource, bool last);
  bool keep_fullest_of_few(Resource resource);
  /// Of sets_ with a number each: leaves the candidates in those of the lowest number that has any, and returns it.
  std::int64_t keep_lowest();
  OfService& of(ServiceId service);

  std::span<const NodeClass> classes_;
  std::vector<OfClass> of_class_;
  std::vector<std::uint16_t> live_;  // classes that have had a ready node, ascending
  std::vector<NodeBits> of_zone_, of_pool_;
  std::vector<OfService> of_service_;
  std::vector<std::uint16_t> class_at_, ready_class_at_;  // by position; the latter kNoClass when it is not ready
  std::vector<Spare> room_at_;                            // by position, as in the orders
  bool orders_[2] = {false, false};                       // somebody asked for them
  std::map<Shape, Fits> fits_;
  std::vector<std::uint32_t> log_;  // positions in order of change
  std::uint64_t log_start_ = 0;     // the number of its first change
  // Of the question that is answered:
  NodeBits candidates_, scratch_;
  std::vector<std::uint16_t> active_;  // classes that may have candidates
  std::vector<std::pair<std::int64_t, const NodeBits*>> sets_;
  std::vector<std::pair<std::int64_t, std::uint32_t>> few_;
  std::vector<std::uint32_t> kept_;
  std::vector<std::int64_t> under_;
};

}  // namespace berth
