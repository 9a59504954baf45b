// Who pays: the lines of the bill shared among clusters, pools and services, down to the last 10⁻¹⁰ USD.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/observe/node_shares.hpp"
#include "sim/observe/rating.hpp"
#include "sim/observe/summary.hpp"

namespace berth {

/// Whose a metered resource is. `nodes_of`: EC2 nodes of that pool, shared by the services placed on them.
struct CostOwner {
  std::string cluster, pool, service;
  std::optional<PoolId> nodes_of;
};

/// A row of cost.csv.
struct CostRow {
  std::string cluster, pool, service;
  std::string item;     ///< the sku
  double quantity = 0;  ///< in stated units
  Usd usd, usd_month;
};

/// Splits each line that is about shared nodes by the nodes' shares (`idle`, and `system` for platform workloads, are
/// services of their own); all others go to their owner whole. The rows of a line add up to it exactly.
std::vector<CostRow> allocate(std::span<const BillLine> bill, const std::map<std::string, CostOwner>& owners,
                              const NodeShares& shares, const World& world, Time end);
/// `paced`: the run is long enough to say what a month costs; else that column is empty.
void write_cost(std::span<const CostRow> rows, const PriceOf& price_of, bool paced, CsvFile& file);

/// compute | storage | control plane | load balancer | network | internet egress | logs | other
std::string item_group(std::string_view sku);
/// The bill by group, in the order above; groups without usage are left out.
std::vector<CostFigure> cost_figures(std::span<const BillLine> bill);

/// Platform workloads are one service of their own in a bill.
std::string billed_service(const World& world, ServiceId service);

}  // namespace berth
