#include "sim/observe/metering.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "sim/observe/columns.hpp"
#include "sim/observe/summary.hpp"
#include "sim/observe/volume_metering.hpp"

namespace berth {

Metering::Metering(const World& world, const Lanes& lanes, const NodeShares& shares, const std::string& folder)
    : world_(world),
      lanes_(lanes),
      shares_(shares),
      network_(world),
      hops_(world),
      versions_(world.cluster_count()),
      seen_(world.service_count()),
      seen_clients_(world.service_count()),
      calls_(world, lanes),
      routes_(world),
      logs_(world, lanes),
      usage_file_(open_results(folder, world.spec(), "usage")),
      cost_file_(open_results(folder, world.spec(), "cost")) {
  check_prices(world.spec(), world.catalog());
  for (std::size_t c = 0; c < versions_.size(); ++c)
    versions_[c].emplace_back(Time{}, world[ClusterId{static_cast<std::uint32_t>(c)}].version);
}

void Metering::hear(const Fact& fact, Time at) {
  hops_.hear(fact);
  if (const auto* node = std::get_if<NodeMoved>(&fact)) {
    const NodeRow& row = world_[node->node];
    const NodeBill bill = node_bill(world_, row, node->from);
    if (bill != node_bill(world_, row, node->to)) book(row, bill, at);
  } else if (const auto* moved = std::get_if<ReplicaMoved>(&fact)) {
    if (moved->to == ReplicaStage::stopped) book(world_[moved->replica], at);
  } else if (const auto* volumes = std::get_if<VolumesMoved>(&fact)) {
    if (volumes->to == VolumeStage::deleted) book(world_[volumes->volumes], at);
  } else if (const auto* upgraded = std::get_if<ControlPlaneUpgraded>(&fact)) {
    versions_[index(upgraded->cluster)].emplace_back(at, upgraded->to);
  } else if (const auto* layer = std::get_if<LayerTransferred>(&fact)) {
    for (const NetworkUsage& used : network_.of(*layer))
      ledger_.add(used.sku, owned(used.resource, {"", "", "shared", {}}), hour_of(at), used.quantity);
  }
}

void Metering::sample(Time from, Time) {
  if (lanes_.credits().any()) book_surplus(lanes_.credits().charges(false), from);
  sample_calls(from);
  sample_balancers(from);
  sample_logs(from);
}

/// Calls have been taken before. Those that go past it are not the load balancer's.
void Metering::sample_balancers(Time from) {
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceRow& service = world_[ServiceId{i}];
    if (!lanes_.has(ServiceId{i}) || service.load_balancer == kNone<LoadBalancerId>) continue;
    const DemandSpec& demand = *service.spec->demand;
    const LaneTotals now = lanes_.lane(ServiceId{i}).totals();
    const BytesOfCalls all =
        bytes_of(demand, now.attempts() - seen_[i].attempts(), now.ok - seen_[i].ok, calls_.beyond_own(ServiceId{i}));
    const BytesOfCalls past = calls_.direct_to(ServiceId{i});
    const std::int64_t bytes = all.in - past.in + all.out - past.out;
    BalancedTraffic& traffic = balanced_[{service.load_balancer, hour_of(from)}];
    traffic.requests += all.requests - past.requests;
    traffic.bytes = counted(__int128{traffic.bytes} + bytes);
    const std::string& cluster = service.spec->cluster;
    const std::string name = billed_service(world_, ServiceId{i});
    const CostOwner owner{cluster, "", name, {}};
    const std::int64_t to_clients = lanes_.lane(ServiceId{i}).client_totals().ok;  // callers are in the network
    const LoadBalancerSpec& balancer = world_.spec().load_balancers[index(service.load_balancer)];
    if (!balancer.internal)
      ledger_.add("egress:gb", owned(cluster + "/*/" + name, owner), hour_of(from),
                  counted_product(to_clients - seen_clients_[i], demand.response_bytes.count()));
    if (const std::int64_t crossed = hops_.between_zones(ServiceId{i}, bytes); crossed > 0)
      ledger_.add(kBetweenZones, owned(cluster + "/node ports/" + name, owner), hour_of(from), 2 * crossed);
    if (const std::int64_t crossed = hops_.from_balancer(ServiceId{i}, bytes); crossed > 0)
      ledger_.add(kBetweenZones, owned(cluster + "/targets/" + name, owner), hour_of(from), 2 * crossed);
    seen_[i] = now;
    seen_clients_[i] = to_clients;
  }
}

/// A caller pays its way to other services; externals are all callers'.
void Metering::sample_calls(Time from) {
  for (const CallPart& part : calls_.take()) {
    const std::string name = billed_service(world_, part.caller);
    const CostOwner owner = part.external != nullptr ? CostOwner{"", "", "shared", {}}
                                                     : CostOwner{world_[part.caller].spec->cluster, "", name, {}};
    for (const NetworkUsage& used : routes_.usage_of(part))
      ledger_.add(used.sku, owned(used.resource, owner), hour_of(from), used.quantity);
  }
}

void Metering::sample_logs(Time from) {
  for (const LogPart& part : logs_.take()) {
    const std::string& cluster = world_[part.service].spec->cluster;
    const std::string name = billed_service(world_, part.service);
    const std::string& resource = owned(cluster + "/logs/" + name, {cluster, "", name, {}});
    ledger_.add(kLogsIngested, resource, hour_of(from), part.bytes);
    for (const NetworkUsage& used : routes_.usage_of_logs(part.zone, part.bytes))
      ledger_.add(used.sku, resource, hour_of(from), used.quantity);
  }
}

void Metering::finish(Time end, Summary& summary) {
  book_alive(end);
  if (end > Time{}) book_surplus(lanes_.credits().charges(true), end - Duration{1});
  book_fixed(end);
  book_file_systems(end);
  book_traffic();
  const PriceOf price_of = [this](std::string_view sku) -> const Price& { return world_.catalog().price(sku); };
  const std::vector<UsageRow> usage = ledger_.rows();
  for (const UsageRow& r : usage) {
    CsvRow& row = usage_file_->row();
    row.text(r.sku).text(r.resource).text(iso8601(Instant{std::chrono::hours{r.hour}}));
    row.whole(r.quantity).text(price_of(r.sku).smallest).end();
  }
  usage_file_->close();
  if (end <= Time{}) {  // nothing was metered, and there is no pace to tell a month from
    cost_file_->close();
    return;
  }
  const auto bill = rate(usage, price_of, {world_.spec().start, end.time_since_epoch()});
  write_cost(allocate(bill, owners_, shares_, world_, end), price_of,
             seconds(end.time_since_epoch()) >= kShortestPacedRun_s, *cost_file_);
  cost_file_->close();
  summary.costs = cost_figures(bill);
  for (const CostFigure& figure : summary.costs) {
    summary.run += figure.run;
    summary.day += figure.day;
    summary.month += figure.month;
  }
}

void Metering::book(const NodeRow& node, NodeBill bill, Time until) {
  if (bill == NodeBill::nothing) return;
  const std::string& cluster = world_[node.cluster].spec->name;
  const std::string& pool = world_.name(node.pool);
  const std::string& resource = owned(cluster + "/" + pool, {cluster, pool, "", node.pool});
  const BilledSeconds time = billed_node(world_, node, bill, until);
  for (const Meter& m : meters_of(world_, node, bill)) ledger_.add(m.sku, resource, time, m.per_second);
}

void Metering::book(const ReplicaRow& replica, Time until) {
  if (!on_fargate(world_, replica) || billed_from(replica) == kNever) return;
  const std::string& cluster = world_[replica.cluster].spec->name;
  const std::string& pool = world_.name(replica.pool);
  const std::string service = billed_service(world_, replica.service);
  const std::string& resource = owned(cluster + "/" + pool + "/" + service, {cluster, pool, service, {}});
  const BilledSeconds time = billed_replica(world_, replica, until);
  for (const Meter& m : meters_of(world_, replica)) ledger_.add(m.sku, resource, time, m.per_second);
}

void Metering::book(const VolumeSetRow& volumes, Time until) {
  const BilledSeconds time = billed_volumes(world_, volumes, until);
  for (const Meter& m : meters_of(world_, volumes)) ledger_.add(m.sku, disks_of(volumes.service), time, m.per_second);
}

void Metering::book_file_systems(Time end) {
  for (std::uint32_t i = 0; i < world_.service_count(); ++i)
    for (const EfsSpec& efs : world_[ServiceId{i}].spec->volumes.efs)
      for (const Meter& m : meters_of(efs)) book_while_it_runs(m.sku, disks_of(ServiceId{i}), m.per_second, end);
}

/// Volumes are no pool's: a replica may have had them in one and its next life in another.
const std::string& Metering::disks_of(ServiceId service) {
  const std::string& cluster = world_[service].spec->cluster;
  const std::string name = billed_service(world_, service);
  return owned(cluster + "/volumes/" + name, {cluster, "", name, {}});
}

void Metering::book_while_it_runs(const std::string& sku, const std::string& resource, std::int64_t how_many,
                                  Time end) {
  ledger_.add(sku, resource, billed_seconds(in_utc(world_, Time{}), in_utc(world_, end), 0), how_many);
}

void Metering::book_alive(Time end) {
  world_.nodes().for_each([&](NodeId, const NodeRow& row) { book(row, node_bill(world_, row, row.stage), end); });
  world_.replicas().for_each([&](ReplicaId, const ReplicaRow& row) {
    if (row.stage != ReplicaStage::stopped) book(row, end);
  });
  world_.volumes().for_each([&](VolumeSetId, const VolumeSetRow& row) { book(row, end); });
}

void Metering::book_fixed(Time end) {
  const RunSpec& spec = world_.spec();
  for (std::size_t c = 0; c < world_.cluster_count(); ++c)
    if (const ClusterId cluster{static_cast<std::uint32_t>(c)}; is_eks(world_, cluster))
      book_control_plane(cluster, end);
  const CostOwner shared{"", "", "shared", {}};
  for (const LoadBalancerSpec& balancer : spec.load_balancers) {
    const std::string& resource = owned("load balancer " + balancer.name, shared);
    book_while_it_runs(std::string(sku_prefix(balancer.kind)) + ":hour", resource, 1, end);
    const std::size_t zones = balancer.zones.empty() ? spec.network.zones.size() : balancer.zones.size();
    if (!balancer.internal) book_while_it_runs("ipv4:hour", resource, static_cast<std::int64_t>(zones), end);
  }
  for (const NetworkUsage& there : standing(spec.network))
    book_while_it_runs(there.sku, owned(there.resource, shared), there.quantity, end);
}

/// Extended support is billed from the beginning of the day on which standard support ends (EKS user guide, release
/// calendar), unless EKS upgrades the cluster then: who chose standard support never pays it. A tier comes on top of
/// either.
void Metering::book_control_plane(ClusterId cluster, Time end) {
  const ClusterSpec& spec = *world_[cluster].spec;
  const std::string& resource = owned(spec.name, {spec.name, "", "shared", {}});
  const auto& versions = versions_[index(cluster)];
  const bool standard = spec.kubernetes.support == SupportPolicy::standard;
  for (std::size_t v = 0; v < versions.size(); ++v) {
    const Time from = versions[v].first, until = v + 1 < versions.size() ? versions[v + 1].first : end;
    const EksVersion* version = world_.catalog().eks_version(versions[v].second);
    const Time dearer = version == nullptr || standard ? until : Time{version->standard_end - world_.calendar(Time{})};
    const Time boundary = std::clamp(dearer, from, until);
    book_between("eks:cluster", resource, from, boundary);
    book_between("eks:cluster:extended", resource, boundary, until);
  }
  if (!spec.kubernetes.tier.empty()) book_while_it_runs("eks:provisioned:" + spec.kubernetes.tier, resource, 1, end);
}

/// Whole seconds: what follows begins where it ends.
void Metering::book_between(const std::string& sku, const std::string& resource, Time from, Time until) {
  const auto whole = [&](Time t) { return std::chrono::ceil<std::chrono::seconds>(in_utc(world_, t)); };
  if (whole(until) > whole(from)) ledger_.add(sku, resource, billed_seconds(whole(from), whole(until), 0), 1);
}

/// Surplus CPU credits; those that are still owed at the end as if the instances ended then.
void Metering::book_surplus(const CpuCredits::Charges& charges, Time at) {
  for (const auto& [key, nanoseconds] : charges) {
    const auto& [pool, sku] = key;
    const std::string& cluster = world_[world_[pool].cluster].spec->name;
    const std::string& name = world_.name(pool);
    const std::int64_t all = nanoseconds / 1'000'000;
    const std::int64_t before = std::exchange(charged_[key], all);
    ledger_.add(sku, owned(cluster + "/" + name, {cluster, name, "", pool}), hour_of(at), all - before);
  }
}

void Metering::book_traffic() {
  for (const auto& [key, traffic] : balanced_) {
    const LoadBalancerSpec& balancer = world_.spec().load_balancers[index(key.first)];
    const std::string& resource = owned("load balancer " + balancer.name, {"", "", "shared", {}});
    if (balancer.kind == LoadBalancerKind::clb) {
      ledger_.add("clb:gb", resource, key.second, traffic.bytes);
    } else {
      ledger_.add(std::string(sku_prefix(balancer.kind)) + ":lcu", resource, key.second,
                  micro_capacity_units(balancer, traffic, world_.catalog()));
    }
  }
}

std::int64_t Metering::hour_of(Time t) const {
  return std::chrono::floor<std::chrono::hours>(in_utc(world_, t)).time_since_epoch().count();
}

const std::string& Metering::owned(std::string resource, CostOwner owner) {
  return owners_.try_emplace(std::move(resource), std::move(owner)).first->first;
}

std::vector<Assumption> billing_assumptions(const RunSpec& spec, const Catalog& catalog) {
  std::vector<Assumption> rows;
  const auto add = [&](const char* subject, std::string assumed, const char* why, const char* knob) {
    rows.push_back({subject, std::move(assumed), why, knob});
  };
  add("bill", "the month goes on like the run: usage is scaled to the calendar month of the start date, then priced",
      "a run is shorter than a month", "/duration");
  add("bill", "price tiers begin at the first", "what the account used before the run is not known",
      "/account/discounts");
  add("bill", "list prices without commitments and discounts", "none are simulated", "/account/commitments");
  add("bill", "an EC2 node costs from launch until it shuts down; stopped in a warm pool it costs its disk",
      "AWS does not bill the shutting-down and stopped states", "");
  add("bill", "shared EC2 nodes are paid by the larger of a replica's CPU and memory share; the rest is idle",
      "AWS bills nodes, not replicas", "");
  for (Assumption& row : balancer_assumptions(spec, catalog)) rows.push_back(std::move(row));
  if (std::any_of(spec.workloads.begin(), spec.workloads.end(), hops_between_nodes) && spec.network.zones.size() > 1)
    add("load balancers", "what goes from a node on to a pod in another zone is billed in both directions",
        "it is traffic between instances", "/services/*/eks/external_traffic_policy");
  for (Assumption& row : network_assumptions(spec)) rows.push_back(std::move(row));
  return rows;
}

}  // namespace berth
