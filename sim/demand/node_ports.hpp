// The nodes between a load balancer and its pods: whose node port a request comes to, and which pod kube-proxy gives
// it to.
//
//  - any node (externalTrafficPolicy: Cluster): kube-proxy takes a ready pod at random, wherever it is (iptables mode),
//    so it does not matter through which node a request came, unless that node is dead.
//  - own node (Local): the nodes are dealt with in turn, and a request goes to one of its node's own pods, at random.
//    Where a node has none left, and its checks have not failed yet, it is refused.
//  - where no pod is ready, there or anywhere, those that are ending but could serve are taken instead (KEP-1669).
//
// A node that dies stays in the round until it is closed. An answer is lost whose request came, by the luck of its
// arrival, through a node that has died or was cut off meanwhile.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/demand/lane.hpp"

namespace berth {

/// Pods are named by a small number (their row), moments are nanoseconds since the start of the run.
class NodePorts {
 public:
  static constexpr std::uint32_t kRefused = ~0u;
  static constexpr std::uint32_t kLost = kRefused - 1;

  NodePorts(const LaneSpec& spec, std::uint64_t seed);

  void open(NodeId node);
  /// Does nothing when it is not open, as the next one.
  void close(NodeId node, std::int64_t now);
  void cut(NodeId node, std::int64_t now);
  void lose(NodeId node, std::int64_t now);

  void add(std::uint32_t pod, NodeId node);
  /// One that was removed comes back; does nothing when it is here.
  void resume(std::uint32_t pod);
  void end(std::uint32_t pod);
  /// Does nothing when it is not (or no longer) here.
  void remove(std::uint32_t pod);

  /// For the request of that number: a pod, kRefused or kLost.
  std::uint32_t choose(std::uint64_t number) {
    if (open_.empty()) return kRefused;
    const Pods* pods = &everywhere_;
    if (way_in_ == WayIn::own_node) {
      if (mark_ >= open_.size()) mark_ = 0;
      const Open& node = open_[mark_++];
      if (node.dead) return kLost;
      pods = node.pods;
    } else if (dead_ != 0 && open_[below(draw(for_nodes_, number), open_.size())].dead) {
      return kLost;
    }
    const std::vector<std::uint32_t>& some = pods->ready.empty() ? pods->ending : pods->ready;
    return some.empty() ? kRefused : some[below(draw(for_pods_, number), some.size())];
  }

  bool has_lost(std::int64_t sent, std::int64_t answered) const {
    return !losses_.empty() && is_among_losses(sent, answered);
  }
  /// Nobody asks any more about requests that should have been answered before that.
  void forget_before(std::int64_t now) {
    if (!losses_.empty()) forget_losses(now);
  }

 private:
  struct Pods {
    std::vector<std::uint32_t> ready, ending;
  };
  struct Open {
    NodeId node;
    bool dead;
    Pods* pods;  // its own
  };
  /// One that was the `slot`th of `of` when it was closed.
  struct Closed {
    NodeId node;
    std::size_t slot, of;
    std::int64_t at;
  };
  /// Connections of nodes that broke at once: which of those that were open.
  struct Loss {
    std::int64_t sent_before, at;
    std::vector<bool> fell;
  };
  /// Draws come in fours; requests mostly come in order of their number.
  struct InFours {
    Draws draws;
    std::uint64_t block = UINT64_MAX;
    std::array<std::uint64_t, 4> four{};
  };
  static std::uint64_t draw(InFours& from, std::uint64_t number) {
    if (number / 4 != from.block) {
      from.block = number / 4;
      from.four = from.draws.four(from.block);
    }
    return from.four[number % 4];
  }
  Pods& pods_of(NodeId node);
  std::size_t place_of(NodeId node) const;
  void break_off(std::int64_t sent_before, std::int64_t now, std::size_t slot, std::size_t of);
  bool is_among_losses(std::int64_t sent, std::int64_t answered) const;
  void forget_losses(std::int64_t now);

  WayIn way_in_;
  bool ending_while_alone_;
  std::int64_t longest_;  // that a request may be under way
  InFours for_pods_, for_nodes_;
  Draws for_losses_;
  std::vector<Open> open_;  // in order of being opened
  std::size_t mark_ = 0;
  std::size_t dead_ = 0;  // of open_
  std::vector<Closed> closed_;
  std::vector<Loss> losses_;
  Pods everywhere_;
  std::map<NodeId, Pods> on_node_;  // own node only
  std::vector<NodeId> node_of_;     // by pod
};

}  // namespace berth
