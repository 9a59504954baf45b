#include "sim/world/upgrade_ends.hpp"

#include <array>

namespace berth {

std::string_view name(UpgradeRefusal refusal) {
  constexpr std::array<std::string_view, kUpgradeRefusals> kNames = {"under_way", "not_next", "fargate_behind",
                                                                     "nodes_behind"};
  return kNames[static_cast<std::size_t>(refusal)];
}

std::string_view name(PoolUpgradeEnd end) {
  constexpr std::array<std::string_view, kPoolUpgradeEnds> kNames = {"completed", "PodEvictionFailure",
                                                                     "NodeCreationFailure"};
  return kNames[static_cast<std::size_t>(end)];
}

}  // namespace berth
