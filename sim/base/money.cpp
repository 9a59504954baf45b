#include "sim/base/money.hpp"

#include <algorithm>

#include "sim/base/check.hpp"

namespace berth {
namespace {

constexpr __int128 kPerUsd = 10'000'000'000;

std::string digits(__int128 n) {
  if (n == 0) return "0";
  std::string text;
  for (; n > 0; n /= 10) text += static_cast<char>('0' + static_cast<int>(n % 10));
  std::reverse(text.begin(), text.end());
  return text;
}

std::string padded(__int128 n, std::size_t width) {
  std::string text = digits(n);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

}  // namespace

std::string exact(Usd amount) {
  const __int128 n = amount.tenth_nanos();
  if (n < 0) return "-" + exact(Usd{-n});
  return digits(n / kPerUsd) + "." + padded(n % kPerUsd, 10);
}

std::string cents(Usd amount) {
  const __int128 n = amount.tenth_nanos();
  if (n < 0) return "-" + cents(Usd{-n});
  const __int128 rounded = (n + kPerUsd / 200) / (kPerUsd / 100);
  std::string whole = digits(rounded / 100);
  for (auto at = static_cast<std::ptrdiff_t>(whole.size()) - 3; at > 0; at -= 3)
    whole.insert(static_cast<std::size_t>(at), ",");
  return whole + "." + padded(rounded % 100, 2);
}

double as_double(Usd amount) { return static_cast<double>(amount.tenth_nanos()) / 1e10; }

bool parse_usd(std::string_view text, Usd& out) {
  __int128 n = 0;
  int decimals = -1;
  bool any = false;
  for (const char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9') return false;
    if (decimals >= 0 && ++decimals > 10) return false;
    if (n > kPerUsd * kPerUsd) return false;
    n = n * 10 + (c - '0');
    any = true;
  }
  if (!any) return false;
  for (int i = std::max(decimals, 0); i < 10; ++i) n *= 10;
  out = Usd{n};
  return true;
}

Usd scaled(Usd amount, __int128 numerator, __int128 denominator) {
  SIM_CHECK(denominator > 0);
  __int128 product = 0;
  SIM_CHECK(!__builtin_mul_overflow(amount.tenth_nanos(), numerator, &product));
  const __int128 half = denominator / 2;
  return Usd{product >= 0 ? (product + half) / denominator : -((-product + half) / denominator)};
}

}  // namespace berth
