#include "sim/lifecycle/pull_rules.hpp"

#include <algorithm>

namespace berth {
namespace {

LazyLoading lazy_on_fargate(const Catalog& catalog) {
  const double step = catalog.constant("soci.fargate");  // 0 = not yet, 1 = all images of a task, 2 = each
  return step < 1 ? LazyLoading::nobody : step < 2 ? LazyLoading::all_indexed : LazyLoading::each_indexed;
}

bool has_index(const World& world, ImageId image) {
  const ImageRow& row = world[image];
  return row.spec->soci || row.layers.empty();
}

}  // namespace

PullRules pull_rules(const World& world, PoolId pool) {
  const Catalog& catalog = world.catalog();
  const PoolSpec& spec = *world[pool].spec;
  const PullSpec& own = spec.pull;
  const auto chosen = [&](const auto& value, const char* name) {
    return value ? static_cast<double>(*value) : catalog.constant(name);
  };
  PullRules rules;
  rules.downloads = static_cast<std::size_t>(chosen(own.layers_in_parallel, "pull.layers_in_parallel"));
  rules.unpacks = static_cast<std::size_t>(chosen(own.unpacks_in_parallel, "pull.unpacks_in_parallel"));
  const bool prefer_cached = catalog.constant("ecs.image_pull.prefer_cached") > 0;
  rules.behaviour = own.behaviour.value_or(prefer_cached ? ImagePull::prefer_cached : ImagePull::standard);
  const bool eks = is_eks(world, world[pool].cluster);
  rules.kubelet = eks;
  if (spec.launch == Launch::fargate) {
    rules.caches = false;
    if (!eks) rules.lazy = lazy_on_fargate(catalog);
    return rules;
  }
  if (own.lazy) rules.lazy = LazyLoading::each_indexed;
  if (!eks) return rules;
  const double most = own.serialize.value_or(false) ? 1 : catalog.constant("kubelet.parallel_image_pulls");
  if (most > 0) rules.images_at_once = static_cast<std::size_t>(most);
  rules.registry_qps = chosen(own.registry_qps, "kubelet.registry_pull_qps");
  rules.registry_burst = chosen(own.registry_burst, "kubelet.registry_pull_burst");
  return rules;
}

bool starts_lazily(const World& world, const PullRules& rules, RevisionId revision, ContainerIndex container) {
  const std::vector<ImageId>& images = world[revision].images;
  if (rules.lazy == LazyLoading::nobody || !has_index(world, images[container])) return false;
  return rules.lazy == LazyLoading::each_indexed ||
         std::all_of(images.begin(), images.end(), [&](ImageId image) { return has_index(world, image); });
}

bool takes_from_cache(const PullRules& rules, PullPolicy policy, bool there, bool pulled) {
  if (!rules.caches || !there) return false;
  if (rules.kubelet) return policy != PullPolicy::always;
  return rules.behaviour == ImagePull::prefer_cached || (rules.behaviour == ImagePull::once && pulled);
}

}  // namespace berth
