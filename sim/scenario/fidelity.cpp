#include "sim/scenario/fidelity.hpp"

#include <set>
#include <string>

namespace berth {

std::optional<Field> beyond_fluid(const Field& service) {
  static const std::set<std::string, std::less<>> kKnown = {
      "notes",           "requests",       "cores",       "replicas",  "service_time",
      "cpu_per_request", "concurrency",    "queue_limit", "timeout",   "slo",
      "request_bytes",   "response_bytes", "log_bytes",   "balancing", "fidelity"};
  const Field demand = service.at("demand");
  for (const Field& key : demand.members())
    if (kKnown.count(key.key()) == 0) return key;
  const Field balancing = demand.at("balancing"), work = demand.at("cpu_per_request");
  if (balancing.text() != "round_robin" && balancing.text() != "least_outstanding") return balancing;
  if (work.is(Value::Kind::object)) return work;
  return service.find("calls");
}

Fidelity build_fidelity(const Field& service, const Field& engine) {
  const auto own = service.at("demand").find("fidelity");
  const Field word = own ? *own : engine.at("fidelity");
  if (word.text() == "requests") return Fidelity::requests;
  const auto beyond = beyond_fluid(service);
  if (word.text() == "auto") return beyond ? Fidelity::requests : Fidelity::automatic;
  if (beyond)
    word.fail("\"requests\" or \"auto\" for service " + service.key() + ", as the fluid approximation does not know " +
                  beyond->pointer(),
              word.shown(), "write \"fidelity\": \"requests\" in " + service.pointer() + "/demand");
  return Fidelity::fluid;
}

}  // namespace berth
