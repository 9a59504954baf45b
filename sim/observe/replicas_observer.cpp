#include "sim/observe/replicas_observer.hpp"

#include <algorithm>
#include <cmath>

#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/rating.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

std::string size_text(Cpu cpu, Bytes memory) { return say(cpu) + " " + say(memory); }

bool counts_for_latency(const World& world, const ReplicaRow& replica) {
  const WorkloadSpec& spec = *world[replica.service].spec;
  return !replica.initial && replica.healthy != kNever && spec.kind == WorkloadKind::service && !spec.system;
}

}  // namespace

ReplicasObserver::ReplicasObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "replicas")) {}

void ReplicasObserver::hear(const Fact& fact, Time at) {
  const auto* moved = std::get_if<ReplicaMoved>(&fact);
  if (moved && moved->to == ReplicaStage::stopped) write(moved->replica, world_[moved->replica], at);
}

void ReplicasObserver::write(ReplicaId id, const ReplicaRow& replica, Time until) {
  const RevisionRow& revision = world_[replica.revision];
  const bool placed = replica.node != kNone<NodeId>;
  CsvRow& row = file_->row();
  row.text(world_.name(id)).text(world_[replica.cluster].spec->name).text(world_.name(replica.service));
  row.whole(revision.number);
  if (placed) {
    const NodeRow& node = world_[replica.node];
    row.text(world_.name(replica.node)).text(world_.zone_name(node.zone)).text(node.spot ? "spot" : "on_demand");
  } else {
    row.empty().empty().empty();
  }
  row.flag(replica.initial).text(size_text(revision.cpu, revision.memory));
  if (on_fargate(world_, replica) && revision.fargate) {
    row.text(size_text(revision.fargate->cpu, revision.fargate->memory));
  } else {
    row.empty();
  }
  put_moments(row, replica);
  row.whole(replica.pulled_bytes.count()).whole(replica.cached_bytes.count()).whole(replica.restarts);
  replica.why == StopReason::none ? row.empty() : row.text(name(replica.why));
  put_bill(row, replica, until);
  row.end();
  if (counts_for_latency(world_, replica)) deploy_latencies_.push_back((replica.healthy - replica.decided).count());
}

void ReplicasObserver::put_moments(CsvRow& row, const ReplicaRow& r) const {
  for (const Time t :
       {r.decided, r.placed, r.attached, r.pull_started, r.pulled, r.started, r.healthy, r.stopping, r.stopped})
    put_seconds(row, t);
  if (r.initial || r.healthy == kNever) {
    row.empty();
  } else {
    put_seconds(row, r.healthy - r.decided);
  }
}

void ReplicasObserver::put_bill(CsvRow& row, const ReplicaRow& replica, Time until) const {
  if (!on_fargate(world_, replica)) {
    row.empty().empty();
    return;
  }
  const bool billed = billed_from(replica) != kNever;
  const std::int64_t seconds = billed ? billed_replica(world_, replica, until).seconds : 0;
  row.whole(seconds);
  put_usd(row, billed ? cost_of(world_, meters_of(world_, replica), seconds) : Usd{});
}

void ReplicasObserver::finish(Time end, Summary& summary) {
  std::vector<ReplicaId> alive;
  world_.replicas().for_each([&](ReplicaId id, const ReplicaRow& row) {
    if (row.stage != ReplicaStage::stopped) alive.push_back(id);
  });
  std::sort(alive.begin(), alive.end());
  for (const ReplicaId id : alive) write(id, world_[id], end);
  file_->close();

  std::vector<std::int64_t>& latencies = deploy_latencies_;
  std::sort(latencies.begin(), latencies.end());
  summary.deploys = static_cast<std::int64_t>(latencies.size());
  if (latencies.empty()) return;
  summary.deploy_p50_s = seconds(Duration{nearest_rank(latencies, 0.5)});
  summary.deploy_p99_s = seconds(Duration{nearest_rank(latencies, 0.99)});
  summary.deploy_max_s = seconds(Duration{latencies.back()});
}

std::int64_t nearest_rank(const std::vector<std::int64_t>& sorted, double p) {
  const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(sorted.size())));
  return sorted.at(std::max<std::size_t>(rank, 1) - 1);
}

}  // namespace berth
