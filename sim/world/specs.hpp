// What was asked for: the scenario of one architecture after defaults and completion, in neutral words.
// Rows (rows.hpp) hold what is; specs never change during a run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/money.hpp"
#include "sim/base/quantiles.hpp"
#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/world/call_specs.hpp"
#include "sim/world/controller_specs.hpp"
#include "sim/world/distribution_spec.hpp"
#include "sim/world/ecs_specs.hpp"
#include "sim/world/autoscaler_specs.hpp"
#include "sim/world/balancing.hpp"
#include "sim/world/eks_specs.hpp"
#include "sim/world/fault_specs.hpp"
#include "sim/world/group_specs.hpp"
#include "sim/world/job_specs.hpp"
#include "sim/world/karpenter_specs.hpp"
#include "sim/world/profile_specs.hpp"
#include "sim/world/retry_spec.hpp"
#include "sim/world/scaling_specs.hpp"
#include "sim/world/version_specs.hpp"
#include "sim/world/volume_specs.hpp"

namespace berth {

enum class Orchestrator : std::uint8_t { ecs, eks };
enum class Launch : std::uint8_t { ec2, fargate };
/// service: kept at a desired count; daemon: once a node; job: runs to its end.
enum class WorkloadKind : std::uint8_t { service, daemon, job };

enum class Compression : std::uint8_t { gzip, zstd };

struct LayerSpec {
  std::string name;  ///< equal names are one layer, shared by all images
  Bytes compressed;
  Bytes unpacked;
  Compression compression = Compression::gzip;
};

/// Where an image lies. `outside`: docker.io, quay.io … and whatever else only the internet leads to.
enum class Registry : std::uint8_t { ecr, ecr_public, pull_through, outside, mirror };

struct ImageSpec {
  std::string name;
  std::vector<LayerSpec> layers;  ///< the lowest first
  Registry registry = Registry::ecr;
  bool soci = false;                     ///< has an index: can be started before it is whole
  std::vector<std::string> platforms{};  ///< processor architectures; empty: every one
};

struct Amount {
  std::optional<Cpu> cpu_limit;
  std::optional<Bytes> memory_limit;
  Cpu cpu;  ///< the request: what placement subtracts
  Bytes memory;
};

/// What a container waits for in another before its own image is pulled: ECS's four words.
enum class Condition : std::uint8_t { start, complete, success, healthy };

struct DependencySpec {
  std::string on;  ///< a container of the same replica
  Condition condition = Condition::start;
};

/// Memory that a running container uses: `idle` from its start on, and so much more with time (a leak, a cache).
struct MemoryUseSpec {
  Bytes idle;
  double growth = 0;  ///< bytes per second
};

/// A container that ends by itself.
struct ExitSpec {
  Duration after{0};  ///< since its start
  std::int64_t code = 0;
};

/// The health check that ECS's agent asks Docker for.
struct ContainerCheckSpec {
  Duration interval{0};
  std::int64_t retries = 1;  ///< failures in a row until UNHEALTHY
  Duration start_period{0};  ///< in which failures do not count
  Duration timeout{0};       ///< an answer that takes longer is a failure; 0: none takes long
};

struct ProbeSpec {
  Duration initial_delay{0};
  Duration period{0};
  std::int64_t success_threshold = 1;
  std::int64_t failure_threshold = 1;
  Duration timeout{0};  ///< likewise
};

/// The kubelet's probes of one container.
struct ProbesSpec {
  std::optional<ProbeSpec> startup, readiness, liveness;
};

/// When the kubelet pulls an image; ECS has a setting of the node instead (ImagePull).
enum class PullPolicy : std::uint8_t { if_not_present, always, never };

struct ContainerSpec {
  std::string name;
  std::string image;
  PullPolicy pull = PullPolicy::if_not_present;
  Amount amount;
  bool essential = true;
  bool init = false;
  Duration start{0};                        ///< from the container's start until it can serve; an init's whole run
  Cpu start_cpu{};                          ///< used meanwhile; with less of it, or on slower cores, it takes longer
  std::optional<Duration> stop_timeout;     ///< the platform's default when empty
  bool never_serves = false;                ///< its checks never pass
  bool restart_always = false;              ///< of an init container: a sidecar, which runs on
  std::optional<ExitSpec> exits;            ///< empty: it runs on, an init container ends after `start` with code 0
  std::optional<MemoryUseSpec> memory_use;  ///< empty: nothing says what it uses
  std::vector<DependencySpec> depends_on;
  std::optional<Duration> start_timeout;           ///< until it meets what others wait for (ECS startTimeout)
  std::optional<ContainerCheckSpec> health_check;  ///< ECS
  std::optional<ProbesSpec> probes;                ///< EKS; empty: what the platform is assumed to have
  std::string written_at;                          ///< its path in the scenario: /services/web/containers/app
};

inline bool uses_cpu_to_start(const std::vector<ContainerSpec>& containers) {
  return std::any_of(containers.begin(), containers.end(), [](const ContainerSpec& c) { return c.start_cpu > Cpu{}; });
}

/// Runs to its end before others start; the other kind of init container is a sidecar.
inline bool runs_to_its_end(const ContainerSpec& c) { return c.init && !c.restart_always; }

enum class Need : std::uint8_t { privileged, host_network, host_port, gpu };

/// How requests are simulated: each by itself, as a flow with a queueing approximation, or by how many there are.
enum class Fidelity : std::uint8_t { requests, fluid, automatic };

struct DemandSpec {
  std::string trace;  ///< the name of a trace; empty: only other services call it
  double share = 1;   ///< of the trace's requests that come here
  DistributionSpec service_time;
  Duration cpu_per_request{0};                      ///< on a vCPU of the reference family
  std::optional<Duration> cpu_per_request_arm64{};  ///< on one of the reference of arm64; empty: as much
  Bytes memory_per_request{};                       ///< from its arrival until its work is done
  std::int64_t concurrency = 0;                     ///< 0 = no limit
  std::int64_t queue_limit = 4096;
  Duration timeout{0};  ///< 0 = never
  Duration slo{0};      ///< 0 = none
  Bytes request_bytes, response_bytes;
  Balancing balancing = Balancing::round_robin;
  RetrySpec retries{};
  Fidelity fidelity = Fidelity::requests;
  bool in_cores = false;  ///< its trace is of busy cores; there are no requests
  Bytes log_bytes{};      ///< of log an answered request
};

/// A database, a third party: a fixed number of servers behind one queue, which all callers share.
struct ExternalSpec {
  std::string name;
  std::int64_t connections = 0;  ///< calls that it works on at once; 0 = no limit
  std::int64_t queue_limit = 4096;
  DistributionSpec service_time;
  double error_rate = 0;  ///< of its answers
  Bytes bytes;            ///< of an answer
  ExternalVia via = ExternalVia::network;
  Bytes request_bytes{};
  std::string zone{};  ///< of the network, where it stands; empty: not known
};

/// Neutral replica scaling; becomes target tracking (ECS) or an HPA (EKS). Beside an HPA of its own only the bounds
/// count.
struct ScaleSpec {
  std::int64_t min = 1;
  std::int64_t max = 1;
  ScaleMetric metric = ScaleMetric::cpu;
  double target = 0;  ///< percent of reserved; requests per minute and replica for requests_per_replica
  Duration out_cooldown{0};
  Duration in_cooldown{0};
  std::vector<ScalingPolicySpec> policies{};     ///< in place of the metric above; ECS
  std::vector<ScheduledActionSpec> scheduled{};  ///< ECS
};

struct RolloutSpec {
  std::int64_t min_healthy_percent = 100;  ///< ECS minimumHealthyPercent
  std::int64_t max_percent = 200;          ///< ECS maximumPercent
  /// Kubernetes maxSurge and maxUnavailable: percent when `…_is_percent`, else replicas.
  double max_surge = 25;
  double max_unavailable = 25;
  bool max_surge_is_percent = true;
  bool max_unavailable_is_percent = true;
};

/// Load-balancer health checks and draining of one service.
struct HealthSpec {
  Duration interval{0};
  std::int64_t healthy_threshold = 0;
  std::int64_t unhealthy_threshold = 0;  ///< 0 = failures do not count
  Duration timeout{0};                   ///< of a check; 0: none takes long
  Duration deregistration_delay{0};
  Duration grace_period{0};
  Duration slow_start{0};  ///< of an ALB's new target; 0 = none
};

/// What a new revision changes; containers by name.
struct DeploymentSpec {
  Time at;
  std::map<std::string, ContainerSpec> containers;  ///< the whole container after the change
};

/// From `at` on so many replicas are wanted, whoever asks for them: a recorded `kubectl scale` or UpdateService.
struct CountSpec {
  Time at;
  std::int64_t count = 0;
};

struct PoolShare {
  std::string pool;
  std::int64_t base = 0;
  std::int64_t weight = 1;
  std::optional<Duration> wait{};  ///< of a job: so long it waits for a place here, then it goes to the next pool
};

struct WorkloadSpec {
  std::string name;
  WorkloadKind kind = WorkloadKind::service;
  bool system = false;  ///< platform overhead (CoreDNS, kube-proxy …), from models/
  std::string cluster;
  std::vector<PoolShare> pools;  ///< where its replicas may run; a daemon: every EC2 pool of its cluster
  std::int64_t desired = 1;
  std::vector<ContainerSpec> containers;  ///< sidecars of daemons included on Fargate
  std::vector<Need> needs;
  std::int64_t gpus = 0;                    ///< whole ones a replica
  std::vector<std::uint16_t> host_ports{};  ///< of its node, each once, ascending
  Bytes ephemeral_storage;                  ///< 0 = the platform's default
  VolumeSpecs volumes;
  std::optional<DemandSpec> demand;
  std::vector<CallSpec> calls{};    ///< that each of its requests makes
  std::vector<CountSpec> counts{};  ///< scripted, in order of time
  std::optional<ScaleSpec> scale;
  std::optional<JobSpec> job;
  RolloutSpec rollout;
  HealthSpec health;
  std::string load_balancer;  ///< empty: none
  std::vector<DeploymentSpec> deployments;
  EcsSpec ecs;
  EksSpec eks;
  Labels labels{};      ///< of its pods, beside `app`; EKS
  bool awsvpc = false;  ///< an ENI per replica (always so on Fargate)

  bool on_host_network() const { return std::find(needs.begin(), needs.end(), Need::host_network) != needs.end(); }
};

/// `policies`: target tracking or steps on the group itself.
enum class NodeScalerKind : std::uint8_t { none, managed_scaling, karpenter, cluster_autoscaler, policies };

struct NodeScalerSpec {
  NodeScalerKind kind = NodeScalerKind::none;
  double target_capacity = 100;        ///< managed scaling, percent
  Duration instance_warmup{0};         ///< managed scaling
  bool termination_protection = true;  ///< managed scaling: only instances without tasks may go
  std::int64_t min_step = 1;
  std::int64_t max_step = 10'000;
  Duration unneeded_time{0};           ///< Cluster Autoscaler
  double utilisation_threshold = 0.5;  ///< Cluster Autoscaler
  KarpenterSpec karpenter{};
};

/// How an Auto Scaling group keeps the instances of its warm pool.
enum class WarmState : std::uint8_t { stopped, running, hibernated };

struct WarmPoolSpec {
  std::int64_t min = 0;                      ///< in the warm pool, whatever is in service
  std::optional<std::int64_t> max_prepared;  ///< in service and prepared together; empty: the pool's max
  WarmState state = WarmState::stopped;
  bool reuse = false;               ///< on scale-in instances come back instead of ending
  std::vector<std::string> images;  ///< pulled by user data while an instance is prepared
};

enum class DiskKind : std::uint8_t { gp3, gp2, instance_store };

/// What the root volume of a node can do; its size is PoolSpec::root_volume.
struct DiskSpec {
  DiskKind kind = DiskKind::gp3;
  std::int64_t iops = 0;       ///< gp3, provisioned; 0 = what is included
  std::int64_t mib_per_s = 0;  ///< gp3, provisioned; 0 = what is included
};

/// ECS_IMAGE_PULL_BEHAVIOR of the agent; `standard` is called "default" there.
enum class ImagePull : std::uint8_t { standard, once, always, prefer_cached };

/// How the nodes of a pool pull; empty = models/constants.json.
struct PullSpec {
  std::optional<std::int64_t> layers_in_parallel, unpacks_in_parallel;  ///< of one image
  bool lazy = false;                                                    ///< the SOCI snapshotter is installed
  std::optional<ImagePull> behaviour;                                   ///< ECS
  std::optional<bool> serialize;                                        ///< kubelet: one image at a time
  std::optional<double> registry_qps;                                   ///< kubelet: pulls a second; 0 = no limit
  std::optional<std::int64_t> registry_burst;
};

struct PoolSpec {
  std::string name;
  Launch launch = Launch::ec2;
  bool spot = false;
  std::vector<std::string> instance_types;  ///< EC2; the first is preferred by an Auto Scaling group
  std::vector<std::string> zones;           ///< names; empty = all of the network's
  std::int64_t min = 0;
  std::int64_t max = 0;       ///< EC2: the secured capacity; Fargate: no limit (0)
  std::string ami;            ///< "al2", "al2023" or "bottlerocket": selects the boot latency
  bool eni_trunking = false;  ///< ECS: awsvpcTrunking is on for its instances
  Bytes root_volume;
  DiskSpec disk{};
  PullSpec pull{};
  std::optional<bool> unlimited_credits{};  ///< of burstable instances; empty: as the family has it
  std::vector<std::string> baked_images{};  ///< images that its AMI carries
  NodeScalerSpec scaler;
  bool buys_spot = false;  ///< all of its machines or some: NodeRow::spot says which
  SpotSpec interruption{};
  std::optional<WarmPoolSpec> warm_pool;
  Labels labels{};              ///< of its nodes; ECS: custom attributes of its instances
  std::vector<Taint> taints{};  ///< of its nodes; EKS
  GroupSpec group;              ///< EC2 without Karpenter
  NodeUpdateSpec update{};      ///< EKS, of a node group
  /// EKS on Fargate: the pool is a profile, and they decide; empty: what runs_on gives it.
  std::vector<ProfileSelector> selectors{};
};

struct ClusterSpec {
  std::string name;
  Orchestrator orchestrator = Orchestrator::ecs;
  KubeSchedulerSpec scheduler{};       ///< EKS
  ClusterAutoscalerSpec autoscaler{};  ///< EKS, where a pool is its
  std::vector<PoolSpec> pools;
  ControllerManagerSpec controller_manager;      ///< EKS
  std::optional<Duration> metrics_resolution{};  ///< EKS: of metrics-server; empty: models/constants.json
  VersionSpec kubernetes{};                      ///< EKS
};

enum class LoadBalancerKind : std::uint8_t { alb, nlb, clb };

/// What of its clients fills capacity units beside bytes.
struct ConnectionSpec {
  std::optional<std::int64_t> requests;  ///< on one of them; empty: models/constants.json
  std::optional<Duration> life;          ///< from its beginning to its end; likewise
  std::int64_t rules = 0;                ///< ALB: that a request is held against
  bool tls = false;                      ///< NLB: it ends TLS
};

struct LoadBalancerSpec {
  std::string name;
  LoadBalancerKind kind = LoadBalancerKind::alb;
  bool internal = false;             ///< answers stay in the network: no public address, no egress
  std::vector<std::string> zones{};  ///< names; empty: all of the network's
  std::string written{};             ///< its name in /load_balancers: on EKS several may be made of one
  bool cross_zone = true;            ///< its nodes send to the targets of all zones, not only to those of their own
  bool ingress_each = false;         ///< EKS: an ALB for each Ingress, which are in no group
  ConnectionSpec connections{};
  bool own_zone_first = false;  ///< NLB: callers in the network come in by the address of their own zone
};

enum class NatMode : std::uint8_t { per_zone, single, none };

/// How fast a registry answers, in bytes per second.
struct RegistryLimits {
  std::optional<double> per_connection;  ///< one layer's download; empty: models/constants.json
  std::optional<double> per_client;      ///< all downloads of one node together; empty: no limit
};

/// The private subnet of a zone: where nodes and replicas have their addresses.
struct SubnetSpec {
  std::int64_t addresses = 0;  ///< that can be given out: AWS keeps some of each subnet for itself
};

/// How the VPC CNI of EKS keeps addresses on its nodes (its environment variables), and how many pods a node admits.
struct CniSpec {
  std::int64_t warm_eni_target = 1;
  std::int64_t warm_ip_target = 0;     ///< 0 = unset, as for the CNI
  std::int64_t minimum_ip_target = 0;  ///< likewise
  std::int64_t warm_prefix_target = 1;
  bool prefix_delegation = false;
  bool custom_networking = false;
  bool capped_pods = false;   ///< the 110 or 250 of managed node groups over the table of interfaces
  std::int64_t max_pods = 0;  ///< the same for all nodes; 0 = by their type
};

struct NetworkSpec {
  std::vector<std::string> zones{"a", "b", "c"};
  NatMode nat = NatMode::per_zone;
  std::vector<std::string> endpoints;  ///< "s3", "ecr.api", "ecr.dkr", "logs"
  bool public_subnets = false;         ///< nodes and Fargate replicas have addresses of their own, and no NAT
  RegistryLimits ecr, outside, mirror;
  std::optional<double> mirror_rate;  ///< bytes per second of the mirror, for all its clients; empty: models/
  std::vector<SubnetSpec> subnets;    ///< by zone; empty: addresses never run out
  CniSpec cni;
};

enum class NetworkEngine : std::uint8_t { simgrid, fair_share };

/// One thing that the user did not say and berth assumed.
struct Assumption {
  std::string subject, assumed, why, knob;
};

/// One run: one scenario on one architecture with one seed.
struct RunSpec {
  std::string scenario, architecture, variant;
  std::int64_t replication = 0;
  std::uint64_t seed = 1;
  Instant start;
  Duration duration{0};
  bool steady = true;           ///< begin: minimum capacity ready, replicas healthy, images cached
  Duration sample_interval{0};  ///< of the time series in the results
  std::string region;
  Instant catalog_date;
  NetworkSpec network;
  NetworkEngine network_engine = NetworkEngine::simgrid;
  std::vector<ImageSpec> images;
  std::vector<LoadBalancerSpec> load_balancers;
  std::vector<WorkloadSpec> workloads;  ///< system workloads first, then as written
  std::vector<ExternalSpec> externals;
  std::vector<JobQueueSpec> job_queues{};
  std::vector<ClusterSpec> clusters;
  std::vector<FaultSpec> faults;
  std::map<std::string, double, std::less<>> quotas;  ///< of the account, where they differ from models/quotas.json
  std::vector<Assumption> assumptions;
  std::string journal = "stages";       ///< stages | all | off
  std::int64_t trace_slices = 200'000;  ///< the most that trace.json holds; 0 = none
  bool check_everything = false;        ///< sweep all invariants at every sample
};

}  // namespace berth
