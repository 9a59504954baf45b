// What pods say of nodes and of each other, as written: labels, taints, affinity, spreading, priority.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

using Labels = std::map<std::string, std::string>;

inline constexpr std::string_view kHostname = "kubernetes.io/hostname";

enum class TaintEffect : std::uint8_t { no_schedule, prefer_no_schedule, no_execute };

struct Taint {
  std::string key, value;
  TaintEffect effect = TaintEffect::no_schedule;
};

struct Toleration {
  std::string key;                      ///< empty: of every taint
  std::optional<std::string> value{};   ///< empty: of every value (operator Exists)
  std::optional<TaintEffect> effect{};  ///< empty: of every effect
  /// Of taints whose value is a whole number above, or below, `value` (feature TaintTolerationComparisonOperators).
  enum class Compares : std::uint8_t { equal, greater, less } compares = Compares::equal;
};

/// One requirement on a set of labels, with the operators of Kubernetes.
struct LabelRequirement {
  enum class Operator : std::uint8_t { in, not_in, exists, does_not_exist, greater, less };
  std::string key;
  Operator is = Operator::exists;
  std::vector<std::string> values{};  ///< of in and not_in; one whole number of greater and less
};
/// All of them hold; none: everything is selected.
using LabelSelector = std::vector<LabelRequirement>;

struct PreferredNodes {
  std::int64_t weight = 1;  ///< 1 to 100
  LabelSelector nodes;
};

struct NodeAffinitySpec {
  LabelSelector selector;               ///< nodeSelector: must hold …
  std::vector<LabelSelector> required;  ///< … and one of these, where there are any
  std::vector<PreferredNodes> preferred;
};

/// Pods that it wants near, or far: in one domain of `topology`, or not.
struct PodTerm {
  LabelSelector pods;
  std::string topology;     ///< a label of nodes: equal values are one domain
  std::int64_t weight = 0;  ///< of a preferred one, 1 to 100; 0: required
};

struct TopologySpread {
  std::int64_t max_skew = 1;
  std::string topology;
  bool hard = true;                           ///< DoNotSchedule, else ScheduleAnyway
  std::optional<LabelSelector> pods{};        ///< empty: no pod is counted
  std::optional<std::int64_t> min_domains{};  ///< of a hard one
  bool honors_affinity = true;                ///< nodes that its node affinity refuses are not counted
  bool honors_taints = false;                 ///< nor those whose taints it does not tolerate
};

/// Kubernetes' own classes (scheduling.k8s.io): above all that users may have.
inline constexpr std::int32_t kSystemClusterCritical = 2'000'000'000;
inline constexpr std::int32_t kSystemNodeCritical = 2'000'001'000;

/// What EKS knows of where a workload's pods go.
struct PodSpec {
  NodeAffinitySpec nodes;
  std::vector<Toleration> tolerations;
  std::vector<PodTerm> together, apart;  ///< pod affinity and anti-affinity
  std::vector<TopologySpread> spread;
  std::int32_t priority = 0;
  bool preempts = true;  ///< preemptionPolicy PreemptLowerPriority, else Never
};

/// What an EKS cluster may change of kube-scheduler.
struct KubeSchedulerSpec {
  enum class Score : std::uint8_t { least_allocated, most_allocated, requested_to_capacity_ratio };
  struct Point {
    std::int64_t utilisation;  ///< 0 to 100
    std::int64_t score;        ///< 0 to 10
  };
  Score score = Score::least_allocated;
  std::vector<Point> shape{};         ///< of requested_to_capacity_ratio
  std::int64_t percent_of_nodes = 0;  ///< 0: by the number of nodes
  std::optional<double> qps{};        ///< of its API client, where it is not Kubernetes' own
  std::optional<double> burst{};
};

bool holds(const LabelRequirement& requirement, const Labels& labels);
bool selects(const LabelSelector& selector, const Labels& labels);
/// A term of node affinity: one without requirements, or with a value that no label can have, selects no node.
bool selects_node(const LabelSelector& term, const Labels& labels);
bool tolerates(const Toleration& toleration, const Taint& taint);
bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint);
/// Keeps pods away: NoSchedule or NoExecute.
inline bool is_hard(const Taint& taint) { return taint.effect != TaintEffect::prefer_no_schedule; }

/// A label's name: 1 to 63 letters, digits, - _ ., after a prefix and / where there is one.
bool is_label_key(std::string_view text);
bool is_label_value(std::string_view text);

/// What the DaemonSet controller lets its pods tolerate (kubernetes v1.30.0, daemonset_util.go).
void add_daemon_tolerations(PodSpec& pod, bool host_network);

/// The selector of one label with that value.
LabelSelector selector_of(std::string key, std::string value);

}  // namespace berth
