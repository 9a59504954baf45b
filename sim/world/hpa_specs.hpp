// A HorizontalPodAutoscaler (autoscaling/v2) as it is written: its metrics and its behaviour. Its bounds are those of
// the service's scale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/world/scaling_specs.hpp"

namespace berth {

/// What a metric is read from. resource and container: metrics-server; the others: an adapter.
enum class HpaSource : std::uint8_t { resource, container, pods, object, external };
/// What is measured: of each pod, or, of an object, what comes to its load balancer. outside: a trace.
enum class HpaMeasure : std::uint8_t { cpu, memory, requests_per_second, in_flight, outside };
/// utilisation: percent of what is requested; average_value: each pod's; value: of the whole.
enum class HpaTarget : std::uint8_t { utilisation, average_value, value };

std::string_view name(HpaMeasure);

struct HpaMetricSpec {
  std::string name;
  HpaSource source = HpaSource::resource;
  HpaMeasure measure = HpaMeasure::cpu;
  HpaTarget aim = HpaTarget::utilisation;
  /// Percent of utilisation; else millicores, bytes, or thousandths of what is counted.
  std::int64_t target = 0;
  std::string container{};  ///< of source container
  std::string trace{};      ///< of source external
};

/// So many more or fewer within a period.
struct HpaPolicy {
  enum class Kind : std::uint8_t { pods, percent } kind;
  std::int64_t value;
  Duration period;
};

struct HpaRules {
  enum class Select : std::uint8_t { most, least, disabled };
  Duration stabilisation{0};
  Select select = Select::most;
  std::vector<HpaPolicy> policies{};
  std::optional<double> tolerance{};  ///< of the ratio of metric to target; empty: the controller's
};

/// A behavior block, what it leaves out filled in.
struct HpaBehaviour {
  HpaRules up, down;
};

struct HpaSpec {
  std::vector<HpaMetricSpec> metrics;
  std::optional<HpaBehaviour> behaviour{};  ///< empty: the rules from before there were behavior blocks
};

/// What a neutral metric at its target becomes: percent of the request, or requests per minute and replica.
HpaMetricSpec hpa_metric(ScaleMetric metric, double target);

/// An amount of the metric as people write it: percent, millicores, MiB, or what is counted.
double hpa_shown(const HpaMetricSpec& metric, std::int64_t amount);

struct WorkloadSpec;
/// The one that is written, else what its neutral scale becomes: one metric, no behavior block. Without metrics: none.
HpaSpec hpa_of(const WorkloadSpec& workload);

}  // namespace berth
