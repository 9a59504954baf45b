#include "sim/observe/usage.hpp"

#include <algorithm>

#include "sim/base/check.hpp"
#include "sim/base/counted.hpp"

namespace berth {
namespace {

constexpr std::int64_t kHour = 3600;

}  // namespace

BilledSeconds billed_seconds(Instant from, Instant until, std::int64_t minimum) {
  SIM_CHECK(until >= from);
  const auto begin = std::chrono::floor<std::chrono::seconds>(from).time_since_epoch().count();
  const auto whole = std::chrono::ceil<std::chrono::seconds>(until - from).count();
  return {begin, std::max<std::int64_t>(minimum, whole)};
}

void UsageLedger::add(const std::string& sku, const std::string& resource, std::int64_t hour, std::int64_t quantity) {
  SIM_CHECK(quantity >= 0);
  if (quantity == 0) return;
  std::int64_t& reading = readings_[{sku, resource, hour}];
  reading = counted(__int128{reading} + quantity);
}

void UsageLedger::add(const std::string& sku, const std::string& resource, BilledSeconds time,
                      std::int64_t per_second) {
  const std::int64_t end = time.begin + time.seconds;
  for (std::int64_t at = time.begin; at < end;) {
    const std::int64_t hour = at / kHour;
    const std::int64_t next = std::min(end, (hour + 1) * kHour);
    add(sku, resource, hour, (next - at) * per_second);
    at = next;
  }
}

std::vector<UsageRow> UsageLedger::rows() const {
  std::vector<UsageRow> rows;
  rows.reserve(readings_.size());
  for (const auto& [key, quantity] : readings_)
    rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), quantity});
  return rows;
}

}  // namespace berth
