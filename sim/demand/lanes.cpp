// How lanes meet the world: targets come and go by facts, CPU is settled at the end of every slice.
#include "sim/demand/lanes.hpp"

#include <algorithm>

namespace berth {
namespace {

std::int64_t nanoseconds(Duration d) { return d.count() * 1000; }

LaneSpec lane_spec(const WorkloadSpec& workload) {
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
  spec.balancing = demand.least_outstanding ? Balancing::least_outstanding : Balancing::round_robin;
  return spec;
}

std::shared_ptr<const LoadSeries> shared_part(const std::shared_ptr<const LoadSeries>& series, double share) {
  if (share == 1) return series;
  LoadSeries part = *series;
  for (double& v : part.values) v *= share;
  return std::make_shared<const LoadSeries>(std::move(part));
}

}  // namespace

Lanes::Lanes(World& world, const Traces& traces)
    : world_(world), lanes_(world.service_count()), by_service_(world.service_count()), by_pool_(world.pool_count()) {
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const WorkloadSpec& spec = *world[ServiceId{static_cast<std::uint32_t>(s)}].spec;
    if (!spec.demand || spec.demand->trace.empty()) continue;
    const auto trace = traces.find(spec.demand->trace);
    SIM_CHECK_SAY(trace != traces.end(), spec.demand->trace);
    Arrivals arrivals{shared_part(trace->second, spec.demand->share), world.spec().seed, spec.name};
    lanes_[s] = std::make_unique<RequestLane>(lane_spec(spec), world.spec().seed, std::move(arrivals));
  }
  // Neighbours on a node slow each other down: their shares are settled every second. A Fargate task has its
  // allotment for itself: there the metric period is fine enough.
  bool shared_nodes = false;
  for (std::size_t p = 0; p < world.pool_count(); ++p)
    shared_nodes = shared_nodes || world[PoolId{static_cast<std::uint32_t>(p)}].spec->launch == Launch::ec2;
  slice_ = shared_nodes ? Duration{1s} : from_seconds(world.catalog().constant("hpa.metric_resolution_s"));
}

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
    if (has(service) && lane(service).has_target(f->target)) lane(service).drain_target(f->target, at);
  } else if (const auto* f = std::get_if<TargetLost>(&fact)) {
    lose(f->target, at);
  } else if (const auto* f = std::get_if<TargetGone>(&fact)) {
    remove(f->target, at);
  } else if (const auto* f = std::get_if<ReplicaMoved>(&fact)) {
    const ReplicaRow& row = world_[f->replica];
    if (world_[row.service].spec->kind != WorkloadKind::job) return;
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
  serving.node = replica.node;
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
  serving.allotment = node.fargate ? serving.limit : std::min(serving.limit, serving.request);
  if (replica.initial) lane(row.service).add_settled_target(target, Cpu{serving.allotment}, at);
  else lane(row.service).add_target(target, Cpu{serving.allotment}, at);
  serving_.push_back(serving);
  grouped_ = false;
}

void Lanes::remove(TargetId target, Time at) {
  const ServiceId service = world_[target].service;
  const bool dead = world_[target].state == TargetState::dead;
  if (dead ? has(service) : leave(target, at)) lane(service).remove_target(target, at);
}

/// It works no more, and the lane still sends to it.
void Lanes::lose(TargetId target, Time at) {
  if (leave(target, at)) lane(world_[target].service).lose_target(target, at);
}

/// What it has worked off is booked, and its neighbours have its CPU; false when it is in no lane.
bool Lanes::leave(TargetId target, Time at) {
  const auto known =
      std::find_if(serving_.begin(), serving_.end(), [&](const Serving& s) { return s.target == target; });
  if (known == serving_.end()) return false;
  lane(known->service).advance_to(at);
  book(*known, at - settled_);
  serving_.erase(known);
  grouped_ = false;
  return true;
}

void Lanes::settle(Time t) {
  const Duration slice = t - settled_;
  for (std::size_t s = 0; s < lanes_.size(); ++s) {
    if (lanes_[s] == nullptr) continue;
    lanes_[s]->advance_to(t);
    world_[ServiceId{static_cast<std::uint32_t>(s)}].requests_arrived = lanes_[s]->totals().arrived;
  }
  for (Serving& serving : serving_) book(serving, slice);
  for (auto& [job, since] : working_jobs_) {
    book_job(job, t);
    since = t;
  }
  settled_ = t;
  if (slice > Duration::zero()) share_nodes(t);
}

/// What the target worked off since it was looked at last goes to its replica, node, service and pool.
void Lanes::book(Serving& serving, Duration slice) {
  const TargetTotals totals = lane(serving.service).target_totals(serving.target);
  const std::int64_t used = totals.cpu_used - serving.used;
  serving.used = totals.cpu_used;
  by_service_[index(serving.service)].used += used;
  by_service_[index(serving.service)].demanded += totals.cpu_arrived - serving.demanded;
  serving.demanded = totals.cpu_arrived;
  by_pool_[index(serving.pool)] += used;
  ReplicaRow& replica = world_[serving.replica];
  replica.cpu_used_ns += used;
  world_[replica.node].cpu_used_ns += used;
  const std::int64_t length = std::max<std::int64_t>(nanoseconds(slice), 1);
  serving.rate = static_cast<std::int64_t>(static_cast<__int128>(used) * kVcpu.count() / length);
}

void Lanes::book_job(ReplicaId job, Time t) {
  const ReplicaRow& row = world_[job];
  const Duration worked = t - working_jobs_.at(job);
  const Cpu cores = world_[row.revision].cpu;
  const auto used =
      static_cast<std::int64_t>(static_cast<__int128>(nanoseconds(worked)) * cores.count() / kVcpu.count());
  by_service_[index(row.service)].used += used;
  by_service_[index(row.service)].demanded += used;
  by_pool_[index(row.pool)] += used;
  world_[job].cpu_used_ns += used;
  world_[row.node].cpu_used_ns += used;
  working_jobs_.at(job) = t;
}

/// The allotments of the next slice. Each replica on an EC2 node may take what the others do not use, where the
/// others are safe up to the share that their requests give them (Linux CPU shares are work-conserving). Within one
/// slice several can be lent the same idle CPU: those that jump together use more than the node has until it ends.
void Lanes::share_nodes(Time t) {
  if (!grouped_) {
    std::stable_sort(serving_.begin(), serving_.end(),
                     [](const Serving& a, const Serving& b) { return a.node < b.node; });
    grouped_ = true;
  }
  for (std::size_t first = 0; first < serving_.size();) {
    std::size_t last = first;
    while (last < serving_.size() && serving_[last].node == serving_[first].node) ++last;
    if (serving_[first].node_cpu > 0) share_one_node(first, last, t);
    first = last;
  }
}

void Lanes::share_one_node(std::size_t first, std::size_t last, Time t) {
  const std::int64_t free = serving_[first].node_cpu - jobs_on(serving_[first].node);
  std::int64_t requests = 0, safe = 0;
  for (std::size_t i = first; i < last; ++i) requests += std::max<std::int64_t>(serving_[i].request, 1);
  for (std::size_t i = first; i < last; ++i) {
    Serving& s = serving_[i];
    s.share = static_cast<std::int64_t>(static_cast<__int128>(free) * std::max<std::int64_t>(s.request, 1) / requests);
    // Who used all it was given would have used more: its whole share is safe from the others.
    const bool wants_more = s.rate * 100 >= s.allotment * 98;
    s.safe = wants_more ? s.share : std::min(s.rate, s.share);
    safe += s.safe;
  }
  for (std::size_t i = first; i < last; ++i) {
    Serving& s = serving_[i];
    const std::int64_t allotment = std::min(s.limit, std::max<std::int64_t>(free - (safe - s.safe), 1));
    if (allotment == s.allotment) continue;
    s.allotment = allotment;
    lane(s.service).set_allotment(s.target, Cpu{allotment}, t);
  }
}

std::int64_t Lanes::jobs_on(NodeId node) const {
  std::int64_t grains = 0;
  for (const auto& [job, since] : working_jobs_)
    if (world_[job].node == node) grains += world_[world_[job].revision].cpu.count();
  return grains;
}

std::int64_t Lanes::cpu_used(ServiceId service) const { return by_service_[index(service)].used; }
std::int64_t Lanes::cpu_demanded(ServiceId service) const { return by_service_[index(service)].demanded; }
std::int64_t Lanes::cpu_used(PoolId pool) const { return by_pool_[index(pool)]; }
std::int64_t Lanes::cpu_used(ReplicaId replica) const { return world_[replica].cpu_used_ns; }

double Lanes::capacity_rps(ServiceId service) const {
  if (!has(service)) return 0;
  const LaneSpec& spec = lane(service).spec();
  const double per_slot = spec.service_time.mean() > 0 ? 1e9 / spec.service_time.mean() : 0;
  double total = 0;
  for (const Serving& s : serving_) {
    if (s.service != service || world_.targets()[s.target].state == TargetState::draining) continue;
    const double by_slots = spec.concurrency > 0 ? per_slot * static_cast<double>(spec.concurrency) : 1e18;
    const double cores = vcpus(Cpu{s.allotment});
    const double by_cpu = spec.cpu_per_request > 0 ? cores * 1e9 / static_cast<double>(spec.cpu_per_request) : 1e18;
    total += std::min(by_slots, by_cpu);
  }
  return total;
}

}  // namespace berth
