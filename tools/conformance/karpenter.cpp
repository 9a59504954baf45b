// Karpenter's packing of pending pods onto planned nodes.
#include <fmt/format.h>

#include <set>

#include "sim/policy/node_scaling/karpenter.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

const ZoneId kZones[] = {ZoneId{0}};

/// The instance types of a set that carry the wanted architecture, their overhead taken off.
struct Types {
  std::vector<std::string> names;
  std::vector<Offering> offerings;
};

Types types_of(const Field& file, const std::string& set, const std::string& arch) {
  const auto overhead = file.at("node_overhead");
  Types t;
  for (const auto& type : file.at("instance_type_sets").at(set).items()) {
    if (!arch.empty() && type.at("arch").text() != arch) continue;
    Offering o;
    o.type = static_cast<std::uint16_t>(t.names.size());
    o.cpu = millicores(number_at(type, "cpu_milli") - number_at(overhead, "cpu_milli"));
    o.memory = Bytes{number_at(type, "memory_bytes") - number_at(overhead, "memory_bytes")};
    o.slots = static_cast<std::int32_t>(number_at(type, "pods"));
    o.usd_hour = Usd{static_cast<std::int64_t>(type.at("price").number() * 1e10)};
    t.names.push_back(type.at("name").text());
    t.offerings.push_back(o);
  }
  return t;
}

Ask ask_of(const Field& group) {
  Ask ask;
  ask.cpu = millicores(number_at(group, "cpu_milli"));
  ask.memory = Bytes{number_at(group, "memory_bytes")};
  for (const auto& init : items_or_none(group, "init")) {
    ask.cpu = std::max(ask.cpu, millicores(number_at(init, "cpu_milli")));
    ask.memory = std::max(ask.memory, Bytes{number_at(init, "memory_bytes")});
  }
  ask.cpu += millicores(number_or(group, "overhead_cpu_milli", 0));
  return ask;
}

/// Nodes, the types they would be launched as, and how many pods found a place; only what the case states.
std::string expected_plan(const Field& expected) {
  std::set<std::string> types;
  for (const auto& t : items_or_none(expected, "instance_types")) types.insert(t.text());
  auto text = fmt::format("{} nodes", number_at(expected, "nodes"));
  for (const auto& t : types) text += " " + t;
  if (expected.has("distinct_instance_types")) text += " all different";
  if (expected.has("scheduled")) text += fmt::format(" {} scheduled", number_at(expected, "scheduled"));
  return text;
}

std::string our_plan(const KarpenterPlan& plan, const Types& types, const Field& expected, std::size_t pods) {
  std::set<std::string> launched;
  for (const auto& node : plan.launch) launched.insert(types.names[node.offerings.front()]);
  auto text = fmt::format("{} nodes", plan.launch.size());
  if (expected.has("instance_types")) {
    for (const auto& t : launched) text += " " + t;
  }
  if (expected.has("distinct_instance_types") && launched.size() == plan.launch.size()) text += " all different";
  if (expected.has("scheduled")) text += fmt::format(" {} scheduled", pods - plan.refused.size());
  return text;
}

}  // namespace

void run_karpenter(const Field& file, Tally& tally) {
  for (const auto& c : file.at("cases").items()) {
    const auto in = c.at("input");
    std::string arch;
    std::vector<PendingPod> pending;
    for (const auto& group : in.at("pod_groups").items()) {
      if (has_value(group, "node_selector")) arch = group.at("node_selector").at("arch").text();
      for (std::int64_t n = 0; n < number_at(group, "count"); ++n) pending.push_back({ask_of(group), Time{}});
    }
    const auto types = types_of(file, in.at("instance_types").text(), arch);
    const KarpenterPool pool{PoolId{0}, types.offerings, kZones, 1'000};
    const auto plan = karpenter_provision(ClusterView{}, pool, pending);
    tally.expect(c.at("name").text(), expected_plan(c.at("expected")),
                 our_plan(plan, types, c.at("expected"), pending.size()));
  }
  tally.not_covered("budget_cases, budgets by reason", items_or_none(file, "budget_cases").size());
  tally.not_covered("budget_window_cases, budgets by calendar", items_or_none(file, "budget_window_cases").size());
}

}  // namespace berth::conformance
