#include "sim/control/eks/karpenter_stock.hpp"

#include <algorithm>

#include "sim/control/daemons.hpp"
#include "sim/policy/node_scaling/purchase_split.hpp"

namespace berth {
namespace {

std::vector<bool> ways_to_buy(const PoolSpec& spec) {
  if (spec.spot) return {true};
  return spec.buys_spot ? std::vector<bool>{false, true} : std::vector<bool>{false};
}

SoldType sold_as(const InstanceType& type) {
  return {type.vcpu, type.memory, static_cast<std::uint8_t>(spot_band(type)), type.bare_metal || type.gpus > 0};
}

/// What its limits leave: nodes count until they are gone, as sold.
void take_off_limits(const World& world, KarpenterPool& pool) {
  const KarpenterSpec& spec = world[pool.pool].spec->scaler.karpenter;
  pool.vcpu_left = spec.most_vcpu;
  pool.memory_left = spec.most_memory;
  if (!spec.most_vcpu && !spec.most_memory) return;
  for (const NodeId n : world[pool.pool].nodes) {
    const InstanceType& type = world.catalog().instances()[world[n].type];
    if (pool.vcpu_left) *pool.vcpu_left -= type.vcpu;
    if (pool.memory_left) *pool.memory_left -= type.memory;
  }
}

}  // namespace

KarpenterStock::KarpenterStock(const World& world, ClusterId cluster) : world_(world), cluster_(cluster) {
  for (const PoolId pool : world[cluster].pools)
    if (world[pool].spec->scaler.kind == NodeScalerKind::karpenter) order_.push_back(pool);
  std::sort(order_.begin(), order_.end(), [&](PoolId a, PoolId b) {
    const std::int64_t heavy_a = world[a].spec->scaler.karpenter.weight,
                       heavy_b = world[b].spec->scaler.karpenter.weight;
    return heavy_a != heavy_b ? heavy_a > heavy_b : world.name(a) > world.name(b);
  });
}

/// Hundreds of types for each NodePool: added up once for a revision of the daemons, not at every look.
void KarpenterStock::refresh() {
  std::vector<RevisionId> daemons;
  for (const ServiceId s : world_[cluster_].services)
    if (world_[s].spec->kind == WorkloadKind::daemon) daemons.push_back(world_[s].revision);
  if (daemons == daemons_ && offerings_.size() == order_.size()) return;
  daemons_ = std::move(daemons);
  offerings_.assign(order_.size(), {});
  sold_.assign(order_.size(), {});
  for (std::size_t p = 0; p < order_.size(); ++p)
    for (const std::uint16_t t : world_[order_[p]].types) {
      const InstanceType& type = world_.catalog().instances()[t];
      const Ask taken = daemons_ask(world_, order_[p], t);
      for (const bool spot : ways_to_buy(*world_[order_[p]].spec)) {
        if (spot && !type.spot_saving_pct) continue;
        Offering o = world_.offering(order_[p], t, spot);
        o.cpu -= taken.cpu;
        o.memory -= taken.memory;
        o.slots -= taken.slots;
        o.gpus -= taken.gpus;
        if (o.cpu <= Cpu{} || o.memory <= Bytes{}) continue;
        offerings_[p].push_back(o);
        sold_[p].push_back(sold_as(type));
      }
    }
}

std::vector<std::uint8_t> KarpenterStock::refused_of(std::size_t pool, const std::vector<ZoneId>& zones) {
  for (auto at = avoided_.begin(); at != avoided_.end();)
    at = at->second <= world_.now() ? avoided_.erase(at) : std::next(at);
  std::vector<std::uint8_t> refused;
  if (avoided_.empty()) return refused;
  for (const Offering& o : offerings_[pool])
    for (const ZoneId zone : zones) refused.push_back(avoided_.count({o.type, zone, o.spot}) > 0 ? 1 : 0);
  return refused;
}

KarpenterPools KarpenterStock::pools() {
  refresh();
  KarpenterPools all;
  for (std::size_t p = 0; p < order_.size(); ++p) {
    all.zones.push_back(world_.zones_to_launch_in(order_[p]));
    all.refused.push_back(refused_of(p, all.zones.back()));
  }
  for (std::size_t p = 0; p < order_.size(); ++p) {
    const PoolRow& row = world_[order_[p]];
    all.pools.push_back({order_[p], offerings_[p], all.zones[p],
                         row.spec->max - static_cast<std::int64_t>(row.nodes.size()), sold_[p]});
    all.pools.back().refused = all.refused[p];
    take_off_limits(world_, all.pools.back());
  }
  return all;
}

}  // namespace berth
