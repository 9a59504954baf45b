#include "sim/base/quantiles.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include "sim/base/check.hpp"

namespace berth {
namespace {

constexpr double kZ99 = 2.3263478740408408;  // the normal distribution's 99th percentile

using PlainDouble = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

std::int64_t whole_unit(double value) {
  constexpr double kMost = 4'611'686'018'427'387'904.0;  // 2⁶²
  SIM_CHECK(!std::isnan(value));
  return static_cast<std::int64_t>(std::llround(std::clamp(value, 0.0, kMost)));
}

/// The point of the standard normal below which lies p; q = 1 − p.
double normal_quantile(double p, double q) {
  constexpr double kRoot2 = 1.4142135623730951;
  return p < q ? -kRoot2 * boost::math::erfc_inv(2 * p, PlainDouble())
               : kRoot2 * boost::math::erfc_inv(2 * q, PlainDouble());
}

}  // namespace

Quantiles::Quantiles() : cells_{0} {}

template <class Quantile>
Quantiles Quantiles::tabulated(Quantile quantile) {
  Quantiles made;
  made.constant_ = false;
  made.cells_.assign(kHigh + kEndCells + 1, 0);
  for (std::size_t i = 1; i < kCells; ++i) {
    const double p = static_cast<double>(i) / kCells;
    made.cells_[i] = whole_unit(quantile(p, 1 - p));
  }
  for (std::size_t i = 0; i <= kEndCells; ++i) {
    const int halvings = kLastHalving - static_cast<int>(i >> kStepBits);
    const double step = static_cast<double>(i & ((std::size_t{1} << kStepBits) - 1)) / (1 << kStepBits);
    const double left = std::ldexp(1 + step, -halvings - 1);
    made.cells_[kLow + i] = whole_unit(quantile(left, 1 - left));
    made.cells_[kHigh + i] = whole_unit(quantile(1 - left, left));
  }
  made.cells_[0] = made.cells_[kLow];
  made.cells_[kCells] = made.cells_[kHigh];
  made.settle_mean();
  return made;
}

/// The mean of what at() returns, so that load computed from means agrees with load drawn.
void Quantiles::settle_mean() {
  if (*std::min_element(cells_.begin(), cells_.end()) == *std::max_element(cells_.begin(), cells_.end())) {
    *this = constant(static_cast<double>(cells_[0]));
    return;
  }
  const auto middle = [&](std::size_t cell) {
    return (static_cast<double>(cells_[cell]) + static_cast<double>(cells_[cell + 1])) / 2;
  };
  constexpr std::size_t kEndWidth = kCells >> kEndBits;
  double sum = 0;
  for (std::size_t i = kEndWidth; i < kCells - kEndWidth; ++i) sum += middle(i) / kCells;
  for (std::size_t i = 0; i < kEndCells; ++i) {
    const int halvings = kLastHalving - static_cast<int>(i >> kStepBits);
    sum += std::ldexp(middle(kLow + i) + middle(kHigh + i), -halvings - 1 - kStepBits);
  }
  sum += std::ldexp(static_cast<double>(cells_[kLow]) + static_cast<double>(cells_[kHigh]), -kLastHalving - 1);
  mean_ = sum;
}

Quantiles Quantiles::constant(double value) {
  SIM_CHECK(value >= 0);
  Quantiles made;
  made.cells_[0] = whole_unit(value);
  made.mean_ = static_cast<double>(made.cells_[0]);
  return made;
}

Quantiles Quantiles::exponential(double mean) {
  SIM_CHECK(mean >= 0 && std::isfinite(mean));
  return tabulated([=](double p, double q) { return -mean * (p < q ? std::log1p(-p) : std::log(q)); });
}

Quantiles Quantiles::until_one_of(double per_second) { return exponential(std::min(1e6 / per_second, 1e17)); }

Quantiles Quantiles::uniform(double low, double high) {
  SIM_CHECK(low >= 0);
  SIM_CHECK(low <= high && std::isfinite(high));
  return tabulated([=](double p, double q) { return p < q ? low + p * (high - low) : high - q * (high - low); });
}

Quantiles Quantiles::lognormal(double p50, double p99) {
  SIM_CHECK(p50 > 0);
  SIM_CHECK(p99 >= p50 && std::isfinite(p99));
  return lognormal_mu_sigma(0, std::log(p99 / p50) / kZ99, p50);
}

Quantiles Quantiles::lognormal_mu_sigma(double mu, double sigma, double unit) {
  SIM_CHECK(sigma >= 0);
  SIM_CHECK(unit > 0);
  return tabulated([=](double p, double q) { return std::exp(mu + sigma * normal_quantile(p, q)) * unit; });
}

Quantiles Quantiles::at_most(double most) const {
  SIM_CHECK(most >= 0);
  Quantiles made = *this;
  for (std::int64_t& cell : made.cells_) cell = std::min(cell, whole_unit(most));
  if (constant_) made.mean_ = static_cast<double>(made.cells_[0]);
  else made.settle_mean();
  return made;
}

Quantiles Quantiles::gamma(double mean, double shape) {
  SIM_CHECK(mean >= 0 && std::isfinite(mean));
  SIM_CHECK(shape > 0 && std::isfinite(shape));
  const double scale = mean / shape;
  return tabulated([=](double p, double q) {
    return scale * (p < q ? boost::math::gamma_p_inv(shape, p, PlainDouble())
                          : boost::math::gamma_q_inv(shape, q, PlainDouble()));
  });
}

Quantiles Quantiles::empirical(std::span<const double> samples) {
  SIM_CHECK(!samples.empty());
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  SIM_CHECK(sorted.front() >= 0);
  return tabulated([&](double p, double) {
    const double position = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const double above = sorted[std::min(below + 1, sorted.size() - 1)];
    return sorted[below] + (position - static_cast<double>(below)) * (above - sorted[below]);
  });
}

Quantiles Quantiles::piecewise(std::span<const std::pair<double, double>> points) {
  SIM_CHECK(points.size() >= 2);
  SIM_CHECK(points.front().first == 0 && points.back().first == 1);
  SIM_CHECK(points.front().second >= 0);
  for (std::size_t i = 1; i < points.size(); ++i) {
    SIM_CHECK(points[i - 1].first <= points[i].first);
    SIM_CHECK(points[i - 1].second <= points[i].second);
  }
  return tabulated([&](double p, double) {
    const auto above =
        std::find_if(points.begin() + 1, points.end() - 1, [&](const auto& point) { return point.first >= p; });
    const auto [p0, v0] = *(above - 1);
    const auto [p1, v1] = *above;
    return p1 > p0 ? v0 + (v1 - v0) * (p - p0) / (p1 - p0) : v1;
  });
}

}  // namespace berth
