// The keys that only EKS knows.
#include "sim/scenario/grammar_tables.hpp"

namespace berth {

std::vector<ObjectType> eks_types() {
  return {{"eks",
           "settings only EKS knows",
           {{"rollout", "rollout", "", "max_surge and max_unavailable, over the neutral ones", ""},
            {"probes", "map of probes", "a readiness probe every 10 s in each container",
             "by container, no others than these; {} is none at all", ""},
            {"pdb", "anything", "", "disruption budget", "disruption budgets are not simulated yet"},
            {"topology_spread", "anything", "", "constraints", "topology spread constraints are not simulated yet"},
            {"affinity", "anything", "", "to nodes and pods", "affinity is not simulated yet"},
            {"tolerations", "anything", "", "of taints", "taints and tolerations are not simulated yet"},
            {"priority", "anything", "", "and preemption", "priorities are not simulated yet"},
            {"hpa", "hpa", "what scale becomes", "in place of the one that scale becomes", ""}},
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
