#include "sim/observe/rating.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/base/check.hpp"

namespace berth {
namespace {

using Quantities = std::map<std::string, std::int64_t>;  // by resource
using MonthlyTotals = std::map<std::chrono::year_month, __int128>;

/// Months that prices are stated for where no calendar is known.
constexpr std::int64_t kStatedMonth = 730 * 3600;
/// A multiple of 28, 29, 30 and 31: amounts of different months are added before the one rounding.
constexpr std::int64_t kCommonDays = 28 * 29 * 15 * 31;

struct SkuUsage {
  Quantities by_resource;
  std::map<std::string, MonthlyTotals> months_of_resource;
  MonthlyTotals by_month;
  __int128 total = 0;
};

std::chrono::year_month month_of_hour(std::int64_t hour) {
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::hours{hour})};
  const std::chrono::year_month_day date{day};
  return date.year() / date.month();
}

Duration length_of(std::chrono::year_month month) {
  return std::chrono::sys_days{(month + std::chrono::months{1}) / 1} - std::chrono::sys_days{month / 1};
}

bool by_the_month(const Price& price) {
  constexpr std::string_view kEnd = "-month";
  const std::string_view unit = price.unit;
  return unit.size() > kEnd.size() && unit.substr(unit.size() - kEnd.size()) == kEnd;
}

/// Quantity × price under the tiers, before the division by `per_unit` and rounding.
__int128 unrounded(const Price& price, __int128 quantity, std::int64_t per_unit) {
  __int128 sum = 0, below = 0;
  for (const Price::Tier& tier : price.tiers) {
    const __int128 edge = static_cast<__int128>(tier.up_to) * per_unit;
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

/// The amount of all months, rounded once.
Usd rated_by_month(const Price& price, const MonthlyTotals& by_month) {
  __int128 sum = 0;
  const std::int64_t common_days = by_the_month(price) ? kCommonDays : 1;
  for (const auto& [month, quantity] : by_month) {
    const Duration length = length_of(month);
    const std::int64_t share = by_the_month(price) ? kCommonDays / (length / 24h) : 1;
    sum += unrounded(price, quantity, smallest_per_unit(price, length)) * share;
  }
  const Duration common = common_days * Duration{24h};
  return scaled(Usd{sum}, 1, smallest_per_unit(price, common));
}

double units_in(const Price& price, const MonthlyTotals& by_month) {
  double units = 0;
  for (const auto& [month, quantity] : by_month)
    units += static_cast<double>(quantity) / static_cast<double>(smallest_per_unit(price, length_of(month)));
  return units;
}

void add_lines(const std::string& sku, const SkuUsage& used, const Price& price, BilledWindow window,
               std::vector<BillLine>& lines) {
  const Usd whole = rated_by_month(price, used.by_month);
  const Duration length = month_of(window.start);
  const Usd day = scaled(whole, Duration{24h}.count(), window.duration.count());
  const Usd month = amount(price, paced(used.total, length, window.duration), length);

  std::vector<__int128> weights;
  for (const auto& [resource, quantity] : used.by_resource) weights.push_back(quantity);
  const auto wholes = apportion(whole, weights), days = apportion(day, weights), months = apportion(month, weights);
  std::size_t i = 0;
  for (const auto& [resource, quantity] : used.by_resource) {
    const double units = units_in(price, used.months_of_resource.at(resource));
    lines.push_back({sku, resource, quantity, units, wholes[i], days[i], months[i]});
    ++i;
  }
}

}  // namespace

Duration month_of(Instant start) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(start)};
  return length_of(date.year() / date.month());
}

std::int64_t smallest_per_unit(const Price& price, Duration month) {
  if (!by_the_month(price)) return price.smallest_per_unit;
  SIM_CHECK_SAY(price.smallest_per_unit % kStatedMonth == 0, price.sku + ": a unit of whole quantities a second");
  return price.smallest_per_unit / kStatedMonth * (month / 1s);
}

Usd amount(const Price& price, __int128 quantity, Duration month) {
  const std::int64_t per_unit = smallest_per_unit(price, month);
  return scaled(Usd{unrounded(price, quantity, per_unit)}, 1, per_unit);
}

Usd amount(const Price& price, __int128 quantity) { return amount(price, quantity, kStatedMonth * Duration{1s}); }

std::vector<BillLine> rate(std::span<const UsageRow> usage, const PriceOf& price_of, BilledWindow window) {
  SIM_CHECK(window.duration > Duration::zero());
  std::map<std::string, SkuUsage> by_sku;
  for (const UsageRow& row : usage) {
    SkuUsage& used = by_sku[row.sku];
    used.by_resource[row.resource] += row.quantity;
    used.by_month[month_of_hour(row.hour)] += row.quantity;
    used.months_of_resource[row.resource][month_of_hour(row.hour)] += row.quantity;
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
  const __int128 most = std::min(__int128{1} << 60, (__int128{1} << 126) / std::max<__int128>(whole.tenth_nanos(), 1));
  __int128 unit = 1;
  while (sum / unit > most) unit *= 2;
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
