// One layer's way to a node, in order: asked for, downloaded, unpacked, there.
#include "sim/lifecycle/layer_pulls.hpp"

#include <algorithm>

namespace berth {

LayerPulls::LayerPulls(World& world, Agenda& agenda, Network& network, ImageStore& store)
    : world_(world),
      agenda_(agenda),
      network_(network),
      store_(store),
      routes_(world, agenda, network),
      disks_(world, network),
      needed_share_(world.catalog().constant("soci.needed_pct") / 100) {}

ReplicaId LayerPulls::want(NodeId node, LayerId layer, ImageId image, bool lazy, ReplicaId replica) {
  Node& there = nodes_[node];
  LayerPull* known = find(there, layer);
  if (known == nullptr) {
    there.layers.emplace_back();
    known = &there.layers.back();
    known->layer = layer;
    known->lazy = lazy;
    known->counts_for = replica;
    world_.publish(LayerMoved{node, layer, LayerStage::queued});
  }
  if (!lazy && known->stage == LayerStage::queued) known->lazy = false;
  std::vector<ImageId>& by = known->wanted_by;
  if (std::find(by.begin(), by.end(), image) == by.end()) by.push_back(image);
  return known->counts_for;
}

void LayerPulls::leave(NodeId node, ReplicaId replica) {
  Node* there = nodes_.find(node);
  if (there == nullptr) return;
  for (LayerPull& pull : there->layers)
    if (pull.counts_for == replica) pull.counts_for = heir(node, pull.layer, replica);
}

/// The first that was placed there of those that still hold an image with that layer.
ReplicaId LayerPulls::heir(NodeId node, LayerId layer, ReplicaId of) const {
  for (const ReplicaId other : world_[node].replicas) {
    const ReplicaRow& row = world_[other];
    if (other == of || !is_wanted(row.stage)) continue;
    for (std::size_t c = 0; c < row.containers.size(); ++c) {
      if (!row.containers[c].holds_image) continue;
      const std::vector<LayerId>& layers = world_[world_[row.revision].images[c]].layers;
      if (std::find(layers.begin(), layers.end(), layer) != layers.end()) return other;
    }
  }
  return kNone<ReplicaId>;
}

void LayerPulls::count(const LayerPull& pull, Bytes came) {
  if (pull.counts_for != kNone<ReplicaId>) world_[pull.counts_for].pulled_bytes += came;
}

std::optional<LayerId> LayerPulls::go_on(NodeId node, const PullRules& rules) {
  Node* there = nodes_.find(node);
  if (there == nullptr) return std::nullopt;
  for (LayerPull& pull : there->layers) {
    if (pull.stage == LayerStage::queued && busy(*there, pull, LayerStage::downloading) < rules.downloads) {
      if (!store_.take_room(node, pull.layer)) return pull.layer;
      start_download(node, pull);
    } else if (pull.stage == LayerStage::downloaded && !pull.lazy &&
               busy(*there, pull, LayerStage::unpacking) < rules.unpacks) {
      if (rules.unpacks > 1 || is_next(node, pull)) start_unpack(node, pull);
    }
  }
  return std::nullopt;
}

Bytes LayerPulls::before_start(LayerId layer, bool lazy) const {
  const Bytes all = world_[layer].compressed;
  if (!lazy) return all;
  return Bytes{static_cast<std::int64_t>(static_cast<double>(all.count()) * needed_share_)};
}

/// How many layers of the same image are in that stage.
std::size_t LayerPulls::busy(const Node& node, const LayerPull& like, LayerStage stage) {
  if (like.wanted_by.empty()) return 0;
  std::size_t n = 0;
  for (const LayerPull& other : node.layers)
    if (other.stage == stage && !other.wanted_by.empty() && other.wanted_by.front() == like.wanted_by.front()) ++n;
  return n;
}

/// All layers below it are there.
bool LayerPulls::is_next(NodeId node, const LayerPull& pull) const {
  for (const LayerId layer : world_[pull.wanted_by.front()].layers) {
    if (layer == pull.layer) return true;
    if (!store_.has(node, layer)) return false;
  }
  return true;
}

void LayerPulls::start_download(NodeId node, LayerPull& pull) {
  Node& there = nodes_[node];
  if (!there.open) routes_.open(node);
  there.open = true;
  move(node, pull, routes_.download(node, pull.layer, before_start(pull.layer, pull.lazy)));
  advance(node, pull, LayerStage::downloading);
}

void LayerPulls::start_unpack(NodeId node, LayerPull& pull) {
  move(node, pull, disks_.unpack(node, pull.layer));
  advance(node, pull, LayerStage::unpacking);
}

void LayerPulls::move(NodeId node, LayerPull& pull, FlowId flow) {
  pull.flow = flow;
  pull.moving = true;
  if (flows_.empty()) first_flow_ = index(flow);
  flows_.resize(index(flow) - first_flow_);  // flows of others
  flows_.push_back({node, pull.layer});
}

/// Whose flow it was.
LayerPulls::Moving LayerPulls::take(FlowId flow) {
  SIM_CHECK(index(flow) - first_flow_ < flows_.size());
  const Moving moving = std::exchange(flows_[index(flow) - first_flow_], {});
  for (; !flows_.empty() && flows_.front().node == kNone<NodeId>; ++first_flow_) flows_.pop_front();
  return moving;
}

void LayerPulls::finished(FlowId flow) {
  const auto [node, layer] = take(flow);
  SIM_CHECK(node != kNone<NodeId>);
  Node& there = nodes_[node];
  LayerPull& pull = *find(there, layer);
  pull.moving = false;
  if (pull.stage == LayerStage::unpacking) {
    disks_.ended(node, layer);
    agenda_.then(node, 0s, LayerUnpacked{node, layer});
    return;
  }
  count(pull, routes_.finished(flow));
  if (pull.stage == LayerStage::unpacked) {  // the rest of a lazily loaded one
    there.layers.erase(there.layers.begin() + (&pull - there.layers.data()));
    start_rest(node, there);
    rest(node, there);
    return;
  }
  advance(node, pull, LayerStage::downloaded);
  if (pull.lazy) agenda_.then(node, 0s, LayerUnpacked{node, layer});  // mounted as it is
  else agenda_.then(node, 0s, LayerDownloaded{node, layer});
}

bool LayerPulls::on(const LayerUnpacked& e) {
  Node* there = nodes_.find(e.node);
  LayerPull* pull = there == nullptr ? nullptr : find(*there, e.layer);
  const LayerStage before = pull == nullptr ? LayerStage::removed
                            : pull->lazy    ? LayerStage::downloaded
                                            : LayerStage::unpacking;
  if (pull == nullptr || pull->stage != before || pull->moving) return false;  // its waiters left at the same instant
  const bool stays = store_.put(e.node, e.layer);
  advance(e.node, *pull, stays ? LayerStage::unpacked : LayerStage::removed);
  if (stays && pull->lazy && before_start(e.layer, true) < world_[e.layer].compressed) {
    pull->wanted_by.clear();
    start_rest(e.node, *there);
    return true;
  }
  there->layers.erase(there->layers.begin() + (pull - there->layers.data()));
  rest(e.node, *there);
  return stays;
}

/// Lazily loaded layers are completed in the background, one after the other.
void LayerPulls::start_rest(NodeId node, Node& there) {
  const auto loads = [](const LayerPull& p) { return p.stage == LayerStage::unpacked; };
  const auto first = std::find_if(there.layers.begin(), there.layers.end(), loads);
  if (first == there.layers.end()) return;
  for (const LayerPull& pull : there.layers)
    if (loads(pull) && pull.moving) return;
  const Bytes left = world_[first->layer].compressed - before_start(first->layer, true);
  move(node, *first, routes_.download(node, first->layer, left));
}

void LayerPulls::give_up(NodeId node, ImageId image) {
  Node* there = nodes_.find(node);
  if (there == nullptr) return;
  for (std::size_t i = there->layers.size(); i-- > 0;) {
    std::vector<ImageId>& by = there->layers[i].wanted_by;
    const auto at = std::find(by.begin(), by.end(), image);
    if (at == by.end()) continue;
    by.erase(at);
    if (by.empty() && there->layers[i].stage != LayerStage::unpacking) drop(node, *there, i);
  }
  rest(node, *there);
}

void LayerPulls::removed(NodeId node, LayerId layer) {
  Node* there = nodes_.find(node);
  LayerPull* pull = there == nullptr ? nullptr : find(*there, layer);
  if (pull == nullptr || pull->stage != LayerStage::unpacked) return;
  drop(node, *there, static_cast<std::size_t>(pull - there->layers.data()));
  start_rest(node, *there);
  rest(node, *there);
}

void LayerPulls::drop(NodeId node, Node& there, std::size_t position) {
  LayerPull& pull = there.layers[position];
  if (pull.moving) {
    take(pull.flow);
    if (pull.stage == LayerStage::unpacking) {
      network_.cancel(pull.flow);
      disks_.ended(node, pull.layer);
    } else {
      count(pull, routes_.cancel(pull.flow));  // what came over the gateway is billed
    }
  }
  if (pull.stage != LayerStage::unpacked) {
    if (pull.stage != LayerStage::queued) store_.give_room_back(node, pull.layer);
    world_.publish(LayerMoved{node, pull.layer, LayerStage::dropped});
  }
  there.layers.erase(there.layers.begin() + static_cast<std::ptrdiff_t>(position));
}

/// Gives the node's link back when nothing comes to it any more.
void LayerPulls::rest(NodeId node, Node& there) {
  if (!there.layers.empty()) return;
  if (there.open) routes_.close(node);
  nodes_.erase(node);
}

void LayerPulls::interrupt(NodeId node) {
  if (Node* there = nodes_.find(node)) {
    for (std::size_t i = there->layers.size(); i-- > 0;) drop(node, *there, i);
    rest(node, *there);
  }
  routes_.interrupt(node);
}

void LayerPulls::advance(NodeId node, LayerPull& pull, LayerStage to) {
  pull.stage = to;
  world_.publish(LayerMoved{node, pull.layer, to});
}

LayerPulls::LayerPull* LayerPulls::find(Node& node, LayerId layer) {
  for (LayerPull& pull : node.layers)
    if (pull.layer == layer) return &pull;
  return nullptr;
}

}  // namespace berth
