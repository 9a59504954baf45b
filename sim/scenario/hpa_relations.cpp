// Checks across the keys of an HPA, as the API server validates one (autoscaling/v2).
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "sim/scenario/hpa.hpp"

namespace berth {
namespace {

const char* const kAims[] = {"utilisation", "average_value", "value"};

HpaMeasure measure_of(const Field& metric) {
  if (const auto resource = metric.find("resource"))
    return resource->text() == "memory" ? HpaMeasure::memory : HpaMeasure::cpu;
  if (const auto pods = metric.find("pods"))
    return pods->text() == "in_flight" ? HpaMeasure::in_flight : HpaMeasure::requests_per_second;
  return metric.has("object") ? HpaMeasure::requests_per_second : HpaMeasure::outside;
}

/// The one target that it has.
Field aim_of(const Field& metric) {
  std::optional<Field> only;
  for (const char* key : kAims) {
    const auto there = metric.find(key);
    if (!there) continue;
    if (only)
      there->fail("one target: utilisation, average_value or value", fmt::format("{} and {}", only->key(), key),
                  "remove " + there->pointer());
    only = there;
  }
  if (!only)
    metric.fail("a target: utilisation, average_value or value", "none",
                metric.has("resource") ? "add \"utilisation\": 60" : "add \"average_value\"");
  return *only;
}

void check_utilisation(const Field& percent) {
  const double value = percent.percent();
  if (value < 1 || value != std::floor(value)) percent.fail("whole percent, at least 1 %", percent.shown(), "write 60");
}

void check_metric(const Field& metric, const Field& containers) {
  const Field aim = aim_of(metric);
  const bool resource = metric.has("resource");
  const bool whole = metric.has("object") || metric.has("external");
  if (aim.key() == "utilisation" && !resource)
    aim.fail("utilisation of a resource only: others have no requests", aim.shown(), "write \"average_value\"");
  if (aim.key() == "value" && !whole)
    aim.fail("a value of an object or an external metric only: pods have one each", aim.shown(),
             "write \"average_value\"");
  if (aim.key() == "utilisation") check_utilisation(aim);
  else if (hpa_amount(aim, measure_of(metric)) <= 0)
    aim.fail("more than zero", aim.shown(), "write what a pod should have");
  const auto container = metric.find("container");
  if (!container) return;
  if (!resource)
    container->fail("a container beside a resource only", container->shown(), "remove " + container->pointer());
  if (!containers.has(container->text())) {
    std::vector<std::string> known;
    for (const Field& c : containers.members()) known.push_back(c.key());
    const std::string near = nearest(container->text(), known);
    container->fail("a container of the service", container->shown(),
                    near.empty() ? "write the name of one of /containers" : "write \"" + near + "\"");
  }
}

/// In whole seconds, as the API has them.
void check_seconds(const Field& duration) {
  if (duration.duration() % Duration{1s} != Duration{0})
    duration.fail("whole seconds", duration.shown(), "write \"15 s\"");
}

void check_rules(const Field& rules) {
  if (const auto window = rules.find("stabilisation")) check_seconds(*window);
  const auto policies = rules.find("policies");
  if (!policies) return;
  if (policies->items().empty())
    policies->fail("at least one policy", "none",
                   "write [{\"pods\": 4, \"period\": \"15 s\"}], or \"select\": \"disabled\"");
  for (const Field& policy : policies->items()) {
    check_seconds(policy.at("period"));
    if (const auto percent = policy.find("percent")) check_utilisation(*percent);
  }
}

}  // namespace

std::int64_t hpa_amount(const Field& amount, HpaMeasure measure) {
  if (measure == HpaMeasure::cpu) return in_millicores(amount.cpu());
  if (measure == HpaMeasure::memory) return amount.bytes().count();
  return std::llround((measure == HpaMeasure::requests_per_second ? amount.per_second() : amount.number()) * 1000);
}

void check_hpa(const Field& service) {
  const auto eks = service.find("eks");
  const auto hpa = eks ? eks->find("hpa") : std::nullopt;
  if (!hpa) return;
  const auto min = hpa->find("min"), max = hpa->find("max");
  if (min && min->whole() == 0)
    min->fail("at least 1: EKS leaves the feature gate HPAScaleToZero off", min->shown(), "write 1");
  if (min && max && min->whole() > max->whole())
    max->fail(fmt::format("max to be at least min ({})", min->shown()), max->shown(), "raise max or lower min");
  if (!max && !service.has("scale")) hpa->fail("the key \"max\": never more replicas", "none", "add \"max\": 10");
  if (const auto metrics = hpa->find("metrics")) {
    if (metrics->members().empty())
      metrics->fail("at least one metric", "none", "write {\"cpu\": {\"resource\": \"cpu\", \"utilisation\": 60}}");
    for (const Field& metric : metrics->members()) check_metric(metric, service.at("containers"));
  }
  const auto behavior = hpa->find("behavior");
  if (!behavior) return;
  for (const char* direction : {"up", "down"})
    if (const auto rules = behavior->find(direction)) check_rules(*rules);
}

}  // namespace berth
