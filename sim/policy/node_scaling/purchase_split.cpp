// The split of a group and the order of its types.
#include "sim/policy/node_scaling/purchase_split.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

namespace berth {
namespace {

Usd spot_price(const InstanceType& type) {
  return scaled(type.usd_hour.value_or(Usd{}), 100 - static_cast<std::int64_t>(type.spot_saving_pct.value_or(0)), 100);
}

}  // namespace

std::size_t spot_band(const InstanceType& type) {
  constexpr std::array<std::string_view, 5> kBands = {"<5%", "5-10%", "10-15%", "15-20%", ">20%"};
  return static_cast<std::size_t>(std::find(kBands.begin(), kBands.end(), type.spot_band) - kBands.begin());
}

std::int64_t on_demand_of(std::int64_t total, const PurchaseSpec& purchase) {
  const std::int64_t base = std::min(total, purchase.on_demand_base);
  const double share = static_cast<double>(total - base) * purchase.on_demand_percent / 100;
  return base + static_cast<std::int64_t>(std::ceil(share - 1e-9));
}

std::vector<std::uint16_t> launch_order(const Catalog& catalog, std::span<const std::uint16_t> types,
                                        const PurchaseSpec& purchase, bool spot) {
  std::vector<std::uint16_t> order(types.size());
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  if (!spot) return order;
  const auto of = [&](std::uint16_t position) -> const InstanceType& { return catalog.instances()[types[position]]; };
  std::stable_sort(order.begin(), order.end(), [&](std::uint16_t a, std::uint16_t b) {
    if (purchase.allocation != Allocation::lowest_price && spot_band(of(a)) != spot_band(of(b)))
      return spot_band(of(a)) < spot_band(of(b));
    return purchase.allocation != Allocation::capacity_optimized && spot_price(of(a)) < spot_price(of(b));
  });
  return order;
}

}  // namespace berth
