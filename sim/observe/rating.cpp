#include "sim/observe/rating.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/base/check.hpp"

namespace berth {
namespace {

using Quantities = std::map<std::string, std::int64_t>;  // by resource
using MonthlyTotals = std::map<std::chrono::year_month, __int128>;

struct SkuUsage {
  Quantities by_resource;
  MonthlyTotals by_month;
  __int128 total = 0;
};

std::chrono::year_month month_of_hour(std::int64_t hour) {
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::hours{hour})};
  const std::chrono::year_month_day date{day};
  return date.year() / date.month();
}

/// Quantity × price under the tiers, before the division by smallest_per_unit and rounding.
__int128 unrounded(const Price& price, __int128 quantity) {
  __int128 sum = 0, below = 0;
  for (const Price::Tier& tier : price.tiers) {
    const __int128 edge = static_cast<__int128>(tier.up_to) * price.smallest_per_unit;
    const __int128 in_tier = tier.up_to == 0 ? quantity - below : std::min(quantity, edge) - below;
    if (in_tier <= 0) break;
    sum += in_tier * tier.usd.tenth_nanos();
    below += in_tier;
  }
  SIM_CHECK_SAY(below == quantity, price.sku + ": the last tier must have no end");
  return sum;
}

/// The quantity at the same pace over another length of time, to the nearest smallest unit.
__int128 paced(__int128 quantity, Duration over, Duration window) {
  return scaled(Usd{quantity}, over.count(), window.count()).tenth_nanos();
}

void add_lines(const std::string& sku, const SkuUsage& used, const Price& price, BilledWindow window,
               std::vector<BillLine>& lines) {
  __int128 sum = 0;
  for (const auto& [month, quantity] : used.by_month) sum += unrounded(price, quantity);
  const Usd whole = scaled(Usd{sum}, 1, price.smallest_per_unit);
  const Usd day = scaled(whole, Duration{24h}.count(), window.duration.count());
  const Usd month = amount(price, paced(used.total, month_of(window.start), window.duration));

  std::vector<__int128> weights;
  for (const auto& [resource, quantity] : used.by_resource) weights.push_back(quantity);
  const auto wholes = apportion(whole, weights), days = apportion(day, weights), months = apportion(month, weights);
  std::size_t i = 0;
  for (const auto& [resource, quantity] : used.by_resource) {
    lines.push_back({sku, resource, quantity, wholes[i], days[i], months[i]});
    ++i;
  }
}

}  // namespace

Duration month_of(Instant start) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(start)};
  const auto first = date.year() / date.month();
  return std::chrono::sys_days{(first + std::chrono::months{1}) / 1} - std::chrono::sys_days{first / 1};
}

Usd amount(const Price& price, __int128 quantity) {
  return scaled(Usd{unrounded(price, quantity)}, 1, price.smallest_per_unit);
}

std::vector<BillLine> rate(std::span<const UsageRow> usage, const PriceOf& price_of, BilledWindow window) {
  SIM_CHECK(window.duration > Duration::zero());
  std::map<std::string, SkuUsage> by_sku;
  for (const UsageRow& row : usage) {
    SkuUsage& used = by_sku[row.sku];
    used.by_resource[row.resource] += row.quantity;
    used.by_month[month_of_hour(row.hour)] += row.quantity;
    used.total += row.quantity;
  }
  std::vector<BillLine> lines;
  for (const auto& [sku, used] : by_sku) add_lines(sku, used, price_of(sku), window, lines);
  return lines;
}

std::vector<Usd> apportion(Usd whole, std::span<const __int128> weights) {
  SIM_CHECK(whole >= Usd{});
  std::vector<Usd> parts(weights.size());
  if (weights.empty()) return parts;
  __int128 sum = 0;
  for (const __int128 w : weights) sum += w;
  if (sum == 0) {
    parts[0] = whole;
    return parts;
  }
  // Weights may be as large as amounts: scaled down together so that amount × weight stays in 128 bits.
  __int128 unit = 1;
  while (sum / unit > (__int128{1} << 60)) unit *= 2;
  std::vector<std::pair<__int128, std::size_t>> remainders;  // negative, so that sorting puts the largest first
  __int128 scaled_sum = 0, given = 0;
  for (const __int128 w : weights) scaled_sum += w / unit;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const __int128 product = whole.tenth_nanos() * (weights[i] / unit);
    parts[i] = Usd{product / scaled_sum};
    given += product / scaled_sum;
    remainders.emplace_back(-(product % scaled_sum), i);
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; given < whole.tenth_nanos(); ++i, ++given) parts[remainders[i].second] += Usd{1};
  return parts;
}

}  // namespace berth
