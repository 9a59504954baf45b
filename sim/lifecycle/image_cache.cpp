// One layer's way to a node, in order: asked for, downloaded, unpacked, there for all who wait.
#include "sim/lifecycle/image_cache.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr double kMiBPerS = 1024.0 * 1024.0;
constexpr double kGbitPerS = 1e9 / 8;

}  // namespace

ImageCache::ImageCache(World& world, Agenda& agenda, Network& network)
    : world_(world),
      agenda_(agenda),
      network_(network),
      region_(world.spec().network),
      downloads_in_parallel_(static_cast<std::size_t>(world.catalog().constant("pull.layers_in_parallel"))),
      unpacks_in_parallel_(static_cast<std::size_t>(world.catalog().constant("pull.unpacks_in_parallel"))),
      connection_rate_(world.catalog().constant("pull.connection_mib_per_s") * kMiBPerS) {
  const double nat_rate = world.catalog().constant("nat.gbit_per_s") * kGbitPerS;
  for (std::size_t nat = 0; nat < region_.nat_gateways(); ++nat)
    gateways_.push_back({network_.add_link("nat/" + std::to_string(nat), nat_rate), {}});
  const double endpoint_rate = world.catalog().constant("s3_endpoint.gbit_per_s") * kGbitPerS;
  gateways_.push_back({network_.add_link("s3-endpoint", endpoint_rate), {}});
}

void ImageCache::pull(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  const NodeId node = row.node;
  const NodeRow& host = world_[node];
  std::uint32_t missing = 0;
  for (const LayerId layer : world_[row.revision].layers) {
    if (host.layers[index(layer)]) {
      row.cached_bytes += world_[layer].compressed;
      continue;
    }
    row.pulled_bytes += world_[layer].compressed;
    ++missing;
    std::vector<Pull>& pulls = pulling(node).pulls;
    const auto known = std::find_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.layer == layer; });
    if (known != pulls.end()) known->waiters.push_back(replica);
    else pulls.push_back({layer, Step::queued, FlowId{}, {replica}});
  }
  if (missing == 0) {
    agenda_.then(replica, 0s, ImagePulled{replica});
    return;
  }
  missing_[replica] = missing;
  go_on(node);
}

ImageCache::PullingNode& ImageCache::pulling(NodeId node) {
  const auto known = nodes_.find(node);
  if (known != nodes_.end()) return known->second;
  const std::size_t via = gateway_of(world_[node].zone);
  std::vector<LinkId>& idle = gateways_[via].idle;
  if (idle.empty()) idle.push_back(network_.add_link(world_.name(node), nic_rate(node)));
  const LinkId link = idle.back();
  idle.pop_back();
  network_.set_capacity(link, nic_rate(node));
  return nodes_.emplace(node, PullingNode{via, link, {}}).first->second;
}

std::size_t ImageCache::gateway_of(ZoneId zone) const {
  const std::optional<WayOut> way = region_.way_to_registry(zone);
  SIM_CHECK(way.has_value());  // refused when the scenario was read
  return way->kind == WayOut::Kind::nat_gateway ? way->gateway : gateways_.size() - 1;
}

/// Gives the link back when the node pulls nothing any more.
void ImageCache::rest(NodeId node) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end() || !known->second.pulls.empty()) return;
  gateways_[known->second.gateway].idle.push_back(known->second.link);
  nodes_.erase(known);
}

/// Starts what the limits allow: the oldest layers first.
void ImageCache::go_on(NodeId node) {
  std::vector<Pull>& pulls = pulling(node).pulls;
  const auto doing = [&](Step step) {
    return static_cast<std::size_t>(
        std::count_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.step == step; }));
  };
  std::size_t downloads = doing(Step::downloading);
  std::size_t unpacks = doing(Step::unpacking);
  for (Pull& pull : pulls) {
    if (pull.step == Step::queued && downloads < downloads_in_parallel_) {
      start_download(node, pull);
      ++downloads;
    } else if (pull.step == Step::downloaded && unpacks < unpacks_in_parallel_) {
      start_unpack(node, pull);
      ++unpacks;
    }
  }
}

void ImageCache::start_download(NodeId node, Pull& pull) {
  const PullingNode& host = pulling(node);
  const Route route{host.link, gateways_[host.gateway].link};
  pull.step = Step::downloading;
  pull.flow = network_.start(route, world_[pull.layer].compressed, connection_rate_);
  flows_[pull.flow] = {node, pull.layer};
}

void ImageCache::finished(FlowId flow) {
  const auto [node, layer] = flows_.at(flow);
  flows_.erase(flow);
  find(node, layer).step = Step::downloaded;
  world_.publish(LayerTransferred{node, layer, world_[layer].compressed});
  agenda_.then(node, 0s, LayerDownloaded{node, layer});
}

void ImageCache::on(const LayerDownloaded& e) {
  if (nodes_.count(e.node) != 0) go_on(e.node);  // else its waiters left at the same instant
}

void ImageCache::start_unpack(NodeId node, Pull& pull) {
  pull.step = Step::unpacking;
  const double time = static_cast<double>(world_[pull.layer].unpacked.count()) / unpack_rate(node);
  agenda_.then(node, from_seconds(time), LayerUnpacked{node, pull.layer});
}

void ImageCache::on(const LayerUnpacked& e) {
  const Pull done = find(e.node, e.layer);
  world_[e.node].layers[index(e.layer)] = true;
  std::vector<Pull>& pulls = pulling(e.node).pulls;
  pulls.erase(std::find_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.layer == e.layer; }));
  for (const ReplicaId replica : done.waiters) {
    if (--missing_[replica] != 0) continue;
    missing_.erase(replica);
    agenda_.then(replica, 0s, ImagePulled{replica});
  }
  go_on(e.node);
  rest(e.node);
}

void ImageCache::abandon(ReplicaId replica) {
  if (missing_.erase(replica) == 0) return;
  const NodeId node = world_[replica].node;
  std::vector<Pull>& pulls = pulling(node).pulls;
  for (std::size_t i = pulls.size(); i-- > 0;) {
    std::vector<ReplicaId>& waiters = pulls[i].waiters;
    const auto at = std::find(waiters.begin(), waiters.end(), replica);
    if (at == waiters.end()) continue;
    waiters.erase(at);
    // An unpack that has begun is finished: containerd keeps the layer for the next who asks.
    if (waiters.empty() && pulls[i].step != Step::unpacking) drop(node, i);
  }
  go_on(node);
  rest(node);
}

void ImageCache::drop(NodeId node, std::size_t pull) {
  std::vector<Pull>& pulls = pulling(node).pulls;
  if (pulls[pull].step == Step::downloading) {
    const Bytes moved = network_.cancel(pulls[pull].flow);
    flows_.erase(pulls[pull].flow);
    world_.publish(LayerTransferred{node, pulls[pull].layer, moved});  // what came over the gateway is billed
  }
  pulls.erase(pulls.begin() + static_cast<std::ptrdiff_t>(pull));
}

ImageCache::Pull& ImageCache::find(NodeId node, LayerId layer) {
  std::vector<Pull>& pulls = pulling(node).pulls;
  const auto at = std::find_if(pulls.begin(), pulls.end(), [&](const Pull& p) { return p.layer == layer; });
  SIM_CHECK(at != pulls.end());
  return *at;
}

void ImageCache::begin_cached(NodeId node, const std::vector<LayerId>& layers) {
  for (const LayerId layer : layers) world_[node].layers[index(layer)] = true;
}

void ImageCache::forget(NodeId node) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end()) return;
  for (std::size_t i = known->second.pulls.size(); i-- > 0;) {
    for (const ReplicaId replica : known->second.pulls[i].waiters) missing_.erase(replica);
    drop(node, i);
  }
  rest(node);
}

double ImageCache::nic_rate(NodeId node) const {
  const NodeRow& row = world_[node];
  if (row.fargate) return world_.catalog().constant("fargate.network_mib_per_s") * kMiBPerS;
  return world_.catalog().instances()[row.type].network_burst;
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
