#include "sim/control/aws/spot_interruptions.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "sim/base/random.hpp"

namespace berth {
namespace {

/// A share p in a month is the constant hazard -ln(1-p) a month.
double hazard_per_s(const Catalog& catalog, const InstanceType& type) {
  const double month_s = catalog.constant("spot.band_month_d") * 86'400;
  return -std::log1p(-interrupted_pct(catalog, type) / 100) / month_s;
}

std::vector<Quantiles> waits_of(const World& world, const PoolRow& pool) {
  const SpotSpec& spot = pool.spec->interruption;
  std::vector<Quantiles> waits;
  if (spot.interruptions == Interruptions::none) return waits;
  const bool by_band = spot.interruptions == Interruptions::by_band;
  if (!by_band && spot.per_second <= 0) return waits;
  if (pool.spec->launch == Launch::fargate) {
    if (!by_band) waits.push_back(Quantiles::until_one_of(spot.per_second));
    return waits;
  }
  for (const std::uint16_t type : pool.types)
    waits.push_back(Quantiles::until_one_of(by_band ? hazard_per_s(world.catalog(), world.catalog().instances()[type])
                                                    : spot.per_second));
  return waits;
}

}  // namespace

double interrupted_pct(const Catalog& catalog, const InstanceType& type) {
  const std::pair<const char*, const char*> bands[] = {{"<5%", "spot.band.under_5_pct"},
                                                       {"5-10%", "spot.band.5_to_10_pct"},
                                                       {"10-15%", "spot.band.10_to_15_pct"},
                                                       {"15-20%", "spot.band.15_to_20_pct"},
                                                       {">20%", "spot.band.over_20_pct"}};
  for (const auto& [band, constant] : bands)
    if (type.spot_band == band) return catalog.constant(constant);
  return catalog.constant("spot.band.unknown_pct");
}

SpotInterruptions::SpotInterruptions(Hands hands, NodeDrains& drains) : hands_(hands), drains_(drains) {
  for (std::size_t p = 0; p < hands.world.pool_count(); ++p)
    until_.push_back(waits_of(hands.world, hands.world[PoolId{static_cast<std::uint32_t>(p)}]));
}

/// An instance draws by its own name, once for each of its lives out of the warm pool; a micro-VM by its replica's,
/// which is the same whatever else was launched.
void SpotInterruptions::hear(const Fact& fact, Time) {
  const World& world = hands_.world;
  if (const auto* moved = std::get_if<NodeMoved>(&fact)) {
    const NodeRow& row = world[moved->node];
    if (row.noticed && moved->to == NodeStage::ready) hands_.agenda.then(moved->node, 0s, SpotNotice{moved->node});
    const bool starts = moved->to == NodeStage::booting || moved->from == NodeStage::pooled;
    if (row.fargate || !row.spot || !starts || moved->to >= NodeStage::terminating) return;
    plan(moved->node, {world.spec().seed, Purpose::spot_interruption, name_hash(world.name(row.pool)), row.number},
         row.taken);
  } else if (const auto* placed = std::get_if<ReplicaPlaced>(&fact)) {
    const NodeRow& row = world[placed->node];
    const ReplicaRow& replica = world[placed->replica];
    if (!row.fargate || !row.spot) return;
    plan(placed->node,
         {world.spec().seed, Purpose::spot_interruption, name_hash(world.name(replica.service)), replica.number}, 0);
  }
}

void SpotInterruptions::plan(NodeId node, const Draws& draws, std::uint64_t n) {
  const World& world = hands_.world;
  const std::vector<Quantiles>& waits = until_[index(world[node].pool)];
  if (waits.empty()) return;
  const std::vector<std::uint16_t>& types = world[world[node].pool].types;
  const auto type = std::find(types.begin(), types.end(), world[node].type);
  const bool typed = !world[node].fargate && type != types.end();
  const Duration wait{waits[typed ? static_cast<std::size_t>(type - types.begin()) : 0].at(draws.at(n))};
  if (world.now() + wait < Time{world.spec().duration}) hands_.agenda.then(node, wait, SpotNotice{node});
}

void SpotInterruptions::on(const SpotNotice& e) {
  const World& world = hands_.world;
  const NodeRow& row = world[e.node];
  const bool joined = row.stage == NodeStage::ready;
  if (row.noticed && !joined) return;
  hands_.nodes.notice(e.node);
  if (!row.noticed || !joined || row.fargate || !world[row.pool].spec->interruption.draining) return;
  if (!is_eks(world, row.cluster)) return hands_.nodes.drain(e.node, StopReason::spot_interruption);
  const bool karpenter = world[row.pool].spec->scaler.kind == NodeScalerKind::karpenter;
  drains_.begin(e.node, karpenter ? Drainer::karpenter : Drainer::termination_handler, StopReason::spot_interruption,
                StopReason::spot_interruption);
}

}  // namespace berth
