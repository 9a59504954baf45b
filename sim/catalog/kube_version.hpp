// A minor version of Kubernetes, and how EKS supports it on a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth {

/// 1.34 is {34}; there is no other major version.
struct KubeVersion {
  std::int32_t minor = 0;
  friend bool operator==(KubeVersion a, KubeVersion b) { return a.minor == b.minor; }
  friend bool operator!=(KubeVersion a, KubeVersion b) { return a.minor != b.minor; }
  friend bool operator<(KubeVersion a, KubeVersion b) { return a.minor < b.minor; }
};

/// "1.34".
std::string say(KubeVersion version);
/// Empty when the text is no such version; a patch ("1.34.2") is none.
std::optional<KubeVersion> parse_kube_version(std::string_view text);
constexpr KubeVersion after(KubeVersion version) { return {version.minor + 1}; }

/// upcoming: EKS has it not yet. ended: EKS upgrades every cluster that still has it.
enum class Support : std::uint8_t { upcoming, standard, extended, ended };
std::string_view name(Support support);

}  // namespace berth
