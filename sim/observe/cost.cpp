#include "sim/observe/cost.hpp"

#include <algorithm>
#include <array>

#include "sim/observe/columns.hpp"

namespace berth {
namespace {

constexpr std::array<std::string_view, 8> kGroups = {"compute", "storage",         "control plane", "load balancer",
                                                     "network", "internet egress", "logs",          "other"};

bool begins_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

/// The instance type that an EC2 line is about; volumes and addresses are about all types of the pool.
std::optional<std::uint16_t> type_of(std::string_view sku, const World& world) {
  if (!begins_with(sku, "ec2:")) return std::nullopt;
  const std::string_view rest = sku.substr(4);
  const std::string_view name = rest.substr(0, rest.find(':'));
  const InstanceType* type = world.catalog().instance(name);
  SIM_CHECK(type != nullptr);
  return static_cast<std::uint16_t>(type - world.catalog().instances().data());
}

struct Part {
  std::string service;
  __int128 weight;
};

std::vector<Part> parts_of(const BillLine& line, const CostOwner& owner, const NodeShares& shares, const World& world,
                           Time end) {
  if (!owner.nodes_of) return {{owner.service, 1}};
  std::map<std::string, __int128> by_service;
  for (const auto& [service, weight] : shares.weights(*owner.nodes_of, type_of(line.sku, world), end))
    by_service[service == kNone<ServiceId> ? "idle" : billed_service(world, service)] += weight;
  std::vector<Part> parts;
  for (const auto& [service, weight] : by_service)
    if (weight > 0) parts.push_back({service, weight});
  if (parts.empty()) parts.push_back({"idle", 1});
  return parts;
}

}  // namespace

std::string billed_service(const World& world, ServiceId service) {
  return world[service].spec->system ? "system" : world.name(service);
}

std::vector<CostRow> allocate(std::span<const BillLine> bill, const std::map<std::string, CostOwner>& owners,
                              const NodeShares& shares, const World& world, Time end) {
  std::vector<CostRow> rows;
  for (const BillLine& line : bill) {
    const CostOwner& owner = owners.at(line.resource);
    const std::vector<Part> parts = parts_of(line, owner, shares, world, end);
    std::vector<__int128> weights;
    __int128 sum = 0;
    for (const Part& part : parts) {
      weights.push_back(part.weight);
      sum += part.weight;
    }
    const auto usd = apportion(line.usd, weights), month = apportion(line.usd_month, weights);
    for (std::size_t i = 0; i < parts.size(); ++i)
      rows.push_back({owner.cluster, owner.pool, parts[i].service, line.sku,
                      line.units * (static_cast<double>(parts[i].weight) / static_cast<double>(sum)), usd[i],
                      month[i]});
  }
  const auto key = [](const CostRow& r) { return std::tie(r.cluster, r.pool, r.service, r.item); };
  std::stable_sort(rows.begin(), rows.end(), [&](const CostRow& a, const CostRow& b) { return key(a) < key(b); });
  std::vector<CostRow> merged;  // resources that cost.csv does not tell apart: two load balancers, both shared
  for (CostRow& row : rows) {
    if (merged.empty() || key(merged.back()) != key(row)) {
      merged.push_back(std::move(row));
      continue;
    }
    merged.back().quantity += row.quantity;
    merged.back().usd += row.usd;
    merged.back().usd_month += row.usd_month;
  }
  return merged;
}

void write_cost(std::span<const CostRow> rows, const PriceOf& price_of, bool paced, CsvFile& file) {
  for (const CostRow& r : rows) {
    const Price& price = price_of(r.item);
    CsvRow& row = file.row();
    const auto text_if = [&](const std::string& cell) { cell.empty() ? row.empty() : row.text(cell); };
    text_if(r.cluster);
    text_if(r.pool);
    row.text(r.service).text(r.item).number(r.quantity, 6).text(price.unit);
    put_usd(row, price.tiers.front().usd);
    put_usd(row, r.usd);
    paced ? put_usd(row, r.usd_month) : row.empty();
    row.empty();  // no commitments: nothing is covered by one
    row.text(price.source.text + ", " + price.source.day + (price.source.guess ? " (guess)" : "")).end();
  }
}

std::string item_group(std::string_view sku) {
  static constexpr std::pair<std::string_view, std::string_view> kFirstMatch[] = {{"fargate:ephemeral", "storage"},
                                                                                  {"fargate:", "compute"},
                                                                                  {"ec2:", "compute"},
                                                                                  {"t3:", "compute"},
                                                                                  {"t4g:", "compute"},
                                                                                  {"managed_instances:", "compute"},
                                                                                  {"auto_mode:", "compute"},
                                                                                  {"ebs:", "storage"},
                                                                                  {"efs:", "storage"},
                                                                                  {"ecr:", "storage"},
                                                                                  {"eks:", "control plane"},
                                                                                  {"alb:", "load balancer"},
                                                                                  {"nlb:", "load balancer"},
                                                                                  {"clb:", "load balancer"},
                                                                                  {"nat:", "network"},
                                                                                  {"endpoint:", "network"},
                                                                                  {"ipv4:", "network"},
                                                                                  {"transfer:", "network"},
                                                                                  {"egress:", "internet egress"},
                                                                                  {"logs:", "logs"}};
  for (const auto& [start, group] : kFirstMatch)
    if (begins_with(sku, start)) return std::string(group);
  return "other";
}

std::vector<CostFigure> cost_figures(std::span<const BillLine> bill) {
  std::vector<CostFigure> figures;
  for (const std::string_view group : kGroups) {
    CostFigure figure{std::string(group), {}, {}, {}};
    bool any = false;
    for (const BillLine& line : bill) {
      if (item_group(line.sku) != group) continue;
      any = true;
      figure.run += line.usd;
      figure.day += line.usd_day;
      figure.month += line.usd_month;
    }
    if (any) figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace berth
