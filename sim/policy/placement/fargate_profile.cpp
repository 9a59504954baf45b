// As the admission webhook of EKS chooses: Amazon EKS user guide, commit 4d52b4d, fargate-profile.adoc.
#include "sim/policy/placement/fargate_profile.hpp"

#include <algorithm>

namespace berth {

const PoolSpec* profile_of(const std::vector<PoolSpec>& pools, std::string_view name_space, const Labels& labels) {
  const auto named = labels.find(kProfileLabel);
  const PoolSpec* first = nullptr;
  for (const PoolSpec& pool : pools) {
    if (named != labels.end() && named->second != pool.name) continue;
    const bool takes = std::any_of(pool.selectors.begin(), pool.selectors.end(),
                                   [&](const ProfileSelector& s) { return selects(s, name_space, labels); });
    if (takes && (first == nullptr || pool.name < first->name)) first = &pool;
  }
  return first;
}

}  // namespace berth
