// The same filters and strategies as placement itself, asked of every instance one by one.
#include "sim/observe/pending_report.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/observe/failed_scheduling.hpp"
#include "sim/observe/limit_words.hpp"

namespace berth {
namespace {

constexpr std::size_t kMostRanked = 10;

/// The nearer to ready the lower.
int far_from_ready(NodeStage stage) {
  switch (stage) {
    case NodeStage::joining:
      return 0;
    case NodeStage::booting:
      return 1;
    case NodeStage::pooled:
      return 2;
    case NodeStage::requested:
      return 3;
    default:
      return 4 + static_cast<int>(stage);
  }
}

/// What placement asks of the instances of a cluster for one replica, and what each answers.
class Asking {
 public:
  Asking(const World& world, const Control& control, ReplicaId replica)
      : world_(world),
        control_(control),
        replica_(replica),
        row_(world[replica]),
        view_(world.view(row_.cluster)),
        ask_(scheduled_ask(world, replica)) {}

  void answer(PendingReport& report) const {
    std::map<WaitReason, std::vector<std::uint32_t>> refused;
    for (std::uint32_t p = 0; p < view_.size(); ++p) {
      if (view_.seen[p] == NodeStage::gone) continue;
      if (row_.only_node != kNone<NodeId> && view_.node[p] != row_.only_node) continue;
      ++report.nodes;
      const auto why = report.ecs ? control_.ecs_placement.refused_on(replica_, p) : refusal(view_, ask_, p);
      if (why) refused[*why].push_back(p);
      else ++report.fitting;
    }
    for (const auto& [reason, nodes] : refused)
      report.refused.push_back(
          {reason, static_cast<std::int64_t>(nodes.size()), nearest(reason, nodes), another_helps(reason, nodes)});
    std::stable_sort(report.refused.begin(), report.refused.end(),
                     [](const RefusedNodes& a, const RefusedNodes& b) { return a.nodes > b.nodes; });
    if (!report.ecs) report.event = failed_scheduling(world_, replica_);
    if (report.fitting == 0 || row_.only_node != kNone<NodeId>) return;
    if (report.ecs) rank(report);
    else report.kube = kube_ranking(world_, replica_, kMostRanked);
  }

 private:
  std::int64_t lack(WaitReason reason, std::uint32_t p) const {
    switch (reason) {
      case WaitReason::cpu:
        return ask_.cpu.count() - (view_.cpu_allocatable[p] - view_.cpu_used[p]);
      case WaitReason::memory:
        return ask_.memory.count() - (view_.memory_allocatable[p] - view_.memory_used[p]);
      case WaitReason::slots:
        return ask_.slots - (view_.slots_allocatable[p] - view_.slots_used[p]);
      case WaitReason::gpu:
        return ask_.gpus - (view_.gpus_allocatable[p] - view_.gpus_used[p]);
      case WaitReason::volume_limit:
        return ask_.volumes - (view_.volumes_allocatable[p] - view_.volumes_used[p]);
      case WaitReason::not_ready:
        return far_from_ready(view_.seen[p]);
      default:
        return 0;
    }
  }

  const WorkloadSpec& spec() const { return *world_[row_.service].spec; }

  bool another_helps(WaitReason reason, const std::vector<std::uint32_t>& nodes) const {
    switch (reason) {
      case WaitReason::cpu:
      case WaitReason::memory:
      case WaitReason::slots:
      case WaitReason::gpu:
      case WaitReason::volume_limit:
        return true;
      case WaitReason::port:
        return std::none_of(spec().host_ports.begin(), spec().host_ports.end(),
                            [&](std::uint16_t port) { return kept_by_agent(port); });
      case WaitReason::constraint:
        return std::any_of(nodes.begin(), nodes.end(), [&](std::uint32_t p) { return holds_another(p); });
      default:
        return false;
    }
  }
  /// … of its service, and it wants an instance of its own.
  bool holds_another(std::uint32_t p) const { return ask_.distinct_instance && same_service_on(ask_, p) > 0; }
  bool kept_by_agent(std::uint16_t port) const { return !is_eks(world_, row_.cluster) && world_.agent_keeps(port); }

  /// "port 80 of it is taken"
  std::string ports_taken(std::uint32_t p) const {
    std::string text;
    for (const std::uint16_t port : spec().host_ports) {
      if ((world_.port_bit(port) & ask_.ports & view_.ports_used[p]) == 0) continue;
      text += fmt::format("{}port {} of it is taken{}", text.empty() ? "" : ", ", port,
                          kept_by_agent(port) ? " by the ECS agent" : "");
    }
    return text;
  }
  std::string constraint_not_met(std::uint32_t p) const {
    if (holds_another(p)) return fmt::format("a replica of {} is there (distinctInstance)", world_.name(row_.service));
    std::vector<std::string> queries;
    for (const std::string& text : spec().ecs.constraints)
      if (text != "distinctInstance") queries.push_back(text);
    return queries.size() == 1 ? "it does not meet " + queries.front() : "it does not meet all memberOf constraints";
  }

  /// Among equals the first.
  std::string nearest(WaitReason reason, const std::vector<std::uint32_t>& nodes) const {
    const std::uint32_t p = *std::min_element(nodes.begin(), nodes.end(), [&](std::uint32_t a, std::uint32_t b) {
      return lack(reason, a) < lack(reason, b);
    });
    const std::string node = world_.name(view_.node[p]);
    switch (reason) {
      case WaitReason::cpu:
        return fmt::format("{} lacks {} of {}{}", node, say(Cpu{lack(reason, p)}), say(ask_.cpu),
                           lack(WaitReason::memory, p) > 0 ? ", and memory" : "");
      case WaitReason::memory:
        return fmt::format("{} lacks {} of {}", node, say(Bytes{lack(reason, p)}), say(ask_.memory));
      case WaitReason::slots:
        return fmt::format("{} has all {} taken", node, view_.slots_allocatable[p]);
      case WaitReason::gpu:
        return fmt::format("{} has {} of {} left", node, view_.gpus_allocatable[p] - view_.gpus_used[p],
                           view_.gpus_allocatable[p]);
      case WaitReason::volume_limit:
        return fmt::format("{} has {} of {} attached", node, view_.volumes_used[p], view_.volumes_allocatable[p]);
      case WaitReason::not_ready:
        return fmt::format("{} is {}", node, name(view_.seen[p]));
      case WaitReason::volume_zone:
        return fmt::format("its volumes are in zone {}", world_.zone_name(ask_.zone));
      case WaitReason::port:
        return fmt::format("{} has room, and {}", node, ports_taken(p));
      case WaitReason::constraint:
        return fmt::format("{} has room, and {}", node, constraint_not_met(p));
      case WaitReason::no_addresses:
        return fmt::format("{} is in zone {}", node, world_.zone_name(view_.zone[p]));
      default:
        return "";
    }
  }

  static std::string value_text(EcsStrategy::Kind kind, std::int64_t value) {
    switch (kind) {
      case EcsStrategy::Kind::binpack_cpu:
        return say(Cpu{value}) + " left";
      case EcsStrategy::Kind::binpack_memory:
        return say(Bytes{value}) + " left";
      case EcsStrategy::Kind::random:
        return "by chance";
      default:
        return fmt::format("{} there", value);
    }
  }

  void rank(PendingReport& report) const {
    const PlacementReport placing = control_.ecs_placement.report(replica_, kMostRanked);
    for (const EcsStrategy& strategy : placing.strategies) report.strategies.push_back(say(strategy));
    for (const PlacementReport::Ranked& r : placing.ranking) {
      RankedNode ranked{world_.name(view_.node[r.position]), std::string(world_.zone_name(view_.zone[r.position])), {}};
      for (std::size_t s = 0; s < r.says.size(); ++s)
        ranked.values.push_back(value_text(placing.strategies[s].kind, r.says[s]));
      report.ranking.push_back(std::move(ranked));
    }
  }

  const World& world_;
  const Control& control_;
  const ReplicaId replica_;
  const ReplicaRow& row_;
  const ClusterView view_;
  const Ask ask_;
};

void add_ask(const World& world, const ReplicaRow& row, PendingReport& report) {
  const RevisionRow& revision = world[row.revision];
  report.cpu = report.fargate && revision.fargate ? revision.fargate->cpu : revision.cpu;
  report.memory = report.fargate && revision.fargate ? revision.fargate->memory : revision.memory;
  report.slots = report.ecs && !report.fargate ? world.ask(row.revision).slots : 0;
  const std::string& first = revision.containers.front().written_at;
  const std::size_t end = first.find("/containers/");
  report.written_at = end == std::string::npos ? std::string() : first.substr(0, end);
}

void add_others(const World& world, ReplicaId replica, PendingReport& report) {
  const ReplicaRow& row = world[replica];
  world.replicas().for_each([&](ReplicaId id, const ReplicaRow& other) {
    if (other.stage != ReplicaStage::pending || other.pool != row.pool || id == replica) return;
    ++report.waiting;
    if (std::pair(other.decided, id) < std::pair(row.decided, replica)) ++report.before_it;
  });
}

/// Instances that its group misses, and nodes that were asked for, by whoever, and that EC2 refuses.
std::vector<HeldBesides> held_launches(const World& world, const Control& control, PoolId pool) {
  std::vector<HeldBesides> held = control.groups.held_launches(pool);
  for (const NodeId n : world[pool].nodes) {
    const std::optional<Limit> by = world[n].held_by;
    if (!by) continue;
    const auto same = std::find_if(held.begin(), held.end(), [&](const HeldBesides& h) { return h.limit == *by; });
    if (same == held.end()) held.push_back({*by, 1});
    else ++same->count;
  }
  return held;
}

void add_limits(const World& world, const Control& control, ReplicaId replica, PendingReport& report) {
  const ReplicaRow& row = world[replica];
  report.held = control.held_by(replica);
  if (!report.held && row.held_by) report.held = Held{*row.held_by};
  report.held_starts = control.held_starts(row.service);
  if (!report.fargate && row.pool != kNone<PoolId>) report.held_launches = held_launches(world, control, row.pool);
  report.gives_up = control.starts.gives_up(replica);
  const WorkloadSpec& spec = *world[row.service].spec;
  if (spec.ecs.launch_type && spec.kind == WorkloadKind::service)
    report.looks_again = control.starts.looks_again(row.cluster);
  const auto add_quota = [&](Limit limit) {
    const std::string quota = quota_behind(world, limit, row.pool);
    if (!quota.empty()) report.quotas.push_back(quota);
  };
  if (report.held) add_quota(report.held->limit);
  for (const HeldBesides& h : report.held_launches) add_quota(h.limit);
}

void add_pool(const World& world, PoolId pool, PendingReport& report) {
  const PoolRow& row = world[pool];
  report.pool_max = row.spec->max;
  const KarpenterSpec& karpenter = row.spec->scaler.karpenter;
  if (karpenter.limits_nodes) report.max_key = "limits/nodes";
  report.pool_grows = row.spec->scaler.kind != NodeScalerKind::none;
  for (const NodeId n : row.nodes) {
    const NodeRow& node = world[n];
    if (node.warm || node.seen > NodeStage::ready) continue;
    ++report.pool_nodes;
    if (node.stage < NodeStage::ready) report.coming.push_back({world.name(n), node.stage, node.requested});
  }
  if (report.reason != WaitReason::pool_at_max || report.pool_nodes >= report.pool_max) return;
  if (karpenter.most_vcpu) report.limits.push_back("cpu");
  if (karpenter.most_memory) report.limits.push_back("memory");
}

}  // namespace

PendingReport report_pending(const World& world, const Control& control, ReplicaId replica) {
  const ReplicaRow& row = world[replica];
  SIM_CHECK(row.stage == ReplicaStage::pending);
  PendingReport report;
  report.replica = world.name(replica);
  report.service = world.name(row.service);
  report.architecture = world.spec().architecture;
  report.cluster = world[row.cluster].spec->name;
  report.ecs = !is_eks(world, row.cluster);
  report.at = world.now();
  report.decided = row.decided;
  report.reason = row.main_reason;
  if (const auto& job = world[row.service].spec->job) report.attempts = job->retries + 1;
  report.attempt = static_cast<std::int64_t>(row.attempt) + 1;
  report.tried = row.tried_at_epoch != ~std::uint64_t{0};
  if (row.pool != kNone<PoolId>) report.pool = world.name(row.pool);
  report.fargate = row.pool != kNone<PoolId> && world[row.pool].spec->launch == Launch::fargate;
  if (row.only_node != kNone<NodeId> && world.nodes().has(row.only_node)) report.only_node = world.name(row.only_node);
  add_ask(world, row, report);
  add_limits(world, control, replica, report);
  if (row.pool == kNone<PoolId>) return report;
  add_others(world, replica, report);
  if (report.fargate) return report;
  Asking(world, control, replica).answer(report);
  add_pool(world, row.pool, report);
  return report;
}

}  // namespace berth
