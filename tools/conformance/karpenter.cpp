// Karpenter's packing of pending pods onto planned nodes, and its budgets of disruption.
#include <fmt/format.h>

#include <set>

#include "sim/policy/node_scaling/disruption_budget.hpp"
#include "sim/policy/node_scaling/karpenter.hpp"
#include "sim/scenario/cron.hpp"
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

DisruptionReason reason_named(const std::string& name) {
  return name == "Empty"     ? DisruptionReason::empty
         : name == "Drifted" ? DisruptionReason::drifted
                             : DisruptionReason::underutilized;
}

/// "10" or "10%"; one that is not active counts only within windows of which it has none.
DisruptionBudget budget_of(const Field& field) {
  DisruptionBudget budget;
  const std::string nodes = field.at("nodes").text();
  if (nodes.back() == '%') budget.percent = std::stod(nodes);
  else budget.nodes = std::stoll(nodes);
  for (const Field& reason : items_or_none(field, "reasons")) budget.reasons.push_back(reason_named(reason.text()));
  budget.scheduled = !field.at("active").truth();
  return budget;
}

void run_budgets(const Field& file, Tally& tally) {
  for (const Field& c : items_or_none(file, "budget_cases")) {
    std::vector<DisruptionBudget> budgets;
    for (const Field& budget : c.at("input").at("budgets").items()) budgets.push_back(budget_of(budget));
    std::string expected, ours;
    for (const Field& reason : c.at("expected").members()) {
      expected += fmt::format("{} {} ", reason.key(), reason.whole(0, kNoBudget));
      ours += fmt::format(
          "{} {} ", reason.key(),
          allowed_by_budgets(budgets, number_at(c.at("input"), "num_nodes"), reason_named(reason.key()), Time{}));
    }
    tally.expect(c.at("name").text(), expected, ours);
  }
}

/// The moment of the case is the start of a run that ends at once.
void run_windows(const Field& file, Tally& tally) {
  for (const Field& c : items_or_none(file, "budget_window_cases")) {
    const Field in = c.at("input");
    DisruptionBudget budget{0};
    if (has_value(in, "schedule")) {
      std::string why;
      const auto cron = parse_kube_cron(in.at("schedule").text(), why);
      budget.scheduled = true;
      budget.windows =
          windows(*cron, in.at("now_utc").instant(), Duration{1}, std::chrono::seconds{number_at(in, "duration_s")});
    }
    const bool active = allowed_by_budgets({&budget, 1}, 100, DisruptionReason::empty, Time{}) == 0;
    tally.expect(c.at("name").text(), c.at("expected").at("active").truth() ? "active" : "not active",
                 active ? "active" : "not active");
  }
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
  run_budgets(file, tally);
  run_windows(file, tally);
}

}  // namespace berth::conformance
