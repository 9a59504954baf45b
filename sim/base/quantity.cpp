#include "sim/base/quantity.hpp"

#include <fmt/format.h>

namespace berth {

std::string say(Cpu c) { return fmt::format("{} vCPU", vcpus(c)); }

std::string say(Bytes b) {
  if (b.count() < 0) return "-" + say(Bytes{-b.count()});
  constexpr Bytes kTiB{std::int64_t{1} << 40};
  const auto in = [&](Bytes unit, const char* name) {
    std::string text = fmt::format("{:.3f}", b / unit);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text + name;
  };
  if (b < kKiB) return fmt::format("{} B", b.count());
  if (b < kMiB) return in(kKiB, " KiB");
  if (b < kGiB) return in(kMiB, " MiB");
  if (b < kTiB) return in(kGiB, " GiB");
  return in(kTiB, " TiB");
}

}  // namespace berth
