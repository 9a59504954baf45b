// Calls of services, externals, and what of both is taken for granted.
#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/scenario/call_relations.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

ExternalSpec build_external(const Field& field) {
  ExternalSpec external;
  external.name = field.key();
  if (const auto f = field.find("connections")) external.connections = f->whole();
  external.queue_limit = field.at("queue_limit").whole();
  external.service_time = build_distribution(field.at("service_time"));
  external.error_rate = field.at("error_rate").percent() / 100;
  external.bytes = field.at("bytes").bytes();
  external.request_bytes = field.at("request_bytes").bytes();
  if (const auto zone = field.find("zone")) external.zone = zone->text();
  const std::string via = field.at("via").text();
  external.via = via == "nat"        ? ExternalVia::nat
                 : via == "endpoint" ? ExternalVia::endpoint
                 : via == "internet" ? ExternalVia::internet
                                     : ExternalVia::network;
  return external;
}

/// How long clients of a service wait for it, if they say nothing else.
Duration patience_with(const RunSpec& run, const std::string& callee) {
  for (const WorkloadSpec& workload : run.workloads)
    if (workload.demand && workload.name == callee) return workload.demand->timeout;
  return Duration{0};
}

/// What a call to it carries there and back, if nothing else is written.
std::pair<Bytes, Bytes> bytes_of(const RunSpec& run, const std::string& callee) {
  for (const WorkloadSpec& workload : run.workloads)
    if (workload.demand && workload.name == callee)
      return {workload.demand->request_bytes, workload.demand->response_bytes};
  for (const ExternalSpec& external : run.externals)
    if (external.name == callee) return {external.request_bytes, external.bytes};
  return {};
}

CallSpec build_call(const Building& building, const std::vector<Field>& calls, std::size_t i) {
  const Field& field = calls[i];
  CallSpec call;
  call.to = field.at("to").text();
  call.count = field.at("count").whole();
  call.probability = field.at("probability").percent() / 100;
  call.after = calls_before(calls, i);
  call.async = field.at("async").truth();
  call.optional = field.at("optional").truth();
  call.direct = field.at("direct").truth();
  std::tie(call.request_bytes, call.response_bytes) = bytes_of(building.run, call.to);
  if (const auto bytes = field.find("request_bytes")) call.request_bytes = bytes->bytes();
  if (const auto bytes = field.find("response_bytes")) call.response_bytes = bytes->bytes();
  if (call.async) return call;
  const auto timeout = field.find("timeout");
  call.timeout = timeout ? timeout->duration() : patience_with(building.run, call.to);
  if (const auto retries = field.find("retries")) call.retries = build_retries(*retries, building.catalog);
  return call;
}

void assume_calls(Building& building) {
  building.assume("calls between services",
                  "a request does its CPU work first, then its calls, then waits what is left of its service time",
                  "nothing says when in its service time a request calls", "/services/*/calls");
  building.assume("calls between services", "they take no time on the way",
                  "a round trip inside a region is less than a millisecond (guess)", "");
}

bool any_call(const RunSpec& run, const std::function<bool(const CallSpec&)>& is) {
  return std::any_of(run.workloads.begin(), run.workloads.end(),
                     [&](const WorkloadSpec& w) { return std::any_of(w.calls.begin(), w.calls.end(), is); });
}

const WorkloadSpec* service_named(const RunSpec& run, const std::string& name) {
  for (const WorkloadSpec& w : run.workloads)
    if (w.demand && w.name == name) return &w;
  return nullptr;
}

/// Only of what may be on the bill.
void assume_bytes(Building& building) {
  const RunSpec& run = building.run;
  const auto carries = [](const CallSpec& c) { return (c.request_bytes + c.response_bytes).count() > 0; };
  const auto balanced = [&](const CallSpec& c) {
    const WorkloadSpec* callee = service_named(run, c.to);
    return carries(c) && !c.direct && callee != nullptr && !callee->load_balancer.empty();
  };
  const bool to_services =
      any_call(run, [&](const CallSpec& c) { return carries(c) && service_named(run, c.to) != nullptr; });
  if (to_services && run.network.zones.size() > 1)
    building.assume("calls between services",
                    "what goes to a replica in another zone is billed in both directions, retries included",
                    "AWS bills each end; headers, TLS and what nobody waits for any more are not counted",
                    "/services/*/calls/*/request_bytes");
  if (any_call(run, balanced))
    building.assume("calls between services",
                    "those to a service with a load balancer go through it, by addresses inside the network",
                    "past it go Service Connect, Cloud Map and ClusterIPs", "/services/*/calls/*/direct");
  for (const ExternalSpec& external : run.externals)
    if (external.via == ExternalVia::network && external.zone.empty() &&
        any_call(run, [&](const CallSpec& c) { return c.to == external.name && carries(c); }))
      building.assume("external " + external.name, "calls to it cost no transfer between zones",
                      "nothing says in which zone it stands", "/externals/" + external.name + "/zone");
}

/// Services that call, or are called, share a joint lane, which goes to pods.
void refuse_behind_nodes(const Building& building) {
  for (const WorkloadSpec& workload : building.run.workloads) {
    if (!workload.eks.node_port) continue;
    if (!is_called(building.run, workload.name) && workload.calls.empty()) continue;
    const Field service = building.scenario.at("services").at(workload.name);
    service.at("load_balancer")
        .fail("a load balancer that registers pods, of a service that calls or is called: nodes are not simulated yet",
              workload.load_balancer, "use an ALB or NLB, and \"target_type\": \"ip\" in the service's eks");
  }
}

}  // namespace

bool is_called(const RunSpec& run, const std::string& name) {
  return std::any_of(run.workloads.begin(), run.workloads.end(), [&](const WorkloadSpec& w) {
    return std::any_of(w.calls.begin(), w.calls.end(), [&](const CallSpec& c) { return c.to == name; });
  });
}

/// After the services: a call waits as long as its callee's clients do.
void build_calls(Building& building) {
  if (const auto externals = building.scenario.find("externals"))
    for (const Field& external : externals->members()) building.run.externals.push_back(build_external(external));
  bool any = false;
  for (const Field& service : building.scenario.at("services").members()) {
    const auto written = service.find("calls");
    if (!written || written->items().empty()) continue;
    any = true;
    const std::vector<Field> calls = written->items();
    const auto of_service = [&](const WorkloadSpec& w) {
      return w.kind == WorkloadKind::service && !w.system && w.name == service.key();
    };
    const auto caller = std::find_if(building.run.workloads.begin(), building.run.workloads.end(), of_service);
    SIM_CHECK(caller != building.run.workloads.end());
    for (std::size_t i = 0; i < calls.size(); ++i) caller->calls.push_back(build_call(building, calls, i));
  }
  if (!any) return;
  refuse_behind_nodes(building);
  assume_calls(building);
  assume_bytes(building);
}

}  // namespace berth
