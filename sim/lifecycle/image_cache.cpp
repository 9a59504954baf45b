// One container's pull, in order: the cache, the registry's manifest, the layers; and what happens to its image later.
#include "sim/lifecycle/image_cache.hpp"

#include <algorithm>

namespace berth {
namespace {

/// Later it finds what it brought itself: that is not counted as found.
bool asks_first(const ContainerRow& container) { return container.restarts == 0 && container.pulls_failed == 0; }

}  // namespace

ImageCache::ImageCache(World& world, Agenda& agenda, const Delays& delays, Network& network)
    : world_(world),
      agenda_(agenda),
      delays_(delays),
      store_(world),
      layers_(world, agenda, network, store_),
      pull_timeout_(from_seconds(world.catalog().constant("ecs.agent.pull_timeout_s"))) {
  for (std::uint32_t pool = 0; pool < world.pool_count(); ++pool) rules_.push_back(pull_rules(world, PoolId{pool}));
}

void ImageCache::pull(ReplicaId replica, ContainerIndex container) {
  ReplicaRow& row = world_[replica];
  const NodeId node = row.node;
  const PullRules& by = rules(node);
  const ImageId image = world_[row.revision].images[container];
  const PullPolicy policy = world_[row.revision].containers[container].pull;
  const bool there = store_.has(node, image);
  const bool pulled_before = store_.pulled(node, image);
  hold_image(replica, container);
  if (takes_from_cache(by, policy, there, pulled_before)) {
    if (asks_first(row.containers[container]))
      for (const LayerId layer : world_[image].layers) row.cached_bytes += world_[layer].compressed;
    store_.complete(node, image);
    agenda_.then(replica, delays_.image_cached(replica, container), ImagePulled{replica, container});
    return;
  }
  Pull fresh;
  fresh.replica = replica;
  fresh.container = container;
  fresh.image = image;
  fresh.lazy = row.containers[container].lazy = starts_lazily(world_, by, row.revision, container);
  nodes_[node].pulls.push_back(fresh);
  if (by.kubelet && policy == PullPolicy::never) fail(node, replica, container);  // ErrImageNeverPull
  else begin_next(node);
}

/// The image stays on the node for this container, once however often it is pulled.
void ImageCache::hold_image(ReplicaId replica, ContainerIndex container) {
  ReplicaRow& row = world_[replica];
  if (row.containers[container].holds_image) return;
  row.containers[container].holds_image = true;
  store_.use(row.node, world_[row.revision].images[container]);
}

/// As many as the kubelet allows at once, in order of asking; a pull over its rate fails (kubelet, throttled image
/// service). The ECS agent gives all attempts of a pull one time limit (docker_client.go, PullImage).
void ImageCache::begin_next(NodeId node) {
  Node& there = nodes_[node];
  const PullRules& by = rules(node);
  for (;;) {
    std::size_t under_way = 0;
    for (const Pull& pull : there.pulls) under_way += pull.step == Step::asking || pull.step == Step::coming;
    const auto next =
        std::find_if(there.pulls.begin(), there.pulls.end(), [](const Pull& p) { return p.step == Step::queued; });
    if (next == there.pulls.end() || under_way >= by.images_at_once) return;
    if (!take_token(there, by)) {
      fail(node, next->replica, next->container);
      return;  // it has begun the next ones
    }
    next->step = Step::asking;
    const ReplicaId replica = next->replica;
    world_.publish(ImageAsked{replica, next->container});
    if (!by.kubelet && next->attempts == 0) {
      next->begun = world_.now();
      agenda_.then(replica, pull_timeout_, PullTimedOut{replica, next->container});
    }
    agenda_.then(replica, delays_.image_manifest(replica, next->container), ManifestRead{replica, next->container});
  }
}

bool ImageCache::take_token(Node& there, const PullRules& by) {
  if (by.registry_qps <= 0) return true;
  const double earned = there.tokens < 0 ? by.registry_burst : seconds(world_.now() - there.refilled) * by.registry_qps;
  there.tokens = std::min(by.registry_burst, std::max(there.tokens, 0.0) + earned);
  there.refilled = world_.now();
  if (there.tokens < 1) return false;
  there.tokens -= 1;
  return true;
}

void ImageCache::on(const ManifestRead& e) {
  ReplicaRow& row = world_[e.replica];
  Pull* asked = find(row.node, e.replica, e.container);
  if (asked == nullptr || asked->step != Step::asking) return;  // given up at the same instant
  Node& there = nodes_[row.node];
  Pull pull = *asked;
  const bool first = asks_first(row.containers[e.container]) && pull.attempts == 0;
  there.pulls.erase(there.pulls.begin() + (asked - there.pulls.data()));
  pull.step = Step::coming;
  pull.missing = 0;
  world_.publish(ImageKnown{e.replica, e.container, pull.lazy});
  for (const LayerId layer : world_[pull.image].layers) {
    const bool there_already = store_.has(row.node, layer);
    const bool own = !there_already && layers_.want(row.node, layer, pull.image, pull.lazy, e.replica) == e.replica;
    if (first && !own) row.cached_bytes += world_[layer].compressed;
    if (!there_already) ++pull.missing;
  }
  if (pull.missing == 0) {
    complete(row.node, pull);
    begin_next(row.node);
    return;
  }
  there.pulls.push_back(pull);
  go_on(row.node);
}

/// A full disk ends the pulls that need the layer which does not fit: "no space left on device".
void ImageCache::go_on(NodeId node) {
  while (const auto full = layers_.go_on(node, rules(node))) {
    const std::vector<LayerId> gone = store_.reclaim(node, *full);
    tell_removed(node, gone);
    if (!gone.empty()) continue;
    Node& there = nodes_[node];
    const auto first = std::find_if(there.pulls.begin(), there.pulls.end(),
                                    [&](const Pull& p) { return p.step == Step::coming && needs(p.image, *full); });
    if (first != there.pulls.end()) {
      fail_attempt(node, first->replica, first->container);
      continue;
    }
    const auto for_nobody = std::find_if(there.preparing.begin(), there.preparing.end(),
                                         [&](ImageId image) { return needs(image, *full); });
    SIM_CHECK(for_nobody != there.preparing.end());
    end_preparing(node, static_cast<std::size_t>(for_nobody - there.preparing.begin()));
  }
}

bool ImageCache::needs(ImageId image, LayerId layer) const {
  const std::vector<LayerId>& layers = world_[image].layers;
  return std::find(layers.begin(), layers.end(), layer) != layers.end();
}

void ImageCache::on(const LayerDownloaded& e) { go_on(e.node); }

void ImageCache::on(const LayerUnpacked& e) {
  if (!layers_.on(e)) {
    go_on(e.node);  // whose space it gave back
    return;
  }
  Node& there = nodes_[e.node];
  std::vector<Pull> done;
  for (Pull& pull : there.pulls) {
    if (pull.step != Step::coming || !needs(pull.image, e.layer)) continue;
    if (--pull.missing == 0) done.push_back(pull);
  }
  for (const Pull& pull : done) {
    Pull* at = find(there, pull.replica, pull.container);
    there.pulls.erase(there.pulls.begin() + (at - there.pulls.data()));
    complete(e.node, pull);
  }
  if (!done.empty()) begin_next(e.node);
  settle_preparing(e.node);
  go_on(e.node);
  plan_clean_up(e.node);
}

void ImageCache::complete(NodeId node, const Pull& pull) {
  store_.complete(node, pull.image);
  agenda_.then(pull.replica, 0s, ImagePulled{pull.replica, pull.container});
}

void ImageCache::let_go(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  if (row.node != kNone<NodeId>) layers_.leave(row.node, replica);
  bool any = false;
  for (std::size_t c = 0; c < row.containers.size(); ++c) {
    if (!row.containers[c].holds_image) continue;
    row.containers[c].holds_image = false;
    store_.let_go(row.node, world_[row.revision].images[c]);
    any = true;
  }
  if (any) plan_clean_up(row.node);
}

void ImageCache::begin_cached(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  for (const ImageId image : world_[row.revision].images) store_.begin_cached(row.node, image);
  for (std::size_t c = 0; c < row.containers.size(); ++c) hold_image(replica, static_cast<ContainerIndex>(c));
}

void ImageCache::begin_cached(NodeId node, const std::vector<ImageId>& images) {
  for (const ImageId image : images) store_.begin_cached(node, image);
}

void ImageCache::interrupt(NodeId node) {
  layers_.interrupt(node);
  nodes_.erase(node);
}

void ImageCache::forget(NodeId node) {
  interrupt(node);
  store_.forget(node);
}

/// On the calendar only when it would find something: nodes that have nothing to lose cost nothing.
void ImageCache::plan_clean_up(NodeId node) {
  const Time next = store_.next_clean_up(node);
  Node& there = nodes_[node];
  const bool planned = there.clean_up != kNever && there.clean_up >= world_.now();
  if (next == kNever || (planned && next >= there.clean_up)) return;
  there.clean_up = next;
  agenda_.then(node, next - world_.now(), ImagesToCleanUp{node});
}

void ImageCache::on(const ImagesToCleanUp& e) {
  Node* there = nodes_.find(e.node);
  if (there == nullptr || there->clean_up != world_.now()) return;  // an earlier cycle was planned since
  there->clean_up = kNever;
  tell_removed(e.node, store_.clean_up(e.node));
  plan_clean_up(e.node);
}

void ImageCache::tell_removed(NodeId node, const std::vector<LayerId>& gone) {
  for (const LayerId layer : gone) {
    layers_.removed(node, layer);
    world_.publish(LayerMoved{node, layer, LayerStage::removed});
  }
}

ImageCache::Pull* ImageCache::find(NodeId node, ReplicaId replica, ContainerIndex container) {
  Node* there = nodes_.find(node);
  return there == nullptr ? nullptr : find(*there, replica, container);
}

ImageCache::Pull* ImageCache::find(Node& node, ReplicaId replica, ContainerIndex container) {
  for (Pull& pull : node.pulls)
    if (pull.replica == replica && pull.container == container) return &pull;
  return nullptr;
}

}  // namespace berth
