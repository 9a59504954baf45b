#include "sim/lifecycle/disk_links.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr double kBytesPerMiBOfDisk = 1024.0 * 1024.0;

}  // namespace

DiskLinks::DiskLinks(const World& world, Network& network) : world_(world), network_(network) {
  const Catalog& catalog = world.catalog();
  const auto mib = [&](const char* name) { return catalog.constant(name) * kBytesPerMiBOfDisk; };
  gzip_per_core_ = mib("pull.unpack_mib_per_s_per_vcpu");
  zstd_per_core_ = gzip_per_core_ * catalog.constant("pull.unpack_zstd_factor");
  cores_minimum_ = catalog.constant("pull.unpack_vcpu_minimum");
  cores_maximum_ = catalog.constant("pull.unpack_vcpu_maximum");
  fargate_disk_ = mib("fargate.disk_mib_per_s");
  gp3_ = mib("ebs.gp3.mib_per_s");
  gp2_small_ = mib("ebs.gp2.mib_per_s_small");
  gp2_ = mib("ebs.gp2.mib_per_s");
  gp2_small_size_ = kGiB * static_cast<std::int64_t>(catalog.constant("ebs.gp2.small_gib_maximum"));
  instance_store_ = mib("instance_store.mib_per_s");
}

FlowId DiskLinks::unpack(NodeId node, LayerId layer) {
  Lent& lent = lent_[node];
  const Compression compression = world_[layer].compression;
  const double before = lent.unpacks == 0 ? 0 : shared_rate(node, lent);
  const bool fresh = lent.unpacks++ == 0;
  if (compression == Compression::gzip) ++lent.gzip;
  const double rate = shared_rate(node, lent);
  if (fresh) {
    if (idle_.empty()) idle_.push_back(network_.add_link("disk/" + world_.name(node), rate));
    lent.link = idle_.back();
    idle_.pop_back();
  }
  if (rate != before) network_.set_capacity(lent.link, rate);
  const double own = rate_per_core(compression) * std::clamp(cores(node), cores_minimum_, cores_maximum_);
  return network_.start(Route{lent.link}, world_[layer].unpacked, own);
}

void DiskLinks::ended(NodeId node, LayerId layer) {
  Lent& lent = *lent_.find(node);
  const double before = shared_rate(node, lent);
  if (world_[layer].compression == Compression::gzip) --lent.gzip;
  if (--lent.unpacks == 0) {
    idle_.push_back(lent.link);
    lent_.erase(node);
    return;
  }
  const double rate = shared_rate(node, lent);
  if (rate != before) network_.set_capacity(lent.link, rate);
}

/// gp2 and gp3 bursts last longer than pulls: a gp2 volume's credits are not counted.
double DiskLinks::disk_rate(NodeId node) const {
  const NodeRow& row = world_[node];
  if (row.fargate) return fargate_disk_;
  const PoolSpec& pool = *world_[row.pool].spec;
  if (pool.disk.kind == DiskKind::instance_store) return instance_store_;
  double volume = pool.disk.mib_per_s > 0 ? static_cast<double>(pool.disk.mib_per_s) * kBytesPerMiBOfDisk : gp3_;
  if (pool.disk.kind == DiskKind::gp2) volume = pool.root_volume <= gp2_small_size_ ? gp2_small_ : gp2_;
  const double of_instance = world_.catalog().instances()[row.type].ebs_max;
  return of_instance > 0 ? std::min(volume, of_instance) : volume;
}

double DiskLinks::cores(NodeId node) const {
  const NodeRow& row = world_[node];
  return row.fargate ? vcpus(row.cpu_allocatable) : static_cast<double>(world_.catalog().instances()[row.type].vcpu);
}

double DiskLinks::rate_per_core(Compression compression) const {
  return compression == Compression::gzip ? gzip_per_core_ : zstd_per_core_;
}

double DiskLinks::shared_rate(NodeId node, const Lent& lent) const {
  const double of_cores = rate_per_core(lent.gzip > 0 ? Compression::gzip : Compression::zstd);
  return std::min(disk_rate(node), of_cores * std::max(cores(node), cores_minimum_));
}

}  // namespace berth
