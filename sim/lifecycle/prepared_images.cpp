// Images that a node brings for nobody in particular, before it takes replicas.
#include "sim/lifecycle/image_cache.hpp"

#include <algorithm>

namespace berth {

void ImageCache::prepare(NodeId node, const std::vector<ImageId>& images, const Event& ready) {
  Node& there = nodes_[node];
  there.ready = ready;
  if (images.empty()) agenda_.then(node, 0s, ready);
  for (const ImageId image : images) {
    store_.use(node, image);
    there.preparing.push_back(image);
    for (const LayerId layer : world_[image].layers)
      if (!store_.has(node, layer)) layers_.want(node, layer, image, false, kNone<ReplicaId>);
  }
  settle_preparing(node);
  go_on(node);
}

void ImageCache::settle_preparing(NodeId node) {
  Node& there = nodes_[node];
  for (std::size_t i = there.preparing.size(); i-- > 0;) {
    const ImageId image = there.preparing[i];
    const std::vector<LayerId>& layers = world_[image].layers;
    if (!std::all_of(layers.begin(), layers.end(), [&](LayerId layer) { return store_.has(node, layer); })) continue;
    store_.complete(node, image);
    end_preparing(node, i);
  }
}

void ImageCache::end_preparing(NodeId node, std::size_t position) {
  Node& there = nodes_[node];
  const ImageId image = there.preparing[position];
  there.preparing.erase(there.preparing.begin() + static_cast<std::ptrdiff_t>(position));
  stop_coming(node, image);
  store_.let_go(node, image);
  tell_removed(node, store_.discard(node, image));
  if (there.preparing.empty()) agenda_.then(node, 0s, there.ready);
}

}  // namespace berth
