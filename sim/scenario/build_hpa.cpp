// The HPA that a service has on EKS: its own, or what its neutral scale becomes.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/policy/replica_scaling/hpa.hpp"
#include "sim/scenario/hpa.hpp"

namespace berth {
namespace {

bool says_memory(const WorkloadSpec& workload, const std::string& container) {
  return std::any_of(workload.containers.begin(), workload.containers.end(), [&](const ContainerSpec& c) {
    return c.memory_use.has_value() && (container.empty() || c.name == container);
  });
}

/// What nobody would ever measure is refused: the HPA would do nothing for it, or always go down.
void check_measured(const Building& building, const Field& written, const HpaMetricSpec& metric,
                    const WorkloadSpec& workload) {
  if (metric.measure == HpaMeasure::memory && !says_memory(workload, metric.container))
    written.fail("containers that say what memory they use",
                 metric.container.empty() ? "none of the service does" : metric.container + " does not",
                 "give one \"memory_use\", or scale on cpu");
  const auto first = std::find_if(workload.containers.begin(), workload.containers.end(),
                                  [](const ContainerSpec& c) { return !c.init; });
  if (metric.source == HpaSource::container && metric.measure == HpaMeasure::cpu && metric.container != first->name)
    written.at("container")
        .fail(fmt::format("{}, which works on the requests: nothing says what CPU other containers use", first->name),
              "\"" + metric.container + "\"", "write \"" + first->name + "\"");
  const bool of_requests = metric.source == HpaSource::pods || metric.source == HpaSource::object;
  if (of_requests && !workload.demand)
    written.fail("a service with a demand, whose requests are counted", "none",
                 "give the service a \"demand\", or scale on cpu");
  const auto& lbs = building.run.load_balancers;
  const bool known = std::any_of(lbs.begin(), lbs.end(),
                                 [&](const LoadBalancerSpec& lb) { return lb.name == workload.load_balancer; });
  if (metric.source == HpaSource::object && !known)
    written.at("object").fail("a service behind a load balancer, which counts its requests", "none",
                              "give the service a \"load_balancer\", or write \"pods\"");
}

HpaMetricSpec build_metric(const Field& field) {
  HpaMetricSpec metric;
  metric.name = field.key();
  if (const auto resource = field.find("resource")) {
    metric.measure = resource->text() == "memory" ? HpaMeasure::memory : HpaMeasure::cpu;
    if (const auto container = field.find("container")) {
      metric.source = HpaSource::container;
      metric.container = container->text();
    }
  } else if (const auto pods = field.find("pods")) {
    metric.source = HpaSource::pods;
    metric.measure = pods->text() == "in_flight" ? HpaMeasure::in_flight : HpaMeasure::requests_per_second;
  } else if (field.has("object")) {
    metric.source = HpaSource::object;
    metric.measure = HpaMeasure::requests_per_second;
  } else {
    metric.source = HpaSource::external;
    metric.measure = HpaMeasure::outside;
    metric.trace = field.at("external").text();
  }
  if (const auto percent = field.find("utilisation")) {
    metric.target = std::llround(percent->percent());
    return metric;
  }
  const auto value = field.find("value");
  metric.aim = value ? HpaTarget::value : HpaTarget::average_value;
  metric.target = hpa_amount(value ? *value : field.at("average_value"), metric.measure);
  return metric;
}

HpaPolicy build_hpa_policy(const Field& policy, const Catalog& catalog) {
  const Field period = policy.at("period");
  const Duration longest = from_seconds(catalog.constant("hpa.longest_policy_period_s"));
  if (period.duration() > longest) period.fail("at most " + say(longest), period.shown(), "write \"15 s\"");
  if (const auto pods = policy.find("pods")) return {HpaPolicy::Kind::pods, pods->whole(), period.duration()};
  return {HpaPolicy::Kind::percent, std::llround(policy.at("percent").percent()), period.duration()};
}

/// What is left out stays as upstream fills it in.
void lay_rules(const Field& written, const Catalog& catalog, KubeVersion version, HpaRules& rules) {
  if (const auto window = written.find("stabilisation")) {
    const Duration longest = from_seconds(catalog.constant("hpa.longest_stabilisation_s"));
    if (window->duration() > longest) window->fail("at most " + say(longest), window->shown(), "write \"5 min\"");
    rules.stabilisation = window->duration();
  }
  if (const auto select = written.find("select"))
    rules.select = select->text() == "min"   ? HpaRules::Select::least
                   : select->text() == "max" ? HpaRules::Select::most
                                             : HpaRules::Select::disabled;
  if (const auto tolerance = written.find("tolerance")) {
    if (catalog.constant("hpa.own_tolerance", version) == 0)
      tolerance->fail("no tolerance of its own before Kubernetes 1.35: the cluster has " + say(version),
                      tolerance->shown(), "remove it, or write \"version\": \"1.35\" in the cluster");
    rules.tolerance = tolerance->percent() / 100;
  }
  const auto policies = written.find("policies");
  if (!policies) return;
  rules.policies.clear();
  for (const Field& policy : policies->items()) rules.policies.push_back(build_hpa_policy(policy, catalog));
}

HpaBehaviour build_behaviour(const Building& building, const Field& behavior, const WorkloadSpec& workload) {
  const KubeVersion version = building.kube_version(workload.cluster);
  HpaBehaviour built = hpa_behaviour(building.catalog);
  if (const auto up = behavior.find("up")) lay_rules(*up, building.catalog, version, built.up);
  if (const auto down = behavior.find("down")) lay_rules(*down, building.catalog, version, built.down);
  return built;
}

bool by_adapter(const HpaMetricSpec& m) { return m.source != HpaSource::resource && m.source != HpaSource::container; }

HpaSpec build_own(Building& building, const Field& hpa, const WorkloadSpec& workload) {
  const std::string subject = "service " + workload.name;
  HpaSpec spec;
  if (const auto metrics = hpa.find("metrics")) {
    for (const Field& metric : metrics->members()) {
      spec.metrics.push_back(build_metric(metric));
      check_measured(building, metric, spec.metrics.back(), workload);
    }
  } else {
    const double percent = building.catalog.constant("hpa.default_cpu_pct");
    spec.metrics = {hpa_metric(ScaleMetric::cpu, percent)};
    building.assume(subject, fmt::format("an HPA on cpu at {:g} %", percent), "what an HPA without metrics has",
                    hpa.pointer() + "/metrics");
  }
  if (std::any_of(spec.metrics.begin(), spec.metrics.end(), by_adapter))
    building.assume(subject, "pods, object and external metrics are read as often as metrics-server scrapes",
                    "they come by an adapter of one's own, with periods of its own (guess)",
                    "/architectures/*/clusters/*/metrics_resolution");
  if (const auto behavior = hpa.find("behavior")) spec.behaviour = build_behaviour(building, *behavior, workload);
  return spec;
}

/// Every policy with a target becomes a metric; of several the largest proposal wins, as on ECS.
HpaSpec of_policies(Building& building, const Field& scale, const WorkloadSpec& workload) {
  HpaSpec spec;
  std::string metrics;
  for (const ScalingPolicySpec& policy : workload.scale->policies) {
    if (!policy.tracking) continue;
    spec.metrics.push_back(hpa_metric(policy.metric, policy.tracking->target));
    spec.metrics.back().name = policy.name;
    metrics += fmt::format("{}{} at {:g}", metrics.empty() ? "" : ", ", name(policy.metric), policy.tracking->target);
  }
  if (spec.metrics.empty())
    scale.at("policies")
        .fail("on EKS a policy with a target: an HPA is made of it", "steps only",
              "add one, write eks/hpa, or run the service on ECS");
  building.assume("service " + workload.name, "an HPA on " + metrics,
                  "made of the policies with a target; Kubernetes has no others of Application Auto Scaling",
                  scale.pointer() + "/policies");
  return spec;
}

void make_neutral(Building& building, const Field& scale, WorkloadSpec& workload) {
  ScaleSpec& spec = *workload.scale;
  const std::string subject = "service " + workload.name;
  if (!spec.policies.empty()) {
    workload.eks.hpa = of_policies(building, scale, workload);
  } else {
    if (spec.target == 0)
      scale.fail("on EKS a target: nothing there follows the clock", "only scheduled actions",
                 "add \"target\": 60, or write eks/hpa");
    building.assume(subject,
                    fmt::format("an HPA on {} at {:g}, without a behavior block", name(spec.metric), spec.target),
                    "what a neutral scale becomes; eks/hpa describes another in its place",
                    "/services/" + workload.name + "/eks/hpa");
  }
  for (const HpaMetricSpec& metric : hpa_of(workload).metrics) {
    if (metric.measure != HpaMeasure::memory) continue;
    const Field written = spec.policies.empty() ? scale.at("metric") : scale.at("policies").at(metric.name);
    check_measured(building, written, metric, workload);
  }
  if (!spec.scheduled.empty())
    building.assume(subject, "no scheduled scaling", "an HPA has none", scale.pointer() + "/scheduled");
  spec.policies.clear();
  spec.scheduled.clear();
}

void check_floor(const Field& scale) {
  if (scale.at("min").whole() == 0)
    scale.at("min").fail("at least 1 on EKS, which leaves the feature gate HPAScaleToZero off", "0",
                         "write 1, or run the service on ECS");
}

}  // namespace

void build_hpa(Building& building, const Field& service, WorkloadSpec& workload) {
  const auto eks = service.find("eks");
  const auto hpa = eks ? eks->find("hpa") : std::nullopt;
  const auto scale = service.find("scale");
  if (!hpa) {
    if (!scale) return;
    check_floor(*scale);
    return make_neutral(building, *scale, workload);
  }
  const auto min = hpa->find("min"), max = hpa->find("max");
  if (!min && scale) check_floor(*scale);
  ScaleSpec bounds;
  bounds.min = min ? min->whole() : scale ? workload.scale->min : 1;
  bounds.max = max ? max->whole() : workload.scale->max;
  if (bounds.min > bounds.max)
    hpa->fail("max to be at least min", fmt::format("min {} and max {}", bounds.min, bounds.max),
              "write both \"min\" and \"max\" here");
  if (scale)
    building.assume("service " + workload.name, "the HPA that eks.hpa describes, in place of the one of scale",
                    "a Deployment has one HPA; bounds that it leaves out are those of scale", hpa->pointer());
  workload.scale = bounds;
  workload.eks.hpa = build_own(building, *hpa, workload);
}

}  // namespace berth
