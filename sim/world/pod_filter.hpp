// Which nodes labels, taints and other pods leave to a pod: counted once for a view and an ask, then asked node by
// node. The scheduler and whoever plans on an Overlay apply the same.
#pragma once

#include <optional>
#include <vector>

#include "sim/base/table.hpp"
#include "sim/world/pod_rules.hpp"
#include "sim/world/view.hpp"

namespace berth {

/// kubernetes v1.30.0, the filters of tainttoleration, nodeaffinity, podtopologyspread and interpodaffinity. An ask
/// without rules is refused nowhere and costs nothing.
class PodFilter {
 public:
  /// The view and the ask's rules outlive it, and do not change meanwhile.
  PodFilter(const ClusterView& view, const Ask& ask);

  bool concerned() const { return rules_ != nullptr; }
  /// Of taints and node affinity: what kube-scheduler asks before it looks for room …
  std::optional<WaitReason> class_refusal(std::uint32_t position) const;
  /// … and of topology spread and other pods: what it asks afterwards.
  std::optional<WaitReason> pod_refusal(std::uint32_t position) const;
  std::optional<WaitReason> refusal(std::uint32_t position) const;

 private:
  using Counts = std::vector<std::int64_t>;
  struct Spreading {
    std::int64_t least = 0;  ///< pods in the domain that has fewest of them
    Counts in_domain;        ///< empty where every node is one
  };
  struct Presence {
    Counts in_domain;  ///< likewise
  };
  void count_spread(const PodRules::Spread& spread);
  Presence presence(std::uint32_t topology, const PodRules::Services& services) const;
  std::int64_t pods_around(std::uint32_t topology, const PodRules::Services& services, const Presence& present,
                           std::uint32_t position) const;
  bool spreads(std::uint32_t position) const;
  bool is_together(std::uint32_t position) const;
  bool is_apart(std::uint32_t position) const;

  const ClusterView& view_;
  const PodRules* rules_ = nullptr;  // null: nothing to say
  std::vector<Spreading> spread_;    // as hard_spread
  std::vector<Presence> together_, apart_, kept_away_;
  bool first_of_a_series_ = false;
};

/// Where other pods are may refuse it a node.
inline bool looks_at_pods(const Ask& ask) { return ask.rules != nullptr && ask.rules->looks_at_pods(); }

/// Pods of these services on a node; `leaving` ones too, or not.
std::int64_t pods_on(const ClusterView& view, const PodRules::Services& services, std::uint32_t position, bool leaving);
/// Calls `f(position, pods)` for every node that has some: one after the other if there is one service, else a node
/// may come once a service.
template <class F>
void for_each_place(const ClusterView& view, const PodRules::Services& services, bool leaving, const F& f) {
  if (view.on_node.empty()) return;
  for (const ServiceId s : services)
    for (const NodeCount& c : view.on_node[index(s)])
      if (view.seen[c.position] != NodeStage::gone) f(c.position, c.replicas - (leaving ? 0 : c.leaving));
}

}  // namespace berth
