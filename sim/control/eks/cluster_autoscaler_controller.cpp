// The loop of Cluster Autoscaler, and how a group fares that was asked for nodes.
#include "sim/control/eks/cluster_autoscaler_controller.hpp"

#include <algorithm>

namespace berth {
namespace {

/// What its cloud provider reads out of a failed activity of the group; a throttled one only comes later.
bool is_lack_of_capacity(Limit limit) {
  return limit == Limit::ec2_shortage || limit == Limit::ec2_capacity || limit == Limit::ec2_spot_capacity ||
         limit == Limit::network_interfaces;
}

std::int64_t upcoming(const PoolRow& pool) {
  return pool.by_seen[static_cast<std::size_t>(NodeStage::requested)] +
         pool.by_seen[static_cast<std::size_t>(NodeStage::booting)] +
         pool.by_seen[static_cast<std::size_t>(NodeStage::joining)];
}

}  // namespace

ClusterAutoscalerController::ClusterAutoscalerController(Hands hands, Starts& starts, AutoScalingGroups& groups,
                                                         NodeDrains& drains)
    : hands_(hands),
      starts_(starts),
      groups_(groups),
      drains_(drains),
      unneeded_(unneeded_parameters(hands.world.catalog())),
      clusters_(hands.world.cluster_count()),
      pools_(hands.world.pool_count()) {
  const Catalog& catalog = hands.world.catalog();
  const auto duration = [&](const char* name) { return from_seconds(catalog.constant(name)); };
  scan_ = duration("ca.scan_interval_s");
  loop_ = duration("ca.loop_s");
  buffer_ = duration("ca.unschedulable_buffer_s");
  gpu_buffer_ = duration("ca.unschedulable_gpu_buffer_s");
  provision_time_ = duration("ca.max_node_provision_s");
  taint_delay_ = duration("ca.delete_delay_after_taint_s");
  recent_ = duration("ca.recent_pod_s");
  most_nodes_ = static_cast<std::int64_t>(catalog.constant("ca.max_nodes_per_scale_up"));
  expendable_ = static_cast<std::int64_t>(catalog.constant("ca.expendable_priority"));
  unready_ok_ = static_cast<std::int64_t>(catalog.constant("ca.unready_ok"));
  unready_percent_ = catalog.constant("ca.unready_percent");
  back_off_ = {duration("ca.backoff_first_s"), duration("ca.backoff_maximum_s"), duration("ca.backoff_reset_s")};
  for (std::size_t c = 0; c < clusters_.size(); ++c) {
    const ClusterRow& row = hands.world[ClusterId{static_cast<std::uint32_t>(c)}];
    for (const PoolId pool : row.pools)
      if (hands.world[pool].spec->scaler.kind == NodeScalerKind::cluster_autoscaler) clusters_[c].pools.push_back(pool);
    // Cluster Autoscaler is installed in the release of its cluster's version.
    const auto of_version = [&](const char* name) { return catalog.constant(name, row.version); };
    clusters_[c].frequent = of_version("ca.frequent_loops") != 0;
    clusters_[c].tries_older_nodes = of_version("ca.hostname_spread_tries_older") != 0;
    clusters_[c].system_pods = from_seconds(of_version("ca.system_pod_s"));
    clusters_[c].expanders = row.spec->autoscaler.expanders;
    if (clusters_[c].expanders.empty())
      clusters_[c].expanders = {of_version("ca.least_waste") != 0 ? Expander::least_waste : Expander::random};
    if (!clusters_[c].pools.empty()) find_services(ClusterId{static_cast<std::uint32_t>(c)});
  }
}

/// Who is marked as safe to evict is not asked for its budget (simulator/drainability/rules/rules.go: the first rule
/// that knows decides); the Eviction API asks all the same.
void ClusterAutoscalerController::find_services(ClusterId cluster) {
  ClusterState& state = clusters_[index(cluster)];
  for (std::uint32_t i = 0; i < hands_.world.service_count(); ++i) {
    const ServiceRow& service = hands_.world[ServiceId{i}];
    if (service.cluster != cluster) continue;
    const EksSpec& eks = service.spec->eks;
    if (eks.pod.priority < expendable_) state.expendable.push_back(ServiceId{i});
    else if (eks.pdb && !eks.safe_to_evict.value_or(false)) state.budgeted.push_back(ServiceId{i});
  }
}

void ClusterAutoscalerController::begin() {
  for (std::size_t c = 0; c < clusters_.size(); ++c)
    if (!clusters_[c].pools.empty()) look_at(ClusterId{static_cast<std::uint32_t>(c)}, hands_.world.now() + scan_);
}

/// One loop stands in the calendar; an earlier one takes its place.
void ClusterAutoscalerController::look_at(ClusterId cluster, Time at) {
  ClusterState& state = clusters_[index(cluster)];
  if (state.next > hands_.world.now() && state.next <= at) return;
  state.next = at;
  hands_.agenda.at(at, ClusterAutoscalerDue{cluster});
}

void ClusterAutoscalerController::hear(const Fact& fact, Time at) {
  if (const auto* kept = std::get_if<DrainGivenUp>(&fact))
    clusters_[index(hands_.world[kept->node].cluster)].memory.last_failure = at;
  const auto* waits = std::get_if<ReplicaWaits>(&fact);
  if (waits == nullptr) return;
  const ReplicaRow& row = hands_.world[waits->replica];
  const ClusterState& state = clusters_[index(row.cluster)];
  if (!state.frequent || state.pools.empty() || row.only_node != kNone<NodeId> || at - row.decided > recent_) return;
  look_at(row.cluster, state.ran == Time::min() ? at + loop_ : std::max(at, state.ran + loop_));
}

void ClusterAutoscalerController::on(const ClusterAutoscalerDue& e) {
  ClusterState& state = clusters_[index(e.cluster)];
  if (state.next != hands_.world.now() || state.ran == hands_.world.now()) return;  // an earlier one took its place
  state.ran = hands_.world.now();
  const bool worked = loop(e.cluster);
  look_at(e.cluster, state.ran + (state.frequent && worked ? loop_ : scan_));
}

/// Where too many nodes are not ready it does nothing, and what was unneeded must be so anew (clusterstate.go,
/// IsClusterHealthy).
bool ClusterAutoscalerController::is_healthy(ClusterId cluster) {
  const World& world = hands_.world;
  std::int64_t unready = 0, nodes = 0;
  for (const PoolId pool : world[cluster].pools) {
    const auto seen = [&](NodeStage stage) { return world[pool].by_seen[static_cast<std::size_t>(stage)]; };
    unready += seen(NodeStage::unreachable);
    nodes += seen(NodeStage::unreachable) + seen(NodeStage::ready) + seen(NodeStage::draining);
  }
  ClusterState& state = clusters_[index(cluster)];
  const bool was = state.healthy;
  state.healthy =
      unready <= unready_ok_ || static_cast<double>(unready) <= unready_percent_ / 100 * static_cast<double>(nodes);
  if (state.healthy) return true;
  state.memory.unneeded.clear();
  state.searched_at = ~std::uint64_t{0};
  if (was) hands_.world.publish(ClusterUnhealthy{cluster, unready, nodes});
  return false;
}

/// Pods below the cut-off are in nobody's way (core/utils/expendable.go).
void ClusterAutoscalerController::take_off_expendable(const ClusterState& state, Overlay& overlay) const {
  const World& world = hands_.world;
  const ClusterView view = overlay.view();
  for (const ServiceId service : state.expendable) {
    const std::vector<NodeCount> places(view.on_node[index(service)].begin(), view.on_node[index(service)].end());
    for (const NodeCount& place : places)
      for (const ReplicaId r : world[view.node[place.position]].replicas)
        if (world[r].service == service)
          overlay.take_off(place.position, world.ask(world[r].revision), world[r].leaving);
  }
}

/// Whether it did something. One that adds nodes, or waits for more pods, takes none away.
bool ClusterAutoscalerController::loop(ClusterId cluster) {
  if (!is_healthy(cluster)) {
    for (const PoolId pool : clusters_[index(cluster)].pools) give_up_late(pool);
    return false;
  }
  for (const PoolId pool : clusters_[index(cluster)].pools) find_failures(pool);
  bool wait = false;
  if (scale_up(cluster, wait)) {
    clusters_[index(cluster)].memory.last_add = hands_.world.now();
    return true;
  }
  return !wait && scale_down(cluster);
}

/// What was asked for and did not come: it is asked for no longer, and the group is left alone for a while.
void ClusterAutoscalerController::find_failures(PoolId pool) {
  const PoolRow& row = hands_.world[pool];
  give_up_late(pool);
  const std::int64_t there = std::max(row.min, row.in_service);
  if (row.desired > there)
    for (const HeldBesides& held : groups_.held_launches(pool))
      if (is_lack_of_capacity(held.limit)) {
        groups_.grow(pool, there);
        return fail(pool, held.limit);
      }
  GroupState& state = pools_[index(pool)];
  if (!state.grows || upcoming(row) > 0 || row.in_service < row.desired) return;
  state.grows = false;
  state.back_off.succeed();
}

void ClusterAutoscalerController::fail(PoolId pool, std::optional<Limit> limit) {
  GroupState& state = pools_[index(pool)];
  state.grows = false;
  state.back_off.fail(hands_.world.now(), back_off_);
  hands_.world.publish(ScaleUpFailed{pool, limit, state.back_off.until});
}

/// Nodes that have not joined in time are deleted.
void ClusterAutoscalerController::give_up_late(PoolId pool) {
  World& world = hands_.world;
  if (upcoming(world[pool]) == 0) return;
  std::vector<NodeId> late;
  for (const NodeId n : world[pool].nodes)
    if (world[n].in_service && world[n].seen < NodeStage::ready && world.now() - world[n].requested >= provision_time_)
      late.push_back(n);
  if (late.empty()) return;
  world.resize(pool, std::max(world[pool].min, world[pool].desired - static_cast<std::int64_t>(late.size())));
  for (const NodeId n : late) hands_.nodes.terminate(n, StopReason::timed_out);
  fail(pool, std::nullopt);
}

}  // namespace berth
