#include "sim/observe/journal.hpp"

#include <fmt/format.h>

#include "sim/observe/columns.hpp"

namespace berth {
namespace {

struct JournalEntry {
  std::string entity, details;
};

/// Says of each fact whom it is about and what happened; one function a fact, so that a new fact does not compile
/// without its entry.
struct Wording {
  const World& world;

  std::string because(StopReason why) const {
    return why == StopReason::none ? std::string() : fmt::format(" ({})", name(why));
  }
  template <class F>
  std::string held_by(const F& f) const {
    if (f.replica != kNone<ReplicaId>) return world.name(f.replica);
    if (f.node != kNone<NodeId>) return world.name(f.node);
    return f.service != kNone<ServiceId> ? world.name(f.service) : "account";
  }
  std::string target_of(TargetId target) const { return world.name(world.targets()[target].replica); }

  template <class F>
  std::string container_of(const F& f) const {
    return world.name(f.replica) + "/" + world[world[f.replica].revision].containers[f.container].name;
  }

  JournalEntry operator()(const ReplicaCreated& f) const { return {world.name(f.replica), ""}; }
  JournalEntry operator()(const ReplicaMoved& f) const {
    return {world.name(f.replica), fmt::format("{} -> {}{}", name(f.from), name(f.to), because(f.why))};
  }
  JournalEntry operator()(const ReplicaSeen& f) const { return {world.name(f.replica), std::string(name(f.stage))}; }
  JournalEntry operator()(const ReplicaWaits& f) const {
    return {world.name(f.replica), std::string(name(world[f.replica].main_reason))};
  }
  JournalEntry operator()(const ReplicaPlaced& f) const { return {world.name(f.replica), world.name(f.node)}; }
  JournalEntry operator()(const NodeCreated& f) const { return {world.name(f.node), ""}; }
  JournalEntry operator()(const NodeMoved& f) const {
    return {world.name(f.node), fmt::format("{} -> {}{}", name(f.from), name(f.to), because(f.why))};
  }
  JournalEntry operator()(const NodeSeen& f) const { return {world.name(f.node), std::string(name(f.stage))}; }
  JournalEntry operator()(const SpotNoticed& f) const { return {world.name(f.node), ""}; }
  JournalEntry operator()(const PartAttached& f) const { return {world.name(f.replica), std::string(name(f.part))}; }
  JournalEntry operator()(const VolumesMoved& f) const {
    return {world.name(f.volumes), fmt::format("{} -> {}", name(f.from), name(f.to))};
  }
  JournalEntry operator()(const PullStarted& f) const { return {world.name(f.replica), ""}; }
  JournalEntry operator()(const ContainerMoved& f) const {
    return {container_of(f), fmt::format("{} -> {}", name(f.from), name(f.to))};
  }
  JournalEntry operator()(const ContainerReady& f) const { return {container_of(f), ""}; }
  JournalEntry operator()(const ProbeFailed& f) const { return {container_of(f), ""}; }
  JournalEntry operator()(const MemoryExhausted& f) const { return {container_of(f), ""}; }
  JournalEntry operator()(const BackedOff& f) const {
    return {container_of(f), fmt::format("{} until {:.3f} s", name(f.why), seconds(f.until.time_since_epoch()))};
  }
  JournalEntry operator()(const ImageAsked& f) const { return {container_of(f), ""}; }
  JournalEntry operator()(const ImageKnown& f) const { return {container_of(f), f.lazy ? "lazily loaded" : ""}; }
  JournalEntry operator()(const LayerMoved& f) const {
    return {world.name(f.node), fmt::format("{} {}", world[f.layer].name, name(f.to))};
  }
  JournalEntry operator()(const LayerTransferred& f) const {
    return {world.name(f.node), fmt::format("{} {} bytes", world[f.layer].name, f.bytes.count())};
  }
  JournalEntry operator()(const TargetRegistered& f) const { return {target_of(f.target), ""}; }
  JournalEntry operator()(const TargetFailed& f) const { return {target_of(f.target), ""}; }
  JournalEntry operator()(const TargetServes& f) const { return {target_of(f.target), ""}; }
  JournalEntry operator()(const TargetDrains& f) const { return {target_of(f.target), ""}; }
  JournalEntry operator()(const TargetLost& f) const { return {target_of(f.target), ""}; }
  JournalEntry operator()(const TargetGone& f) const { return {target_of(f.target), ""}; }
  JournalEntry operator()(const NodeTargetMoved& f) const {
    return {world.name(f.node), fmt::format("{}: {} -> {}", world.name(f.service), name(f.from), name(f.to))};
  }
  JournalEntry operator()(const KubeProxyLost& f) const { return {world.name(f.node), ""}; }
  JournalEntry by_hpa(const ScalingDecided& f) const {
    const std::vector<HpaMetricSpec> metrics = hpa_of(*world[f.service].spec).metrics;
    const bool by_metric = f.why == ScalingWhy::above_target || f.why == ScalingWhy::below_target;
    const std::string how = by_metric ? fmt::format("{}, {} at {:.2f}", metrics[f.policy].name, name(f.why), f.metric)
                                      : std::string(name(f.why));
    return {world.name(f.service), fmt::format("{}: {} -> {}", how, f.from, f.to)};
  }
  JournalEntry operator()(const ScalingDecided& f) const {
    if (is_eks(world, world[f.service].cluster)) return by_hpa(f);
    const ScaleSpec& scale = *world[f.service].spec->scale;
    if (f.why == ScalingWhy::schedule)
      return {world.name(f.service), fmt::format("{}: {} -> {}", scale.scheduled[f.policy].name, f.from, f.to)};
    const std::string policy = scale.policies.empty() ? std::string(name(scale.metric)) : scale.policies[f.policy].name;
    return {world.name(f.service),
            fmt::format("{}, {} at {:.2f}: {} -> {}", policy, name(f.why), f.metric, f.from, f.to)};
  }
  JournalEntry operator()(const FaultStruck& f) const {
    const std::string& fault = world.spec().faults[f.fault].name;
    if (f.node != kNone<NodeId>) return {world.name(f.node), fault};
    return {f.replica != kNone<ReplicaId> ? world.name(f.replica) : "", fault};
  }
  JournalEntry operator()(const FaultEnded& f) const { return {"", world.spec().faults[f.fault].name}; }
  JournalEntry operator()(const DesiredChanged& f) const {
    return {world.name(f.service), fmt::format("{} -> {}", f.from, f.to)};
  }
  JournalEntry operator()(const DeploymentStarted& f) const { return {world.name(world[f.deployment].service), ""}; }
  JournalEntry operator()(const DeploymentFinished& f) const {
    const DeploymentRow& row = world[f.deployment];
    std::string how = f.completed ? "completed" : row.failed ? "failed" : "not completed";
    if (row.rolled_back_to != kNone<RevisionId>)
      how += fmt::format(", rolled back to revision {}", world[row.rolled_back_to].number);
    return {world.name(row.service), how};
  }
  JournalEntry operator()(const DeploymentStalled& f) const { return {world.name(world[f.deployment].service), ""}; }
  JournalEntry operator()(const ReplicaFailing& f) const {
    return {world.name(f.replica), f.failing ? "unhealthy" : "healthy again"};
  }
  JournalEntry operator()(const BreakerTripped& f) const {
    return {world.name(f.service), fmt::format("revision {} after {} failures", world[f.revision].number, f.failures)};
  }
  JournalEntry operator()(const TrafficShifted& f) const {
    return {world.name(f.service), fmt::format("to revision {}", world[f.to].number)};
  }
  JournalEntry operator()(const ServiceStuck& f) const {
    return {world.name(f.service), fmt::format("(service {}) {}", world.name(f.service), service_event(f.why))};
  }
  JournalEntry operator()(const ServiceMoves& f) const { return {world.name(f.service), ""}; }
  template <class F>
  JournalEntry arrival_of(const F& f, std::string_view how) const {
    return {world.name(f.job), fmt::format("arrival {}{}", f.arrival + 1, how)};
  }
  JournalEntry operator()(const JobAccepted& f) const { return arrival_of(f, ""); }
  JournalEntry operator()(const JobReleased& f) const { return arrival_of(f, ""); }
  JournalEntry operator()(const JobEnded& f) const { return arrival_of(f, fmt::format(": {}", name(f.outcome))); }
  JournalEntry operator()(const JobSubmitted& f) const { return {world.name(f.job), world.name(f.replica)}; }
  JournalEntry operator()(const JobOver& f) const {
    return {world.name(f.job), fmt::format("arrival {}: {}", f.arrival + 1, f.succeeded ? "complete" : "failed")};
  }
  JournalEntry operator()(const JobMissed& f) const {
    return {world.name(f.job), fmt::format("arrival {}", f.arrival + 1)};
  }
  JournalEntry operator()(const PoolResized& f) const {
    return {world.name(f.pool), fmt::format("{} -> {}", f.from, f.to)};
  }
  JournalEntry operator()(const AddressesMoved& f) const {
    return {std::string(world.zone_name(f.zone)), fmt::format("{} {} -> {}", f.count, name(f.from), name(f.to))};
  }
  JournalEntry operator()(const AddressesFreed& f) const { return {std::string(world.zone_name(f.zone)), ""}; }
  JournalEntry operator()(const AddressAssigned& f) const { return {world.name(f.replica), ""}; }
  JournalEntry operator()(const InterfacesFreed&) const { return {"account", ""}; }
  JournalEntry operator()(const ScaleUpDecided& f) const {
    return {world.name(f.pool), fmt::format("{} -> {} for {} pods that waited since {:.3f} s", f.from, f.to, f.pods,
                                            seconds(f.since.time_since_epoch()))};
  }
  JournalEntry operator()(const ScaleUpFailed& f) const {
    return {world.name(f.pool), fmt::format("{}: backs off until {:.3f} s", f.limit ? name(*f.limit) : "timed_out",
                                            seconds(f.until.time_since_epoch()))};
  }
  JournalEntry operator()(const NotTriggerScaleUp& f) const {
    return {world.name(f.replica), fmt::format("{} pods: {} in backoff after failed scale-up, {} max node group size "
                                               "reached, {} whose nodes do not fit",
                                               f.pods, f.backed_off, f.at_maximum, f.unfit)};
  }
  JournalEntry operator()(const ClusterUnhealthy& f) const {
    return {world[f.cluster].spec->name, fmt::format("{} of {} nodes are not ready", f.unready, f.nodes)};
  }
  JournalEntry operator()(const ScaleDownDecided& f) const {
    return {world.name(f.node),
            fmt::format("unneeded since {:.3f} s, {} pods to move", seconds(f.since.time_since_epoch()), f.pods)};
  }
  JournalEntry operator()(const EvictionRefused& f) const {
    return {world.name(f.replica), "the disruption budget of " + world.name(world[f.replica].service)};
  }
  JournalEntry operator()(const DrainGivenUp& f) const { return {world.name(f.node), ""}; }
  JournalEntry operator()(const UpgradeStarted& f) const {
    return {world[f.cluster].spec->name, "to " + say(f.to) + (f.by_eks ? " (end of support)" : "")};
  }
  JournalEntry operator()(const UpgradeRefused& f) const {
    return {world[f.cluster].spec->name, fmt::format("to {} ({})", say(f.to), name(f.why))};
  }
  JournalEntry operator()(const ControlPlaneUpgraded& f) const {
    return {world[f.cluster].spec->name, fmt::format("{} -> {}", say(f.from), say(f.to))};
  }
  JournalEntry operator()(const PoolUpgradeStarted& f) const { return {world.name(f.pool), "to " + say(f.to)}; }
  JournalEntry operator()(const PoolUpgradeEnded& f) const {
    return {world.name(f.pool), fmt::format("to {} ({})", say(f.to), name(f.how))};
  }
  JournalEntry operator()(const EpochRaised& f) const { return {world[f.cluster].spec->name, ""}; }
  JournalEntry operator()(const LimitHolds& f) const { return {held_by(f), std::string(name(f.limit))}; }
  JournalEntry operator()(const LimitPasses& f) const { return {held_by(f), std::string(name(f.limit))}; }
  JournalEntry operator()(const UnableToPlace& f) const {
    return {world.name(f.service), fmt::format("{} x {}", f.count, aws_reason(f.why))};
  }
  JournalEntry operator()(const RunTaskFailed& f) const {
    return {world.name(f.replica), std::string(aws_reason(f.why))};
  }
  JournalEntry operator()(const StartDelayed& f) const {
    return {world.name(f.service), fmt::format("until {:.3f} s", seconds(f.until.time_since_epoch()))};
  }
};

/// The others make up level `stages`.
bool only_at_level_all(const Fact& fact) {
  return std::visit(
      [](const auto& f) {
        using F = std::decay_t<decltype(f)>;
        return std::is_same_v<F, ReplicaSeen> || std::is_same_v<F, NodeSeen> || std::is_same_v<F, PullStarted> ||
               std::is_same_v<F, PartAttached> || std::is_same_v<F, VolumesMoved> ||
               std::is_same_v<F, ContainerMoved> || std::is_same_v<F, ContainerReady> ||
               std::is_same_v<F, TargetRegistered> || std::is_same_v<F, LayerMoved> || std::is_same_v<F, ImageAsked> ||
               std::is_same_v<F, ImageKnown> || std::is_same_v<F, LayerTransferred> ||
               std::is_same_v<F, TargetServes> || std::is_same_v<F, TargetDrains> || std::is_same_v<F, TargetGone> ||
               std::is_same_v<F, TargetLost> || std::is_same_v<F, NodeTargetMoved> ||
               std::is_same_v<F, KubeProxyLost> || std::is_same_v<F, EpochRaised> || std::is_same_v<F, LimitHolds> ||
               std::is_same_v<F, LimitPasses> || std::is_same_v<F, AddressesMoved> ||
               std::is_same_v<F, AddressesFreed> || std::is_same_v<F, InterfacesFreed> ||
               std::is_same_v<F, JobAccepted> || std::is_same_v<F, JobReleased> || std::is_same_v<F, JobEnded>;
      },
      fact);
}

}  // namespace

Journal::Journal(const World& world, const std::string& folder)
    : world_(world),
      file_(open_results(folder, world.spec(), "journal")),
      level_(world.spec().journal == "off"   ? Level::off
             : world.spec().journal == "all" ? Level::all
                                             : Level::stages) {}

void Journal::hear(const Fact& fact, Time at) {
  if (level_ == Level::off || (level_ == Level::stages && only_at_level_all(fact))) return;
  const JournalEntry entry = std::visit(Wording{world_}, fact);
  CsvRow& row = file_->row();
  put_seconds(row, at).text(name(fact)).text(entry.entity).text(entry.details).end();
}

void Journal::finish(Time, Summary&) { file_->close(); }

}  // namespace berth
