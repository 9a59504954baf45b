// From metered usage to a bill: a pure function, exact, rounded once per line.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/money.hpp"
#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/observe/usage.hpp"

namespace berth {

using PriceOf = std::function<const Price&(std::string_view sku)>;

/// The window that was metered.
struct BilledWindow {
  Instant start;
  Duration duration{0};
};
/// The calendar month in which the window starts.
Duration month_of(Instant start);

/// One line of the bill: a sku and one resource.
struct BillLine {
  std::string sku, resource;
  std::int64_t quantity = 0;  ///< in the sku's smallest unit
  double units = 0;           ///< the same in stated units
  Usd usd;                    ///< of the window
  Usd usd_day;                ///< of 24 h at the same pace
  Usd usd_month;              ///< of the calendar month at the same pace, through the month's tiers
};

/// Tiers count per sku and calendar month (UTC) and begin at the first: a window knows nothing of what was used
/// before it. A sku's amount is rounded once to 10⁻¹⁰ USD and shared among its resources by quantity, so that the
/// lines add up to it exactly. Sorted by sku, then resource. `price_of` throws InputError where there is no price.
std::vector<BillLine> rate(std::span<const UsageRow> usage, const PriceOf& price_of, BilledWindow window);

/// How much of a price's smallest unit makes one stated unit. What is priced by the GB-month (IOPS-month …) costs one
/// of them when it is there for the whole of a calendar month, whatever its length; other units know no month.
std::int64_t smallest_per_unit(const Price& price, Duration month);

/// What `quantity` smallest units cost under the price's tiers in a month of that length, rounded once.
Usd amount(const Price& price, __int128 quantity, Duration month);
/// In a month of 730 h, as price examples have it.
Usd amount(const Price& price, __int128 quantity);

/// `whole` in parts proportional to `weights`, adding up to it exactly: what is left after rounding down goes to the
/// largest remainders, the first of equals first. All weights 0: all goes to the first.
std::vector<Usd> apportion(Usd whole, std::span<const __int128> weights);

}  // namespace berth
