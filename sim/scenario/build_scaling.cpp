// How a service scales: its policies and scheduled actions on ECS; on EKS its HPA does.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/hpa.hpp"
#include "sim/scenario/scalars.hpp"

namespace berth {
namespace {

ScaleMetric metric_named(const std::string& word) {
  if (word == "memory") return ScaleMetric::memory;
  return word == "requests_per_replica" ? ScaleMetric::requests_per_replica : ScaleMetric::cpu;
}

double level(const Field& field, ScaleMetric metric) {
  return metric == ScaleMetric::requests_per_replica ? field.per_second() * 60 : field.percent();
}

Duration cooldown(const Field& object, const char* key, const Catalog& catalog, const char* constant) {
  const auto there = object.find(key);
  return there ? there->duration() : from_seconds(catalog.constant(constant));
}

ScalingPolicySpec build_policy(const Field& policy, const Catalog& catalog) {
  ScalingPolicySpec spec;
  spec.name = policy.key();
  spec.metric = metric_named(policy.at("metric").text());
  if (const auto target = policy.find("target")) {
    spec.tracking.emplace();
    spec.tracking->target = level(*target, spec.metric);
    spec.tracking->out_cooldown = cooldown(policy, "out_cooldown", catalog, "aas.cooldown_out_s");
    spec.tracking->in_cooldown = cooldown(policy, "in_cooldown", catalog, "aas.cooldown_in_s");
    spec.tracking->scale_in = !policy.has("scale_in") || policy.at("scale_in").truth();
    return spec;
  }
  spec.steps = build_step_scaling(policy);
  spec.steps->threshold = level(policy.at("threshold"), spec.metric);
  spec.steps->cooldown = cooldown(policy, "cooldown", catalog, "aas.cooldown_out_s");
  if (const auto alarm = policy.find("alarm")) {
    spec.alarm.emplace();
    if (const auto f = alarm->find("datapoints")) spec.alarm->datapoints = spec.alarm->of = f->whole();
    if (const auto f = alarm->find("of")) spec.alarm->of = f->whole();
  }
  return spec;
}

std::vector<Time> moments_of(const Building& building, const Field& action) {
  if (const auto at = action.find("at")) return {Time{at->duration()}};
  return cron_moments(building, action.at("cron"));
}

/// The bounds that an action leaves are checked in the order of time, as AWS would check each call.
void check_bounds(const Field& scheduled, const ScaleSpec& scale) {
  std::vector<std::pair<Time, const ScheduledActionSpec*>> calls;
  for (const ScheduledActionSpec& action : scale.scheduled)
    for (const Time at : action.at) calls.emplace_back(at, &action);
  std::stable_sort(calls.begin(), calls.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::int64_t min = scale.min, max = scale.max;
  for (const auto& [at, action] : calls) {
    min = action->min.value_or(min);
    max = action->max.value_or(max);
    if (min > max)
      scheduled.at(action->name)
          .fail("bounds in order at each of its moments", fmt::format("min {} and max {}", min, max),
                "give it both \"min\" and \"max\"");
  }
}

ScaleSpec build_scale(const Building& building, const Field& scale) {
  const Catalog& catalog = building.catalog;
  ScaleSpec spec;
  spec.min = scale.at("min").whole();
  spec.max = scale.at("max").whole();
  spec.metric = metric_named(scale.at("metric").text());
  if (const auto target = scale.find("target")) spec.target = level(*target, spec.metric);
  spec.out_cooldown = cooldown(scale, "out_cooldown", catalog, "aas.cooldown_out_s");
  spec.in_cooldown = cooldown(scale, "in_cooldown", catalog, "aas.cooldown_in_s");
  if (const auto policies = scale.find("policies"))
    for (const Field& policy : policies->members()) spec.policies.push_back(build_policy(policy, catalog));
  if (const auto scheduled = scale.find("scheduled")) {
    for (const Field& action : scheduled->members()) {
      spec.scheduled.push_back({action.key(), moments_of(building, action), {}, {}, {}});
      if (const auto f = action.find("min")) spec.scheduled.back().min = f->whole();
      if (const auto f = action.find("max")) spec.scheduled.back().max = f->whole();
    }
    check_bounds(*scheduled, spec);
  }
  return spec;
}

/// A metric that ECS would never publish for this service would leave it as it is, silently.
void check_metric(const Building& building, const Field& written, ScaleMetric metric, const WorkloadSpec& workload) {
  const bool says_memory = std::any_of(workload.containers.begin(), workload.containers.end(),
                                       [](const ContainerSpec& c) { return c.memory_use.has_value(); });
  if (metric == ScaleMetric::memory && !says_memory)
    written.fail("containers that say what memory they use", "none of the service does",
                 "give one \"memory_use\", or scale on cpu");
  const auto& lbs = building.run.load_balancers;
  const bool alb = std::any_of(lbs.begin(), lbs.end(), [&](const LoadBalancerSpec& lb) {
    return lb.name == workload.load_balancer && lb.kind == LoadBalancerKind::alb;
  });
  if (metric == ScaleMetric::requests_per_replica && written.key() != "metric" && !alb)
    written.fail("a service behind an Application Load Balancer, which counts requests a target", "none",
                 "give the service a \"load_balancer\" of kind \"alb\", or scale on cpu");
}

void check_metrics(const Building& building, const Field& scale, const WorkloadSpec& workload) {
  const ScaleSpec& spec = *workload.scale;
  if (spec.policies.empty() && spec.target > 0) check_metric(building, scale.at("metric"), spec.metric, workload);
  for (const ScalingPolicySpec& policy : spec.policies)
    check_metric(building, scale.at("policies").at(policy.name), policy.metric, workload);
}

bool reads_use(const ScaleSpec& scale) {
  if (scale.policies.empty()) return scale.metric != ScaleMetric::requests_per_replica;
  return std::any_of(scale.policies.begin(), scale.policies.end(),
                     [](const ScalingPolicySpec& p) { return p.metric != ScaleMetric::requests_per_replica; });
}

std::optional<Field> written_period(const Field& service) {
  const auto ecs = service.find("ecs");
  const auto scaling = ecs ? ecs->find("scaling") : std::nullopt;
  return scaling ? scaling->find("metric_period") : std::nullopt;
}

void build_metric_period(const Building& building, const Field& service, WorkloadSpec& workload) {
  const Catalog& catalog = building.catalog;
  const double high = catalog.constant("aas.high_resolution.metric_period_s");
  const auto written = written_period(service);
  if (!written) {
    workload.ecs.high_resolution = catalog.constant("aas.service_metric_period_s") == high;
    return;
  }
  workload.ecs.high_resolution = written->duration() == from_seconds(high);
  if (!workload.ecs.high_resolution) return;
  if (catalog.constant("aas.high_resolution.sold") == 0)
    written->fail("60 s: ECS has 20-s metrics since 2026-06-18", written->shown(),
                  "write \"60 s\", or a later \"catalog\" date");
  if (workload.scale && !reads_use(*workload.scale))
    written->fail("60 s: requests of a target are counted by the minute, 20 s are for cpu and memory", written->shown(),
                  "remove " + written->pointer() + ", or scale on cpu");
}

}  // namespace

StepScalingSpec build_step_scaling(const Field& policy) {
  StepScalingSpec spec;
  spec.above = !policy.has("when") || policy.at("when").text() == "above";
  const std::string adjustment = policy.has("adjustment") ? policy.at("adjustment").text() : "change";
  spec.adjustment = adjustment == "percent" ? Adjustment::percent_change
                    : adjustment == "exact" ? Adjustment::exact_capacity
                                            : Adjustment::change_in_capacity;
  if (const auto least = policy.find("least_change")) spec.least_change = least->whole();
  for (const Field& item : policy.at("steps").items()) {
    StepSpec step;
    if (const auto from = item.find("from")) step.from = signed_number(*from);
    if (const auto to = item.find("to")) step.to = signed_number(*to);
    step.change = signed_number(item.at("change"));
    spec.steps.push_back(step);
  }
  return spec;
}

void build_scaling(Building& building, const Field& service, WorkloadSpec& workload) {
  const bool ecs = building.orchestrator(workload.cluster) == Orchestrator::ecs;
  if (const auto scale = service.find("scale")) {
    workload.scale = build_scale(building, *scale);
    if (ecs) check_metrics(building, *scale, workload);
  }
  if (ecs) build_metric_period(building, service, workload);
  else build_hpa(building, service, workload);
}

}  // namespace berth
