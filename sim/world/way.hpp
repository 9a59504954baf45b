// Who sends the layers of an image, and which way they take through the region's network to a subnet.
#pragma once

#include <cstddef>
#include <cstdint>

namespace berth {

/// What stands between the subnet and the rest: the last thing that its traffic passes.
enum class Via : std::uint8_t { s3_endpoint, interface_endpoint, internet_gateway, nat_gateway, mirror };

/// Who serves the layers of images, each with limits of its own. `outside`: every registry of the internet.
enum class LayerServer : std::uint8_t { ecr, outside, mirror };
inline constexpr std::size_t kLayerServers = 3;

struct Way {
  Via via = Via::s3_endpoint;
  std::uint8_t nat = 0;     ///< which NAT gateway, by zone; 0 elsewhere
  bool other_zone = false;  ///< it stands in another zone than the subnet: AWS bills both directions
  friend bool operator==(const Way&, const Way&) = default;
};

}  // namespace berth
