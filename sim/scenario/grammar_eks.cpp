// The keys that only EKS knows.
#include "sim/scenario/grammar_tables.hpp"

namespace berth {

std::vector<ObjectType> eks_types() {
  return {
      {"eks",
       "settings only EKS knows",
       {{"rollout", "eks_rollout", "", "strategy, and bounds over the neutral ones", ""},
        {"min_ready", "duration", "0 s (models/constants.json)",
         "a pod counts as available when it has been ready so long", ""},
        {"progress_deadline", "positive duration", "10 min (models/constants.json)",
         "without progress for so long a roll-out is stalled", ""},
        {"probes", "map of probes", "a readiness probe every 10 s in each container",
         "by container, no others than these; {} is none at all", ""},
        {"pdb", "pdb", "", "disruption budget: evictions beyond it are refused", ""},
        {"topology_spread", "anything", "", "constraints", "topology spread constraints are not simulated yet"},
        {"affinity", "anything", "", "to nodes and pods", "affinity is not simulated yet"},
        {"tolerations", "anything", "", "of taints", "taints and tolerations are not simulated yet"},
        {"priority", "anything", "", "and preemption", "priorities are not simulated yet"},
        {"hpa", "hpa", "what scale becomes", "in place of the one that scale becomes", ""}},
       {}},
      {"eks_rollout",
       "how a Deployment replaces its pods",
       {{"strategy", "one of rolling, recreate", "rolling", "recreate: all old pods end before the first new one", ""},
        {"min_healthy_percent", "percent", "as in rollout", "of the desired count that stays", ""},
        {"max_percent", "percent", "as in rollout", "of the desired count that may exist", ""},
        {"max_surge", "percent or whole", "as in rollout", "replicas above the desired count", ""},
        {"max_unavailable", "percent or whole", "as in rollout", "replicas below the desired count", ""}},
       {}},
      {"pdb",
       "a PodDisruptionBudget, one a service",
       {{"min_available", "percent or whole", "", "pods that stay healthy; percent of desired, rounded up", ""},
        {"max_unavailable", "percent or whole", "", "pods that may be missing, likewise", ""}},
       {"min_available", "max_unavailable"}},
      {"controller_manager",
       "the settings of each controller's client",
       {{"qps", "positive number", "20 (models/constants.json)", "calls a second", ""},
        {"burst", "count", "30 (models/constants.json)", "calls at once after a rest", ""}},
       {}},
      {"probes",
       "the kubelet's probes of one container",
       {{"startup", "probe", "", "holds the other two back; killed when it fails", ""},
        {"readiness", "probe", "", "requests come while it passes", ""},
        {"liveness", "probe", "", "killed when it fails", ""}},
       {}},
      {"probe",
       "one probe",
       {{"initial_delay", "duration", "0 s (models/constants.json)", "after the container's start", ""},
        {"period", "positive duration", "10 s (models/constants.json)", "between two checks", ""},
        {"timeout", "positive duration", "", "of one check; counts only when checks are slow", kSlowChecks},
        {"success_threshold", "count", "1 (models/constants.json)", "successes in a row until it passes", ""},
        {"failure_threshold", "count", "3 (models/constants.json)", "failures in a row until it fails", ""}},
       {}}};
}

}  // namespace berth
