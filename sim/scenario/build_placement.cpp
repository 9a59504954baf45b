// Placement strategies and constraints of ECS, GPUs and host ports: read once here, so that a run meets no wrong one.
#include <algorithm>

#include <fmt/format.h>

#include "sim/policy/placement/ecs_rules.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

void check_number(const Field& list, std::size_t most, const char* what) {
  const std::size_t count = list.items().size();
  if (count > most)
    list.fail(fmt::format("at most {} {}", most, what), fmt::format("{} of them", count),
              fmt::format("leave {} out", count - most));
}

void check_placement_strategy(const Field& field) {
  if (parse_ecs_strategy(field.text())) return;
  const std::string near = nearest(field.text(), {"spread(zone)", "spread(instance)", "binpack(cpu)", "binpack(memory)",
                                                  "random", "spread(attribute:ecs.instance-type)"});
  field.fail("spread(zone), spread(instance), spread(attribute:NAME), binpack(cpu), binpack(memory) or random",
             field.shown(), "write \"" + (near.empty() ? std::string("spread(zone)") : near) + "\"");
}

void check_constraint(const Field& field, std::size_t most_characters) {
  const std::string text = field.text();
  if (text.size() > most_characters)
    field.fail(fmt::format("at most {} characters", most_characters), fmt::format("{} of them", text.size()),
               "write a shorter query");
  const auto parsed = parse_ecs_constraint(text);
  const auto* error = std::get_if<QueryError>(&parsed);
  if (error == nullptr) return;
  const std::string rest = text.substr(std::min(error->position, text.size()), 24);
  field.fail(fmt::format("{} at character {}", error->expected, error->position + 1),
             rest.empty() ? "the end of " + field.shown() : "\"" + rest + "\" in " + field.shown(), error->cure);
}

}  // namespace

void build_placement(const Building& building, const Field& ecs, WorkloadSpec& workload) {
  const auto most = [&](const char* quota) { return static_cast<std::size_t>(building.catalog.quota(quota)); };
  if (const auto placement = ecs.find("placement")) {
    check_number(*placement, most("ecs_placement_strategies"), "placement strategies");
    for (const Field& strategy : placement->items()) {
      check_placement_strategy(strategy);
      workload.ecs.placement.push_back(strategy.text());
    }
  }
  if (const auto constraints = ecs.find("constraints")) {
    check_number(*constraints, most("ecs_placement_constraints"), "placement constraints");
    for (const Field& constraint : constraints->items()) {
      check_constraint(constraint, most("ecs_constraint_characters"));
      workload.ecs.constraints.push_back(constraint.text());
    }
  }
}

void build_needs(const Field& workload, WorkloadSpec& spec) {
  for (const Field& need : workload.at("needs").items()) {
    const std::string text = need.text();
    const std::size_t colon = text.find(':');
    const std::string word = text.substr(0, colon);
    spec.needs.push_back(word == "privileged"     ? Need::privileged
                         : word == "host_network" ? Need::host_network
                         : word == "host_port"    ? Need::host_port
                                                  : Need::gpu);
    const std::int64_t number = colon == std::string::npos ? 1 : std::stoll(text.substr(colon + 1));
    if (word == "gpu") spec.gpus += number;
    if (word == "host_port") spec.host_ports.push_back(static_cast<std::uint16_t>(number));
  }
  auto& ports = spec.host_ports;
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
}

}  // namespace berth
