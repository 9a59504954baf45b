// Cluster Autoscaler: how long a group is left alone that did not bring what it was asked for.
#pragma once

#include <algorithm>

#include "sim/base/time.hpp"

namespace berth {

struct BackOffParameters {
  Duration first;    ///< 5 min
  Duration maximum;  ///< 30 min
  Duration reset;    ///< 3 h after its last failure a group is as good as new
};

/// kubernetes/autoscaler 1.30, utils/backoff/exponential_backoff.go.
struct GroupBackOff {
  Duration length{0};  ///< none: it has not failed
  Time until{}, failed{};

  bool holds(Time now) const { return length > Duration{0} && now < until; }
  /// Failures while it is left alone, of the same attempt, do not make it longer.
  void fail(Time now, const BackOffParameters& parameters) {
    if (length == Duration{0} || now - failed >= parameters.reset) length = parameters.first;
    else if (!holds(now)) length = std::min(2 * length, parameters.maximum);
    until = now + length;
    failed = now;
  }
  /// It brought all that it was asked for.
  void succeed() { *this = {}; }
};

}  // namespace berth
