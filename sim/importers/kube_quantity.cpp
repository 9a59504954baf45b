#include "sim/importers/kube_quantity.hpp"

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace berth {
namespace {

constexpr double kMost = 1e15;  // thousandths still fit 64 bits

constexpr std::pair<const char*, double> kSuffixes[] = {{"", 1},        {"m", 1e-3},    {"k", 1e3},     {"M", 1e6},
                                                        {"G", 1e9},     {"T", 1e12},    {"P", 1e15},    {"Ki", 0x1p10},
                                                        {"Mi", 0x1p20}, {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}};

[[noreturn]] void refuse(const Field& field) {
  field.fail("an amount as Kubernetes writes it, at most 10^15", field.shown(), "write \"500m\", \"2\" or \"1Gi\"");
}

}  // namespace

std::int64_t kube_quantity_milli(const Field& field) {
  const Value& value = field.value();
  if (!field.is(Value::Kind::text) && !field.is(Value::Kind::number)) refuse(field);
  const std::string& text = value.text;
  // strtod would also take spaces, "inf" and hexadecimal numbers.
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const bool exponent = digits != std::string::npos && digits > 0 && (text[digits] == 'e' || text[digits] == 'E') &&
                        digits + 1 < text.size();
  if (text.empty() || digits == 0 || text.size() > 40) refuse(field);
  char* end = nullptr;
  const std::string number = exponent || digits == std::string::npos ? text : text.substr(0, digits);
  const double amount = std::strtod(number.c_str(), &end);
  if (*end != '\0') refuse(field);
  const std::string suffix = exponent || digits == std::string::npos ? "" : text.substr(digits);
  for (const auto& [name, times] : kSuffixes) {
    if (suffix != name) continue;
    if (!std::isfinite(amount) || amount < 0 || amount * times > kMost) refuse(field);
    return static_cast<std::int64_t>(std::ceil(amount * times * 1000 - 1e-6));
  }
  refuse(field);
}

}  // namespace berth
