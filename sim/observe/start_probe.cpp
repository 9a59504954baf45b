// Rows of the world go when their replica or node does, so what is needed of them is copied when a fact tells of it.
#include "sim/observe/start_probe.hpp"

#include <algorithm>

namespace berth {

StartProbe::StartProbe(const World& world, std::vector<std::string> replicas)
    : world_(world), names_(std::move(replicas)), starts_(names_.size()) {}

void StartProbe::hear(const Fact& fact, Time at) {
  std::visit([&](const auto& f) { on(f, at); }, fact);
}

ObservedStart* StartProbe::watched(ReplicaId replica) {
  const auto known = watched_.find(replica);
  return known == watched_.end() ? nullptr : &starts_[known->second.start];
}

void StartProbe::on(const ReplicaCreated& f, Time at) {
  const std::string name = world_.name(f.replica);
  const auto asked = std::find(names_.begin(), names_.end(), name);
  if (asked == names_.end()) return;
  const auto number = static_cast<std::size_t>(asked - names_.begin());
  watched_[f.replica] = {number};
  ObservedStart& start = starts_[number];
  const ReplicaRow& row = world_[f.replica];
  start.seen = true;
  start.replica = name;
  start.service = world_.name(row.service);
  start.architecture = world_.spec().architecture;
  start.cluster = world_[row.cluster].spec->name;
  start.ecs = !is_eks(world_, row.cluster);
  start.decided = at;
  for (std::size_t c = 0; c < world_[row.revision].containers.size(); ++c) {
    const ContainerSpec& spec = world_[row.revision].containers[c];
    start.containers.push_back({spec.name,
                                spec.image,
                                spec.written_at,
                                spec.init,
                                spec.start,
                                world_[world_[row.revision].images[c]].layers,
                                {}});
  }
}

void StartProbe::on(const ReplicaWaits& f, Time at) {
  ObservedStart* const start = watched(f.replica);
  if (start == nullptr) return;
  start->waits.push_back({at, world_[f.replica].main_reason});
  if (world_[f.replica].pool != kNone<PoolId>) start->pool = world_.name(world_[f.replica].pool);
}

void StartProbe::on(const Throttled& f, Time) {
  if (f.replica == kNone<ReplicaId>) return;
  if (ObservedStart* const start = watched(f.replica)) start->limit = f.limit;
}

void StartProbe::on(const ReplicaPlaced& f, Time at) {
  ObservedStart* const start = watched(f.replica);
  if (start == nullptr) return;
  watched_.at(f.replica).node = f.node;
  const NodeRow& node = world_[f.node];
  start->placed = at;
  start->fargate = node.fargate;
  start->pool = world_.name(node.pool);
  start->node = world_.name(f.node);
  start->zone = world_.zone_name(node.zone);
  start->machine = node.fargate ? say(node.cpu_allocatable) + " " + say(node.memory_allocatable)
                                : world_.catalog().instances()[node.type].name;
  const auto life = nodes_.find(f.node);
  if (life != nodes_.end()) start->node_life = life->second;
}

void StartProbe::on(const ReplicaMoved& f, Time at) {
  ObservedStart* const start = watched(f.replica);
  if (start == nullptr) return;
  start->moves.push_back({at, f.to});
  if (f.to == ReplicaStage::healthy) start->healthy = at;
  if (f.to < ReplicaStage::healthy) return;
  start->why = f.why;
  close(f.replica, at);
}

void StartProbe::on(const PartAttached& f, Time at) {
  if (ObservedStart* const start = watched(f.replica))
    start->parts.push_back({f.part, at, world_[f.replica].parts_missing == 0});
}

void StartProbe::on(const ContainerMoved& f, Time at) {
  if (ObservedStart* const start = watched(f.replica)) start->containers.at(f.container).moves.push_back({at, f.to});
}

void StartProbe::on(const NodeCreated& f, Time at) {
  if (!world_[f.node].fargate) nodes_[f.node] = {{at, NodeStage::requested}};
}

void StartProbe::on(const NodeMoved& f, Time at) {
  const auto known = nodes_.find(f.node);
  if (known == nodes_.end()) return;
  known->second.push_back({at, f.to});
  if (f.to == NodeStage::gone) nodes_.erase(known);
}

void StartProbe::on(const LayerMoved& f, Time at) {
  const std::pair key{f.node, f.layer};
  const auto known = moving_.find(key);
  if (known == moving_.end()) moving_[key].fill(kNever);
  moving_[key][static_cast<std::size_t>(f.to)] = at;
  if (f.to != LayerStage::unpacked && f.to != LayerStage::dropped) return;
  for (const auto& [replica, w] : watched_)
    if (w.node == f.node) keep_layer(starts_[w.start], key);
  moving_.erase(key);
}

void StartProbe::keep_layer(ObservedStart& start, const std::pair<NodeId, LayerId>& key) {
  const LayerRow& row = world_[key.second];
  start.layers.push_back({key.second, row.name, row.compressed, moving_.at(key)});
}

void StartProbe::close(ReplicaId replica, Time at) {
  const Watched w = watched_.at(replica);
  watched_.erase(replica);
  ObservedStart& start = starts_[w.start];
  const ReplicaRow& row = world_[replica];
  start.until = at;
  start.warmed = row.warmed;
  start.pulled_bytes = row.pulled_bytes;
  start.cached_bytes = row.cached_bytes;
  if (w.node == kNone<NodeId>) return;
  for (auto m = moving_.lower_bound({w.node, LayerId{0}}); m != moving_.end() && m->first.first == w.node; ++m)
    keep_layer(start, m->first);
}

std::vector<ObservedStart> StartProbe::take(Time now) {
  while (!watched_.empty()) close(watched_.begin()->first, now);
  return std::move(starts_);
}

}  // namespace berth
