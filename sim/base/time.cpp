#include "sim/base/time.hpp"

#include <fmt/format.h>

namespace berth {

std::string iso8601(Instant t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(t - day)};
  return fmt::format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

namespace {

/// Up to six decimals, without the zeros at the end and never with an exponent.
std::string in_decimals(double n) {
  std::string text = fmt::format("{:.6f}", n);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// Reads a date from left to right.
struct DateText {
  std::string_view rest;

  bool literal(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  /// Exactly `width` digits.
  bool digits(std::size_t width, int& out) {
    if (rest.size() < width) return false;
    out = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return false;
      out = out * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(width);
    return true;
  }
  /// Digits after the point as microseconds; those after the sixth are cut off.
  bool fraction(int& micros) {
    micros = 0;
    std::size_t n = 0;
    for (; n < rest.size() && rest[n] >= '0' && rest[n] <= '9'; ++n)
      if (n < 6) micros = micros * 10 + (rest[n] - '0');
    for (std::size_t i = n; i < 6; ++i) micros *= 10;
    rest.remove_prefix(n);
    return n > 0;
  }
};

constexpr const char* kDateForms =
    "write \"2026-03-02T00:00Z\", \"2026-03-02T09:00+09:00\", \"2026-03-02\" or \"2026-03\"";

/// "Z" or an offset such as "+09:00", "+0900", "-05"; what it says is taken from the time.
bool parse_zone(DateText& text, Duration& offset) {
  if (text.literal('Z')) return true;
  const bool east = text.literal('+');
  if (!east && !text.literal('-')) return false;
  int hours = 0;
  int minutes = 0;
  if (!text.digits(2, hours) || hours > 14) return false;
  if (!text.rest.empty() && (text.literal(':'), !text.digits(2, minutes))) return false;
  if (minutes > 59) return false;
  offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  if (!east) offset = -offset;
  return true;
}

/// "" when the time of day could be read into `out`, else how to mend it.
std::string parse_clock(DateText& text, Duration& out) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  if (!text.digits(2, hour) || !text.literal(':') || !text.digits(2, minute)) return kDateForms;
  if (text.literal(':') && (!text.digits(2, second) || (text.literal('.') && !text.fraction(micros))))
    return kDateForms;
  if (hour > 23 || minute > 59 || second > 59) return "write a time from 00:00:00 to 23:59:59";
  if (text.rest.empty()) return "say which zone: add Z for UTC, or an offset such as +09:00";
  Duration offset{};
  if (!parse_zone(text, offset)) return kDateForms;
  out = std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) + Duration{micros} -
        offset;
  return "";
}

std::string parse_date(DateText text, Instant& out) {
  int year = 0;
  int month = 0;
  int day = 1;
  if (!text.digits(4, year) || !text.literal('-') || !text.digits(2, month)) return kDateForms;
  const bool has_day = text.literal('-');
  if (has_day && !text.digits(2, day)) return kDateForms;
  if (year < 1900 || year > 2999) return "write a year from 1900 to 2999";
  if (month < 1 || month > 12) return "write a month from 01 to 12";
  const std::chrono::year_month of{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)}};
  const unsigned last = static_cast<unsigned>((of / std::chrono::last).day());
  if (day < 1 || static_cast<unsigned>(day) > last)
    return fmt::format("write a day from 01 to {}: {:04d}-{:02d} has no other", last, year, month);
  out = std::chrono::sys_days{of / std::chrono::day{static_cast<unsigned>(day)}};
  if (text.rest.empty()) return "";
  if (!has_day || (!text.literal('T') && !text.literal(' '))) return kDateForms;
  Duration clock{};
  std::string wrong = parse_clock(text, clock);
  if (!wrong.empty()) return wrong;
  out += clock;
  return text.rest.empty() ? "" : kDateForms;
}

}  // namespace

bool parse_instant(std::string_view text, Instant& out, std::string* why) {
  Instant read{};
  std::string wrong = parse_date(DateText{text}, read);
  if (wrong.empty()) out = read;
  if (why != nullptr) *why = wrong;
  return wrong.empty();
}

std::string say(Duration d) {
  if (d < Duration::zero()) return "-" + say(-d);
  if (d < 1ms) return fmt::format("{} us", d.count());
  if (d < 1s) return in_decimals(static_cast<double>(d.count()) / 1e3) + " ms";
  std::string text;
  const auto part = [&](Duration unit, const char* name) {
    const auto n = d / unit;
    if (n == 0) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", n, name);
    d -= n * unit;
  };
  part(24h, "d");
  part(1h, "h");
  part(1min, "min");
  if (d.count() != 0) text += (text.empty() ? "" : " ") + in_decimals(seconds(d)) + " s";
  return text;
}

}  // namespace berth
