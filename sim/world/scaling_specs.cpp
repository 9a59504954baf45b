#include "sim/world/scaling_specs.hpp"

#include <array>

namespace berth {

std::string_view name(ScaleMetric metric) {
  constexpr std::array<std::string_view, 3> kNames = {"cpu", "memory", "requests_per_replica"};
  return kNames[static_cast<std::size_t>(metric)];
}

std::string_view name(ScalingWhy why) {
  constexpr std::array<std::string_view, 8> kNames = {
      "high alarm",   "low alarm",    "schedule",          "held by the deployment",
      "above target", "below target", "above the maximum", "below the minimum"};
  return kNames[static_cast<std::size_t>(why)];
}

}  // namespace berth
