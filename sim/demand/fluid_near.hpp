// When two amounts of a flow are one and the same.
#pragma once

#include <algorithm>
#include <cmath>

namespace berth {

inline constexpr double kNearlyNobody = 1e-6;  ///< requests

/// They differ by less than that part of the larger.
inline bool is_near(double a, double b, double part) {
  return std::abs(a - b) <= part * std::max(std::abs(a), std::abs(b)) + kNearlyNobody;
}

}  // namespace berth
