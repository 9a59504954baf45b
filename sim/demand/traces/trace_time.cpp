// Times as they stand in trace files: a date with or without a time of day, or a number since 1970.
#include <charconv>
#include <chrono>

#include "sim/demand/traces/trace_content.hpp"

namespace berth {

namespace {

bool is_digit_at(std::string_view text, std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; }

/// Exactly `digits` digits from the front.
bool take_digits(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) return false;
  out = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (!is_digit_at(text, i)) return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take_char(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, Instant& out) {
  int y = 0, m = 0, d = 0;
  if (!take_digits(text, 4, y) || !take_char(text, '-') || !take_digits(text, 2, m) || !take_char(text, '-') ||
      !take_digits(text, 2, d))
    return false;
  const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month{static_cast<unsigned>(m)},
                                         std::chrono::day{static_cast<unsigned>(d)}};
  if (!date.ok()) return false;
  out = std::chrono::sys_days{date};
  return true;
}

/// HH:MM, below 24 hours.
bool take_hours(std::string_view& text, Duration& out) {
  int h = 0, m = 0;
  if (!take_digits(text, 2, h) || !take_char(text, ':') || !take_digits(text, 2, m) || h > 23 || m > 59) return false;
  out = std::chrono::hours{h} + std::chrono::minutes{m};
  return true;
}

/// The digits behind a point, as microseconds; finer ones are cut off.
bool take_fraction(std::string_view& text, Duration& out) {
  if (!is_digit_at(text, 0)) return false;
  std::int64_t us = 0;
  std::size_t n = 0;
  for (; is_digit_at(text, n); ++n)
    if (n < 6) us = us * 10 + (text[n] - '0');
  for (std::size_t i = n; i < 6; ++i) us *= 10;
  text.remove_prefix(n);
  out = Duration{us};
  return true;
}

bool take_seconds(std::string_view& text, Duration& out) {
  int s = 0;
  Duration fraction{0};
  if (!take_digits(text, 2, s) || s > 59) return false;
  if (take_char(text, '.') && !take_fraction(text, fraction)) return false;
  out = std::chrono::seconds{s} + fraction;
  return true;
}

bool take_zone(std::string_view& text, Duration& offset) {
  offset = Duration{0};
  if (text.empty() || take_char(text, 'Z')) return true;
  const bool west = text.front() == '-';
  if (!take_char(text, '+') && !take_char(text, '-')) return false;
  if (!take_hours(text, offset)) return false;
  if (west) offset = -offset;
  return true;
}

/// A number since 1970, in the unit that its size tells: no trace is of the year 5138, nor of the first days of 1970
/// in milliseconds.
std::optional<Instant> since_1970(std::string_view text) {
  constexpr std::int64_t kSeconds = 100'000'000'000, kMillis = kSeconds * 1'000, kMicros = kMillis * 1'000;
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || n < 0 || n >= kMicros * 50) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  Duration fraction{0};  // as if of a second
  if (take_char(text, '.') && !take_fraction(text, fraction)) return std::nullopt;
  if (!text.empty()) return std::nullopt;
  if (n < kSeconds) return Instant{std::chrono::seconds{n} + fraction};
  if (n < kMillis) return Instant{std::chrono::milliseconds{n} + fraction / 1000};
  return Instant{Duration{n < kMicros ? n : n / 1000}};
}

}  // namespace

std::optional<Instant> trace_time(std::string_view text) {
  if (text.size() < 10 || text[4] != '-') return since_1970(text);
  Instant t{};
  Duration hours{0}, secs{0}, offset{0};
  if (!take_date(text, t)) return std::nullopt;
  if (text.empty()) return t;
  if (!take_char(text, 'T') && !take_char(text, ' ')) return std::nullopt;
  if (!take_hours(text, hours)) return std::nullopt;
  if (take_char(text, ':') && !take_seconds(text, secs)) return std::nullopt;
  if (!take_zone(text, offset) || !text.empty()) return std::nullopt;
  return t + hours + secs - offset;
}

}  // namespace berth
