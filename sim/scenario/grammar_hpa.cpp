// The keys of a HorizontalPodAutoscaler.
#include "sim/scenario/grammar_tables.hpp"

namespace berth {

std::vector<ObjectType> hpa_types() {
  return {
      {"hpa",
       "a HorizontalPodAutoscaler (autoscaling/v2); synced every 15 s, or as the controller manager is set",
       {{"min", "whole", "scale.min, else 1", "never fewer; at least 1", ""},
        {"max", "count", "scale.max", "never more", ""},
        {"metrics", "map of hpa_metric", "cpu at 80 % (models/constants.json)",
         "of several the one that asks for most decides", ""},
        {"behavior", "hpa_behavior", "none: down after 300 s, up to twice as many or 4 a sync",
         "windows and rates; what it leaves out is as Kubernetes fills it in", ""}},
       {}},
      {"hpa_metric",
       "one metric of an HPA and its target",
       {{"resource", "one of cpu, memory", "", "what metrics-server measures of the pods", ""},
        {"container", "text", "all of the pod", "beside resource: of this container only", ""},
        {"pods", "one of requests_per_second, in_flight", "", "of each pod, by an adapter", ""},
        {"object", "one of requests_per_second", "", "what comes to the service's load balancer, by an adapter", ""},
        {"external", "name in traces", "", "a value from outside, by an adapter: a gauge", ""},
        {"utilisation", "percent", "", "of what is requested, the mean of the pods; of a resource", ""},
        {"average_value", "cpu or bytes or rate or number", "", "a pod's; or the whole shared by the pods", ""},
        {"value", "rate or number", "", "of the whole; of an object or external metric", ""}},
       {"resource", "pods", "object", "external"}},
      {"hpa_behavior",
       "how fast an HPA may go",
       {{"up", "hpa_rules", "at once by 4 pods or 100 % in 15 s, whichever is more (models/constants.json)",
         "adding pods", ""},
        {"down", "hpa_rules", "after 300 s by 100 % in 15 s (models/constants.json)", "taking pods away", ""}},
       {}},
      {"hpa_rules",
       "how fast an HPA may go in one direction",
       {{"stabilisation", "duration", "0 s up, 300 s down (models/constants.json)",
         "going up: the least that was asked for in this time; down: the most", ""},
        {"select", "one of max, min, disabled", "max",
         "which policy counts: what changes most, least; disabled: never in this direction", ""},
        {"policies", "list of hpa_policy", "as of the behavior", "so many in a period", ""},
        {"tolerance", "percent", "10 % (models/constants.json)",
         "how far the metric may be from its target; Kubernetes 1.35 and later", ""}},
       {}},
      {"hpa_policy",
       "so many pods in a period",
       {{"pods", "count", "", "at most so many", ""},
        {"percent", "positive percent", "", "of those at the beginning of the period, at most", ""},
        {"period", "positive duration", "required", "at most 30 min", ""}},
       {"pods", "percent"}},
  };
}

}  // namespace berth
