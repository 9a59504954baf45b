#include "sim/lifecycle/image_store.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::size_t kNobody = ~std::size_t{0};

}  // namespace

ImageStore::ImageStore(World& world) : world_(world) {
  const Catalog& catalog = world.catalog();
  const auto after = [&](const char* name) { return from_seconds(catalog.constant(name)); };
  ecs_.period = after("ecs.agent.image_cleanup_period_s");
  ecs_.minimum_age = after("ecs.agent.image_minimum_age_s");
  ecs_.kept = after("ecs.agent.container_kept_s");
  ecs_.at_once = static_cast<std::int64_t>(catalog.constant("ecs.agent.images_per_cleanup"));
  kubelet_.period = after("kubelet.image_gc_period_s");
  kubelet_.minimum_age = after("kubelet.image_gc_minimum_age_s");
  kubelet_.high = catalog.constant("kubelet.image_gc_high_pct") / 100;
  kubelet_.low = catalog.constant("kubelet.image_gc_low_pct") / 100;
  none_.cleans = false;
  if (catalog.constant("ecs.image_pull.prefer_cached") > 0) ecs_pulls_ = ImagePull::prefer_cached;
  os_ = kMiB * static_cast<std::int64_t>(catalog.constant("ebs.root_os_mib"));
}

bool ImageStore::has(NodeId node, LayerId layer) const { return world_[node].layers[index(layer)]; }

bool ImageStore::has(NodeId node, ImageId image) const {
  if (world_[image].layers.empty()) return true;  // part of the node: nothing of it ever comes or goes
  const NodeRow& row = world_[node];
  const Disk* there = disks_.find(node);
  if (there == nullptr) {
    const std::vector<ImageId>& baked = world_[row.pool].baked;
    return std::find(baked.begin(), baked.end(), image) != baked.end();
  }
  const Held* known = held(*there, image);
  return known != nullptr && known->whole;
}

bool ImageStore::pulled(NodeId node, ImageId image) const {
  const Disk* there = disks_.find(node);
  const Held* known = there == nullptr ? nullptr : held(*there, image);
  return known != nullptr && known->pulled;
}

void ImageStore::use(NodeId node, ImageId image) {
  Held& row = hold(disk(node), image);
  ++row.users;
  row.last_used = world_.now();
}

void ImageStore::let_go(NodeId node, ImageId image) {
  Held* row = held(disk(node), image);
  SIM_CHECK(row != nullptr);
  SIM_CHECK(row->users > 0);
  --row->users;
  row->last_used = world_.now();
  row->kept_until = world_.now() + rules(node).kept;
}

void ImageStore::complete(NodeId node, ImageId image) {
  Held& row = hold(disk(node), image);
  if (!row.pulled) row.pulled_at = world_.now();
  row.whole = true;
  row.pulled = true;
  world_.set_image(node, image, true);
}

void ImageStore::begin_cached(NodeId node, ImageId image) {
  Disk& there = disk(node);
  lay(node, there, image);
  complete(node, image);
}

std::vector<LayerId> ImageStore::discard(NodeId node, ImageId image) {
  std::vector<LayerId> gone;
  Disk& there = disk(node);
  const Held* row = held(there, image);
  if (row == nullptr || row->users > 0 || row->whole) return gone;
  remove(node, there, static_cast<std::size_t>(row - there.held.data()), gone);
  return gone;
}

bool ImageStore::take_room(NodeId node, LayerId layer) {
  Disk& there = disk(node);
  const Bytes needed = coming(layer);
  if (there.used + needed > there.size) return false;
  there.used += needed;
  return true;
}

void ImageStore::give_room_back(NodeId node, LayerId layer) {
  Disk& there = disk(node);
  there.used -= coming(layer);
}

bool ImageStore::put(NodeId node, LayerId layer) {
  Disk& there = disk(node);
  if (there.wanted[index(layer)] == 0) {
    there.used -= coming(layer);
    return false;
  }
  world_[node].layers[index(layer)] = true;
  if (!there.keeps_compressed) there.used -= world_[layer].compressed;
  return true;
}

/// The end of a cycle's wait for the first image that may go. On the grid of the node's own start: agents do not
/// tick together.
Time ImageStore::next_clean_up(NodeId node) const {
  const Disk* there = disks_.find(node);
  const Rules& by = rules(node);
  if (there == nullptr || !by.cleans) return kNever;
  if (static_cast<double>(there->used.count()) < by.high * static_cast<double>(there->size.count())) return kNever;
  Time first = kNever;
  for (const Held& image : there->held) first = std::min(first, removable_from(image, by));
  if (first == kNever) return kNever;
  const Time begun = std::min(world_[node].joined, world_.now());
  const Duration waited = std::max(first, world_.now() + Duration{1}) - begun;
  return begun + (waited + by.period - Duration{1}) / by.period * by.period;
}

/// The image that was used last the longest ago goes first; of equals the one first used.
std::vector<LayerId> ImageStore::clean_up(NodeId node) {
  std::vector<LayerId> gone;
  Disk& there = disk(node);
  const Rules& by = rules(node);
  const auto fill = [&] { return static_cast<double>(there.used.count()) / static_cast<double>(there.size.count()); };
  if (fill() < by.high) return gone;
  for (std::int64_t n = 0; by.at_once == 0 || n < by.at_once; ++n) {
    if (by.low > 0 && fill() <= by.low) break;
    const std::size_t next = oldest(there, by, false);
    if (next == kNobody) break;
    remove(node, there, next, gone);
  }
  return gone;
}

std::vector<LayerId> ImageStore::reclaim(NodeId node, LayerId layer) {
  std::vector<LayerId> gone;
  if (&rules(node) != &kubelet_) return gone;
  Disk& there = disk(node);
  while (there.used + coming(layer) > there.size) {
    const std::size_t next = oldest(there, kubelet_, true);
    if (next == kNobody) break;
    remove(node, there, next, gone);
  }
  return gone;
}

Bytes ImageStore::used(NodeId node) const {
  const Disk* there = disks_.find(node);
  return there == nullptr ? Bytes{} : there->used;
}

Bytes ImageStore::size(NodeId node) const { return size_of_disk(node); }

ImageStore::Disk& ImageStore::disk(NodeId node) {
  if (Disk* known = disks_.find(node)) return *known;
  Disk& fresh = disks_[node];
  const NodeRow& row = world_[node];
  fresh.size = size_of_disk(node);
  fresh.wanted.assign(world_.layer_count(), 0);
  fresh.keeps_compressed = row.fargate && !is_eks(world_, row.cluster);
  if (row.fargate) return fresh;
  if (world_[row.pool].spec->disk.kind != DiskKind::instance_store) fresh.used = os_;
  bake(node, fresh);
  return fresh;
}

void ImageStore::bake(NodeId node, Disk& disk) {
  for (const ImageId image : world_[world_[node].pool].baked) {
    lay(node, disk, image);
    Held& row = hold(disk, image);
    row.whole = true;
    world_.set_image(node, image, true);
    row.pulled_at = row.last_used = std::min(world_[node].joined, world_.now());
  }
}

void ImageStore::lay(NodeId node, Disk& disk, ImageId image) {
  hold(disk, image);
  for (const LayerId layer : world_[image].layers) {
    if (world_[node].layers[index(layer)]) continue;
    world_[node].layers[index(layer)] = true;
    disk.used += world_[layer].unpacked;
    if (disk.keeps_compressed) disk.used += world_[layer].compressed;
  }
}

/// A Fargate replica that asks for more than what is included asks for its whole disk.
Bytes ImageStore::size_of_disk(NodeId node) const {
  const NodeRow& row = world_[node];
  if (!row.fargate) {
    const PoolSpec& pool = *world_[row.pool].spec;
    return pool.disk.kind == DiskKind::instance_store ? world_.catalog().instances()[row.type].local_nvme
                                                      : pool.root_volume;
  }
  const Bytes included = world_.catalog().fargate_storage_included();
  if (row.replicas.empty()) return included;
  return std::max(included, world_[world_[row.replicas.front()].service].spec->ephemeral_storage);
}

/// The ECS agent does not clean up where it is told to prefer cached images (ECS developer guide, pull behavior).
const ImageStore::Rules& ImageStore::rules(NodeId node) const {
  const NodeRow& row = world_[node];
  if (row.fargate) return none_;
  if (is_eks(world_, row.cluster)) return kubelet_;
  const ImagePull behaviour = world_[row.pool].spec->pull.behaviour.value_or(ecs_pulls_);
  return behaviour == ImagePull::prefer_cached ? none_ : ecs_;
}

Bytes ImageStore::coming(LayerId layer) const { return world_[layer].unpacked + world_[layer].compressed; }

const ImageStore::Held* ImageStore::held(const Disk& disk, ImageId image) {
  for (const Held& row : disk.held)
    if (row.image == image) return &row;
  return nullptr;
}

ImageStore::Held* ImageStore::held(Disk& disk, ImageId image) {
  return const_cast<Held*>(held(static_cast<const Disk&>(disk), image));
}

ImageStore::Held& ImageStore::hold(Disk& disk, ImageId image) {
  if (Held* known = held(disk, image)) return *known;
  disk.held.push_back({});
  disk.held.back().image = image;
  disk.held.back().pulled_at = world_.now();
  for (const LayerId layer : world_[image].layers) ++disk.wanted[index(layer)];
  return disk.held.back();
}

/// kNever while it is in use. What an AMI carries the ECS agent does not know until a task has used it.
Time ImageStore::removable_from(const Held& image, const Rules& by) const {
  if (image.users > 0) return kNever;
  if (&by == &ecs_ && image.whole && !image.pulled) return kNever;
  return std::max(image.pulled_at + by.minimum_age, image.kept_until);
}

std::size_t ImageStore::oldest(const Disk& disk, const Rules& by, bool whatever_age) const {
  std::size_t best = kNobody;
  for (std::size_t i = 0; i < disk.held.size(); ++i) {
    const Time from = removable_from(disk.held[i], by);
    if (from == kNever || (from > world_.now() && !whatever_age)) continue;
    if (best == kNobody || disk.held[i].last_used < disk.held[best].last_used) best = i;
  }
  return best;
}

void ImageStore::remove(NodeId node, Disk& disk, std::size_t position, std::vector<LayerId>& gone) {
  for (const LayerId layer : world_[disk.held[position].image].layers) {
    if (--disk.wanted[index(layer)] > 0 || !world_[node].layers[index(layer)]) continue;
    world_[node].layers[index(layer)] = false;
    disk.used -= world_[layer].unpacked;
    if (disk.keeps_compressed) disk.used -= world_[layer].compressed;
    gone.push_back(layer);
  }
  world_.set_image(node, disk.held[position].image, false);
  disk.held.erase(disk.held.begin() + static_cast<std::ptrdiff_t>(position));
}

}  // namespace berth
