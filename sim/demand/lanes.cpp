// How lanes meet the world: targets come and go by facts, CPU is settled at the end of every slice.
#include "sim/demand/lanes.hpp"

#include <algorithm>
#include <utility>

#include "sim/demand/fidelity.hpp"
#include "sim/demand/joint_lane.hpp"
#include "sim/demand/lane_nodes.hpp"
#include "sim/demand/part_of.hpp"

namespace berth {
namespace {

/// Thirty years and more are all the same to a run, and what is added to a moment still fits.
std::int64_t nanoseconds(Duration d) { return std::min<std::int64_t>(d.count(), 1'000'000'000'000'000) * 1000; }

LaneSpec lane_spec(const World& world, const ServiceRow& service) {
  const WorkloadSpec& workload = *service.spec;
  const DemandSpec& demand = *workload.demand;
  LaneSpec spec;
  spec.service = workload.name;
  spec.service_time = demand.service_time.in_nanoseconds();
  spec.cpu_per_request = nanoseconds(demand.cpu_per_request);
  spec.concurrency = demand.concurrency;
  spec.queue_limit = demand.queue_limit;
  spec.timeout = nanoseconds(demand.timeout);
  spec.slo = nanoseconds(demand.slo);
  spec.slow_start = nanoseconds(workload.health.slow_start);
  spec.balancing = demand.balancing;
  spec.by_zone = service.load_balancer != kNone<LoadBalancerId> &&
                 !world.spec().load_balancers[index(service.load_balancer)].cross_zone;
  spec.retries = demand.retries;
  return spec;
}

std::shared_ptr<const LoadSeries> shared_part(const std::shared_ptr<const LoadSeries>& series, double share,
                                              std::uint64_t seed, const std::string& service) {
  if (share == 1) return series;
  return std::make_shared<const LoadSeries>(part_of_load(*series, share, seed, service));
}

}  // namespace

Lanes::Lanes(World& world, const Traces& traces)
    : world_(world),
      lanes_(world.service_count()),
      watched_(world.service_count()),
      quiet_until_(world.service_count(), INT64_MAX),
      by_service_(world.service_count()),
      by_pool_(world.pool_count()),
      answered_(world.service_count() * world.spec().network.zones.size()) {
  std::vector<std::optional<LaneMember>> members(world.service_count());
  std::vector<std::shared_ptr<const LoadSeries>> flows(world.service_count());
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const ServiceRow& service = world[ServiceId{static_cast<std::uint32_t>(s)}];
    const WorkloadSpec& spec = *service.spec;
    if (!spec.demand) continue;
    members[s].emplace();
    members[s]->spec = lane_spec(world, service);
    if (spec.eks.node_port) go_through_nodes(members[s]->spec, world, ServiceId{static_cast<std::uint32_t>(s)});
    if (spec.demand->trace.empty()) continue;
    const auto trace = traces.find(spec.demand->trace);
    SIM_CHECK_SAY(trace != traces.end(), spec.demand->trace);
    const std::uint64_t seed = world.spec().seed;
    auto load = shared_part(trace->second, spec.demand->share, seed, spec.name);
    if (is_fluid(spec.demand->fidelity, *load)) flows[s] = load;
    members[s]->arrivals = Arrivals{std::move(load), seed, spec.name};
  }
  make_lanes(std::move(members), flows);
  // Neighbours on a node slow each other down: their shares are settled every second. A Fargate task has its
  // allotment for itself: there the metric period is fine enough.
  bool shared_nodes = false;
  for (std::size_t p = 0; p < world.pool_count(); ++p)
    shared_nodes = shared_nodes || world[PoolId{static_cast<std::uint32_t>(p)}].spec->launch == Launch::ec2;
  slice_ = shared_nodes ? Duration{1s} : from_seconds(world.catalog().constant("hpa.metric_resolution_s"));
}

Lanes::~Lanes() = default;

bool Lanes::has(ServiceId service) const { return lanes_[index(service)] != nullptr; }

RequestLane& Lanes::lane(ServiceId service) {
  SIM_CHECK(has(service));
  return *lanes_[index(service)];
}

const RequestLane& Lanes::lane(ServiceId service) const {
  SIM_CHECK(has(service));
  return *lanes_[index(service)];
}

void Lanes::hear(const Fact& fact, Time at) {
  if (const auto* f = std::get_if<TargetServes>(&fact)) {
    add(f->target, at);
  } else if (const auto* f = std::get_if<TargetDrains>(&fact)) {
    const ServiceId service = world_[f->target].service;
    if (!has(service) || !lane(service).has_target(f->target)) return;
    catch_up(service);
    const bool ends = world_[world_[f->target].replica].stage == ReplicaStage::stopping;
    if (ends) lane(service).end_target(f->target, at);
    else lane(service).drain_target(f->target, at);
    watch(service);
  } else if (const auto* f = std::get_if<TargetLost>(&fact)) {
    lose(f->target, at);
  } else if (const auto* f = std::get_if<TargetGone>(&fact)) {
    remove(f->target, at);
  } else if (const auto* f = std::get_if<FaultStruck>(&fact)) {
    const FaultSpec& spec = world_.spec().faults[f->fault];
    if (spec.kind != FaultKind::slow_down) return;
    slow_downs_.push_back(f->fault);
    set_pace(spec, at);
  } else if (const auto* f = std::get_if<FaultEnded>(&fact)) {
    const auto under_way = std::find(slow_downs_.begin(), slow_downs_.end(), f->fault);
    if (under_way == slow_downs_.end()) return;
    slow_downs_.erase(under_way);
    set_pace(world_.spec().faults[f->fault], at);
  } else if (hear_of_nodes(fact, at)) {
    return;
  } else if (const auto* f = std::get_if<ReplicaMoved>(&fact)) {
    const ReplicaRow& row = world_[f->replica];
    if (world_[row.service].spec->kind != WorkloadKind::job) return;
    if (const auto node = node_at_.find(row.node); node != node_at_.end()) crowd_changed(node->second);
    if (f->to == ReplicaStage::warming) working_jobs_[f->replica] = at;
    if (f->to < ReplicaStage::stopping || working_jobs_.count(f->replica) == 0) return;
    book_job(f->replica, at);
    working_jobs_.erase(f->replica);
  }
}

void Lanes::add(TargetId target, Time at) {
  const TargetRow& row = world_[target];
  if (!has(row.service)) return;
  const ReplicaRow& replica = world_[row.replica];
  Serving serving;
  serving.target = target;
  serving.replica = row.replica;
  serving.service = row.service;
  serving.pool = replica.pool;
  const RevisionRow& revision = world_[replica.revision];
  const NodeRow& node = world_[replica.node];
  serving.request = revision.cpu.count();
  serving.limit = revision.cpu_limit ? revision.cpu_limit->count() : node.cpu_allocatable.count();
  if (node.fargate) {
    serving.limit = std::min(serving.limit, node.cpu_allocatable.count());
  } else {
    serving.node_cpu = world_.catalog().instances()[node.type].vcpu * kVcpu.count();
    serving.limit = revision.cpu_limit ? serving.limit : serving.node_cpu;
  }
  const Cpu allotment{node.fargate ? serving.limit : std::min(serving.limit, serving.request)};
  catch_up(row.service);
  const std::uint32_t place = seat(serving, allotment);
  const TargetSite site{static_cast<std::uint32_t>(index(node.zone)), replica.node};
  if (replica.initial) lane(row.service).add_settled_target(target, allotment, at, place, site);
  else lane(row.service).add_target(target, allotment, at, place, site);
  watched_[index(row.service)].serving.push_back(place);
  if (serving.node_cpu > 0) join(place, replica.node);
  watch(row.service);
}

std::uint32_t Lanes::seat(const Serving& serving, Cpu allotment) {
  if (free_serving_.empty()) {
    serving_.push_back(serving);
    allotments_.push_back(allotment);
    return static_cast<std::uint32_t>(serving_.size() - 1);
  }
  const std::uint32_t place = free_serving_.back();
  free_serving_.pop_back();
  serving_[place] = serving;
  allotments_[place] = allotment;
  return place;
}

void Lanes::remove(TargetId target, Time at) {
  const ServiceId service = world_[target].service;
  const bool dead = world_[target].state == TargetState::dead;
  if (dead ? !has(service) : !take_out(target, at)) return;
  if (dead) catch_up(service);
  lane(service).remove_target(target, at);
  watch(service);
}

/// It works no more, and the lane still sends to it.
void Lanes::lose(TargetId target, Time at) {
  const ServiceId service = world_[target].service;
  if (!take_out(target, at)) return;
  lane(service).lose_target(target, at);
  watch(service);
}

/// What it has worked off is booked, and its neighbours have its CPU; false when it is in no lane.
bool Lanes::take_out(TargetId target, Time at) {
  const ServiceId service = world_[target].service;
  std::vector<std::uint32_t>& of_lane = watched_[index(service)].serving;
  const auto known =
      std::find_if(of_lane.begin(), of_lane.end(), [&](std::uint32_t i) { return serving_[i].target == target; });
  if (known == of_lane.end()) return false;
  catch_up(service);
  lane(service).advance_to(at);
  book(serving_[*known]);
  world_[serving_[*known].replica].in_flight = 0;
  if (serving_[*known].neighbours != kAlone) leave(*known);
  free_serving_.push_back(*known);
  of_lane.erase(known);
  return true;
}

/// In slices that it was left out of nothing changed: its rates stood, and are told from the last one on. So for all
/// who go ahead with it.
void Lanes::catch_up(ServiceId service) {
  for (const ServiceId mate : mates_[index(service)]) {
    Watch& watched = watched_[index(mate)];
    if (watched.marked >= settled_) continue;
    lane(mate).mark(settled_);
    watched.marked = settled_;
  }
}

/// Something was changed from outside. Mates are due together.
void Lanes::watch(ServiceId service) {
  const std::vector<ServiceId>& mates = mates_[index(service)];
  const bool stirred = std::any_of(mates.begin(), mates.end(), [&](ServiceId mate) { return lane(mate).is_stirred(); });
  for (const ServiceId mate : mates) quiet_until_[index(mate)] = stirred ? 0 : lane(mate).quiet_until();
}

void Lanes::end_slice(Time t) {
  if (t > settled_) advance(t, false);
}

void Lanes::settle(Time t) {
  advance(t, true);
  for (auto& [job, since] : working_jobs_) {
    book_job(job, t);
    since = t;
  }
}

void Lanes::advance(Time t, bool all) {
  const Duration slice = t - settled_;
  const std::int64_t end = nanoseconds(t.time_since_epoch());
  for (std::uint32_t s = 0; s < quiet_until_.size(); ++s) {
    const bool rates_may_change = quiet_until_[s] < end;
    if ((!rates_may_change && !all) || lanes_[s] == nullptr) continue;
    const ServiceId service{s};
    if (rates_may_change) catch_up(service);
    lanes_[s]->advance_to(t);
    world_[service].requests_arrived = lanes_[s]->totals().attempts();
    if (all) book(service);
    if (!rates_may_change || slice == Duration::zero()) continue;
    take_rates(service, slice, t);
    watched_[s].marked = t;
    quiet_until_[s] = lanes_[s]->quiet_until();
  }
  settled_ = t;
  if (slice == Duration::zero()) return;
  settle_rates(t);
  share_nodes(t);
}

/// Over the slice that ends at `t` and is not empty, of targets to which something happened. If nothing happens in the
/// next one their rates change once more.
void Lanes::take_rates(ServiceId service, Duration slice, Time t) {
  lane(service).take_use(use_);
  for (const auto& [place, used, wanted] : use_) {
    serving_[place].wanted = wanted;
    serving_[place].told = t;
    set_rate(place, part_of(used, kVcpu.count(), nanoseconds(slice)));
    if (steady_rate(place) != serving_[place].rate) settling_.push_back(place);
  }
}

/// Those to which nothing happened in the slice that ends at `t`.
void Lanes::settle_rates(Time t) {
  for (const std::uint32_t place : due_rates_)
    if (serving_[place].told != t) set_rate(place, steady_rate(place));
  due_rates_.clear();
  due_rates_.swap(settling_);
}

void Lanes::set_rate(std::uint32_t place, std::int64_t rate) {
  if (rate == serving_[place].rate) return;
  serving_[place].rate = rate;
  reconsider(place);
}

std::int64_t Lanes::steady_rate(std::uint32_t place) const {
  return std::min(serving_[place].wanted, allotments_[place].count());
}

void Lanes::book(ServiceId service) {
  for (const std::uint32_t i : watched_[index(service)].serving) book(serving_[i]);
}

/// What the target worked off since it was booked last goes to its replica, node, service and pool.
void Lanes::book(Serving& serving) {
  const TargetTotals totals = lane(serving.service).target_totals(serving.target);
  const std::int64_t used = totals.cpu_used - serving.used;
  serving.used = totals.cpu_used;
  by_service_[index(serving.service)].used += used;
  by_service_[index(serving.service)].demanded += totals.cpu_arrived - serving.demanded;
  serving.demanded = totals.cpu_arrived;
  by_pool_[index(serving.pool)] += used;
  ReplicaRow& replica = world_[serving.replica];
  replica.cpu_used_ns += used;
  replica.requests_answered += totals.answered - serving.answered;
  const std::size_t zones = world_.spec().network.zones.size();
  answered_[index(serving.service) * zones + static_cast<std::size_t>(world_[replica.node].zone)] +=
      totals.answered - serving.answered;
  replica.in_flight = totals.outstanding;
  serving.answered = totals.answered;
  world_[replica.node].cpu_used_ns += used;
}

void Lanes::book_job(ReplicaId job, Time t) {
  const ReplicaRow& row = world_[job];
  const Duration worked = t - working_jobs_.at(job);
  const Cpu cores = world_[row.revision].cpu;
  const std::int64_t used = part_of(nanoseconds(worked), cores.count(), kVcpu.count());
  by_service_[index(row.service)].used += used;
  by_service_[index(row.service)].demanded += used;
  by_pool_[index(row.pool)] += used;
  world_[job].cpu_used_ns += used;
  world_[row.node].cpu_used_ns += used;
  working_jobs_.at(job) = t;
}

void Lanes::check_everything() const {
  for (const auto& lane : lanes_)
    if (lane) lane->check();
  for (const auto& external : externals_)
    if (external) external->check();
}

std::int64_t Lanes::answered(ServiceId service, ZoneId zone) const {
  return answered_[index(service) * world_.spec().network.zones.size() + static_cast<std::size_t>(zone)];
}
std::int64_t Lanes::cpu_used(ServiceId service) const { return by_service_[index(service)].used; }
std::int64_t Lanes::cpu_demanded(ServiceId service) const { return by_service_[index(service)].demanded; }
std::int64_t Lanes::cpu_used(PoolId pool) const { return by_pool_[index(pool)]; }
std::int64_t Lanes::cpu_used(ReplicaId replica) const { return world_[replica].cpu_used_ns; }

double Lanes::capacity_rps(ServiceId service) const {
  if (!has(service)) return 0;
  const LaneSpec& spec = lane(service).spec();
  const double held = spec.service_time.mean() + call_times_[index(service)];
  const double per_slot = held > 0 ? 1e9 / held : 0;
  double total = 0;
  for (const std::uint32_t i : watched_[index(service)].serving) {
    const Serving& s = serving_[i];
    if (world_.targets()[s.target].state == TargetState::draining) continue;
    const double by_slots = spec.concurrency > 0 ? per_slot * static_cast<double>(spec.concurrency) : 1e18;
    const double cores = vcpus(allotments_[i]);
    const double by_cpu = spec.cpu_per_request > 0 ? cores * 1e9 / static_cast<double>(spec.cpu_per_request) : 1e18;
    total += std::min(by_slots, by_cpu);
  }
  return total;
}

}  // namespace berth
