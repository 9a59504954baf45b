// Building the world of a run, and the names and views of what is in it.
#include "sim/world/world.hpp"

#include <algorithm>
#include <utility>

#include "sim/world/kube_reserved.hpp"
#include "sim/world/max_pods.hpp"
#include "sim/world/node_labels.hpp"
#include "sim/world/replica_size.hpp"

namespace berth {
namespace {

LayerId layer_named(std::vector<LayerRow>& layers, const LayerSpec& spec) {
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (layers[i].name == spec.name) return LayerId{static_cast<std::uint32_t>(i)};
  layers.push_back({spec.name, spec.compressed, spec.unpacked, spec.compression});
  return LayerId{static_cast<std::uint32_t>(layers.size() - 1)};
}

template <class Named>
std::size_t position_of(const std::vector<Named>& named, const std::string& name) {
  const auto at = std::find_if(named.begin(), named.end(), [&](const Named& n) { return n.name == name; });
  SIM_CHECK_SAY(at != named.end(), name);
  return static_cast<std::size_t>(at - named.begin());
}

/// Init containers are a task's dependencies: whoever comes after them waits for them (ECS knows no other form).
/// A sidecar that is checked lets the next one start when it is healthy, as a pod's startup probe would.
std::vector<std::vector<StartCondition>> start_conditions_of(const std::vector<ContainerSpec>& containers) {
  std::vector<std::vector<StartCondition>> all(containers.size());
  for (std::size_t i = 0; i < containers.size(); ++i) {
    for (const DependencySpec& d : containers[i].depends_on)
      all[i].push_back({static_cast<ContainerIndex>(position_of(containers, d.on)), d.condition});
    for (std::size_t on = 0; on < containers.size(); ++on) {
      if (!containers[on].init || on == i || (containers[i].init && on > i)) continue;
      const Condition condition = runs_to_its_end(containers[on]) ? Condition::success
                                  : containers[on].health_check   ? Condition::healthy
                                                                  : Condition::start;
      all[i].push_back({static_cast<ContainerIndex>(on), condition});
    }
  }
  return all;
}

std::vector<ImageId> images_named(const std::vector<ImageSpec>& images, const std::vector<std::string>& names) {
  std::vector<ImageId> found;
  for (const std::string& name : names)
    for (std::size_t i = 0; i < images.size(); ++i)
      if (images[i].name == name) found.push_back(ImageId{static_cast<std::uint32_t>(i)});
  return found;
}

/// On demand first where a pool buys both ways.
std::vector<bool> purchase_options(const PoolSpec& pool) {
  if (pool.spot) return {true};
  return pool.buys_spot ? std::vector<bool>{false, true} : std::vector<bool>{false};
}

std::span<const std::uint16_t> classes_in_zones(const PoolRow& pool, std::uint16_t type, bool spot, std::size_t zones) {
  const auto at = static_cast<std::size_t>(std::find(pool.types.begin(), pool.types.end(), type) - pool.types.begin());
  SIM_CHECK(at < pool.types.size());
  const bool second = spot && purchase_options(*pool.spec).size() > 1;
  return {pool.classes.data() + ((second ? pool.types.size() : 0) + at) * zones, zones};
}

/// An hour's, as models/prices.json has it.
Usd price_of(const InstanceType& type, bool spot) {
  const Usd on_demand = type.usd_hour.value_or(Usd{});
  if (!spot || !type.spot_saving_pct) return on_demand;
  return scaled(on_demand, 100 - static_cast<std::int64_t>(*type.spot_saving_pct), 100);
}

/// Kubernetes deals nothing out: kube-scheduler takes any of the nodes, and where one is to be launched Karpenter's
/// weights, or the expander, decide. Only shares that somebody wrote are kept, and those with Fargate, which is a
/// profile.
bool takes_any_pool(const std::vector<PoolRow>& all, const ServiceRow& service) {
  const std::vector<PoolShare>& shares = service.spec->pools;
  return shares.size() > 1 &&
         std::all_of(shares.begin(), shares.end(),
                     [](const PoolShare& s) { return s.base == 0 && s.weight == 1 && !s.wait; }) &&
         std::all_of(service.pools.begin(), service.pools.end(),
                     [&](PoolId pool) { return all[index(pool)].spec->launch == Launch::ec2; });
}

/// Where a node may be launched comes first: who waits, waits for that.
void put_growing_pools_first(const std::vector<PoolRow>& all, std::vector<PoolId>& pools) {
  const auto rank = [&](PoolId pool) {
    const NodeScalerKind kind = all[index(pool)].spec->scaler.kind;
    return kind == NodeScalerKind::karpenter ? 0 : kind == NodeScalerKind::cluster_autoscaler ? 1 : 2;
  };
  std::stable_sort(pools.begin(), pools.end(), [&](PoolId a, PoolId b) { return rank(a) < rank(b); });
}

bool on_fargate(const World& world, const ServiceRow& service) {
  return std::any_of(service.pools.begin(), service.pools.end(),
                     [&](PoolId pool) { return world[pool].spec->launch == Launch::fargate; });
}

}  // namespace

World::World(const RunSpec& spec, const Catalog& catalog)
    : spec_(spec),
      catalog_(catalog),
      tasks_per_service_(static_cast<std::int64_t>(quota("ecs_tasks_per_service"))),
      most_interfaces_(static_cast<std::int64_t>(quota("vpc_network_interfaces"))) {
  zone_losses_.resize(spec.network.zones.size());
  open_subnets();
  open_ports();
  for (const ImageSpec& image : spec.images) {
    images_.push_back({&image});
    for (const LayerSpec& layer : image.layers) {
      images_.back().layers.push_back(layer_named(layers_, layer));
      images_.back().compressed += layer.compressed;
    }
  }
  for (const ClusterSpec& cluster : spec.clusters) {
    const ClusterId id{static_cast<std::uint32_t>(clusters_.size())};
    clusters_.push_back({});
    clusters_.back().spec = &cluster;
    if (cluster.orchestrator == Orchestrator::eks)
      clusters_.back().version = cluster.kubernetes.version.value_or(catalog.default_eks_version(calendar(Time{})));
    for (const PoolSpec& pool : cluster.pools) add_pool(id, pool);
  }
  for (ClusterRow& cluster : clusters_) {
    cluster.nodes_of_class.resize(node_classes_.size());
    if (cluster.spec->orchestrator == Orchestrator::eks) cluster.images.resize(images_.size());
  }
  for (const WorkloadSpec& workload : spec.workloads) add_workload(workload);
  on_node_.resize(services_.size());
  compile_rules();
}

/// What pods ask of labels, taints and each other does not change during a run.
void World::compile_rules() {
  pod_rules_.resize(services_.size());
  std::vector<LabelledClass> classes;
  for (const NodeClass& c : node_classes_) {
    const PoolSpec& pool = *pools_[index(c.pool)].spec;
    classes.push_back(
        {node_labels(pool, catalog_.instances()[c.type], zone_name(c.zone), spec_.region, c.spot), pool.taints});
  }
  for (const ClusterRow& cluster : clusters_) {
    if (cluster.spec->orchestrator != Orchestrator::eks) continue;
    std::vector<LabelledPods> pods;
    for (const ServiceId s : cluster.services) {
      const WorkloadSpec& workload = *services_[index(s)].spec;
      pods.push_back({s, pod_labels(workload), &workload.eks.pod, workload.kind == WorkloadKind::service});
    }
    for (const LabelledPods& one : pods) {
      PodRules& rules = pod_rules_[index(one.service)];
      rules = compile_pod_rules(one, pods, classes);
      for (const ServiceId s : rules.together.services) services_[index(s)].sought = true;
      for (const PodRules::Spread& spread : rules.hard_spread)
        for (const ServiceId s : spread.services) services_[index(s)].sought = true;
    }
  }
}

void World::upgrade(ClusterId cluster, KubeVersion to) {
  ClusterRow& row = clusters_[index(cluster)];
  const KubeVersion from = row.version;
  SIM_CHECK(from < to);
  row.version = to;
  for (const PoolId pool : row.pools) {
    const PoolSpec& spec = *pools_[index(pool)].spec;
    if (spec.launch == Launch::fargate || spec.scaler.kind == NodeScalerKind::karpenter) update_pool(pool, to);
  }
  publish(ControlPlaneUpgraded{cluster, from, to});
}

/// Few ports are host ports: each that a workload wants has a bit. The agent's own are taken on every instance.
void World::open_ports() {
  for (const WorkloadSpec& workload : spec_.workloads)
    host_ports_.insert(host_ports_.end(), workload.host_ports.begin(), workload.host_ports.end());
  std::sort(host_ports_.begin(), host_ports_.end());
  host_ports_.erase(std::unique(host_ports_.begin(), host_ports_.end()), host_ports_.end());
  SIM_CHECK(host_ports_.size() <= kMostHostPorts);
  for (const char* name : {"ssh", "docker", "docker_tls", "agent", "agent_credentials"}) {
    const auto port = static_cast<std::uint16_t>(catalog_.constant(std::string("ecs.agent.reserved_port.") + name));
    if (std::binary_search(host_ports_.begin(), host_ports_.end(), port)) agent_ports_ |= port_bit(port);
  }
}

std::uint64_t World::port_bit(std::uint16_t port) const {
  const auto at = std::lower_bound(host_ports_.begin(), host_ports_.end(), port);
  SIM_CHECK(at != host_ports_.end() && *at == port);
  return std::uint64_t{1} << (at - host_ports_.begin());
}

double World::quota(std::string_view name) const {
  const auto raised = spec_.quotas.find(name);
  return raised != spec_.quotas.end() ? raised->second : catalog_.quota(name);
}

bool World::has_quota(std::string_view name) const {
  return spec_.quotas.find(name) != spec_.quotas.end() || catalog_.has_quota(name);
}

void World::show_tokens(Limit limit, std::function<double(Time)> tokens) {
  tokens_[static_cast<std::size_t>(limit)] = std::move(tokens);
}

std::optional<double> World::tokens(Limit limit, Time at) const {
  const auto& shown = tokens_[static_cast<std::size_t>(limit)];
  return shown ? std::optional(shown(at)) : std::nullopt;
}

void World::add_pool(ClusterId cluster, const PoolSpec& spec) {
  PoolRow row;
  row.spec = &spec;
  row.cluster = cluster;
  row.version = clusters_[index(cluster)].version;
  row.min = spec.min;
  row.max = spec.max;
  row.in_service_by_zone.resize(spec_.network.zones.size());
  for (const std::string& type : spec.instance_types) {
    const InstanceType* found = catalog_.instance(type);
    SIM_CHECK_SAY(found != nullptr, type);
    row.types.push_back(static_cast<std::uint16_t>(found - catalog_.instances().data()));
  }
  for (std::size_t zone = 0; zone < spec_.network.zones.size(); ++zone) {
    const bool wanted = spec.zones.empty() ||
                        std::find(spec.zones.begin(), spec.zones.end(), spec_.network.zones[zone]) != spec.zones.end();
    if (wanted) row.zones.push_back(ZoneId{static_cast<std::uint8_t>(zone)});
  }
  const PoolId id{static_cast<std::uint32_t>(pools_.size())};
  for (const bool spot : purchase_options(spec))
    for (const std::uint16_t type : row.types) {
      const std::size_t first = row.classes.size();
      row.classes.resize(first + spec_.network.zones.size(), kNoClass);
      for (const ZoneId zone : row.zones) {
        row.classes[first + static_cast<std::size_t>(zone)] = static_cast<std::uint16_t>(node_classes_.size());
        node_classes_.push_back({id, type, zone, spot});
      }
    }
  row.baked = images_named(spec_.images, spec.baked_images);
  if (spec.warm_pool) row.prepared = images_named(spec_.images, spec.warm_pool->images);
  std::sort(row.prepared.begin(), row.prepared.end());
  row.prepared.erase(std::unique(row.prepared.begin(), row.prepared.end()), row.prepared.end());
  clusters_[index(cluster)].pools.push_back(id);
  pools_.push_back(std::move(row));
}

void World::add_workload(const WorkloadSpec& spec) {
  const ServiceId id{static_cast<std::uint32_t>(services_.size())};
  ServiceRow row;
  row.spec = &spec;
  for (std::size_t i = 0; i < clusters_.size(); ++i)
    if (clusters_[i].spec->name == spec.cluster) row.cluster = ClusterId{static_cast<std::uint32_t>(i)};
  ClusterRow& cluster = clusters_[index(row.cluster)];
  SIM_CHECK_SAY(cluster.spec->name == spec.cluster, spec.name);
  for (const PoolShare& share : spec.pools)
    for (const PoolId pool : cluster.pools)
      if (pools_[index(pool)].spec->name == share.pool) row.pools.push_back(pool);
  if (row.pools.empty())
    for (const PoolId pool : cluster.pools)
      if (pools_[index(pool)].spec->launch == Launch::ec2) row.pools.push_back(pool);
  const bool eks = clusters_[index(row.cluster)].spec->orchestrator == Orchestrator::eks;
  row.any_pool = eks && spec.kind != WorkloadKind::daemon && takes_any_pool(pools_, row);
  if (row.any_pool) put_growing_pools_first(pools_, row.pools);
  if (!spec.load_balancer.empty())
    row.load_balancer =
        LoadBalancerId{static_cast<std::uint32_t>(position_of(spec_.load_balancers, spec.load_balancer))};
  cluster.has_node_targets = cluster.has_node_targets || spec.eks.node_port;
  row.by_zone.resize(spec_.network.zones.size());
  row.leaving_by_zone.resize(spec_.network.zones.size());
  row.gpus = static_cast<std::int32_t>(spec.gpus);
  const bool ecs = cluster.spec->orchestrator == Orchestrator::ecs;
  const bool own_interface = ecs && spec.awsvpc;  // and all ports of its own with it
  for (const std::uint16_t port : spec.host_ports) row.ports |= own_interface ? 0 : port_bit(port);
  row.distinct_instance = ecs && std::find(spec.ecs.constraints.begin(), spec.ecs.constraints.end(),
                                           "distinctInstance") != spec.ecs.constraints.end();
  row.deregistration_delay = spec.health.deregistration_delay;
  cluster.services.push_back(id);
  services_.push_back(std::move(row));
  services_.back().revision = make_revision(id, spec.containers, 1);
}

RevisionId World::make_revision(ServiceId service, std::vector<ContainerSpec> containers, std::int64_t number) {
  RevisionRow row;
  row.service = service;
  row.number = number;
  const ServiceRow& owner = services_[index(service)];
  const Orchestrator orchestrator = clusters_[index(owner.cluster)].spec->orchestrator;
  const Duration grace = from_seconds(
      catalog_.constant(orchestrator == Orchestrator::eks ? "kubelet.termination_grace_s" : "ecs.stop_timeout_s"));
  Cpu limit;
  bool limited = true;
  if (orchestrator == Orchestrator::ecs) row.start_conditions = start_conditions_of(containers);
  for (const ContainerSpec& c : containers) {
    row.images.push_back(ImageId{static_cast<std::uint32_t>(position_of(spec_.images, c.image))});
    const std::vector<LayerId>& of_image = images_[index(row.images.back())].layers;
    row.layers.insert(row.layers.end(), of_image.begin(), of_image.end());
    if (runs_to_its_end(c)) continue;
    limited = limited && c.amount.cpu_limit.has_value();
    limit += c.amount.cpu_limit.value_or(Cpu{});
    row.stop_timeout = std::max(row.stop_timeout, c.stop_timeout.value_or(grace));
  }
  const FargateSize request = placed_request(containers, owner.spec->ecs, orchestrator);
  row.cpu = request.cpu;
  row.memory = request.memory;
  if (limited && !containers.empty()) row.cpu_limit = limit;
  if (orchestrator == Orchestrator::ecs && owner.spec->ecs.task_cpu) row.cpu_limit = owner.spec->ecs.task_cpu;
  std::sort(row.layers.begin(), row.layers.end());
  row.layers.erase(std::unique(row.layers.begin(), row.layers.end()), row.layers.end());
  row.containers = std::move(containers);
  if (on_fargate(*this, owner)) row.fargate = fargate_size(row.containers, owner.spec->ecs, orchestrator, catalog_);
  revisions_.push_back(std::move(row));
  return RevisionId{static_cast<std::uint32_t>(revisions_.size() - 1)};
}

RevisionId World::add_revision(ServiceId service, const DeploymentSpec& change) {
  const RevisionRow& old = revisions_[index(services_[index(service)].revision)];
  std::vector<ContainerSpec> containers = old.containers;
  for (ContainerSpec& c : containers) {
    const auto changed = change.containers.find(c.name);
    if (changed != change.containers.end()) c = changed->second;
  }
  return make_revision(service, std::move(containers), old.number + 1);
}

std::string World::name(ReplicaId id) const {
  const ReplicaRow& row = replicas_[id];
  return name(row.service) + "/" + std::to_string(row.number);
}

std::string World::name(NodeId id) const {
  const NodeRow& row = nodes_[id];
  return name(row.pool) + "/" + std::to_string(row.number);
}

std::string World::name(VolumeSetId id) const {
  const VolumeSetRow& row = volumes_[id];
  return name(row.service) + "/volumes/" + std::to_string(row.number);
}

ClusterView World::view(ClusterId cluster) const {
  ClusterView view = view_of(clusters_[index(cluster)].nodes, spec_.network.zones.size());
  view.free_addresses = addresses_[static_cast<std::size_t>(AddressUse::free)];
  view.on_node = on_node_;
  view.nodes_of_class = clusters_[index(cluster)].nodes_of_class;
  view.out_of_interfaces = interfaces_left() == 0;
  return view;
}

Ask World::ask(RevisionId revision) const {
  const RevisionRow& row = revisions_[index(revision)];
  const ServiceRow& service = services_[index(row.service)];
  const bool eks = clusters_[index(service.cluster)].spec->orchestrator == Orchestrator::eks;
  Ask ask;
  ask.service = row.service;
  if (eks) ask.rules = &pod_rules_[index(row.service)];
  ask.cpu = row.cpu;
  ask.memory = row.memory;
  ask.slots = eks || service.spec->awsvpc ? 1 : 0;  // ECS: only a network interface of its own takes a slot
  ask.address = !eks && service.spec->awsvpc;       // a pod's comes from its node
  ask.volumes = static_cast<std::int32_t>(service.spec->volumes.ebs.size());
  ask.gpus = service.gpus;
  ask.ports = service.ports;
  ask.distinct_instance = service.distinct_instance;
  ask.pools = service.pools;
  ask.same_service = service.on_node;
  ask.same_service_by_zone = service.by_zone;
  if (eks) ask.leaving_by_zone = service.leaving_by_zone;
  return ask;
}

Offering World::offering(PoolId pool, std::uint16_t type, std::optional<bool> spot) const {
  const InstanceType& sold = catalog_.instances()[type];
  const PoolRow& row = pools_[index(pool)];
  const bool eks = clusters_[index(row.cluster)].spec->orchestrator == Orchestrator::eks;
  Offering o;
  o.type = type;
  o.name = sold.name;
  o.cpu = eks ? sold.eks_cpu : sold.vcpu * kVcpu;
  const std::int64_t pods = eks ? pods_of(sold, spec_.network.cni, catalog_) : 0;
  o.memory = eks ? eks_allocatable_memory(sold, pods, catalog_) : sold.ecs_memory;
  o.slots = static_cast<std::int32_t>(eks ? pods : tasks_with_interfaces(sold, row.spec->eni_trunking));
  o.volumes = static_cast<std::int32_t>(sold.ebs_volumes);
  o.gpus = static_cast<std::int32_t>(sold.gpus);
  o.spot = spot.value_or(row.spec->spot);
  o.usd_hour = price_of(sold, o.spot);
  o.class_in_zone = classes_in_zones(row, type, o.spot, spec_.network.zones.size());
  return o;
}

void World::publish(const Fact& fact) {
  if (sink_ != nullptr) sink_->hear(fact, now_);
}

void World::raise_epoch(ClusterId cluster) {
  ++clusters_[index(cluster)].epoch;
  publish(EpochRaised{cluster});
}

void World::raise_epochs() {
  for (std::size_t c = 0; c < clusters_.size(); ++c) raise_epoch(ClusterId{static_cast<std::uint32_t>(c)});
}

void World::set_desired(ServiceId service, std::int64_t wanted) {
  ServiceRow& row = services_[index(service)];
  const std::int64_t desired = is_eks(*this, row.cluster) ? wanted : std::min(wanted, tasks_per_service_);
  const auto more = static_cast<std::int32_t>(wanted - desired - std::exchange(row.over_quota, wanted - desired));
  if (more > 0) publish(LimitHolds{Limit::tasks_per_service, service, kNone<ReplicaId>, kNone<NodeId>, more});
  if (more < 0) publish(LimitPasses{Limit::tasks_per_service, service, kNone<ReplicaId>, kNone<NodeId>, -more});
  if (desired == row.desired) return;
  const std::int64_t from = row.desired;
  row.desired = desired;
  publish(DesiredChanged{service, from, desired});
}

void World::resize(PoolId pool, std::int64_t desired) {
  PoolRow& row = pools_[index(pool)];
  SIM_CHECK(row.spec->launch == Launch::fargate || desired <= row.max);
  if (desired == row.desired) return;
  const std::int64_t from = row.desired;
  row.desired = desired;
  publish(PoolResized{pool, from, desired});
}

void World::set_bounds(PoolId pool, std::int64_t min, std::int64_t max) {
  PoolRow& row = pools_[index(pool)];
  SIM_CHECK(min <= max);
  // The secured capacity; EKS goes beyond it while it updates a group.
  SIM_CHECK(max <= row.spec->max || is_eks(*this, row.cluster));
  row.min = min;
  row.max = max;
}

void World::direct_traffic(ServiceId service, RevisionId to) {
  ServiceRow& row = services_[index(service)];
  const RevisionId from = std::exchange(row.production, to);
  if (from == kNone<RevisionId> || to == kNone<RevisionId> || from == to) return;
  publish(TrafficShifted{service, to});
}

DeploymentId World::start_deployment(ServiceId service, RevisionId to) {
  ServiceRow& row = services_[index(service)];
  if (row.deployment != kNone<DeploymentId>) finish_deployment(row.deployment, false);  // superseded
  const DeploymentId id{static_cast<std::uint32_t>(deployments_.size())};
  deployments_.push_back({service, row.revision, to, now_, kNever, false});
  row.deployment = id;
  row.revision = to;
  publish(DeploymentStarted{id});
  return id;
}

void World::finish_deployment(DeploymentId deployment, bool completed) {
  DeploymentRow& row = deployments_[index(deployment)];
  row.finished = now_;
  row.completed = completed;
  services_[index(row.service)].deployment = kNone<DeploymentId>;
  publish(DeploymentFinished{deployment, completed});
}

void World::fail_deployment(DeploymentId deployment, RevisionId rolled_back_to) {
  deployments_[index(deployment)].failed = true;
  deployments_[index(deployment)].rolled_back_to = rolled_back_to;
  finish_deployment(deployment, false);
}

void World::stall_deployment(DeploymentId deployment) {
  deployments_[index(deployment)].stalled = true;
  publish(DeploymentStalled{deployment});
}

}  // namespace berth
