#include "sim/scenario/cores_demand.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace berth {
namespace {

constexpr double kMostCores = 1e6;

[[noreturn]] void refuse_metric_of_requests(const Field& metric) {
  metric.fail("a metric that is there: a load in cores has no requests", metric.shown(),
              "write \"cpu\", or give the demand \"requests\"");
}

void check_metric_of_cores(const Field& scaler) {
  if (const auto metric = scaler.find("metric"); metric && metric->text() == "requests_per_replica")
    refuse_metric_of_requests(*metric);
}

void check_scale_of_cores(const Field& service) {
  const auto scale = service.find("scale");
  if (!scale) return;
  check_metric_of_cores(*scale);
  if (const auto policies = scale->find("policies"))
    for (const Field& policy : policies->members()) check_metric_of_cores(policy);
}

void check_hpa_of_cores(const Field& service) {
  const auto eks = service.find("eks");
  const auto hpa = eks ? eks->find("hpa") : std::nullopt;
  const auto metrics = hpa ? hpa->find("metrics") : std::nullopt;
  if (!metrics) return;
  for (const Field& metric : metrics->members())
    for (const char* key : {"pods", "object"})
      if (const auto there = metric.find(key)) refuse_metric_of_requests(*there);
}

std::string cores_trace(const Field& cores) {
  return cores.is(Value::Kind::text) ? cores.text() : cores.at("trace").text();
}

double cores_share(const Field& cores) {
  const bool part = cores.is(Value::Kind::object) && cores.has("share");
  return part ? cores.at("share").number() : 1;
}

}  // namespace

bool is_asked_by_requests(const Field& service) {
  const auto demand = service.find("demand");
  return demand && !demand->has("replicas") && !demand->has("cores");
}

void check_cores(const Field& service, const Field& demand) {
  for (const Field& key : demand.members())
    if (key.key() != "cores")
      key.fail("nothing beside \"cores\": a load in cores has no requests", "\"" + key.key() + "\"",
               "remove " + key.pointer() + ", or " + demand.at("cores").pointer());
  if (const auto calls = service.find("calls"); calls && !calls->items().empty())
    calls->fail("no calls of a service with a load in cores: it has no requests that would make them", calls->shown(),
                "remove " + calls->pointer() + ", or give the demand \"requests\"");
  const auto health = service.find("health");
  if (const auto slow = health ? health->find("slow_start") : std::nullopt; slow && slow->duration() > Duration{0})
    slow->fail("no slow start of a service with a load in cores: it has no requests that would be held back",
               slow->shown(), "remove " + slow->pointer());
  check_scale_of_cores(service);
  check_hpa_of_cores(service);
}

DemandSpec build_cores(Building& building, const Field& service, const Field& cores) {
  building.assume("service " + service.key(),
                  "its replicas share the load in cores evenly, and what they have no room for is lost",
                  "of work that waits nothing is known without requests", cores.pointer());
  DemandSpec spec;
  spec.in_cores = true;
  spec.trace = cores_trace(cores);
  spec.share = cores_share(cores);
  spec.service_time.parameters = {Duration{0}};
  return spec;
}

void check_cores_targets(const Field& service, const WorkloadSpec& workload) {
  if (!workload.demand || !workload.demand->in_cores || !workload.eks.node_port) return;
  service.at("load_balancer")
      .fail("a load balancer that registers pods, of a service with a load in cores", workload.load_balancer,
            "use an ALB or NLB, and \"target_type\": \"ip\" in the service's eks");
}

void check_cores_traces(const Field& scenario, const Traces& traces) {
  for (const Field& service : scenario.at("services").members()) {
    const auto demand = service.find("demand");
    const auto cores = demand ? demand->find("cores") : std::nullopt;
    if (!cores) continue;
    const std::string name = cores_trace(*cores);
    const LoadSeries& load = *traces.at(name);
    if (load.means == Meaning::count || load.means == Meaning::listed)
      cores->fail("a trace of cores: read at a moment, or their mean over an interval", "a trace of requests",
                  fmt::format("write \"means\": \"gauge\" or \"rate\" in /traces/{}", name));
    const auto most = std::max_element(load.values.begin(), load.values.end());
    if (most != load.values.end() && *most * cores_share(*cores) > kMostCores)
      cores->fail("at most a million cores", fmt::format("{:.0f}", *most * cores_share(*cores)),
                  "make the trace's scale smaller");
  }
}

}  // namespace berth
