// What ticks while a node or a Fargate replica is billed, and from when to when it is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/base/money.hpp"
#include "sim/observe/usage.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// A sku with its smallest units per second.
struct Meter {
  std::string sku;
  std::int64_t per_second = 0;
};
/// What of an EC2 node is billed: a stopped or hibernated instance of a warm pool keeps its disk only.
enum class NodeBill : std::uint8_t { nothing, disk, all };
NodeBill node_bill(const World& world, const NodeRow& node, NodeStage stage);
/// An EC2 node: the instance, its root volume, and a public address where the subnets are public.
std::vector<Meter> meters_of(const World& world, const NodeRow& node, NodeBill bill = NodeBill::all);
/// A replica on Fargate: the size billed, storage beyond what is included, a public address in public subnets.
std::vector<Meter> meters_of(const World& world, const ReplicaRow& replica);

/// Each meter's amount is rounded once. A GB-month is that of the month in which the run starts, so that a gauge falls
/// by what it rose.
Usd cost_of(const World& world, std::span<const Meter> meters, std::int64_t seconds);
/// 10⁻¹⁰ USD an hour: the level of a gauge of money.
std::int64_t hourly(const World& world, std::span<const Meter> meters);

bool on_fargate(const World& world, const ReplicaRow& replica);
/// Fargate bills from the start of the pull (or what replaced it in a replica that was there from the start); kNever
/// when it has not come so far.
Time billed_from(const ReplicaRow& replica);
/// The move with which billing begins.
bool begins_bill(const ReplicaMoved& move);

/// Since its last start, or since its last stop where only the disk is billed.
BilledSeconds billed_node(const World& world, const NodeRow& node, NodeBill bill, Time until);
BilledSeconds billed_replica(const World& world, const ReplicaRow& replica, Time until);
Instant in_utc(const World& world, Time t);

/// "alb", "nlb", "clb": the first part of its skus.
const char* sku_prefix(LoadBalancerKind kind);

/// Every sku that a run of this spec may be billed for.
std::vector<std::string> skus_of(const RunSpec& spec);
/// InputError when one of them has no price in the catalog: to be told before anything is simulated.
void check_prices(const RunSpec& spec, const Catalog& catalog);

}  // namespace berth
