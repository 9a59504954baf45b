// What one workload's pods ask of labels, taints and other pods, looked up once: by class of nodes and by service.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/world/ids.hpp"
#include "sim/world/pod_specs.hpp"

namespace berth {

/// A label of nodes as a partition of them: equal values are one domain.
struct Topology {
  static constexpr std::uint16_t kLacksLabel = 0xffff;
  bool each_node = false;                        ///< kubernetes.io/hostname: every node that has it is a domain
  std::uint16_t domains = 0;                     ///< over all classes; of no use where each_node
  std::vector<std::uint16_t> domain_of_class{};  ///< or kLacksLabel

  bool labels(std::uint16_t node_class) const { return domain_of_class[node_class] != kLacksLabel; }
};

/// Plain data: strings are gone. Columns are by node class; an empty column says nothing of any class.
struct PodRules {
  using Services = std::vector<ServiceId>;  ///< whose pods a selector selects, ascending

  struct Spread {
    std::uint32_t topology = 0;  ///< in `topologies`, as below
    std::int64_t max_skew = 1;
    std::int64_t min_domains = 1;
    bool counts_itself = false;  ///< its own pods are among those that it counts
    Services services;
    std::vector<std::uint8_t> counted;  ///< by class: its nodes are part of the count
  };
  /// Required affinity: a node must have a pod of `services` in its domain of every topology.
  struct Together {
    std::vector<std::uint32_t> topologies;
    Services services;          ///< that meet all terms at once
    bool meets_itself = false;  ///< so that the first of a series may go anywhere
  };
  struct Apart {
    std::uint32_t topology = 0;
    Services services;
  };
  struct Attraction {
    std::uint32_t topology = 0;
    Services services;
    std::int64_t weight = 0;  ///< a pod; negative: it repels
  };

  std::vector<Topology> topologies;
  std::vector<std::uint8_t> affine;       ///< node selector and required node affinity hold
  std::vector<std::uint8_t> tolerated;    ///< all taints that keep pods away are …
  std::vector<std::uint8_t> stays;        ///< … and all that drive them away, NoExecute
  std::vector<std::int64_t> preference;   ///< weights of the preferred terms that hold
  std::vector<std::int64_t> soft_taints;  ///< PreferNoSchedule that are not tolerated
  std::vector<Spread> hard_spread, soft_spread;
  bool default_spread = false;  ///< no constraints of its own: the system's
  Together together;
  std::vector<Apart> apart;             ///< its own terms
  std::vector<Apart> kept_away_by;      ///< whose terms its pods meet
  std::vector<Attraction> attractions;  ///< its preferred terms, and those of others that its pods meet
  std::int32_t priority = 0;
  bool preempts = true;

  bool allows(std::uint16_t node_class) const {
    return (affine.empty() || affine[node_class]) && (tolerated.empty() || tolerated[node_class]);
  }
  /// kubernetes v1.30.0, daemon_controller.go (NodeShouldRunDaemonPod): room is left to the scheduler.
  bool daemon_runs_on(std::uint16_t node_class) const { return allows(node_class); }
  /// One that runs there may go on.
  bool daemon_stays_on(std::uint16_t node_class) const {
    return (affine.empty() || affine[node_class]) && (stays.empty() || stays[node_class]);
  }
  /// Some of these classes (kNoClass is none) has no taint that keeps it away.
  bool tolerates_a_class(std::span<const std::uint16_t> classes) const;
  /// Something in it depends on where other pods are.
  bool looks_at_pods() const {
    return !hard_spread.empty() || !together.topologies.empty() || !apart.empty() || !kept_away_by.empty();
  }
};

/// Nodes that are equal but for their names.
struct LabelledClass {
  Labels labels;
  std::vector<Taint> taints;
};

/// One kind of pods.
struct LabelledPods {
  ServiceId service = kNone<ServiceId>;
  Labels labels;
  const PodSpec* spec = nullptr;
  bool owned = true;  ///< by a ReplicaSet or the like, so that the system's default spreading applies
};

/// The rules of `pods` among all pods of its cluster, itself included. What a plug-in has nothing to say about stays
/// empty.
PodRules compile_pod_rules(const LabelledPods& pods, std::span<const LabelledPods> all,
                           std::span<const LabelledClass> classes);

}  // namespace berth
