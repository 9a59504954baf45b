// Where the pods of a workload go on EKS: selectors, affinity, tolerations, spreading, priority.
#include "sim/scenario/parts.hpp"
#include "sim/scenario/selectors.hpp"
#include "sim/world/node_labels.hpp"

namespace berth {
namespace {

constexpr std::int64_t kHighestUserPriority = 1'000'000'000;  // kubernetes v1.30.0, scheduling/types.go
constexpr std::int64_t kMostWeight = 100;                     // kubernetes v1.30.0, core/validation

std::int64_t weight_of(const Field& term) {
  const Field weight = term.at("weight");
  if (weight.whole() < 1 || weight.whole() > kMostWeight)
    weight.fail("a weight of 1 to 100", weight.shown(), "write a number from 1 to 100");
  return weight.whole();
}

NodeAffinitySpec build_node_affinity(const Field& eks) {
  NodeAffinitySpec spec;
  if (const auto selector = eks.find("node_selector")) spec.selector = read_selector(*selector, SelectorOf::nodes);
  const auto affinity = eks.find("affinity");
  const auto node = affinity ? affinity->find("node") : std::nullopt;
  if (!node) return spec;
  if (const auto required = node->find("required"))
    for (const Field& term : required->items()) spec.required.push_back(read_selector(term, SelectorOf::nodes));
  if (const auto preferred = node->find("preferred"))
    for (const Field& term : preferred->items())
      spec.preferred.push_back({weight_of(term), read_selector(term.at("nodes"), SelectorOf::nodes)});
  return spec;
}

std::string topology_of(const Field& term) {
  const Field key = term.at("topology");
  if (!is_label_key(key.text()))
    key.fail("a label of nodes", key.shown(), "write \"topology.kubernetes.io/zone\" or \"kubernetes.io/hostname\"");
  return key.text();
}

std::vector<PodTerm> build_pod_terms(const Field& eks, const char* kind) {
  std::vector<PodTerm> terms;
  const auto affinity = eks.find("affinity");
  const auto pods = affinity ? affinity->find(kind) : std::nullopt;
  if (!pods) return terms;
  if (const auto required = pods->find("required"))
    for (const Field& term : required->items())
      terms.push_back({read_selector(term.at("pods"), SelectorOf::pods), topology_of(term)});
  if (const auto preferred = pods->find("preferred"))
    for (const Field& term : preferred->items())
      terms.push_back({read_selector(term.at("pods"), SelectorOf::pods), topology_of(term), weight_of(term)});
  return terms;
}

TopologySpread build_spread(const Field& field, const Labels& own) {
  TopologySpread spread;
  spread.max_skew = field.at("max_skew").whole();
  spread.topology = topology_of(field);
  spread.hard = field.at("when_unsatisfiable").text() == "do_not_schedule";
  const auto pods = field.find("pods");
  spread.pods = pods ? read_selector(*pods, SelectorOf::pods) : selector_of("app", own.at("app"));
  if (const auto least = field.find("min_domains")) {
    if (!spread.hard)
      least->fail("no min_domains of a soft constraint", least->shown(),
                  "remove " + least->pointer() + ", or write \"when_unsatisfiable\": \"do_not_schedule\"");
    spread.min_domains = least->whole();
  }
  spread.honors_affinity = field.at("node_affinity_policy").text() == "honor";
  spread.honors_taints = field.at("node_taints_policy").text() == "honor";
  return spread;
}

void build_priority(const Field& field, PodSpec& pod) {
  const bool object = field.is(Value::Kind::object);
  const Field value = object ? field.at("value") : field;
  pod.priority = static_cast<std::int32_t>(value.whole(-2'147'483'648LL, kHighestUserPriority));
  pod.preempts = !object || field.at("preemption").text() == "lower_priority";
}

}  // namespace

void build_pods(const Building& building, const Field& workload, WorkloadSpec& spec) {
  if (building.orchestrator(spec.cluster) != Orchestrator::eks) return;
  if (const auto labels = workload.find("labels")) spec.labels = read_labels(*labels);  // a daemon's; others have them
  PodSpec& pod = spec.eks.pod;
  if (spec.kind == WorkloadKind::daemon) add_daemon_tolerations(pod, spec.on_host_network());
  const auto eks = workload.find("eks");
  if (!eks) return;
  pod.nodes = build_node_affinity(*eks);
  pod.together = build_pod_terms(*eks, "pod");
  pod.apart = build_pod_terms(*eks, "pod_anti");
  if (const auto tolerations = eks->find("tolerations"))
    for (const Field& t : tolerations->items()) pod.tolerations.push_back(read_toleration(t));
  if (const auto spread = eks->find("topology_spread"))
    for (const Field& s : spread->items()) pod.spread.push_back(build_spread(s, pod_labels(spec)));
  if (const auto priority = eks->find("priority")) build_priority(*priority, pod);
  if (const auto safe = eks->find("safe_to_evict")) spec.eks.safe_to_evict = safe->truth();
}

}  // namespace berth
