// The region's network as a graph: which way an image layer takes from the registry to a subnet of a zone.
#pragma once

#include <optional>
#include <vector>

#include "sim/world/ids.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// The last thing that a subnet's traffic to the registry goes through.
struct WayOut {
  enum class Kind : std::uint8_t { nat_gateway, s3_endpoint } kind;
  std::size_t gateway = 0;  ///< index among the gateways of that kind
};

class RegionNetwork {
 public:
  /// Shortest paths subnet → gateway or endpoint → registry. ECR keeps layers in S3, so that an S3 gateway endpoint,
  /// which costs nothing, takes them where there is one; a NAT gateway of the own zone comes before one elsewhere.
  explicit RegionNetwork(const NetworkSpec& spec);

  /// Empty: no way to the registry from that zone.
  std::optional<WayOut> way_to_registry(ZoneId zone) const { return ways_[static_cast<std::size_t>(zone)]; }
  std::size_t nat_gateways() const { return nat_gateways_; }

 private:
  std::vector<std::optional<WayOut>> ways_;
  std::size_t nat_gateways_ = 0;
};

}  // namespace berth
