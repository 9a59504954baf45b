// The keys of demand: how much work arrives and what a request takes.
#include "sim/scenario/grammar_tables.hpp"

namespace berth {

std::vector<ObjectType> demand_types() {
  return {
      {"demand", "the work that arrives",
       {{"requests", "name in traces or trace_share", "", "a trace, or a share of one", ""},
        {"cores", "name in traces", "", "a load series in cores", "load in cores is not simulated yet; give requests"},
        {"replicas", "name in traces", "", "a scripted count", "scripted counts are not simulated yet; give requests"},
        {"service_time", "duration or distribution", "required", "of a request on an idle replica", ""},
        {"cpu_per_request", "duration or map of duration*", "required", "CPU work, a part of the service time", "CPU per request by processor architecture is not simulated yet"},
        {"memory_per_request", "bytes", "", "while it runs", "memory of requests is not simulated yet"},
        {"concurrency", "whole", "= 0", "requests that a replica works on at once; 0: no limit", ""},
        {"queue_limit", "whole", "= 4096", "requests that wait in a replica; then refused", ""},
        {"timeout", "duration", "= \"0 s\"", "until the client gives up; 0 s: never", ""},
        {"slo", "duration", "= \"0 s\"", "slower answers are late; 0 s: none is", ""},
        {"request_bytes", "bytes", "= \"0 B\"", "of a request", ""},
        {"response_bytes", "bytes", "= \"0 B\"", "of an answer", ""},
        {"log_bytes", "bytes", "", "of log a request", "log volume is not simulated yet"},
        {"retries", "anything", "", "of the client", "retries are not simulated yet"},
        {"balancing", "one of round_robin, least_outstanding", "= \"round_robin\"", "how the load balancer chooses", ""}},
       {"requests", "cores", "replicas"}},
      {"trace_share", "a part of a trace",
       {{"trace", "name in traces", "required", "which", ""}, {"share", "number", "= 1", "of its requests, such as 0.3", ""}},
       {}},
      {"distribution", "how a time varies",
       {{"constant", "duration", "", "always the same", ""},
        {"lognormal", "lognormal", "", "by median and 99th percentile", ""},
        {"exponential", "exponential", "", "by its mean", ""},
        {"gamma", "gamma", "", "by mean and shape", ""},
        {"uniform", "uniform", "", "between two times", ""},
        {"empirical", "list of duration", "", "measured samples", ""}},
       {"constant", "lognormal", "exponential", "gamma", "uniform", "empirical"}},
      {"lognormal", "a skewed time",
       {{"p50", "positive duration", "required", "the median", ""}, {"p99", "positive duration", "required", "99 % are faster", ""}},
       {}},
      {"exponential", "a memoryless time", {{"mean", "positive duration", "required", "the mean", ""}}, {}},
      {"gamma", "between exponential and constant",
       {{"mean", "positive duration", "required", "the mean", ""}, {"shape", "number", "= 1", "1 is exponential, more is steadier", ""}},
       {}},
      {"uniform", "any time between two",
       {{"low", "duration", "required", "the least", ""}, {"high", "duration", "required", "the most", ""}},
       {}},
  };
}

}  // namespace berth
