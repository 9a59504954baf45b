#include "sim/observe/disruptions_observer.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/summary.hpp"

namespace berth {

bool is_disruption(StopReason why) {
  return why == StopReason::node_lost || why == StopReason::zone_lost || why == StopReason::spot_interruption ||
         why == StopReason::node_drained || why == StopReason::underutilized || why == StopReason::retired ||
         why == StopReason::out_of_memory || why == StopReason::preempted || why == StopReason::drifted ||
         why == StopReason::expired || why == StopReason::unneeded || why == StopReason::memory_pressure ||
         why == StopReason::upgraded;
}

namespace {

bool is_consolidated(StopReason why) { return why == StopReason::empty || why == StopReason::underutilized; }

bool is_consolidated(std::string_view cause) {
  return cause == name(StopReason::empty) || cause == name(StopReason::underutilized);
}

bool is_of_karpenter(StopReason why) {
  return is_consolidated(why) || why == StopReason::drifted || why == StopReason::expired;
}

/// A level held for a while.
Usd amount(std::int64_t hourly_level, Duration length) {
  return scaled(Usd{hourly_level}, length.count(), Duration{1h}.count());
}

}  // namespace

DisruptionsObserver::DisruptionsObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "disruptions")), unreplaced_(world.service_count()) {}

void DisruptionsObserver::hear(const Fact& fact, Time at) {
  if (const auto* moved_fact = std::get_if<ReplicaMoved>(&fact)) {
    moved(*moved_fact, at);
  } else if (const auto* node = std::get_if<NodeMoved>(&fact)) {
    node_moved(*node, at);
  } else if (const auto* killed = std::get_if<MemoryExhausted>(&fact)) {
    // The pod lives on; a task that ends with the container has its row when it ends.
    if (!is_eks(world_, world_[killed->replica].cluster)) return;
    add(killed->replica, name(StopReason::out_of_memory), at);
    ++disrupted_;
  } else if (const auto* created = std::get_if<ReplicaCreated>(&fact)) {
    std::deque<std::size_t>& waiting = unreplaced_[index(world_[created->replica].service)];
    if (waiting.empty()) return;
    replaces_[created->replica] = waiting.front();
    waiting.pop_front();
  } else if (const auto* refused = std::get_if<EvictionRefused>(&fact)) {
    keep(*refused, at);
  } else if (const auto* given_up = std::get_if<DrainGivenUp>(&fact)) {
    give_up(given_up->node, "drain_given_up", at);
  } else if (const auto* started = std::get_if<DeploymentStarted>(&fact)) {
    unreplaced_[index(world_[started->deployment].service)].clear();
  } else if (const auto* desired = std::get_if<DesiredChanged>(&fact)) {
    unreplaced_[index(desired->service)].clear();
  }
}

void DisruptionsObserver::moved(const ReplicaMoved& fact, Time at) {
  if (const auto found = replaces_.find(fact.replica); found != replaces_.end() && fact.to >= ReplicaStage::warming) {
    all_[found->second].repulled = world_[fact.replica].pulled_bytes;
    replaces_.erase(found);
  }
  if (fact.to == ReplicaStage::stopped) kept_.erase(fact.replica);
  const bool begins_to_end = fact.to == ReplicaStage::stopping && fact.from != ReplicaStage::pending;
  if (begins_to_end && !is_disruption(fact.why)) kept_.erase(fact.replica);
  if (!begins_to_end || !is_disruption(fact.why)) return;
  const ReplicaRow& row = world_[fact.replica];
  if (fact.why == StopReason::out_of_memory && is_eks(world_, row.cluster)) return;  // a job's pod: told above
  const bool retired = world_[row.node].why == StopReason::retired;
  add(fact.replica, name(retired ? StopReason::retired : fact.why), at);
  kept_.erase(fact.replica);
  ++disrupted_;
  const ServiceRow& service = world_[row.service];
  if (service.spec->kind == WorkloadKind::service && service.deployment == kNone<DeploymentId> &&
      !retired)  // who retires is replaced before
    unreplaced_[index(row.service)].push_back(all_.size() - 1);
}

void DisruptionsObserver::node_moved(const NodeMoved& fact, Time at) {
  const NodeRow& row = world_[fact.node];
  if (row.fargate) return;
  if (fact.to == NodeStage::booting && row.replaces) {
    for (Replacement& r : replacements_) r.closed = r.closed || r.cluster == row.cluster;
    replacements_.push_back({row.cluster, hourly(world_, meters_of(world_, row)), at, at});
  } else if (fact.to == NodeStage::booting && !unpaid_.empty()) {
    needed_again(row.cluster, hourly(world_, meters_of(world_, row)), at);
  }
  if (fact.to != NodeStage::terminating || !is_of_karpenter(row.why)) return;
  const std::int64_t saved = is_consolidated(row.why) ? hourly(world_, meters_of(world_, row)) : 0;
  all_.push_back({at, name(row.why), world_.name(fact.node), "", std::nullopt, "", row.cluster, saved});
  if (saved > 0) unpaid_.push_back(all_.size() - 1);
  for (Replacement& r : replacements_) {
    if (r.closed || r.cluster != row.cluster || row.why == StopReason::empty || row.why == StopReason::expired)
      continue;
    r.others_gone = at;
    r.consolidates = row.why == StopReason::underutilized;
  }
}

/// Had the nodes stayed that went last, as much as this one would not have had to be launched: their price is saved no
/// longer.
void DisruptionsObserver::needed_again(ClusterId cluster, std::int64_t price, Time at) {
  for (auto next = unpaid_.size(); next > 0 && price > 0; --next) {
    Disruption& gone = all_[unpaid_[next - 1]];
    if (gone.cluster != cluster) continue;
    const std::int64_t part = std::min(price, gone.hourly);
    gone.saved += amount(part, at - gone.at);
    gone.hourly -= part;
    price -= part;
  }
  unpaid_.erase(std::remove_if(unpaid_.begin(), unpaid_.end(), [&](std::size_t i) { return all_[i].hourly == 0; }),
                unpaid_.end());
}

/// As if each node that went would have stayed until as much was launched again, or to the end of the run.
void DisruptionsObserver::add_figures(Time end, Summary& summary) const {
  ConsolidationFigure figure;
  for (const Disruption& d : all_) {
    if (!is_consolidated(d.cause)) continue;
    if (!d.replica.empty()) {
      ++figure.restarts;
      figure.repulled += d.repulled.value_or(Bytes{});
      continue;
    }
    ++figure.nodes;
    figure.saved += d.saved + amount(d.hourly, end - d.at);
  }
  for (const Replacement& r : replacements_) {
    if (!r.consolidates) continue;
    figure.replacements += amount(r.hourly, end - r.booted);
    figure.double_running += amount(r.hourly, r.others_gone - r.booted);
  }
  if (figure.nodes > 0) summary.consolidation = figure;
}

void DisruptionsObserver::add(ReplicaId replica, std::string_view cause, Time at) {
  all_.push_back(
      {at, cause, world_.name(world_[replica].node), world_.name(replica), std::nullopt, waited(replica, at)});
}

/// What it could not go for, and how long; empty when it could at once.
std::string DisruptionsObserver::waited(ReplicaId replica, Time at) const {
  const auto kept = kept_.find(replica);
  if (kept == kept_.end()) return {};
  return fmt::format("disruption budget of {} ({:.0f} s)", world_.name(world_[replica].service),
                     seconds(at - kept->second.since));
}

void DisruptionsObserver::keep(const EvictionRefused& fact, Time at) {
  if (is_wanted(world_[fact.replica].stage)) kept_[fact.replica] = {fact.node, at};
}

/// A row for each pod that kept the node from being drained.
void DisruptionsObserver::give_up(NodeId node, std::string_view cause, Time at) {
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    const bool here = kept->second.node == node;
    if (here) add(kept->first, cause, at);
    kept = here ? kept_.erase(kept) : std::next(kept);
  }
}

void DisruptionsObserver::finish(Time end, Summary& summary) {
  while (!kept_.empty()) give_up(kept_.begin()->second.node, "drain_unfinished", end);
  for (const Disruption& d : all_) {
    CsvRow& row = file_->row();
    put_seconds(row, d.at).text(d.cause).text(d.node);
    d.replica.empty() ? row.empty() : row.text(d.replica);
    d.repulled ? row.whole(d.repulled->count()) : row.empty();
    d.waited_for.empty() ? row.empty() : row.text(d.waited_for);
    const bool saves = is_consolidated(d.cause) && d.replica.empty();
    saves ? put_usd(row, d.saved + amount(d.hourly, end - d.at)) : row.empty();
    row.end();
  }
  file_->close();
  summary.disruptions = disrupted_;
  add_figures(end, summary);
}

}  // namespace berth
