// How the nodes of each pool pull: the pool's own settings, else those of models/constants.json.
#pragma once

#include <limits>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

/// Who may be started before its image is whole.
enum class LazyLoading : std::uint8_t {
  nobody,
  all_indexed,  ///< a replica all of whose images have an index (Fargate, 2023-07 to 2023-11)
  each_indexed  ///< every image that has one
};

struct PullRules {
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  std::size_t downloads = 0, unpacks = 0;  ///< at once, of one image
  std::size_t images_at_once = kNoLimit;   ///< kubelet
  double registry_qps = 0;                 ///< kubelet: pulls a second; 0 = no limit
  double registry_burst = 0;
  bool kubelet = false;
  bool caches = true;  ///< Fargate: never
  ImagePull behaviour = ImagePull::standard;
  LazyLoading lazy = LazyLoading::nobody;
};

PullRules pull_rules(const World& world, PoolId pool);

/// Whether that container is started before its image is whole.
bool starts_lazily(const World& world, const PullRules& rules, RevisionId revision, ContainerIndex container);

/// Whether the image on the node will do without asking the registry. ECS agent README; kubelet imagePullPolicy.
/// `there`: all of it lies on the node; `pulled`: for a container, not by the AMI.
bool takes_from_cache(const PullRules& rules, PullPolicy policy, bool there, bool pulled);

}  // namespace berth
