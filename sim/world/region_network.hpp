// The region's network as a graph: which way the layers of an image take to a subnet of a zone, and its logs from
// there, and what is missing where there is none.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/world/ids.hpp"
#include "sim/world/specs.hpp"
#include "sim/world/way.hpp"

namespace berth {

/// What a pull asks, and where logs go. `internet`: every registry outside of the VPC that has no endpoint.
enum class Destination : std::uint8_t { ecr_api, ecr_dkr, s3, internet, mirror, logs };
inline constexpr std::size_t kDestinations = 6;
/// "ecr.api", "ecr.dkr", "s3", "logs" as in /network/endpoints; "the internet", "the mirror".
std::string_view name(Destination);

/// ECR answers with manifests, its layers lie in S3 (Amazon ECR user guide, interface VPC endpoints). A pull-through
/// rule of ECR needs the internet too: the first pull of an image comes from there (ibid., considerations).
std::vector<Destination> destinations_of(Registry registry);
/// Where the bytes of the layers lie.
Destination layers_at(LayerServer server);
/// Who may serve the layers of such an image; of a pull-through rule the outside first, then ECR.
std::vector<LayerServer> servers_of(Registry registry);

class RegionNetwork {
 public:
  explicit RegionNetwork(const NetworkSpec& spec);

  /// The shortest path from the zone's subnet; empty: there is none.
  std::optional<Way> way(ZoneId zone, Destination to) const {
    return ways_[static_cast<std::size_t>(zone)][static_cast<std::size_t>(to)];
  }
  /// What an image of that registry needs and the zone's subnet cannot reach.
  std::vector<Destination> unreachable(ZoneId zone, Registry registry) const;
  std::size_t zones() const { return ways_.size(); }
  std::size_t nat_gateways() const { return nat_gateways_; }

 private:
  std::vector<std::array<std::optional<Way>, kDestinations>> ways_;
  std::size_t nat_gateways_ = 0;
};

std::size_t nat_gateways(const NetworkSpec& network);
/// The limits that the scenario sets for a server, if any.
const RegistryLimits& limits_of(const NetworkSpec& network, LayerServer server);

/// Where the layers of all images come from that a workload of the run may ever pull, or the user data of a warm
/// pool, by name. A layer of several images comes from the registry of the first of them.
std::map<std::string, Registry> registry_by_layer(const RunSpec& run);
std::set<Registry> registries_of(const RunSpec& run);
/// Whether a node may pull by two ways at once, by two gateways or under the limits of two servers: then its network
/// interface is a shared link in front of each way, a shape that only SimGrid carries.
bool pulls_by_several_ways(const NetworkSpec& network, const std::set<Registry>& registries);

}  // namespace berth
