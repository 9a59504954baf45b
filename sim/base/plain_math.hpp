// exp and log from the four operations alone: the same bits on every processor, which libm does not promise.
#pragma once

#include <bit>
#include <cstdint>

namespace berth {

/// e^x within 2·10⁻¹⁵ of itself; 0 below −700, and not above e^700.
inline double plain_exp(double x) {
  constexpr double kLog2e = 1.4426950408889634, kLn2High = 0.693147180369123816490,
                   kLn2Low = 1.90821492927058770002e-10;
  if (x < -700) return 0;
  if (x > 700) x = 700;
  const double turns = x * kLog2e;
  const auto n = static_cast<std::int64_t>(turns + (turns < 0 ? -0.5 : 0.5));
  const double r = (x - static_cast<double>(n) * kLn2High) - static_cast<double>(n) * kLn2Low;
  double sum = 1;
  for (int k = 13; k > 0; --k) sum = 1 + sum * r * (1.0 / k);
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52);
}

/// The natural logarithm of a normal x > 0, within 2·10⁻¹⁵ of it or of 1, whichever is larger.
inline double plain_log(double x) {
  constexpr double kLn2 = 0.69314718055994530942, kRoot2 = 1.4142135623730951;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  double part = std::bit_cast<double>((bits & 0xfffffffffffffULL) | (std::uint64_t{1023} << 52));
  if (part > kRoot2) {
    part /= 2;
    ++exponent;
  }
  const double s = (part - 1) / (part + 1), s2 = s * s;
  double sum = 0;
  for (int k = 21; k > 0; k -= 2) sum = 1.0 / k + sum * s2;
  return static_cast<double>(exponent) * kLn2 + 2 * s * sum;
}

}  // namespace berth
