// Sums and products of what a run has counted: more than berth can count to ends the run, and says so.
#pragma once

#include <cstdint>

#include "sim/base/error.hpp"

namespace berth {

/// 2⁶⁰: so that a few of them can be added up without another look.
inline constexpr std::int64_t kMostCounted = std::int64_t{1} << 60;

/// RunError above kMostCounted, or below its negative.
inline std::int64_t counted(__int128 amount) {
  if (amount > kMostCounted || amount < -static_cast<__int128>(kMostCounted))
    throw RunError("a sum of bytes is above 2^60, more than berth counts to: write smaller sizes, or less traffic");
  return static_cast<std::int64_t>(amount);
}
inline std::int64_t counted_product(std::int64_t a, std::int64_t b) { return counted(static_cast<__int128>(a) * b); }

}  // namespace berth
