// What was used, in integers of each sku's smallest unit, by UTC hour: the meter readings that a bill is made of.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

struct UsageRow {
  std::string sku;
  std::string resource;   ///< "main/ec2", "main/fargate/web", "main" (a cluster), "public" (a load balancer), "nat" …
  std::int64_t hour = 0;  ///< hours since 1970-01-01T00Z
  std::int64_t quantity = 0;  ///< in the sku's smallest unit
};

/// Whole seconds that are billed, from the second in which they begin.
struct BilledSeconds {
  std::int64_t begin = 0;  ///< seconds since 1970-01-01T00Z
  std::int64_t seconds = 0;
};
/// max(minimum, ⌈until − from⌉) seconds.
BilledSeconds billed_seconds(Instant from, Instant until, std::int64_t minimum);

/// Adds up readings; rows come out by sku, resource, hour.
class UsageLedger {
 public:
  void add(const std::string& sku, const std::string& resource, std::int64_t hour, std::int64_t quantity);
  /// `per_second` smallest units in each of the seconds, split at full UTC hours.
  void add(const std::string& sku, const std::string& resource, BilledSeconds time, std::int64_t per_second);
  std::vector<UsageRow> rows() const;

 private:
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::int64_t> readings_;
};

}  // namespace berth
