// A distribution as it is written: its form and its parameters.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/quantiles.hpp"
#include "sim/base/time.hpp"

namespace berth {

/// How a distribution was written; built into Quantiles in the unit its reader needs.
struct DistributionSpec {
  enum class Form : std::uint8_t { constant, exponential, lognormal, gamma, uniform, empirical };
  Form form = Form::constant;
  std::vector<Duration>
      parameters;    ///< constant v · exponential mean · lognormal p50, p99 · gamma mean · uniform low, high
  double shape = 1;  ///< of gamma
  /// Quantiles of the duration in `unit`s (1 ns: Duration values × 1,000).
  Quantiles in_nanoseconds() const;
  Quantiles in_microseconds() const;
};

}  // namespace berth
