// First the marks of the pull front to back, then its layers from the last one backwards.
#include "sim/observe/pull_walk.hpp"

#include <algorithm>

namespace berth {
namespace {

/// The chain of layers that ended last: unpacked after the one below it, downloaded after one that held the line.
class LayerWalk {
 public:
  LayerWalk(const ObservedStart& start, std::size_t container, Time from, Time to) : from_(from), at_(to) {
    const std::vector<LayerId>& own = start.containers[container].layers;
    for (const ObservedLayer& layer : start.layers)
      if (std::find(own.begin(), own.end(), layer.layer) != own.end()) layers_.push_back(&layer);
  }

  std::vector<PullStep> steps() {
    const ObservedLayer* layer = that_ends(LayerStage::unpacked);
    while (layer != nullptr && at_ > from_) layer = unpacked(*layer);
    back(from_, StartCause::image_download);
    std::reverse(steps_.begin(), steps_.end());
    return std::move(steps_);
  }

 private:
  void back(Time since, StartCause cause) {
    since = std::max(since, from_);
    if (since >= at_) return;
    steps_.push_back({cause, since, at_});
    at_ = since;
  }
  /// Whose download or unpacking took time and was over at this moment; the first one asked for.
  const ObservedLayer* that_ends(LayerStage stage) const {
    const bool unpacks = stage == LayerStage::unpacked;
    for (const ObservedLayer* l : layers_)
      if (reached(*l, stage) == at_ && reached(*l, unpacks ? LayerStage::unpacking : LayerStage::downloading) < at_)
        return l;
    return nullptr;
  }
  /// Its unpacking, and what that waited for; the layer to go on with, none: at the end of the walk.
  const ObservedLayer* unpacked(const ObservedLayer& layer) {
    back(reached(layer, LayerStage::unpacking), StartCause::image_unpack);
    const Time there = reached(layer, LayerStage::downloaded);
    if (there < at_)
      if (const ObservedLayer* before = that_ends(LayerStage::unpacked)) return before;
    back(there, StartCause::unpack_turn);
    downloaded(&layer);
    return nullptr;
  }
  void downloaded(const ObservedLayer* layer) {
    while (layer != nullptr && at_ > from_) {
      back(reached(*layer, LayerStage::downloading), StartCause::image_download);
      const ObservedLayer* before = that_ends(LayerStage::downloaded);
      if (before == nullptr) back(reached(*layer, LayerStage::queued), StartCause::download_turn);
      layer = before;
    }
  }

  std::vector<const ObservedLayer*> layers_;
  Time from_, at_;
  std::vector<PullStep> steps_;
};

StartCause cause_of(PullMark mark) {
  switch (mark) {
    case PullMark::asked:
      return StartCause::manifest;
    case PullMark::known:
      return StartCause::image_download;
    case PullMark::known_lazily:
      return StartCause::image_lazy;
    case PullMark::backed_off:
      return StartCause::pull_back_off;
  }
  return StartCause::image_download;
}

}  // namespace

std::vector<PullStep> pull_walk(const ObservedStart& start, std::size_t container, Time from, Time to) {
  std::vector<PullStep> steps;
  bool asked = false;
  StartCause cause = StartCause::image_cached;
  const auto until = [&](Time at) {
    if (at <= from) return;
    if (cause == StartCause::image_download) {
      const std::vector<PullStep> layers = LayerWalk(start, container, from, at).steps();
      steps.insert(steps.end(), layers.begin(), layers.end());
    } else {
      steps.push_back({cause, from, at});
    }
    from = at;
  };
  for (const auto& mark : start.containers[container].pull) {
    if (mark.at < from || mark.at > to) continue;
    if (!asked && mark.at > from) cause = StartCause::pull_turn;
    asked = true;
    until(mark.at);
    cause = cause_of(mark.what);
  }
  until(to);
  return steps;
}

}  // namespace berth
