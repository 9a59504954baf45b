#include "sim/demand/call_traffic.hpp"

#include <utility>

namespace berth {

void CallTraffic::reach(std::uint32_t zone) {
  if (zone < zones_) return;
  const std::size_t before = std::exchange(zones_, zone + std::size_t{1});
  for (std::vector<Count>& counts : counts_) {
    std::vector<Count> wider(zones_ * zones_);
    for (std::size_t from = 0; from < before; ++from)
      for (std::size_t to = 0; to < before; ++to) wider[from * zones_ + to] = counts[from * before + to];
    counts = std::move(wider);
  }
}

}  // namespace berth
