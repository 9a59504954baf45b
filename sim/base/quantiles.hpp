// A distribution as a table of integer quantiles: built once at load, drawn from without libm.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace berth {

/// Values are integers in the unit the maker was given (microseconds, nanoseconds, bytes …), never negative, at most
/// 2⁶². 4,096 equal-probability cells, linear inside a cell. The 64 cells at either end are replaced by 64 cells for
/// each halving of the probability left, down to 2⁻⁴¹, so that p0.1 … p99.999 are within 0.1 % of the exact
/// distribution (and half a unit: choose a unit small against the values).
class Quantiles {
 public:
  /// Always zero.
  Quantiles();
  static Quantiles constant(double value);
  static Quantiles exponential(double mean);
  /// Microseconds until what happens at random `per_second` > 0 times a second happens; their mean is cut at 10^17.
  static Quantiles until_one_of(double per_second);
  static Quantiles uniform(double low, double high);
  /// By its median and its 99th percentile; p99 >= p50 > 0.
  static Quantiles lognormal(double p50, double p99);
  /// By the parameters of the underlying normal: exp(normal(mu, sigma)) × `unit`.
  static Quantiles lognormal_mu_sigma(double mu, double sigma, double unit = 1.0);
  /// By mean and shape k > 0 (k = 1 is exponential).
  static Quantiles gamma(double mean, double shape);
  /// From samples, linear between the order statistics; not empty.
  static Quantiles empirical(std::span<const double> samples);
  /// From pairs (probability in [0, 1], value), both ascending, linear between them; first p = 0, last p = 1.
  static Quantiles piecewise(std::span<const std::pair<double, double>> points);

  /// The same with every value above `most` brought down to it.
  Quantiles at_most(double most) const;

  /// The value at 64 uniform bits: the same integer on every machine.
  std::int64_t at(std::uint64_t bits) const;
  double mean() const { return mean_; }
  /// True when every draw gives the same value.
  bool is_constant() const { return constant_; }

 private:
  static constexpr int kCellBits = 12;  // 4,096 cells
  static constexpr std::size_t kCells = std::size_t{1} << kCellBits;
  static constexpr int kEndBits = 6;       // the ends are the outer 2⁻⁶ on either side …
  static constexpr int kLastHalving = 40;  // … halved down to 2⁻⁴¹,
  static constexpr int kStepBits = 6;      // 64 cells for each halving
  static constexpr std::size_t kEndCells = std::size_t{kLastHalving - kEndBits + 1} << kStepBits;
  static constexpr std::size_t kLow = kCells + 1;             // first boundary of the low end, outermost first
  static constexpr std::size_t kHigh = kLow + kEndCells + 1;  // … and of the high end

  /// `quantile(p, q)` with q = 1 − p, both exact near their end.
  template <class Quantile>
  static Quantiles tabulated(Quantile quantile);
  void settle_mean();
  std::int64_t end_at(std::size_t base, std::uint64_t left) const;
  std::int64_t within(std::size_t cell, std::uint64_t part) const;

  std::vector<std::int64_t> cells_;  // boundaries of the equal cells, of the low end, of the high end; or one value
  double mean_ = 0;
  bool constant_ = true;
};

/// `part` of 2⁶⁴ of the way from a boundary to the next, rounded to the nearest integer.
inline std::int64_t Quantiles::within(std::size_t cell, std::uint64_t part) const {
  const std::int64_t from = cells_[cell];
  const __int128 way = static_cast<__int128>(cells_[cell + 1] - from) * static_cast<__int128>(part);
  return from + static_cast<std::int64_t>((way + (__int128{1} << 63)) >> 64);
}

/// `left` of 2⁶⁴ is the probability between the draw and its end of the distribution.
inline std::int64_t Quantiles::end_at(std::size_t base, std::uint64_t left) const {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << (63 - kLastHalving);
  left = left < kLeast ? kLeast : left;
  const int halvings = std::countl_zero(left);
  const std::uint64_t beyond = left << halvings << 1;  // what follows the leading one
  const std::size_t step = static_cast<std::size_t>(beyond >> (64 - kStepBits));
  const std::size_t row = static_cast<std::size_t>(kLastHalving - halvings) << kStepBits;
  return within(base + row + step, beyond << kStepBits);
}

inline std::int64_t Quantiles::at(std::uint64_t bits) const {
  if (constant_) return cells_[0];
  constexpr std::uint64_t kEnd = std::uint64_t{1} << (64 - kEndBits);
  if (bits < kEnd) return end_at(kLow, bits);
  if (~bits < kEnd) return end_at(kHigh, ~bits);
  return within(static_cast<std::size_t>(bits >> (64 - kCellBits)), bits << kCellBits);
}

}  // namespace berth
