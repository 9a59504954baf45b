// NodeResourcesFit as a filter: CPU, memory and the number of pods.
#include "sim/policy/placement/fargate_refusal.hpp"
#include "sim/policy/placement/placement.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

constexpr const char* kResources = "ephemeral storage and extended resources are not part of an ask";

std::vector<ContainerSpec> containers_of(const Field& input, std::string_view key, bool init) {
  std::vector<ContainerSpec> all;
  for (const auto& c : items_or_none(input, key)) {
    ContainerSpec spec;
    spec.init = init;
    spec.amount.cpu = millicores(number_or(c, "cpu_milli", 0));
    spec.amount.memory = Bytes{number_or(c, "memory_bytes", 0)};
    all.push_back(spec);
  }
  return all;
}

/// Whether a container names a resource that is not modelled.
bool asks_for_more(const Field& input, std::string_view key) {
  for (const auto& c : items_or_none(input, key)) {
    if (c.has("ephemeral_bytes") || c.has("scalar")) return true;
  }
  return false;
}

std::string resource_name(WaitReason why) { return why == WaitReason::slots ? "pods" : std::string(name(why)); }

/// Upstream names every resource that is short; the filter here stops at the first one.
std::string first_insufficient(const Field& expected) {
  for (const auto& r : items_or_none(expected, "insufficient")) return r.at("resource").text();
  return "none";
}

}  // namespace

void run_fit_filter(const Field& file, Tally& tally) {
  for (const auto& c : file.at("cases").items()) {
    const auto in = c.at("input");
    const auto case_name = c.at("name").text();
    if (asks_for_more(in, "pod_containers") || asks_for_more(in, "pod_init_containers")) {
      tally.skip(case_name, kResources);
      continue;
    }
    auto containers = containers_of(in, "pod_containers", false);
    const auto init = containers_of(in, "pod_init_containers", true);
    containers.insert(containers.end(), init.begin(), init.end());
    const auto request = replica_request(containers);
    const auto used = replica_request(containers_of(in, "existing_pod_containers", false));
    const auto node = in.at("node_allocatable");
    ViewBuilder builder;
    builder.node(millicores(number_at(node, "cpu_milli")), Bytes{number_at(node, "memory_bytes")},
                 static_cast<std::int32_t>(number_at(node, "pods")));
    builder.used(used.cpu, used.memory, 1);
    Ask ask;
    ask.cpu = request.cpu + millicores(number_or(in, "overhead_cpu_milli", 0));
    ask.memory = request.memory + Bytes{number_or(in, "overhead_memory_bytes", 0)};
    const auto why = refusal(builder.view(), ask, 0);
    tally.expect(case_name, first_insufficient(c.at("expected")), why ? resource_name(*why) : "none");
  }
}

}  // namespace berth::conformance
