// Luck: keyed draws and tables of quantiles give the same integers everywhere.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "sim/base/quantiles.hpp"
#include "sim/base/random.hpp"

using berth::Quantiles;

namespace {

std::int64_t at_probability(const Quantiles& q, double p) {
  return q.at(static_cast<std::uint64_t>(std::ldexp(p, 64)));
}

/// Every checked percentile within 0.1 % (and half a unit) of the exact one.
template <class Exact>
void check_percentiles(const Quantiles& q, Exact exact) {
  for (const double p : {0.001, 0.01, 0.015625, 0.05, 0.25, 0.5, 0.75, 0.95, 0.984375, 0.99, 0.999, 0.9999, 0.99999}) {
    CAPTURE(p);
    CHECK(std::fabs(static_cast<double>(at_probability(q, p)) - exact(p)) <= 0.001 * exact(p) + 0.5);
  }
}

double mean_of_draws(const Quantiles& q, std::uint64_t n) {
  double sum = 0;
  for (std::uint64_t i = 0; i < n; ++i) sum += static_cast<double>(q.at((2 * i + 1) << 43));
  return sum / static_cast<double>(n);
}

}  // namespace

TEST_CASE("a draw depends on seed, purpose, name, birth and number, and on nothing else") {
  using berth::Draws;
  using berth::Purpose;
  const Draws web(1, Purpose::arrival, berth::name_hash("web"));
  CHECK(web.at(5) == Draws(1, Purpose::arrival, berth::name_hash("web")).at(5));
  CHECK(web.at(5) != web.at(6));
  CHECK(web.at(5) != Draws(2, Purpose::arrival, berth::name_hash("web")).at(5));
  CHECK(web.at(5) != Draws(1, Purpose::retry, berth::name_hash("web")).at(5));
  CHECK(web.at(5) != Draws(1, Purpose::arrival, berth::name_hash("api")).at(5));
  CHECK(web.at(5) != Draws(1, Purpose::arrival, berth::name_hash("web"), 1).at(5));
  for (std::uint64_t n = 0; n < 100; ++n) CHECK(web.four(n)[0] == web.at(n));
}

TEST_CASE("Philox4x64-10 gives its published answer for the key and counter zero") {
  const auto bits = berth::Draws().four(0);
  CHECK(bits[0] == 0x16554d9eca36314c);
  CHECK(bits[1] == 0xdb20fe9d672d0fdc);
  CHECK(bits[2] == 0xd7e772cee186176b);
  CHECK(bits[3] == 0x7e68b68aec7ba23b);
}

TEST_CASE("below stays below and reaches both ends") {
  CHECK(berth::below(0, 10) == 0);
  CHECK(berth::below(~std::uint64_t{0}, 10) == 9);
  CHECK(berth::below(std::uint64_t{1} << 63, 10) == 5);
}

TEST_CASE("percentiles from p0.1 to p99.999 are within 0.1 % of the exact ones") {
  constexpr double kS = 1e9;  // a second in nanoseconds
  check_percentiles(Quantiles::exponential(kS), [](double p) { return -kS * std::log1p(-p); });
  check_percentiles(Quantiles::gamma(kS, 1), [](double p) { return -kS * std::log1p(-p); });
  const auto two = Quantiles::gamma(2e9, 2);  // its distribution function is 1 − (1 + x)·exp(−x)
  for (const double p : {0.001, 0.01, 0.5, 0.99, 0.999, 0.99999}) {
    const double x = static_cast<double>(at_probability(two, p)) / 1e9;
    const double slope = x * std::exp(-x);
    CHECK(std::fabs(1 - (1 + x) * std::exp(-x) - p) <= 0.001 * x * slope);
  }
  check_percentiles(Quantiles::uniform(kS, 3 * kS), [](double p) { return kS + 2 * kS * p; });
  const std::pair<double, double> points[] = {{0, 0}, {0.5, kS}, {1, 3 * kS}};
  check_percentiles(Quantiles::piecewise(points),
                    [](double p) { return p < 0.5 ? 2 * kS * p : kS + 4 * kS * (p - 0.5); });
}

TEST_CASE("a distribution that is cut keeps its values up to the cut, and its mean is of what is left") {
  const auto whole = Quantiles::lognormal(5'000'000, 120'000'000), cut = whole.at_most(120'000'000);
  CHECK(cut.at(~std::uint64_t{0} / 2) == whole.at(~std::uint64_t{0} / 2));
  CHECK(whole.at(~std::uint64_t{0}) > 120'000'000);
  CHECK(cut.at(~std::uint64_t{0}) == 120'000'000);
  CHECK(cut.mean() < whole.mean());
  CHECK(whole.at_most(0).is_constant());
  CHECK(Quantiles::constant(7).at_most(5).mean() == 5);
}

TEST_CASE("a lognormal passes through its percentiles, narrow or wide") {
  // z of 0.1 %, 99.9 %, 99.999 % of the standard normal
  for (const double sigma : {0.1, 0.8, 2.0}) {
    CAPTURE(sigma);
    const auto q = Quantiles::lognormal_mu_sigma(0, sigma, 1e9);
    const std::pair<double, double> rows[] = {{0.001, -3.090232306167814},
                                              {0.5, 0},
                                              {0.99, 2.3263478740408408},
                                              {0.999, 3.090232306167814},
                                              {0.99999, 4.264890793922825}};
    for (const auto& [p, z] : rows) {
      const double exact = std::exp(sigma * z) * 1e9;
      CHECK(std::fabs(static_cast<double>(at_probability(q, p)) - exact) <= 0.001 * exact + 0.5);
    }
  }
  const auto service = Quantiles::lognormal(40'000, 300'000);
  CHECK(at_probability(service, 0.5) == 40'000);
  CHECK(std::abs(at_probability(service, 0.99) - 300'000) <= 30);
}

TEST_CASE("means come from the table, agree with theory and with what is drawn") {
  const auto near = [](double value, double exact) { return std::fabs(value - exact) <= 0.001 * exact; };
  CHECK(near(Quantiles::exponential(1e6).mean(), 1e6));
  CHECK(near(Quantiles::gamma(1e6, 2.5).mean(), 1e6));
  CHECK(near(Quantiles::gamma(1e6, 0.5).mean(), 1e6));
  CHECK(near(Quantiles::uniform(10, 20).mean(), 15));
  CHECK(near(Quantiles::lognormal_mu_sigma(0, 0.8, 1e6).mean(), 1e6 * std::exp(0.8 * 0.8 / 2)));
  const auto wide = Quantiles::lognormal(40'000, 300'000);
  CHECK(near(mean_of_draws(wide, 1 << 20), wide.mean()));
}

TEST_CASE("draws never fall as the bits rise, and the ends are finite") {
  for (const auto& q : {Quantiles::exponential(1e9), Quantiles::lognormal(1e6, 1e8), Quantiles::gamma(1e9, 3)}) {
    std::int64_t last = q.at(0);
    CHECK(last >= 0);
    bool rising = true;
    for (int shift = 0; shift < 64; ++shift) {
      rising = rising && q.at(std::uint64_t{1} << shift) >= last;
      last = q.at(std::uint64_t{1} << shift);
    }
    for (int shift = 1; shift <= 64; ++shift) {
      const std::uint64_t bits = shift == 64 ? ~std::uint64_t{0} : ~(~std::uint64_t{0} >> shift);
      rising = rising && q.at(bits) >= last;
      last = q.at(bits);
    }
    CHECK(rising);
  }
}

TEST_CASE("a constant is one, and equal percentiles are one too") {
  CHECK(Quantiles().at(7) == 0);
  CHECK(Quantiles::constant(42).at(~std::uint64_t{0}) == 42);
  CHECK(Quantiles::constant(42).mean() == 42);
  CHECK(Quantiles::lognormal(500, 500).is_constant());
  CHECK(Quantiles::uniform(3, 3).is_constant());
  const double one[] = {8};
  CHECK(Quantiles::empirical(one).at(99) == 8);
}

TEST_CASE("samples come back with what lies between them") {
  const double samples[] = {3000, 1000, 2000};
  const auto q = Quantiles::empirical(samples);
  CHECK(at_probability(q, 0.25) == 1500);
  CHECK(at_probability(q, 0.5) == 2000);
  CHECK(q.at(~std::uint64_t{0}) == 3000);
  CHECK(q.mean() == doctest::Approx(2000));
}

TEST_CASE("the first draws of each distribution are pinned") {
  const berth::Draws draws(1, berth::Purpose::service_time, berth::name_hash("web"));
  const auto first = [&](const Quantiles& q) {
    std::string text;
    for (std::uint64_t n = 0; n < 8; ++n) text += std::to_string(q.at(draws.at(n))) + " ";
    return text;
  };
  const double samples[] = {10, 200, 3000};
  const std::pair<double, double> points[] = {{0, 0}, {0.9, 1000}, {1, 90000}};
  CHECK(first(Quantiles::exponential(1'000'000)) == "203899 428008 167853 202317 249252 354018 3142184 67304 ");
  CHECK(first(Quantiles::uniform(1'000, 9'000)) == "2476 3785 2236 2465 2765 3385 8654 1521 ");
  CHECK(first(Quantiles::lognormal(40'000, 300'000)) == "18369 28529 16574 18292 20530 25281 176643 10784 ");
  CHECK(first(Quantiles::gamma(1'000'000, 2)) == "390584 615009 348152 388778 440560 546133 2460314 206533 ");
  CHECK(first(Quantiles::empirical(samples)) == "80 142 69 80 94 123 2758 35 ");
  CHECK(first(Quantiles::piecewise(points)) == "205 387 172 203 245 331 51563 72 ");
}
