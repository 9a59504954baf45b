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
  spec.check_work = static_cast<std::int64_t>(world.catalog().constant("check.cpu_ms") * 1e6);
  const bool eks = is_eks(world, service.cluster);
  if (const auto timeout = shortest_check(workload, eks, world.catalog())) spec.check_timeout = nanoseconds(*timeout);
  spec.balancing = demand.balancing;
  spec.by_zone = service.load_balancer != kNone<LoadBalancerId> &&
                 !world.spec().load_balancers[index(service.load_balancer)].cross_zone;
  spec.retries = demand.retries;
  spec.in_cores = demand.in_cores;
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
      credits_(world),
      memory_by_service_(world.service_count()),
      memory_by_pool_(world.pool_count()),
      answered_(world.service_count() * world.spec().network.zones.size()) {
  std::vector<std::optional<LaneMember>> members(world.service_count());
  std::vector<std::shared_ptr<const LoadSeries>> flows(world.service_count());
  bool coupled = false;  // what one does within a slice matters to lives and to others
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const ServiceRow& service = world[ServiceId{static_cast<std::uint32_t>(s)}];
    const WorkloadSpec& spec = *service.spec;
    coupled = coupled || uses_cpu_to_start(spec.containers);
    if (!spec.demand) continue;
    members[s].emplace();
    members[s]->spec = lane_spec(world, service);
    if (spec.eks.node_port) go_through_nodes(members[s]->spec, world, ServiceId{static_cast<std::uint32_t>(s)});
    if (spec.demand->trace.empty()) continue;
    const auto trace = traces.find(spec.demand->trace);
    SIM_CHECK_SAY(trace != traces.end(), spec.demand->trace);
    const std::uint64_t seed = world.spec().seed;
    auto load = shared_part(trace->second, spec.demand->share, seed, spec.name);
    if (spec.demand->in_cores || is_fluid(spec.demand->fidelity, *load)) flows[s] = load;
    if (spec.demand->in_cores) continue;
    members[s]->arrivals = Arrivals{std::move(load), seed, spec.name};
  }
  make_lanes(std::move(members), flows);
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    if (lanes_[s] == nullptr) continue;
    const ServiceId service{static_cast<std::uint32_t>(s)};
    const bool remembers = world[service].spec->demand->memory_per_request > Bytes{};
    if (remembers) in_memory_.push_back(service);
    coupled = coupled || remembers || (lanes_[s]->spec().check_timeout < INT64_MAX && !lanes_[s]->is_fluid());
  }
  // Neighbours on a node slow each other down: their shares are settled every second. A Fargate task has its
  // allotment for itself: there the metric period is fine enough.
  for (std::size_t p = 0; p < world.pool_count(); ++p)
    coupled = coupled || world[PoolId{static_cast<std::uint32_t>(p)}].spec->launch == Launch::ec2;
  slice_ = coupled ? Duration{1s} : from_seconds(world.catalog().constant("hpa.metric_resolution_s"));
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
  if (const auto* f = std::get_if<NodeMoved>(&fact)) {
    if (!credits_.concern(f->node)) return;
    settle_credits(f->node, at);
    credits_.moved(f->node, f->to, at);
    return;
  }
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
  } else if (const auto* f = std::get_if<TargetFailed>(&fact)) {
    if (world_[f->target].state == TargetState::unhealthy) avoid(f->target, at);
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
  } else if (const auto* f = std::get_if<ContainerMoved>(&fact)) {
    if (f->from == ContainerStage::running) end_starts(f->replica, at, f->container);
    else if (f->to == ContainerStage::running) begin_start(f->replica, f->container, at);
  } else if (const auto* f = std::get_if<ReplicaMoved>(&fact)) {
    const ReplicaRow& row = world_[f->replica];
    if (f->to == ReplicaStage::stopped) end_starts(f->replica, at);
    if (world_[row.service].spec->kind != WorkloadKind::job) return;
    if (const auto node = node_at_.find(row.node); node != node_at_.end()) crowd_changed(node->second);
    if (f->to == ReplicaStage::warming && working_jobs_.emplace(f->replica, at).second)
      jobs_at_[row.node].push_back(f->replica);
    if (f->to < ReplicaStage::stopping || working_jobs_.count(f->replica) == 0) return;
    book_job(f->replica, at);
    working_jobs_.erase(f->replica);
    const auto there = jobs_at_.find(row.node);
    std::erase(there->second, f->replica);
    if (there->second.empty()) jobs_at_.erase(there);
  }
}

void Lanes::add(TargetId target, Time at) {
  const TargetRow& row = world_[target];
  if (!has(row.service)) return;
  catch_up(row.service);
  if (lane(row.service).has_target(target)) {  // it was unhealthy, or out of rotation
    lane(row.service).resume_target(target, at);
    return watch(row.service);
  }
  const ReplicaRow& replica = world_[row.replica];
  Serving serving = serving_on(row.replica);
  serving.target = target;
  serving.core_time = core_time(row.service, world_[replica.node]);
  const Cpu allotment = first_allotment(serving);
  const std::uint32_t place = seat(serving, allotment);
  const TargetSite site{static_cast<std::uint32_t>(index(world_[replica.node].zone)), replica.node};
  if (replica.initial) lane(row.service).add_settled_target(target, allotment, at, place, site);
  else lane(row.service).add_target(target, allotment, at, place, site);
  lane(row.service).set_core_time(target, serving.core_time);
  watched_[index(row.service)].serving.push_back(place);
  if (serving.node_cpu > 0) join(place, replica.node);
  if (const auto starting = starting_.find(row.replica); starting != starting_.end()) {
    starting->second.serving = place;
    share_replica(starting->second);
  }
  watch(row.service);
}

/// Unhealthy ones have requests while nobody is healthy, but for those of a Classic Load Balancer (World::fail).
void Lanes::avoid(TargetId target, Time at) {
  const ServiceId service = world_[target].service;
  if (!has(service) || !lane(service).has_target(target)) return;
  catch_up(service);
  const LoadBalancerId balancer = world_[service].load_balancer;
  const bool fails_open = world_.spec().load_balancers[index(balancer)].kind != LoadBalancerKind::clb;
  if (fails_open) lane(service).set_health(target, false, at);
  else lane(service).drain_target(target, at);
  watch(service);
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
  world_[serving_[*known].replica].request_memory = 0;
  if (serving_[*known].neighbours != kAlone) leave(*known);
  if (const auto starting = starting_.find(serving_[*known].replica); starting != starting_.end()) {
    starting->second.serving = kAlone;
    share_replica(starting->second);
  }
  serving_[*known].slow = false;
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
  settle_starts(t);
  if (credits_.any()) settle_credits(t);
  share_nodes(t);
  for (const ServiceId service : in_memory_) settle_memory(service, slice, t);
}

/// Over the slice that ends at `t` and is not empty, of targets to which something happened. If nothing happens in the
/// next one their rates change once more.
void Lanes::take_rates(ServiceId service, Duration slice, Time t) {
  lane(service).take_use(use_);
  for (const auto& [place, used, wanted, slow] : use_) {
    if (slow && !serving_[place].slow) slow_.push_back(place);
    serving_[place].slow = slow;
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
/// A load in cores is there also while nobody serves it.
std::int64_t Lanes::cpu_demanded(ServiceId service) const {
  const bool in_cores = has(service) && lane(service).spec().in_cores;
  return in_cores ? lane(service).cores_totals().asked : by_service_[index(service)].demanded;
}
std::int64_t Lanes::cpu_used(PoolId pool) const { return by_pool_[index(pool)]; }
std::int64_t Lanes::cpu_used(ReplicaId replica) const { return world_[replica].cpu_used_ns; }

double Lanes::capacity_rps(ServiceId service) const {
  if (!has(service) || lane(service).spec().in_cores) return 0;
  const LaneSpec& spec = lane(service).spec();
  const double held = spec.service_time.mean() + call_times_[index(service)];
  const double per_slot = held > 0 ? 1e9 / held : 0;
  double total = 0;
  for (const std::uint32_t i : watched_[index(service)].serving) {
    const Serving& s = serving_[i];
    const TargetRow& target = world_.targets()[s.target];
    if (target.state == TargetState::draining || target.state == TargetState::unhealthy) continue;
    const double by_slots = spec.concurrency > 0 ? per_slot * static_cast<double>(spec.concurrency) : 1e18;
    const double cores = vcpus(allotments_[i]);
    const double work = static_cast<double>(spec.cpu_per_request) * s.core_time;
    const double by_cpu = work > 0 ? cores * 1e9 / work : 1e18;
    total += std::min(by_slots, by_cpu);
  }
  return total;
}

}  // namespace berth
