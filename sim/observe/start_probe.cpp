// Rows of the world go when their replica or node does, so what is needed of them is copied when a fact tells of it.
#include "sim/observe/start_probe.hpp"

#include <algorithm>

#include "sim/lifecycle/delays.hpp"
#include "sim/observe/limit_words.hpp"

namespace berth {

StartProbe::StartProbe(const World& world, std::vector<std::string> replicas)
    : world_(world), names_(std::move(replicas)), starts_(names_.size()) {}

namespace {

constexpr std::size_t kMostScored = 5;

ObservedContainer observed(const World& world, const ReplicaRow& row, std::size_t c) {
  const RevisionRow& revision = world[row.revision];
  const ContainerSpec& spec = revision.containers[c];
  const bool eks = is_eks(world, row.cluster);
  ObservedContainer container;
  container.name = spec.name;
  container.image = spec.image;
  container.written_at = spec.written_at;
  container.init = spec.init;
  container.start = spec.start;
  container.layers = world[revision.images[c]].layers;
  container.sidecar = spec.init && spec.restart_always;
  container.checked = eks ? !runs_to_its_end(spec) : spec.health_check.has_value();
  const ImageSpec& image = *world[revision.images[c]].spec;
  container.registry = image.registry;
  container.soci = image.soci;
  container.never_pulled = eks && spec.pull == PullPolicy::never;
  if (!eks) container.waits_for = revision.start_conditions[c];
  return container;
}

}  // namespace

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
  start.own_interface = world_[row.service].spec->awsvpc;
  start.connect = start.ecs && world_[row.service].spec->ecs.service_connect;
  for (std::size_t c = 0; c < world_[row.revision].containers.size(); ++c)
    start.containers.push_back(observed(world_, row, c));
}

void StartProbe::on(const ReplicaWaits& f, Time at) {
  ObservedStart* const start = watched(f.replica);
  if (start == nullptr) return;
  if (start->placed != kNever) {  // bound, and its node has no address for it
    if (start->address_asked != kNever && start->addressed == kNever) return;  // it has learnt more of the reason
    start->address_asked = at;
    start->addressed = kNever;
    return;
  }
  start->waits.push_back({at, world_[f.replica].main_reason});
  if (world_[f.replica].pool != kNone<PoolId>) start->pool = world_.name(world_[f.replica].pool);
}

void StartProbe::on(const LimitHolds& f, Time at) {
  if (f.replica == kNone<ReplicaId>) return;
  if (ObservedStart* const start = watched(f.replica))
    start->holds.push_back({f.limit, at, kNever, quota_behind(world_, f.limit, world_[f.replica].pool)});
}

void StartProbe::on(const LimitPasses& f, Time at) {
  if (f.replica == kNone<ReplicaId>) return;
  ObservedStart* const start = watched(f.replica);
  if (start == nullptr) return;
  for (LimitHold& hold : start->holds)
    if (hold.limit == f.limit && hold.to == kNever) hold.to = at;
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
  describe(*start, node);
  const bool scheduled = !start->ecs && !node.fargate && world_[f.replica].only_node == kNone<NodeId>;
  if (scheduled) start->ranking = kube_ranking(world_, f.replica, kMostScored);
  if (!start->ecs || node.fargate) start->agent = Duration{0};
  else start->agent = Delays(world_).agent(f.replica);
  const auto life = nodes_.find(f.node);
  if (life == nodes_.end()) return;
  start->node_life = life->second.moves;
  start->taken = life->second.taken;
}

/// What the knobs depend on.
void StartProbe::describe(ObservedStart& start, const NodeRow& node) const {
  const PoolSpec& pool = *world_[node.pool].spec;
  start.karpenter = pool.scaler.kind == NodeScalerKind::karpenter;
  start.instance_store = pool.disk.kind == DiskKind::instance_store;
  const NetworkSpec& network = world_.spec().network;
  const bool s3 = std::find(network.endpoints.begin(), network.endpoints.end(), "s3") != network.endpoints.end();
  start.over_nat = network.nat != NatMode::none && !network.public_subnets && !s3;
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
  ObservedStart* const start = watched(f.replica);
  if (start == nullptr) return;
  ObservedContainer& container = start->containers.at(f.container);
  container.moves.push_back({at, f.to});
  if (f.to == ContainerStage::running) note_read(f.replica, f.container, container);
}

/// A restart reads nothing: the longest is that of the first start.
void StartProbe::note_read(ReplicaId replica, ContainerIndex container, ObservedContainer& observed) const {
  observed.image_read = std::max(observed.image_read, world_[replica].containers[container].image_wait);
}

void StartProbe::on(const NodeCreated& f, Time at) {
  if (!world_[f.node].fargate) nodes_[f.node] = {{{at, NodeStage::requested}}, kNever};
}

void StartProbe::on(const NodeMoved& f, Time at) {
  const auto known = nodes_.find(f.node);
  if (known == nodes_.end()) return;
  known->second.moves.push_back({at, f.to});
  if (f.to == NodeStage::gone) nodes_.erase(known);
}

/// It waits in the warm pool, and its group says that it is in service: it was taken.
void StartProbe::on(const NodeSeen& f, Time at) {
  const auto known = nodes_.find(f.node);
  if (known == nodes_.end() || f.stage != NodeStage::requested) return;
  if (known->second.moves.back().what == NodeStage::pooled) known->second.taken = at;
}

void StartProbe::on(const VolumesMoved& f, Time at) {
  ObservedStart* const start = watched(world_[f.volumes].replica);
  if (start == nullptr || start->placed == kNever) return;
  if (start->volumes.empty()) start->volumes.push_back({start->placed, f.from});
  start->volumes.push_back({at, f.to});
}

void StartProbe::on(const AddressAssigned& f, Time at) {
  if (ObservedStart* const start = watched(f.replica)) start->addressed = at;
}

void StartProbe::on(const ImageAsked& f, Time at) {
  if (ObservedStart* const start = watched(f.replica))
    start->containers.at(f.container).pull.push_back({at, PullMark::asked});
}

void StartProbe::on(const ImageKnown& f, Time at) {
  if (ObservedStart* const start = watched(f.replica))
    start->containers.at(f.container).pull.push_back({at, f.lazy ? PullMark::known_lazily : PullMark::known});
}

void StartProbe::on(const BackedOff& f, Time at) {
  ObservedStart* const start = watched(f.replica);
  if (start == nullptr || f.why != BackOff::image_pull) return;
  start->containers.at(f.container).pull.push_back({at, PullMark::backed_off});
}

void StartProbe::on(const ContainerReady& f, Time at) {
  if (ObservedStart* const start = watched(f.replica)) start->containers.at(f.container).ready.push_back(at);
}

void StartProbe::on(const TargetRegistered& f, Time at) {
  ObservedStart* const start = watched(world_.targets()[f.target].replica);
  if (start == nullptr) return;
  start->registered = at;
  start->serves = kNever;
}

void StartProbe::on(const TargetServes& f, Time at) {
  if (ObservedStart* const start = watched(world_.targets()[f.target].replica)) start->serves = at;
}

void StartProbe::on(const LayerMoved& f, Time at) {
  const std::pair key{f.node, f.layer};
  const bool comes = moving_.count(key) != 0;
  if (!comes && f.to == LayerStage::removed) return;  // cleaned up long after it came
  if (!comes || f.to == LayerStage::queued) moving_[key].fill(kNever);
  moving_[key][static_cast<std::size_t>(f.to)] = at;
  if (f.to < LayerStage::unpacked) return;
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
  for (std::size_t c = 0; c < row.containers.size(); ++c)
    note_read(replica, static_cast<ContainerIndex>(c), start.containers[c]);
  start.warmed = row.warmed;
  start.first_read = row.first_read;
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
