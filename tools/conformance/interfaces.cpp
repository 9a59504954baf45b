// Pods per node by network interfaces, and what the VPC CNI keeps warm on a node.
#include <fmt/format.h>

#include "sim/world/max_pods.hpp"
#include "sim/world/warm_addresses.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

constexpr std::int64_t kPrefix = 16;  // addresses of a /28: the vectors' unit

/// The arithmetic of one kubelet expression; empty: an expression that no key of a scenario asks for.
std::optional<std::int64_t> pods_by_expression(const Field& c) {
  const std::string formula = has_value(c, "formula") ? c.at("formula").text() : "";
  if (formula == "min(max_pods,30)") return capped_pods(number_at(c, "standard_max_pods"), 30);
  if (!c.has("default_enis")) return std::nullopt;
  const InterfaceLimits limits{number_at(c, "default_enis"), number_at(c, "ips_per_eni") - 1};
  if (formula.empty()) return max_pods(limits, 1);
  if (formula == "enis*((ips-1)*16)+2") return max_pods(limits, kPrefix);
  if (formula == "(enis-1)*(ips-1)+2") return max_pods(without_primary(limits), 1);
  return std::nullopt;
}

WarmTargets targets_of_case(const Field& c) {
  WarmTargets t;
  t.eni = number_or(c, "warm_eni_target", 0);
  t.ip = number_or(c, "warm_ip_target", 0);
  t.minimum_ip = number_or(c, "minimum_ip_target", 0);
  t.prefix = number_or(c, "warm_prefix_target", 0);
  return t;
}

/// Addresses on each interface, the first ones full.
std::string by_interface(WarmPlan plan, std::int64_t slots_per_eni) {
  std::string text;
  for (std::int64_t eni = 0; eni < plan.enis; ++eni)
    text += fmt::format("{} ", std::min(slots_per_eni, plan.slots - eni * slots_per_eni));
  return text;
}

void run_secondary_case(const Field& c, Tally& tally) {
  const InterfaceLimits limits{number_at(c, "max_enis"), number_at(c, "secondary_ipv4_per_eni")};
  const std::int64_t pods = number_at(c, "pods");
  const WarmPlan plan = warm_plan(limits, targets_of_case(c), pods);
  std::string expected_by_interface;
  for (const Field& n : c.at("expected_ips_per_eni").items())
    expected_by_interface += fmt::format("{} ", n.whole(0, 1000));
  const auto say = [](std::int64_t enis, std::int64_t addresses, std::int64_t unused, const std::string& each) {
    return fmt::format("{} ENIs, {} addresses, {} unused: {}", enis, addresses, unused, each);
  };
  tally.expect(c.at("name").text(),
               say(number_at(c, "expected_attached_enis"), number_at(c, "expected_secondary_ips"),
                   number_at(c, "expected_unused_ips"), expected_by_interface),
               say(plan.enis, plan.slots, plan.slots - pods, by_interface(plan, limits.slots_per_eni)));
}

void run_prefix_case(const Field& c, Tally& tally) {
  if (!c.at("strict").truth()) {
    tally.skip(c.at("name").text(), c.at("note").text());
    return;
  }
  const InterfaceLimits limits{number_at(c, "max_enis"), number_at(c, "prefixes_per_eni")};
  const std::int64_t pods = number_at(c, "pods");
  WarmTargets targets = targets_of_case(c);
  targets.addresses_per_slot = kPrefix;
  const WarmPlan plan = warm_plan(limits, targets, pods);
  const auto say = [](std::int64_t enis, std::int64_t prefixes, std::int64_t unused) {
    return fmt::format("{} ENIs, {} prefixes, {} unused", enis, prefixes, unused);
  };
  tally.expect(
      c.at("name").text(),
      say(number_at(c, "expected_enis"), number_at(c, "expected_prefixes"), number_at(c, "expected_unused_ips")),
      say(plan.enis, plan.slots, plan.slots * kPrefix - pods));
}

}  // namespace

void run_max_pods(const Field& file, Tally& tally) {
  for (const Field& c : file.at("cases").items()) {
    if (!has_value(c, "default_max_enis")) {
      tally.skip(c.at("name").text(), "the case states no limits of interfaces, and models/ has no such type");
      continue;
    }
    const InterfaceLimits limits{number_at(c, "default_max_enis"), number_at(c, "ipv4_per_eni") - 1};
    tally.expect(c.at("name").text(), number_at(c, "max_pods"), max_pods(limits, 1));
  }
  for (const Field& c : file.at("expression_cases").items()) {
    const std::string name = c.at("name").text();
    if (const auto ours = pods_by_expression(c)) tally.expect(name, number_at(c, "expected_max_pods"), *ours);
    else tally.skip(name, "no key of a scenario holds an expression: max_pods is by_type, capped or a number");
  }
}

void run_warm_pool(const Field& file, Tally& tally) {
  for (const Field& c : file.at("secondary_ip_cases").items()) run_secondary_case(c, tally);
  for (const Field& c : file.at("prefix_cases").items()) run_prefix_case(c, tally);
}

}  // namespace berth::conformance
