// Exact money: integers of 10⁻¹⁰ USD, rounded once per bill line, cents only on paper.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

/// An amount in 10⁻¹⁰ USD, 128 bits wide, so that quantity × price never overflows.
class Usd {
 public:
  constexpr Usd() = default;
  constexpr explicit Usd(__int128 tenth_nanos) : amount_(tenth_nanos) {}
  constexpr __int128 tenth_nanos() const { return amount_; }

  friend constexpr auto operator<=>(Usd, Usd) = default;
  friend constexpr Usd operator+(Usd a, Usd b) { return Usd{a.amount_ + b.amount_}; }
  friend constexpr Usd operator-(Usd a, Usd b) { return Usd{a.amount_ - b.amount_}; }
  constexpr Usd& operator+=(Usd b) { return *this = *this + b; }

 private:
  __int128 amount_ = 0;
};

/// "12.3456780000" with all ten decimals, exact: for cost.csv.
std::string exact(Usd amount);
/// "1,234.57": rounded half up to cents, for tables.
std::string cents(Usd amount);
double as_double(Usd amount);

/// A decimal text such as "0.0000111244" as 10⁻¹⁰ USD. False when it is not a plain non-negative decimal
/// with at most ten digits after the point.
bool parse_usd(std::string_view text, Usd& out);

/// amount × numerator / denominator, rounded once, halves away from zero. `denominator` > 0; the product must fit 128
/// bits.
Usd scaled(Usd amount, __int128 numerator, __int128 denominator);

}  // namespace berth
