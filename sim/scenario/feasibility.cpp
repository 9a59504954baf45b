// Each workload against each pool that it may use.
#include "sim/scenario/feasibility.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/field.hpp"
#include "sim/demand/answer_times.hpp"
#include "sim/policy/placement/fargate_refusal.hpp"
#include "sim/scenario/balancer_hosting.hpp"
#include "sim/scenario/ecs_deployment.hpp"
#include "sim/scenario/hosting.hpp"
#include "sim/scenario/hpa.hpp"
#include "sim/scenario/limit_findings.hpp"
#include "sim/scenario/placement_hosting.hpp"
#include "sim/scenario/reachability.hpp"
#include "sim/scenario/start_order.hpp"
#include "sim/scenario/version_findings.hpp"
#include "sim/scenario/volume_hosting.hpp"

namespace berth {
namespace {

std::string subject_of(const WorkloadSpec& workload) {
  constexpr const char* kKinds[] = {"service ", "daemon ", "job "};
  return (workload.system ? std::string("system workload ") : kKinds[static_cast<int>(workload.kind)]) + workload.name;
}

/// The containers of each revision, the first included.
std::vector<std::vector<ContainerSpec>> revisions_of(const WorkloadSpec& workload) {
  std::vector<std::vector<ContainerSpec>> revisions = {workload.containers};
  for (const DeploymentSpec& deployment : workload.deployments) {
    revisions.push_back(revisions.back());
    for (ContainerSpec& container : revisions.back()) {
      const auto changed = deployment.containers.find(container.name);
      if (changed != deployment.containers.end()) container = changed->second;
    }
  }
  return revisions;
}

class Hosting {
 public:
  Hosting(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings)
      : run_(run), catalog_(catalog), findings_(findings), answer_times_(answer_times(run)) {}

  void check_workload(const WorkloadSpec& workload) {
    const ClusterSpec& cluster = cluster_of(workload);
    if (cluster.orchestrator == Orchestrator::ecs) check_task_definition(workload);
    for (const PoolShare& share : workload.pools) {
      const PoolSpec& pool = pool_of(cluster, share.pool);
      if (pool.launch == Launch::fargate) {
        check_fargate(workload, cluster.orchestrator);
        check_fargate_storage(workload, cluster.orchestrator);
        check_lazy_loading(workload, cluster.orchestrator);
        check_finished_pods(workload, cluster.orchestrator);
      } else if (workload.kind != WorkloadKind::daemon) {
        check_ec2(workload, cluster, pool);
        check_gang(workload, cluster, pool);
      }
      if (pool.launch == Launch::ec2 && !workload.system) check_root_volume(workload, cluster, pool);
      if (pool.launch == Launch::ec2) check_host_path(workload, pool);
      check_platforms(workload, pool);
      if (workload.demand) check_capacity(workload, cluster.orchestrator, pool);
    }
    for (Finding& f : volume_findings(workload, subject_of(workload), cluster, catalog_))
      findings_.push_back(std::move(f));
    for (Finding& f : balancer_findings(run_, workload, subject_of(workload), cluster))
      findings_.push_back(std::move(f));
    for (Finding& f : placement_findings(run_, workload, subject_of(workload), cluster, catalog_))
      findings_.push_back(std::move(f));
    if (workload.demand) check_cpu_per_request(workload);
    if (workload.job && workload.job->at.empty())
      tell(workload, Verdict::note, "never starts within the run", "lengthen /duration or change its arrivals");
  }

  /// Whether the pool's secured capacity ends before its workloads do.
  void check_pool_max(const ClusterSpec& cluster, const PoolSpec& pool) {
    if (pool.launch == Launch::fargate) return;
    const NodeRoom room = largest_room(pool, cluster.orchestrator, catalog_) - daemon_room(cluster, pool);
    Cpu cpu;
    Bytes memory;
    for (const WorkloadSpec& workload : run_.workloads) {
      if (workload.cluster != cluster.name || workload.kind != WorkloadKind::service || workload.pools.size() != 1)
        continue;
      if (workload.pools.front().pool != pool.name) continue;
      const std::int64_t most = workload.scale ? std::max(workload.scale->max, workload.desired) : workload.desired;
      const FargateSize ask = placed_request(workload.containers, workload.ecs, cluster.orchestrator);
      cpu += ask.cpu * most;
      memory += ask.memory * most;
    }
    if (cpu <= room.cpu * pool.max && memory <= room.memory * pool.max) return;
    findings_.push_back(
        {"pool " + pool.name, Verdict::warning,
         fmt::format(
             "its {} nodes offer {} and {}, all services at their maximum ask for {} and {}: the rest stays pending",
             pool.max, say(room.cpu * pool.max), say(room.memory * pool.max), say(cpu), say(memory)),
         "raise max of the pool, choose a larger instance type, or lower max of the services"});
  }

 private:
  void tell(const WorkloadSpec& workload, Verdict verdict, std::string why, std::string nearest,
            bool pending_for_good = false) {
    findings_.push_back({subject_of(workload), verdict, std::move(why), std::move(nearest), pending_for_good});
  }

  const ClusterSpec& cluster_of(const WorkloadSpec& workload) const {
    const auto at = std::find_if(run_.clusters.begin(), run_.clusters.end(),
                                 [&](const ClusterSpec& c) { return c.name == workload.cluster; });
    SIM_CHECK_SAY(at != run_.clusters.end(), workload.name);
    return *at;
  }

  static const PoolSpec& pool_of(const ClusterSpec& cluster, const std::string& name) {
    const auto at =
        std::find_if(cluster.pools.begin(), cluster.pools.end(), [&](const PoolSpec& p) { return p.name == name; });
    SIM_CHECK_SAY(at != cluster.pools.end(), name);
    return *at;
  }

  /// ECS registers no task definition of more; daemons that are sidecars stand among the containers. A later revision
  /// has no more containers than the first.
  void check_task_definition(const WorkloadSpec& workload) {
    const std::size_t count = workload.containers.size();
    const auto most = static_cast<std::size_t>(catalog_.quota("ecs_containers_per_task"));
    if (count <= most) return;
    tell(workload, Verdict::no, fmt::format("{} containers, an ECS task definition has {} at most", count, most),
         fmt::format("{} containers in one replica and the others in a service of their own, or EKS", most));
  }

  /// It would wait for room for good.
  void check_gang(const WorkloadSpec& workload, const ClusterSpec& cluster, const PoolSpec& pool) {
    if (!workload.job || !workload.job->gang) return;
    const NodeRoom room = largest_room(pool, cluster.orchestrator, catalog_) - daemon_room(cluster, pool);
    const FargateSize ask = placed_request(workload.containers, workload.ecs, cluster.orchestrator);
    const std::int64_t by_cpu = room.cpu.count() / std::max<std::int64_t>(ask.cpu.count(), 1);
    const std::int64_t by_memory = room.memory.count() / std::max<std::int64_t>(ask.memory.count(), 1);
    const std::int64_t on_a_node = std::min(by_cpu, by_memory);
    if (on_a_node < 1 || workload.job->count <= on_a_node * pool.max) return;  // too big: told already
    tell(workload, Verdict::warning,
         fmt::format("its gang of {} never has room: the {} nodes of pool {} hold {} each", workload.job->count,
                     pool.max, pool.name, on_a_node),
         "a smaller gang, a larger max of the pool, or larger instance types");
  }

  void check_fargate(const WorkloadSpec& workload, Orchestrator orchestrator) {
    WorkloadSpec revision = workload;
    for (const auto& containers : revisions_of(workload)) {
      revision.containers = containers;
      const auto reason = fargate_refuses(revision, orchestrator, catalog_);
      if (!reason) continue;
      const HostingAdvice advice = fargate_advice(*reason, revision, orchestrator, catalog_);
      // A daemon that Fargate refuses has no replica that could wait.
      return tell(workload, Verdict::no, advice.why, advice.nearest, *reason != WaitReason::fargate_daemon);
    }
  }

  /// A pod that has ended costs as much as one that runs, until it is deleted.
  void check_finished_pods(const WorkloadSpec& workload, Orchestrator orchestrator) {
    if (!workload.job || orchestrator != Orchestrator::eks || workload.job->ttl_after_finish) return;
    const std::int64_t kept = workload.job->cron ? workload.job->cron->successful_history : 1;
    if (kept == 0 || workload.job->at.empty()) return;
    tell(workload, Verdict::warning,
         workload.job->cron
             ? fmt::format("the pods of its last {} Jobs keep their Fargate machines when they have ended, and cost as "
                           "before",
                           kept)
             : "its pods keep their Fargate machines when they have ended, and cost as before",
         "\"ttl_after_finish\": \"0 s\" in the job: EKS then deletes them");
  }

  /// The disk of a Fargate replica holds what its containers write and their images, on ECS as pulled and unpacked.
  void check_fargate_storage(const WorkloadSpec& workload, Orchestrator orchestrator) {
    const bool eks = orchestrator == Orchestrator::eks;
    const Bytes included = catalog_.fargate_storage_included(), asked = workload.ephemeral_storage;
    const Bytes limit = catalog_.fargate_storage_limit(eks);
    if (workload.kind == WorkloadKind::daemon || asked > limit) return;
    for (const auto& containers : revisions_of(workload)) {
      const LayerBytes layers = layers_of({&containers}, run_.images);
      const Bytes images = eks ? layers.unpacked : layers.unpacked + layers.compressed;
      const Bytes needed = asked > included ? images : images + asked;  // who asks for more asks for the whole disk
      const Bytes disk = std::max(included, asked);
      if (needed <= disk) continue;
      return tell(workload, Verdict::no,
                  fmt::format("its images take {}{}{}, its disk on Fargate has {}", say(images),
                              eks ? " unpacked" : " pulled and unpacked",
                              asked > Bytes{} && asked <= included ? " beside " + say(asked) + " of ephemeral storage"
                                                                   : std::string(),
                              say(disk)),
                  needed <= limit
                      ? fmt::format("an ephemeral volume of {} GiB (up to {})", whole_gib(needed), say(limit))
                      : fmt::format("a smaller image, or an EC2 pool with a root_volume of {} GiB", whole_gib(needed)));
    }
  }

  /// The root volume of a node holds the images of a replica and of its daemons, and what the replica writes.
  void check_root_volume(const WorkloadSpec& workload, const ClusterSpec& cluster, const PoolSpec& pool) {
    for (const auto& containers : revisions_of(workload)) {
      std::vector<const std::vector<ContainerSpec>*> all = {&containers};
      for (const WorkloadSpec& other : run_.workloads)
        if (is_daemon_of(other, cluster, pool) && &other != &workload) all.push_back(&other.containers);
      const Bytes images = layers_of(all, run_.images).unpacked;
      const NodeDisk disk = node_disk(pool);
      const Bytes needed = disk.system + images + workload.ephemeral_storage;
      if (needed > disk.size)
        return tell(workload, Verdict::no,
                    fmt::format("its images and those of the daemons take {} unpacked{}, the root volume of pool {} "
                                "has {}, of which the system takes {}",
                                say(images),
                                workload.ephemeral_storage > Bytes{}
                                    ? ", and it asks for " + say(workload.ephemeral_storage) + " of ephemeral storage"
                                    : std::string(),
                                pool.name, say(disk.size), say(disk.system)),
                    fmt::format("a root_volume of {} GiB or more in pool {}", whole_gib(needed), pool.name));
      const double full = 100.0 * static_cast<double>(needed.count()) / static_cast<double>(disk.size.count());
      if (cluster.orchestrator == Orchestrator::eks && full >= catalog_.constant("kubelet.image_gc_high_pct"))
        return tell(workload, Verdict::warning,
                    fmt::format("its images fill the root volume of pool {} to {:.0f} %: the kubelet removes every "
                                "image that does not run at once, and the next start pulls it again",
                                pool.name, full),
                    fmt::format("a root_volume of {} GiB or more in pool {}", whole_gib(Bytes{needed.count() * 3 / 2}),
                                pool.name));
    }
  }

  /// A directory of the node takes nothing of it, and what is written there must still have room.
  void check_host_path(const WorkloadSpec& workload, const PoolSpec& pool) {
    const NodeDisk disk = node_disk(pool);
    const Bytes path = workload.volumes.host_path;
    if (path + disk.system <= disk.size || path == Bytes{}) return;
    tell(workload, Verdict::warning,
         fmt::format("its host path of {} is larger than what the system leaves of the disk of pool {} ({} of {})",
                     say(path), pool.name, say(disk.size > disk.system ? disk.size - disk.system : Bytes{}),
                     say(disk.size)),
         pool.disk.kind == DiskKind::instance_store
             ? "an instance type with more local storage, a smaller host path, or an EBS volume"
             : fmt::format("a root_volume of {} GiB or more in pool {}, or an EBS volume",
                           whole_gib(path + disk.system), pool.name));
  }

  struct NodeDisk {
    Bytes size, system;
  };
  /// The smallest that a node of the pool may have.
  NodeDisk node_disk(const PoolSpec& pool) const {
    if (pool.disk.kind != DiskKind::instance_store)
      return {pool.root_volume, kMiB * static_cast<std::int64_t>(catalog_.constant("ebs.root_os_mib"))};
    Bytes least = catalog_.instance(pool.instance_types.front())->local_nvme;
    for (const std::string& type : pool.instance_types) least = std::min(least, catalog_.instance(type)->local_nvme);
    return {least, Bytes{}};
  }

  const ImageSpec& image_of(const ContainerSpec& container) const {
    const auto at = std::find_if(run_.images.begin(), run_.images.end(),
                                 [&](const ImageSpec& i) { return i.name == container.image; });
    SIM_CHECK_SAY(at != run_.images.end(), container.image);
    return *at;
  }

  /// An image that is not built for a node's processor does not start there: "exec format error".
  void check_platforms(const WorkloadSpec& workload, const PoolSpec& pool) {
    std::vector<std::string> needed = {"amd64"};  // Fargate, where no key asks for another
    if (pool.launch == Launch::ec2) {
      needed.clear();
      for (const std::string& type : pool.instance_types) needed.push_back(catalog_.instance(type)->arch);
    }
    for (const auto& containers : revisions_of(workload))
      for (const ContainerSpec& container : containers) {
        const ImageSpec& image = image_of(container);
        for (const std::string& arch : needed) {
          const auto& built = image.platforms;
          if (built.empty() || std::find(built.begin(), built.end(), arch) != built.end()) continue;
          const bool fargate = pool.launch == Launch::fargate;
          return tell(
              workload, Verdict::no,
              fmt::format("its image {} is not built for {}, which {}", image.name, arch,
                          fargate ? "Fargate has here" : "nodes of pool " + pool.name + " have"),
              fmt::format("build it for {} too (platforms of /images/{}), or {}", arch, image.name,
                          fargate ? "run it in an EC2 pool with such instance types" : "choose other instance types"));
        }
      }
  }

  /// An index for an image that is too small to gain by it.
  void check_lazy_loading(const WorkloadSpec& workload, Orchestrator orchestrator) {
    const double useful_mb = catalog_.constant("soci.useful_mb");
    for (const ContainerSpec& container : workload.containers) {
      const ImageSpec& image = image_of(container);
      if (!image.soci) continue;
      Bytes all;
      for (const LayerSpec& layer : image.layers) all += layer.compressed;
      if (orchestrator == Orchestrator::eks)
        return tell(workload, Verdict::note, "EKS on Fargate does not use the SOCI index of its image " + image.name,
                    "");
      if (static_cast<double>(all.count()) / 1e6 < useful_mb)
        return tell(workload, Verdict::note,
                    fmt::format("its image {} has a SOCI index at {}: AWS advises one above {:.0f} MB, smaller images "
                                "may start more slowly with it",
                                image.name, say(all), useful_mb),
                    "leave the index out");
    }
  }

  static bool is_daemon_of(const WorkloadSpec& workload, const ClusterSpec& cluster, const PoolSpec& pool) {
    return workload.kind == WorkloadKind::daemon && workload.cluster == cluster.name &&
           std::any_of(workload.pools.begin(), workload.pools.end(),
                       [&](const PoolShare& s) { return s.pool == pool.name; });
  }

  static std::int64_t whole_gib(Bytes bytes) { return (bytes.count() + kGiB.count() - 1) / kGiB.count(); }

  /// What the daemons of a node take before the first replica.
  NodeRoom daemon_room(const ClusterSpec& cluster, const PoolSpec& pool) const {
    NodeRoom taken;
    for (const WorkloadSpec& daemon : run_.workloads) {
      if (!is_daemon_of(daemon, cluster, pool)) continue;
      const FargateSize ask = replica_request(daemon.containers);
      taken.cpu += ask.cpu;
      taken.memory += ask.memory;
    }
    return taken;
  }

  void check_ec2(const WorkloadSpec& workload, const ClusterSpec& cluster, const PoolSpec& pool) {
    const NodeRoom daemons = daemon_room(cluster, pool);
    const auto needs = [&](Need need) {
      return std::find(workload.needs.begin(), workload.needs.end(), need) != workload.needs.end();
    };
    if (needs(Need::gpu) && !any_gpu(pool, catalog_))
      tell(workload, Verdict::no, "needs a GPU, and no instance type of pool " + pool.name + " has one",
           "add a type with GPUs, such as g5.xlarge, to the pool's instance_types");
    for (const auto& containers : revisions_of(workload)) {
      const FargateSize ask = placed_request(containers, workload.ecs, cluster.orchestrator);
      const NodeRoom room = largest_room(pool, cluster.orchestrator, catalog_) - daemons;
      if (ask.cpu <= room.cpu && ask.memory <= room.memory) continue;
      return tell(
          workload, Verdict::no,
          fmt::format("a replica asks for {} and {}, the largest instance type of pool {} has room for {} and {} "
                      "beside its daemons",
                      say(ask.cpu), say(ask.memory), pool.name, say(room.cpu), say(room.memory)),
          larger_type(pool, cluster.orchestrator, ask.cpu + daemons.cpu, ask.memory + daemons.memory, catalog_), true);
    }
  }

  /// CPU work is a part of the service time, so what exceeds it is not done.
  void check_cpu_per_request(const WorkloadSpec& workload) {
    constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
    const DemandSpec& demand = *workload.demand;
    const Duration median{demand.service_time.in_microseconds().at(kHalf)};
    if (demand.cpu_per_request <= median) return;
    tell(workload, Verdict::warning,
         fmt::format("cpu_per_request ({}) is more than the median of service_time ({}): the CPU work of a request is "
                     "cut to its service time",
                     say(demand.cpu_per_request), say(median)),
         "lower cpu_per_request, or raise service_time to what a request takes on an idle replica");
  }

  /// Concurrency that the CPU cannot serve: SCENARIO's two capacities side by side.
  void check_capacity(const WorkloadSpec& workload, Orchestrator orchestrator, const PoolSpec& pool) {
    const DemandSpec& demand = *workload.demand;
    const double service_time_s = answer_times_.at(workload.name);  // it keeps its slot until it has its answers
    const double cpu_s = seconds(demand.cpu_per_request);
    if (demand.concurrency == 0 || service_time_s <= 0 || cpu_s <= 0) return;
    Cpu allotment = placed_request(workload.containers, workload.ecs, orchestrator).cpu;
    const bool fargate = pool.launch == Launch::fargate;
    if (fargate)
      if (const auto size = fargate_size(workload.containers, workload.ecs, orchestrator, catalog_))
        allotment = size->cpu;
    const double by_slots = static_cast<double>(demand.concurrency) / service_time_s;
    const double by_cpu = vcpus(allotment) * speed_of(pool) / cpu_s;
    if (by_slots <= by_cpu) return;
    tell(workload, Verdict::warning,
         fmt::format("a replica could work on {:.0f} requests per second by its concurrency, but its {} serve {:.0f}{}",
                     by_slots, say(allotment), by_cpu, fargate ? "" : " (more while its node has CPU to spare)"),
         fmt::format("lower concurrency to {}, or give it more CPU",
                     std::max<std::int64_t>(1, static_cast<std::int64_t>(by_cpu * service_time_s))));
  }

  /// Of its CPUs; of several instance types the first.
  double speed_of(const PoolSpec& pool) const {
    if (pool.launch == Launch::fargate) return catalog_.fargate_cpu_speed();
    const InstanceType* type = pool.instance_types.empty() ? nullptr : catalog_.instance(pool.instance_types.front());
    return type != nullptr ? type->cpu_speed : 1;
  }

  const RunSpec& run_;
  const Catalog& catalog_;
  std::vector<Finding>& findings_;
  std::map<std::string, double> answer_times_;
};

/// Settings that only the other orchestrator knows.
void note_ignored_blocks(const LoadedScenario& scenario, const RunSpec& run, std::vector<Finding>& findings) {
  const Field services = Field(scenario.effective, scenario.file).at("services");
  for (const WorkloadSpec& workload : run.workloads) {
    if (workload.kind != WorkloadKind::service || workload.system) continue;
    const auto cluster = std::find_if(run.clusters.begin(), run.clusters.end(),
                                      [&](const ClusterSpec& c) { return c.name == workload.cluster; });
    const bool eks = cluster->orchestrator == Orchestrator::eks;
    const char* const other = eks ? "ecs" : "eks";
    if (services.at(workload.name).has(other))
      findings.push_back({subject_of(workload), Verdict::note,
                          fmt::format("its {} block is ignored by {}", other, eks ? "EKS" : "ECS"), ""});
  }
}

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::string_view kNames[] = {"note", "warning", "no"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::vector<Finding> feasibility(const LoadedScenario& scenario, const RunSpec& run, const Catalog& catalog) {
  std::vector<Finding> findings;
  Hosting hosting(run, catalog, findings);
  check_network(run, catalog, findings);
  for (const ClusterSpec& cluster : run.clusters)
    for (const PoolSpec& pool : cluster.pools) hosting.check_pool_max(cluster, pool);
  for (const WorkloadSpec& workload : run.workloads) hosting.check_workload(workload);
  find_at_limits(run, catalog, findings);
  find_in_start_order(run, findings);
  find_in_hpas(run, catalog, findings);
  find_in_versions(run, catalog, findings);
  find_in_deployments(run, findings);
  note_ignored_blocks(scenario, run, findings);
  return findings;
}

bool can_host(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& f) { return f.verdict == Verdict::no; });
}

bool can_simulate(const std::vector<Finding>& findings) {
  return std::all_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.verdict != Verdict::no || f.pending_for_good; });
}

}  // namespace berth
