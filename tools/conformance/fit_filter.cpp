// NodeResourcesFit as a filter: CPU, memory, the number of pods, and one extended resource, which is counted as GPUs
// are.
#include <algorithm>

#include "sim/policy/placement/fargate_refusal.hpp"
#include "sim/policy/placement/placement.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

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

/// Containers of which each asks for so much of the resource: it is summed up, and init containers compared, as memory.
std::int64_t asked_of(const Field& input, std::string_view key, const char* init_key, const std::string& resource) {
  std::vector<ContainerSpec> all;
  const auto add = [&](std::string_view list, bool init) {
    for (const auto& c : items_or_none(input, list)) {
      ContainerSpec spec;
      spec.init = init;
      if (has_value(c, "scalar")) spec.amount.memory = Bytes{number_or(c.at("scalar"), resource, 0)};
      all.push_back(spec);
    }
  };
  add(key, false);
  if (init_key != nullptr) add(init_key, true);
  return replica_request(all).memory.count();
}

/// The extended resource that the pod asks for; empty: none.
std::string extended_resource(const Field& input) {
  for (const char* key : {"pod_containers", "pod_init_containers"})
    for (const auto& c : items_or_none(input, key))
      if (has_value(c, "scalar")) return c.at("scalar").members().front().key();
  return {};
}

bool asks_for_disk(const Field& input) {
  const auto containers = items_or_none(input, "pod_containers");
  return std::any_of(containers.begin(), containers.end(), [](const Field& c) { return c.has("ephemeral_bytes"); });
}

std::string resource_name(WaitReason why, const std::string& extended) {
  if (why == WaitReason::gpu) return extended;
  return why == WaitReason::slots ? "pods" : std::string(name(why));
}

/// Upstream names every resource that is short; the filter here stops at the first one.
std::string first_insufficient(const Field& expected) {
  for (const auto& r : items_or_none(expected, "insufficient")) return r.at("resource").text();
  return "none";
}

void run_case(const Field& c, Tally& tally) {
  const auto in = c.at("input");
  auto containers = containers_of(in, "pod_containers", false);
  const auto init = containers_of(in, "pod_init_containers", true);
  containers.insert(containers.end(), init.begin(), init.end());
  const auto request = replica_request(containers);
  const auto used = replica_request(containers_of(in, "existing_pod_containers", false));
  const auto node = in.at("node_allocatable");
  const std::string extended = extended_resource(in);
  ViewBuilder builder;
  builder.node(millicores(number_at(node, "cpu_milli")), Bytes{number_at(node, "memory_bytes")},
               static_cast<std::int32_t>(number_at(node, "pods")));
  builder.used(used.cpu, used.memory, 1);
  Ask ask;
  ask.cpu = request.cpu + millicores(number_or(in, "overhead_cpu_milli", 0));
  ask.memory = request.memory + Bytes{number_or(in, "overhead_memory_bytes", 0)};
  if (!extended.empty()) {
    builder.gpus(static_cast<std::int32_t>(number_or(node.at("scalar"), extended, 0)),
                 static_cast<std::int32_t>(asked_of(in, "existing_pod_containers", nullptr, extended)));
    ask.gpus = static_cast<std::int32_t>(asked_of(in, "pod_containers", "pod_init_containers", extended));
  }
  const auto why = refusal(builder.view(), ask, 0);
  tally.expect(c.at("name").text(), first_insufficient(c.at("expected")), why ? resource_name(*why, extended) : "none");
}

}  // namespace

void run_fit_filter(const Field& file, Tally& tally) {
  for (const auto& c : file.at("cases").items()) {
    const auto in = c.at("input");
    if (has_value(in, "ignored_resources"))
      tally.skip(c.at("name").text(), "EKS lets nobody name resources that are ignored");
    else if (asks_for_disk(in))
      tally.skip(c.at("name").text(), "ephemeral storage is checked before a run, not placed");
    else run_case(c, tally);
  }
}

}  // namespace berth::conformance
