// kubernetes v1.30.0, pkg/scheduler: the errors of the filter plug-ins, framework/types.go (FitError) and
// framework/preemption/preemption.go.
#include "sim/observe/failed_scheduling.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "sim/control/eks/pod_scheduler.hpp"
#include "sim/policy/placement/placement.hpp"
#include "sim/world/pod_filter.hpp"

namespace berth {
namespace {

/// What one node says, and whether the end of other pods there could change it.
struct Verdict {
  std::vector<std::string> reasons;
  bool preemption_helps = false;
};

/// All resources that it lacks at once.
std::vector<std::string> lacking(const ClusterView& view, const Ask& ask, std::uint32_t p) {
  std::vector<std::string> reasons;
  if (view.slots_used[p] + ask.slots > view.slots_allocatable[p]) reasons.emplace_back("Too many pods");
  if (ask.cpu.count() > view.cpu_allocatable[p] - view.cpu_used[p]) reasons.emplace_back("Insufficient cpu");
  if (ask.memory.count() > view.memory_allocatable[p] - view.memory_used[p])
    reasons.emplace_back("Insufficient memory");
  if (ask.gpus > view.gpus_allocatable[p] - view.gpus_used[p]) reasons.emplace_back("Insufficient nvidia.com/gpu");
  return reasons;
}

/// The first taint that keeps it away.
std::string taint_text(const World& world, const ReplicaRow& pod, PoolId pool) {
  const std::vector<Toleration>& tolerations = world[pod.service].spec->eks.pod.tolerations;
  for (const Taint& taint : world[pool].spec->taints)
    if (is_hard(taint) && !tolerates(tolerations, taint))
      return fmt::format("node(s) had untolerated taint {{{}: {}}}", taint.key, taint.value);
  return "node(s) had untolerated taints";
}

Verdict verdict(const World& world, const ReplicaRow& pod, const ClusterView& view, const Ask& ask, std::uint32_t p) {
  if (view.seen[p] == NodeStage::joining) return {{"node(s) had untolerated taint {node.kubernetes.io/not-ready: }"}};
  if (view.seen[p] == NodeStage::unreachable)
    return {{"node(s) had untolerated taint {node.kubernetes.io/unreachable: }"}};
  if (view.seen[p] != NodeStage::ready) return {{"node(s) were unschedulable"}};
  const PodFilter filter(view, ask);
  const auto of_class = filter.class_refusal(p);
  if (of_class == WaitReason::taint) return {{taint_text(world, pod, view.pool[p])}};
  const bool other_pool =
      !ask.pools.empty() && std::find(ask.pools.begin(), ask.pools.end(), view.pool[p]) == ask.pools.end();
  const bool other_node = pod.only_node != kNone<NodeId> && view.node[p] != pod.only_node;
  if (of_class || other_pool || other_node) return {{"node(s) didn't match Pod's node affinity/selector"}};
  const auto why = refusal(view, ask, p);
  if (why == WaitReason::port) return {{"node(s) didn't have free ports for the requested pod ports"}, true};
  if (Verdict lacks{lacking(view, ask, p), true}; !lacks.reasons.empty()) return lacks;
  if (!why) return {};
  switch (*why) {
    case WaitReason::volume_limit:
      return {{"node(s) exceed max volume count"}, true};
    case WaitReason::volume_zone:
      return {{"node(s) had volume node affinity conflict"}};
    case WaitReason::topology_spread:
      return {{"node(s) didn't match pod topology spread constraints"}, true};
    case WaitReason::pod_affinity:
      return {{"node(s) didn't match pod affinity rules"}};
    case WaitReason::pod_anti_affinity:
      return {{"node(s) didn't match pod anti-affinity rules"}, true};
    default:
      return {{std::string(name(*why))}};
  }
}

/// Sorted as texts, the number included.
std::string sorted(const std::map<std::string, std::int64_t>& counts) {
  std::vector<std::string> texts;
  for (const auto& [reason, nodes] : counts) texts.push_back(fmt::format("{} {}", nodes, reason));
  std::sort(texts.begin(), texts.end());
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool is_node(NodeStage seen) { return is_registered(seen) || seen == NodeStage::joining; }

}  // namespace

const char* filter_plug_in(WaitReason reason) {
  switch (reason) {
    case WaitReason::taint:
      return "TaintToleration";
    case WaitReason::node_affinity:
      return "NodeAffinity";
    case WaitReason::port:
      return "NodePorts";
    case WaitReason::cpu:
    case WaitReason::memory:
    case WaitReason::gpu:
    case WaitReason::slots:
      return "NodeResourcesFit";
    case WaitReason::volume_limit:
      return "NodeVolumeLimits";
    case WaitReason::volume_zone:
      return "VolumeBinding";
    case WaitReason::topology_spread:
      return "PodTopologySpread";
    case WaitReason::pod_affinity:
    case WaitReason::pod_anti_affinity:
      return "InterPodAffinity";
    default:
      return "";
  }
}

std::string failed_scheduling(const World& world, ReplicaId id) {
  const ReplicaRow& pod = world[id];
  const Ask ask = scheduled_ask(world, id);
  const ClusterView view = world.view(pod.cluster);
  std::map<std::string, std::int64_t> reasons, preemption;
  std::int64_t nodes = 0;
  for (std::uint32_t p = 0; p < view.size(); ++p) {
    if (!is_node(view.seen[p])) continue;
    ++nodes;
    const Verdict said = verdict(world, pod, view, ask, p);
    if (said.reasons.empty()) return "";
    for (const std::string& reason : said.reasons) ++reasons[reason];
    ++preemption[said.preemption_helps ? "No preemption victims found for incoming pod"
                                       : "Preemption is not helpful for scheduling"];
  }
  if (nodes == 0) return "no nodes available to schedule pods";
  std::string text = fmt::format("0/{} nodes are available: {}.", nodes, sorted(reasons));
  if (pod.nominated != kNone<NodeId>) return text;  // it has found some
  if (!world[pod.service].spec->eks.pod.preempts)
    return text + " preemption: not eligible due to preemptionPolicy=Never.";
  return text + fmt::format(" preemption: 0/{} nodes are available: {}.", nodes, sorted(preemption));
}

}  // namespace berth
