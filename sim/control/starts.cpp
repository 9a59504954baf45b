#include "sim/control/starts.hpp"

#include <algorithm>
#include <numeric>

#include "sim/control/pool_deal.hpp"
#include "sim/control/stops.hpp"

namespace berth {
namespace {

/// RunTask by launch type: it finds room at once, or fails.
bool waits_for_no_room(const World& world, ServiceId service) {
  const WorkloadSpec& spec = *world[service].spec;
  return spec.kind == WorkloadKind::job && spec.ecs.launch_type && !is_eks(world, world[service].cluster);
}

}  // namespace

std::int64_t wanted_count(const ServiceRow& service) {
  const auto from = service.by_seen.begin();
  const std::int64_t there =
      std::accumulate(from, from + static_cast<std::ptrdiff_t>(ReplicaStage::stopping), std::int64_t{0});
  return there - service.condemned;
}

Starts::Starts(Hands hands, Mailbox& mailbox, FargateLaunches& fargate)
    : hands_(hands),
      mailbox_(mailbox),
      fargate_(fargate),
      services_(hands),
      clients_(hands),
      run_task_(hands),
      provisioning_(hands),
      delayed_(hands.world.service_count()),
      has_launch_type_jobs_(hands.world.cluster_count()),
      looks_again_(hands.world.cluster_count(), Time::min()) {
  for (std::size_t c = 0; c < hands.world.cluster_count(); ++c) {
    const ClusterId cluster{static_cast<std::uint32_t>(c)};
    rooms_.emplace_back(hands.world, cluster);
    for (const ServiceId s : hands.world[cluster].services)
      if (waits_for_no_room(hands.world, s)) has_launch_type_jobs_[c] = true;
  }
}

std::optional<Held> Starts::held_by(ReplicaId replica) const {
  const Limiter* const limiters[] = {&services_, &run_task_, &provisioning_, &clients_};
  for (const Limiter* limiter : limiters)
    if (const auto held = limiter->held_by(replica)) return held;
  return held_in_room(replica);
}

/// Who waits longest is tried first, and nobody can know when others give their interfaces back.
std::optional<Held> Starts::held_in_room(ReplicaId replica) const {
  const World& world = hands_.world;
  const auto held = [&](const ReplicaRow& row) {
    return row.held_by == Limit::network_interfaces && world[row.pool].spec->launch == Launch::ec2;
  };
  if (!held(world[replica])) return std::nullopt;
  std::int64_t ahead = 0;
  world.replicas().for_each([&](ReplicaId id, const ReplicaRow& row) {
    if (id < replica && row.stage == ReplicaStage::pending && held(row)) ++ahead;
  });
  return Held{Limit::network_interfaces, ahead};
}

std::vector<HeldBesides> Starts::held_starts(ServiceId service) const {
  std::vector<HeldBesides> held;
  for (const Delayed& d : delayed_[index(service)])
    held.push_back({Limit::start_failures, d.starts, d.until, hands_.world[d.revision].number});
  return held;
}

PoolId Starts::next_pool_of(ServiceId service) const { return PoolDeal(hands_.world, service).next(); }

void Starts::start(ServiceId service, RevisionId revision, std::int64_t count, ZoneId only_zone) {
  if (count <= 0) return;
  const ServiceRow& row = hands_.world[service];
  end_delays(service, [&](const Delayed& d) {  // blue and green have a delay each; an older one's is over
    return d.revision == revision || (d.revision != row.revision && d.revision != row.production);
  });
  PoolDeal deal(hands_.world, service);
  for (std::int64_t i = 0; i < count; ++i) {
    const PoolId pool = deal.next();
    const ReplicaId replica = hands_.world.create_replica(service, revision);
    hands_.world[replica].pool = pool;
    hands_.world[replica].only_zone = only_zone;
    const bool eks = is_eks(hands_.world, hands_.world[service].cluster);
    if (eks ? clients_.may_create(replica) : services_.may_start(replica)) send(replica);
    deal.dealt(replica);
  }
}

void Starts::on(const ServiceLaunchDue& e) {
  for (const ReplicaId replica : services_.begin(e)) send(replica);
}

std::vector<ReplicaId> Starts::on(const ControllerCallsDue& e) {
  std::vector<ReplicaId> pods = clients_.begin(e);
  if (e.controller == KubeController::daemon_set) return pods;
  for (const ReplicaId pod : pods) send(pod);
  return {};
}

void Starts::remove(ServiceId service, RevisionId revision, std::int64_t count, StopReason why) {
  for (const ReplicaId pod : choose_some(hands_.world, service, count, false, revision)) clients_.remove(pod, why);
}

void Starts::keep_desired(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  const std::int64_t wanted = wanted_count(row);
  if (wanted < row.desired) start(service, row.revision, row.desired - wanted);
  if (wanted <= row.desired) return;
  if (is_eks(hands_.world, row.cluster)) remove(service, kNone<RevisionId>, wanted - row.desired, StopReason::scale_in);
  else stop_some(hands_, service, wanted - row.desired, false, StopReason::scale_in);
}

std::vector<ReplicaId> Starts::start_job(const JobStart& start) {
  World& world = hands_.world;
  std::vector<ReplicaId> created;
  PoolDeal deal(world, start.job);
  for (std::int64_t i = 0; i < start.count; ++i) {
    const PoolId pool = start.pool == kNone<PoolId> ? deal.next() : start.pool;
    const ReplicaId replica = world.create_replica(start.job, world[start.job].revision);
    ReplicaRow& row = world[replica];
    row.pool = pool;
    row.arrival = start.arrival;
    row.attempt = start.attempt;
    if (static_cast<std::size_t>(i) < start.work_left.size())
      row.work_left = start.work_left[static_cast<std::size_t>(i)];
    created.push_back(replica);
    deal.dealt(replica);
    world.publish(JobSubmitted{start.job, replica});
  }
  std::vector<ReplicaId> replicas = created;
  if (!is_eks(world, world[start.job].cluster)) replicas = run_task_.call(replicas);
  else
    replicas.erase(std::remove_if(replicas.begin(), replicas.end(), [&](ReplicaId r) { return !may_create(r); }),
                   replicas.end());
  send_all(replicas);
  return created;
}

void Starts::on(const RunTaskDue& e) { send_all(run_task_.begin(e)); }

/// One that is refused at once may take others of its gang with it.
void Starts::send_all(const std::vector<ReplicaId>& replicas) {
  for (const ReplicaId replica : replicas)
    if (hands_.world.still_waits(replica)) send(replica);
}

void Starts::send(ReplicaId replica) {
  const ReplicaRow& row = hands_.world[replica];
  if (hands_.world[row.pool].spec->launch == Launch::fargate) {
    fargate_.request(replica, row.pool);
    return;
  }
  wait_for_room(replica);
}

void Starts::wait_for_room(ReplicaId replica) {
  const ReplicaRow& row = hands_.world[replica];
  const bool provisions = !is_eks(hands_.world, row.cluster) && !hands_.world[row.service].spec->ecs.launch_type;
  if (!provisions || provisioning_.admit(replica)) room(row.cluster).add(replica);
  mailbox_.placement_due(row.cluster);
}

bool Starts::let_more_in(ClusterId cluster) {
  const std::vector<ReplicaId> admitted = provisioning_.admit_more(cluster);
  for (const ReplicaId replica : admitted) room(cluster).add(replica);
  return !admitted.empty();
}

void Starts::placed_all(ClusterId cluster) {
  provisioning_.placed_all(cluster);
  const auto next = room(cluster).next_try();
  if (next && std::exchange(looks_again_[index(cluster)], *next) != *next)
    hands_.agenda.at(*next, EcsPlacementDue{cluster});
  if (!has_launch_type_jobs_[index(cluster)]) return;
  std::vector<ReplicaId> failed;
  for (const WaitingRoom::Group* group : room(cluster).groups())
    if (waits_for_no_room(hands_.world, hands_.world[group->revision].service))
      failed.insert(failed.end(), group->waiting.begin(), group->waiting.end());
  for (const ReplicaId r : failed) {
    if (!hands_.world.still_waits(r)) continue;  // it ended with its gang
    hands_.world.publish(RunTaskFailed{hands_.world[r].service, r, hands_.world[r].main_reason});
    hands_.replicas.stop(r, StopReason::no_capacity);
  }
}

/// One that a new revision has cut short ends nothing.
void Starts::on(const StartDelayOver& e) {
  end_delays(e.service, [&](const Delayed& d) { return hands_.world.now() >= d.until; });
}

void Starts::on(const ProvisioningDue& e) {
  for (const ReplicaId late : provisioning_.begin(e))
    if (hands_.world.still_waits(late)) hands_.replicas.stop(late, StopReason::no_capacity);
}

/// Counted as those that are missing when the delay begins.
void Starts::delay(const StartDelayed& delayed) {
  const ServiceRow& row = hands_.world[delayed.service];
  const std::int64_t missing = std::max<std::int64_t>(row.desired - wanted_count(row), 1);  // 1: of a roll-out
  std::vector<Delayed>& all = delayed_[index(delayed.service)];
  if (std::any_of(all.begin(), all.end(), [&](const Delayed& d) { return d.revision == delayed.revision; })) return;
  all.push_back({delayed.revision, static_cast<std::int32_t>(missing), delayed.until});
  hands_.world.publish(
      LimitHolds{Limit::start_failures, delayed.service, kNone<ReplicaId>, kNone<NodeId>, all.back().starts});
  hands_.agenda.at(delayed.until, StartDelayOver{delayed.service});
}

template <class IsOver>
void Starts::end_delays(ServiceId service, IsOver is_over) {
  std::vector<Delayed>& all = delayed_[index(service)];
  const auto over = std::stable_partition(all.begin(), all.end(), [&](const Delayed& d) { return !is_over(d); });
  for (auto d = over; d != all.end(); ++d)
    hands_.world.publish(LimitPasses{Limit::start_failures, service, kNone<ReplicaId>, kNone<NodeId>, d->starts});
  all.erase(over, all.end());
}

void Starts::hear(const Fact& fact, Time) {
  if (const auto* delayed = std::get_if<StartDelayed>(&fact)) delay(*delayed);
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || seen->stage != ReplicaStage::stopped) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  if (row.node == kNone<NodeId> && provisioning_.anybody_outside(row.cluster)) mailbox_.placement_due(row.cluster);
}

Placement place_on_only_node(const World& world, const ReplicaRow& replica, const Ask& ask, const ClusterView& view) {
  Placement answer;
  answer.main = WaitReason::not_ready;
  if (!world.nodes().has(replica.only_node) || world[replica.only_node].position == ~0u) return answer;
  const std::uint32_t position = world[replica.only_node].position;
  if (const auto why = refusal(view, ask, position)) {
    answer.main = *why;
    answer.refused[static_cast<std::size_t>(*why)] = 1;
  } else {
    answer.position = position;
  }
  return answer;
}

}  // namespace berth
