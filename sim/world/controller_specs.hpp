// How a Kubernetes cluster's controller manager is started, where that is not upstream's way.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/time.hpp"

namespace berth {

struct ControllerManagerSpec {
  std::optional<double> qps;                  ///< calls a second of each controller's client (--kube-api-qps)
  std::optional<std::int64_t> burst;          ///< --kube-api-burst
  std::optional<Duration> hpa_sync_period{};  ///< empty: models/constants.json
};

}  // namespace berth
