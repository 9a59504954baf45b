#include "sim/catalog/kube_version.hpp"

#include <array>

namespace berth {

std::string say(KubeVersion version) { return "1." + std::to_string(version.minor); }

std::optional<KubeVersion> parse_kube_version(std::string_view text) {
  if (text.size() < 3 || text.size() > 4 || text.substr(0, 2) != "1.") return std::nullopt;
  KubeVersion version;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    version.minor = version.minor * 10 + (c - '0');
  }
  return version;
}

std::string_view name(Support support) {
  constexpr std::array<std::string_view, 4> kNames = {"upcoming", "standard", "extended", "ended"};
  return kNames[static_cast<std::size_t>(support)];
}

}  // namespace berth
