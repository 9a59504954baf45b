#include "sim/observe/upgrades_observer.hpp"

#include <algorithm>

#include "sim/observe/columns.hpp"

namespace berth {

UpgradesObserver::UpgradesObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "upgrades")) {}

void UpgradesObserver::hear(const Fact& fact, Time at) {
  if (const auto* started = std::get_if<UpgradeStarted>(&fact)) {
    parts_.push_back({started->cluster, kNone<PoolId>, world_[started->cluster].version, started->to, at});
    parts_.back().by_eks = started->by_eks;
  } else if (const auto* refused = std::get_if<UpgradeRefused>(&fact)) {
    parts_.push_back({refused->cluster, kNone<PoolId>, world_[refused->cluster].version, refused->to, at});
    parts_.back().outcome = "refused: " + std::string(name(refused->why));
  } else if (const auto* upgraded = std::get_if<ControlPlaneUpgraded>(&fact)) {
    if (Part* part = open(upgraded->cluster, kNone<PoolId>)) {
      part->finished = at;
      part->outcome = "completed";
    }
  } else if (const auto* pool = std::get_if<PoolUpgradeStarted>(&fact)) {
    begin(*pool, at);
  } else if (const auto* ended = std::get_if<PoolUpgradeEnded>(&fact)) {
    if (Part* part = open(world_[ended->pool].cluster, ended->pool)) {
      part->finished = at;
      part->outcome = name(ended->how);
    }
  } else if (const auto* moved = std::get_if<NodeMoved>(&fact); moved && !parts_.empty()) {
    count(*moved);
  }
}

UpgradesObserver::Part* UpgradesObserver::open(ClusterId cluster, PoolId pool) {
  const auto part = std::find_if(parts_.rbegin(), parts_.rend(), [&](const Part& p) {
    return p.cluster == cluster && p.pool == pool && p.finished == kNever && p.outcome == "in_progress";
  });
  return part == parts_.rend() ? nullptr : &*part;
}

/// From the oldest version that its nodes have.
void UpgradesObserver::begin(const PoolUpgradeStarted& fact, Time at) {
  const PoolRow& pool = world_[fact.pool];
  if (Part* before = open(pool.cluster, fact.pool)) before->outcome = "superseded";
  KubeVersion oldest = fact.to;
  for (const NodeId n : pool.nodes)
    if (world_[n].stage < NodeStage::terminating) oldest = std::min(oldest, world_[n].version);
  parts_.push_back({pool.cluster, fact.pool, oldest, fact.to, at});
  parts_.back().by_eks = fact.by_eks;
}

void UpgradesObserver::count(const NodeMoved& fact) {
  if (fact.from >= NodeStage::terminating || fact.to < NodeStage::terminating) return;
  const NodeRow& row = world_[fact.node];
  if (Part* part = open(row.cluster, row.pool); part && row.version < part->to) ++part->nodes;
}

void UpgradesObserver::finish(Time, Summary& summary) {
  for (const Part& part : parts_) {
    const bool plane = part.pool == kNone<PoolId>;
    const std::string& cluster = world_[part.cluster].spec->name;
    if (part.outcome != "completed" && part.outcome != "in_progress" && part.outcome != "superseded")
      summary.failed_upgrades.push_back(
          {plane ? "cluster " + cluster : "pool " + world_.name(part.pool), say(part.to), part.outcome});
    CsvRow& row = file_->row();
    row.text(cluster).text(plane ? "control plane" : world_.name(part.pool));
    row.text(say(part.from)).text(say(part.to));
    put_seconds(row, part.started);
    put_seconds(row, part.finished).text(part.outcome);
    plane ? row.empty() : row.whole(part.nodes);
    row.text(part.by_eks ? "EKS" : "user").end();
  }
  file_->close();
}

}  // namespace berth
