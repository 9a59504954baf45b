#include "sim/base/units.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "sim/base/field.hpp"

namespace berth {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDayUs = 86'400 * kSecondUs;

constexpr Unit kCpuUnits[] = {{"vCPU", 128'000},  {"units", 125},     {"m", 128},         {"vCPUs", 128'000},
                              {"vcpu", 128'000},  {"vcpus", 128'000}, {"VCPU", 128'000},  {"CPU", 128'000},
                              {"CPUs", 128'000},  {"cpu", 128'000},   {"cpus", 128'000},  {"core", 128'000},
                              {"cores", 128'000}, {"unit", 125},      {"CPU units", 125}, {"cpu units", 125},
                              {"mCPU", 128},      {"mcpu", 128},      {"millicore", 128}, {"millicores", 128},
                              {"millicpu", 128}};

constexpr Unit kByteUnits[] = {{"B", 1},
                               {"KiB", std::int64_t{1} << 10},
                               {"MiB", std::int64_t{1} << 20},
                               {"GiB", std::int64_t{1} << 30},
                               {"TiB", std::int64_t{1} << 40},
                               {"kB", 1'000},
                               {"MB", 1'000'000},
                               {"GB", 1'000'000'000},
                               {"TB", 1'000'000'000'000},
                               {"Ki", std::int64_t{1} << 10},
                               {"Mi", std::int64_t{1} << 20},
                               {"Gi", std::int64_t{1} << 30},
                               {"Ti", std::int64_t{1} << 40},
                               {"PiB", std::int64_t{1} << 50},
                               {"Pi", std::int64_t{1} << 50},
                               {"PB", 1'000'000'000'000'000},
                               {"KB", 1'000},
                               {"k", 1'000},
                               {"M", 1'000'000},
                               {"G", 1'000'000'000},
                               {"T", 1'000'000'000'000},
                               {"P", 1'000'000'000'000'000},
                               {"byte", 1},
                               {"bytes", 1}};

constexpr Unit kDurationUnits[] = {{"us", 1},
                                   {"ms", 1'000},
                                   {"s", kSecondUs},
                                   {"min", 60 * kSecondUs},
                                   {"h", 3'600 * kSecondUs},
                                   {"d", kDayUs},
                                   {"ns", 1, 1'000},
                                   {"µs", 1},
                                   {"μs", 1},
                                   {"msec", 1'000},
                                   {"sec", kSecondUs},
                                   {"second", kSecondUs},
                                   {"seconds", kSecondUs},
                                   {"m", 60 * kSecondUs},
                                   {"mins", 60 * kSecondUs},
                                   {"minutes", 60 * kSecondUs},
                                   {"minute", 60 * kSecondUs},
                                   {"hr", 3'600 * kSecondUs},
                                   {"hour", 3'600 * kSecondUs},
                                   {"hours", 3'600 * kSecondUs},
                                   {"day", kDayUs},
                                   {"days", kDayUs},
                                   {"w", 7 * kDayUs},
                                   {"week", 7 * kDayUs},
                                   {"weeks", 7 * kDayUs}};

constexpr Unit kPercentUnits[] = {{"%", 1}, {"percent", 1}, {"per cent", 1}};

constexpr Unit kRateUnits[] = {{"/s", 1},
                               {"/min", 1, 60},
                               {"/h", 1, 3'600},
                               {"/d", 1, 86'400},
                               {"rps", 1},
                               {"/sec", 1},
                               {"/second", 1},
                               {"per s", 1},
                               {"per second", 1},
                               {"req/s", 1},
                               {"requests/s", 1},
                               {"qps", 1},
                               {"tps", 1},
                               {"Hz", 1},
                               {"/minute", 1, 60},
                               {"per minute", 1, 60},
                               {"rpm", 1, 60},
                               {"req/min", 1, 60},
                               {"requests/min", 1, 60},
                               {"/hour", 1, 3'600},
                               {"per hour", 1, 3'600},
                               {"req/h", 1, 3'600},
                               {"/day", 1, 86'400},
                               {"per day", 1, 86'400}};

constexpr Unit kBandwidthUnits[] = {{"B/s", 1},
                                    {"KiB/s", std::int64_t{1} << 10},
                                    {"MiB/s", std::int64_t{1} << 20},
                                    {"GiB/s", std::int64_t{1} << 30},
                                    {"kB/s", 1'000},
                                    {"MB/s", 1'000'000},
                                    {"GB/s", 1'000'000'000},
                                    {"kbit/s", 1'000, 8},
                                    {"Mbit/s", 1'000'000, 8},
                                    {"Gbit/s", 1'000'000'000, 8},
                                    {"Tbit/s", 1'000'000'000'000, 8},
                                    {"bit/s", 1, 8},
                                    {"TiB/s", std::int64_t{1} << 40},
                                    {"TB/s", 1'000'000'000'000},
                                    {"KB/s", 1'000},
                                    {"Kibit/s", std::int64_t{1} << 10, 8},
                                    {"Mibit/s", std::int64_t{1} << 20, 8},
                                    {"Gibit/s", std::int64_t{1} << 30, 8},
                                    {"bps", 1, 8},
                                    {"kbps", 1'000, 8},
                                    {"Kbps", 1'000, 8},
                                    {"Mbps", 1'000'000, 8},
                                    {"Gbps", 1'000'000'000, 8},
                                    {"KiB/min", std::int64_t{1} << 10, 60},
                                    {"MiB/min", std::int64_t{1} << 20, 60},
                                    {"KiB/h", std::int64_t{1} << 10, 3'600},
                                    {"MiB/h", std::int64_t{1} << 20, 3'600},
                                    {"GiB/h", std::int64_t{1} << 30, 3'600},
                                    {"MiB/d", std::int64_t{1} << 20, 86'400},
                                    {"GiB/d", std::int64_t{1} << 30, 86'400},
                                    {"Tbps", 1'000'000'000'000, 8}};

/// One "number unit" of a text.
struct Term {
  std::string_view number;
  const Unit* unit;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string unit_names(const UnitKind& kind) {
  std::string text;
  for (const Unit& u : kind.units.first(kind.listed)) text += fmt::format("{}{}", text.empty() ? "" : ", ", u.name);
  return text;
}

/// Takes a decimal number ("12", "0.5", ".5") from the front of the text; empty when there is none.
std::string_view take_number(std::string_view& text) {
  std::size_t n = 0;
  bool digits = false;
  bool point = false;
  for (; n < text.size() && (is_digit(text[n]) || (text[n] == '.' && !point)); ++n)
    (text[n] == '.' ? point : digits) = true;
  if (!digits) return {};
  const std::string_view number = text.substr(0, n);
  text.remove_prefix(n);
  return number;
}

std::optional<Misread> unknown_unit(std::string_view number, std::string_view name, const UnitKind& kind) {
  std::vector<std::string> known;
  for (const Unit& u : kind.units) known.emplace_back(u.name);
  const std::string near = nearest(name, known);
  return Misread{fmt::format("{}; units are {}", kind.what, unit_names(kind)),
                 near.empty() ? std::string() : fmt::format("write \"{} {}\"", number, near)};
}

/// Takes one term from the front of the text.
std::optional<Misread> take_term(std::string_view& text, const UnitKind& kind, Term& term) {
  if (text.front() == '-') return Misread{fmt::format("{}, not negative", kind.what), {}};
  term.number = take_number(text);
  if (term.number.empty()) return Misread{fmt::format("{}: a decimal number, then the unit", kind.what), {}};
  text = without_blanks(text);
  std::size_t n = 0;
  while (n < text.size() && !(kind.sums && (is_digit(text[n]) || text[n] == ' '))) ++n;
  const std::string_view name = text.substr(0, n);
  text = without_blanks(text.substr(n));
  if (name.empty()) return Misread{std::string(kind.what), with_units(term.number, kind)};
  for (const Unit& u : kind.units)
    if (u.name == name) {
      term.unit = &u;
      return {};
    }
  return unknown_unit(term.number, name, kind);
}

std::optional<Misread> too_large(const UnitKind& kind) {
  return Misread{fmt::format("{}, at most {}", kind.what, kind.limit_text), "write a smaller amount"};
}

/// Adds the term exactly, in units of 1/(1000·10¹⁵) of the base unit; false when it is beyond any limit.
constexpr __int128 kParts = __int128{1'000} * 1'000'000'000'000'000;
bool add_term(const Term& term, __int128& sum) {
  __int128 whole = 0;
  __int128 fraction = 0;  // in 10⁻¹⁵
  int decimals = -1;
  for (const char c : term.number) {
    if (c == '.') {
      decimals = 0;
    } else if (decimals < 0) {
      whole = whole * 10 + (c - '0');
      if (whole > 1'000'000'000'000'000'000) return false;
    } else if (decimals < 15) {
      fraction = fraction * 10 + (c - '0');
      ++decimals;
    }
  }
  for (int i = std::max(decimals, 0); i < 15; ++i) fraction *= 10;
  const __int128 times = term.unit->times * (1'000 / term.unit->per);
  if (whole * term.unit->times / term.unit->per > (__int128{1} << 62)) return false;
  sum += whole * times * (kParts / 1'000) + fraction * times;
  return true;
}

}  // namespace

const UnitKind& cpu_kind() {
  static constexpr UnitKind kind{
      "an amount of CPU with a unit",        "0.5 vCPU",          {"vCPU", "units"}, kCpuUnits, 3,
      128'000 * std::int64_t{1'000'000'000}, "1,000,000,000 vCPU"};
  return kind;
}
const UnitKind& bytes_kind() {
  static constexpr UnitKind kind{
      "an amount of memory with a unit", "512 MiB", {"MiB", "GiB"}, kByteUnits, 9, std::int64_t{1} << 60, "1024 PiB"};
  return kind;
}
const UnitKind& duration_kind() {
  static constexpr UnitKind kind{"a duration with a unit", "40 ms",     {"s", "ms"}, kDurationUnits, 6,
                                 365'000 * kDayUs,         "365,000 d", true};
  return kind;
}
const UnitKind& percent_kind() {
  static constexpr UnitKind kind{"a percentage", "25 %", {"%", ""}, kPercentUnits, 1, 1'000'000, "1,000,000 %"};
  return kind;
}
const UnitKind& rate_kind() {
  static constexpr UnitKind kind{"a rate with a unit", "5 /s",         {"/s", "/min"}, kRateUnits, 5,
                                 1'000'000'000'000,    "10¹² a second"};
  return kind;
}
const UnitKind& bandwidth_kind() {
  static constexpr UnitKind kind{"a transfer rate with a unit", "125 MiB/s", {"MiB/s", "Gbit/s"}, kBandwidthUnits, 11,
                                 std::int64_t{1} << 50,         "1 PiB/s"};
  return kind;
}

std::string with_units(std::string_view number, const UnitKind& kind) {
  std::string text = fmt::format("write \"{} {}\"", number, kind.often[0]);
  if (!kind.often[1].empty()) text += fmt::format(" or \"{} {}\"", number, kind.often[1]);
  return text;
}

std::optional<Misread> read_amount(std::string_view text, const UnitKind& kind, std::int64_t& out) {
  text = without_blanks(text);
  if (text.empty()) return Misread{std::string(kind.what), {}};
  __int128 sum = 0;
  const Unit* last = nullptr;
  while (!text.empty()) {
    Term term{};
    if (auto wrong = take_term(text, kind, term)) return wrong;
    if (last != nullptr && term.unit->times * last->per >= last->times * term.unit->per)
      return Misread{fmt::format("{}, the larger unit first and each unit once", kind.what), "write \"1 min 30 s\""};
    if (!add_term(term, sum)) return too_large(kind);
    if (sum > kParts * kind.limit) return too_large(kind);
    last = term.unit;
  }
  out = static_cast<std::int64_t>((sum + kParts / 2) / kParts);
  if (out == 0 && sum > 0)
    return Misread{fmt::format("{}, 0 or at least the smallest step", kind.what), "write 0 or a larger amount"};
  return {};
}

std::optional<Misread> read_rate(std::string_view text, const UnitKind& kind, double& out) {
  text = without_blanks(text);
  if (text.empty()) return Misread{std::string(kind.what), {}};
  Term term{};
  if (auto wrong = take_term(text, kind, term)) return wrong;
  double number = 0;
  const auto [end, error] = std::from_chars(term.number.data(), term.number.data() + term.number.size(), number);
  out = number * static_cast<double>(term.unit->times) / static_cast<double>(term.unit->per);
  if (error != std::errc{} || !(out <= static_cast<double>(kind.limit))) return too_large(kind);
  return {};
}

}  // namespace berth
