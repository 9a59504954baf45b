// One layer's way to a node, in order: asked for, downloaded, unpacked, there for all who wait.
#include "sim/lifecycle/image_cache.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr double kMiBPerS = 1024.0 * 1024.0;

}  // namespace

ImageCache::ImageCache(World& world, Agenda& agenda, Network& network)
    : world_(world),
      agenda_(agenda),
      routes_(world, agenda, network),
      downloads_in_parallel_(static_cast<std::size_t>(world.catalog().constant("pull.layers_in_parallel"))),
      unpacks_in_parallel_(static_cast<std::size_t>(world.catalog().constant("pull.unpacks_in_parallel"))) {}

void ImageCache::pull(ReplicaId replica, ContainerIndex container) {
  ReplicaRow& row = world_[replica];
  const NodeId node = row.node;
  const NodeRow& host = world_[node];
  std::uint32_t missing = 0;
  for (const LayerId layer : world_[row.revision].image_layers[container]) {
    if (host.layers[index(layer)]) {
      row.cached_bytes += world_[layer].compressed;
      continue;
    }
    row.pulled_bytes += world_[layer].compressed;
    ++missing;
    std::vector<Pull>& pulls = pulling(node);
    const auto known = std::find_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.layer == layer; });
    if (known != pulls.end()) {
      known->waiters.push_back({replica, container});
      continue;
    }
    pulls.push_back({layer, LayerStage::queued, FlowId{}, {{replica, container}}});
    world_.publish(LayerMoved{node, layer, LayerStage::queued});
  }
  if (missing == 0) {
    agenda_.then(replica, 0s, ImagePulled{replica, container});
    return;
  }
  missing_[{replica, container}] = missing;
  go_on(node);
}

void ImageCache::prepare(NodeId node, const std::vector<LayerId>& layers) {
  for (const LayerId layer : layers) {
    if (world_[node].layers[index(layer)]) continue;
    pulling(node).push_back({layer, LayerStage::queued, FlowId{}, {}});
    world_.publish(LayerMoved{node, layer, LayerStage::queued});
  }
  if (nodes_.count(node) == 0) {
    agenda_.then(node, 0s, InstancePooled{node});
    return;
  }
  preparing_.insert(node);
  go_on(node);
}

std::vector<ImageCache::Pull>& ImageCache::pulling(NodeId node) {
  const auto known = nodes_.find(node);
  if (known != nodes_.end()) return known->second;
  routes_.open(node);
  return nodes_[node];
}

/// Gives the node's link back when it pulls nothing any more.
void ImageCache::rest(NodeId node) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end() || !known->second.empty()) return;
  nodes_.erase(known);
  routes_.close(node);
}

/// Starts what the limits allow: the oldest layers first.
void ImageCache::go_on(NodeId node) {
  std::vector<Pull>& pulls = pulling(node);
  const auto doing = [&](LayerStage stage) {
    return static_cast<std::size_t>(
        std::count_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.stage == stage; }));
  };
  std::size_t downloads = doing(LayerStage::downloading);
  std::size_t unpacks = doing(LayerStage::unpacking);
  for (Pull& pull : pulls) {
    if (pull.stage == LayerStage::queued && downloads < downloads_in_parallel_) {
      start_download(node, pull);
      ++downloads;
    } else if (pull.stage == LayerStage::downloaded && unpacks < unpacks_in_parallel_) {
      start_unpack(node, pull);
      ++unpacks;
    }
  }
}

void ImageCache::start_download(NodeId node, Pull& pull) {
  pull.flow = routes_.download(node, pull.layer, world_[pull.layer].compressed);
  flows_[pull.flow] = {node, pull.layer};
  advance(node, pull, LayerStage::downloading);
}

void ImageCache::finished(FlowId flow) {
  const auto [node, layer] = flows_.at(flow);
  flows_.erase(flow);
  advance(node, find(node, layer), LayerStage::downloaded);
  routes_.finished(flow);
  agenda_.then(node, 0s, LayerDownloaded{node, layer});
}

void ImageCache::on(const LayerDownloaded& e) {
  if (nodes_.count(e.node) != 0) go_on(e.node);  // else its waiters left at the same instant
}

void ImageCache::start_unpack(NodeId node, Pull& pull) {
  const double time = static_cast<double>(world_[pull.layer].unpacked.count()) / unpack_rate(node);
  agenda_.then(node, from_seconds(time), LayerUnpacked{node, pull.layer});
  advance(node, pull, LayerStage::unpacking);
}

void ImageCache::on(const LayerUnpacked& e) {
  const Pull done = find(e.node, e.layer);
  world_[e.node].layers[index(e.layer)] = true;
  std::vector<Pull>& pulls = pulling(e.node);
  pulls.erase(std::find_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.layer == e.layer; }));
  world_.publish(LayerMoved{e.node, e.layer, LayerStage::unpacked});
  for (const Waiter& w : done.waiters) {
    if (--missing_[w] != 0) continue;
    missing_.erase(w);
    agenda_.then(w.replica, 0s, ImagePulled{w.replica, w.container});
  }
  go_on(e.node);
  rest(e.node);
  if (nodes_.count(e.node) == 0 && preparing_.erase(e.node) != 0) agenda_.then(e.node, 0s, InstancePooled{e.node});
}

void ImageCache::abandon(ReplicaId replica) {
  const auto first = missing_.lower_bound({replica, 0});
  auto last = first;
  while (last != missing_.end() && last->first.replica == replica) ++last;
  if (first == last) return;
  missing_.erase(first, last);
  const NodeId node = world_[replica].node;
  std::vector<Pull>& pulls = pulling(node);
  for (std::size_t i = pulls.size(); i-- > 0;) {
    std::vector<Waiter>& waiters = pulls[i].waiters;
    const auto left =
        std::remove_if(waiters.begin(), waiters.end(), [&](const Waiter& w) { return w.replica == replica; });
    if (left == waiters.end()) continue;
    waiters.erase(left, waiters.end());
    // An unpack that has begun is finished: containerd keeps the layer for the next who asks.
    if (waiters.empty() && pulls[i].stage != LayerStage::unpacking) drop(node, i);
  }
  go_on(node);
  rest(node);
}

void ImageCache::drop(NodeId node, std::size_t pull) {
  std::vector<Pull>& pulls = pulling(node);
  if (pulls[pull].stage == LayerStage::downloading) {
    routes_.cancel(pulls[pull].flow);
    flows_.erase(pulls[pull].flow);
  }
  world_.publish(LayerMoved{node, pulls[pull].layer, LayerStage::dropped});
  pulls.erase(pulls.begin() + static_cast<std::ptrdiff_t>(pull));
}

void ImageCache::advance(NodeId node, Pull& pull, LayerStage to) {
  pull.stage = to;
  world_.publish(LayerMoved{node, pull.layer, to});
}

ImageCache::Pull& ImageCache::find(NodeId node, LayerId layer) {
  std::vector<Pull>& pulls = pulling(node);
  const auto at = std::find_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.layer == layer; });
  SIM_CHECK(at != pulls.end());
  return *at;
}

void ImageCache::begin_cached(NodeId node, const std::vector<LayerId>& layers) {
  for (const LayerId layer : layers) world_[node].layers[index(layer)] = true;
}

void ImageCache::forget(NodeId node) {
  preparing_.erase(node);
  const auto known = nodes_.find(node);
  if (known == nodes_.end()) return;
  for (std::size_t i = known->second.size(); i-- > 0;) {
    for (const Waiter& w : known->second[i].waiters) missing_.erase(w);
    drop(node, i);
  }
  rest(node);
}

/// Bytes of unpacked layer per second: decompression by CPU, up to what the disk takes.
double ImageCache::unpack_rate(NodeId node) const {
  const Catalog& catalog = world_.catalog();
  const NodeRow& row = world_[node];
  const double cores =
      std::clamp(vcpus(row.fargate ? row.cpu_allocatable : catalog.instances()[row.type].vcpu * kVcpu),
                 catalog.constant("pull.unpack_vcpu_minimum"), catalog.constant("pull.unpack_vcpu_maximum"));
  const double by_cpu = catalog.constant("pull.unpack_mib_per_s_per_vcpu") * cores;
  const double by_disk = catalog.constant(row.fargate ? "fargate.disk_mib_per_s" : "ebs.gp3.mib_per_s");
  return std::min(by_cpu, by_disk) * kMiBPerS;
}

}  // namespace berth
