// The families whose first letters look like a standard one and are none.
#include "sim/world/standard_types.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace berth {

bool is_standard(const InstanceType& type) {
  constexpr std::array<std::string_view, 5> kOwnQuota = {"dl", "hpc", "inf", "mac", "trn"};
  const auto letters = static_cast<std::size_t>(
      std::find_if(type.family.begin(), type.family.end(), [](unsigned char c) { return !std::isalpha(c); }) -
      type.family.begin());
  const std::string_view series = std::string_view(type.family).substr(0, letters);
  if (std::find(kOwnQuota.begin(), kOwnQuota.end(), series) != kOwnQuota.end()) return false;
  return !series.empty() && std::string_view("acdhimrtz").find(series.front()) != std::string_view::npos;
}

}  // namespace berth
