// One case a cause, in order of a start.
#include "sim/observe/waterfall_words.hpp"

#include <fmt/format.h>

#include "sim/observe/limit_words.hpp"

namespace berth {

std::string knob_of(WaitReason reason, const std::string& pool, const std::string& service) {
  const auto of = [](const std::string& path, const char* key) { return path.empty() ? path : path + key; };
  switch (reason) {
    case WaitReason::pool_at_max:
      return of(pool, "/max");
    case WaitReason::too_big:
      return of(service, "/containers");
    case WaitReason::no_addresses:
      return "/network/zones/*/private_cidr";
    case WaitReason::network_interfaces:
      return "/account/quotas/vpc_network_interfaces";
    case WaitReason::gpu:
    case WaitReason::port:
      return of(service, "/needs");
    case WaitReason::constraint:
      return of(service, "/ecs/constraints");
    case WaitReason::taint:
      return of(service, "/eks/tolerations");
    case WaitReason::node_affinity:
    case WaitReason::pod_affinity:
    case WaitReason::pod_anti_affinity:
      return of(service, "/eks/affinity");
    case WaitReason::topology_spread:
      return of(service, "/eks/topology_spread");
    case WaitReason::preempting:
      return of(service, "/eks/priority");
    case WaitReason::gang:
      return of(service, "/gang");
    case WaitReason::volume_zone:
    case WaitReason::volume_limit:
    case WaitReason::fargate_ebs:
    case WaitReason::fargate_host_path:
      return of(service, "/volumes");
    case WaitReason::fargate_storage:
      return of(service, "/volumes");
    case WaitReason::fargate_privileged:
    case WaitReason::fargate_gpu:
    case WaitReason::fargate_host:
    case WaitReason::fargate_daemon:
      return of(service, "/needs");
    case WaitReason::wrong_pool:
      return pool.empty() ? pool : pool.substr(0, pool.find("/pools/")) + "/runs_on";
    case WaitReason::fargate_profile:
      return of(pool, "/selectors");
    case WaitReason::zone_lost:
      return "/network/zones";
    case WaitReason::launch_rate:  // the quota behind these is told with the limit
    case WaitReason::service_rate:
    case WaitReason::run_task_rate:
    case WaitReason::provisioning_full:
    case WaitReason::fargate_capacity:
    case WaitReason::fargate_shortage:
    case WaitReason::bind_rate:
    case WaitReason::controller_rate:
      return "";
    case WaitReason::ec2_shortage:
      return of(pool, "/requirements");
    default:
      return of(pool, "/scaler");
  }
}

std::string knob_of(Limit limit, const std::string& pool, const std::string& service) {
  if (limit == Limit::start_failures) return service.empty() ? service : service + "/containers";
  const bool of_controller =
      limit == Limit::replica_set_calls || limit == Limit::daemon_set_calls || limit == Limit::job_calls;
  if (of_controller) return pool.empty() ? pool : pool.substr(0, pool.find("/pools/")) + "/controller_manager";
  if (limit == Limit::fargate_shortage) return knob_of(WaitReason::wrong_pool, pool, service);
  if (limit == Limit::ec2_shortage) return pool.empty() ? pool : pool + "/instance_types";
  if (limit == Limit::scheduler_rate)
    return pool.empty() ? pool : pool.substr(0, pool.find("/pools/")) + "/scheduler/qps";
  return "";
}

namespace {

/// In a few words, for the line of the knob.
std::string_view cure_of(WaitReason reason) {
  switch (reason) {
    case WaitReason::no_nodes:
    case WaitReason::cpu:
    case WaitReason::memory:
    case WaitReason::slots:
      return "more or larger nodes, or smaller replicas";
    case WaitReason::not_ready:
    case WaitReason::capacity_on_its_way:
      return "room in reserve";
    case WaitReason::wrong_pool:
      return "a pool that has room";
    case WaitReason::pool_at_max:
      return "a pool that may grow further";
    case WaitReason::too_big:
      return "smaller replicas, or instance types that can hold one";
    case WaitReason::no_addresses:
      return "larger subnets";
    case WaitReason::network_interfaces:
      return "fewer tasks with interfaces of their own, or a higher quota";
    case WaitReason::volume_zone:
      return "new volumes for each replica, or room where the old ones are";
    case WaitReason::volume_limit:
      return "fewer volumes a replica, or more nodes";
    case WaitReason::gpu:
      return "fewer GPUs a replica, or more nodes with GPUs";
    case WaitReason::port:
      return "no port of the host's own, another one, or more nodes";
    case WaitReason::constraint:
      return "constraints that more nodes meet";
    case WaitReason::taint:
      return "tolerations of the nodes' taints";
    case WaitReason::node_affinity:
      return "labels that more nodes have";
    case WaitReason::topology_spread:
      return "more skew, a soft constraint, or room in every domain";
    case WaitReason::pod_affinity:
      return "a preferred affinity, or room where those pods are";
    case WaitReason::pod_anti_affinity:
      return "a preferred anti-affinity, or more nodes";
    case WaitReason::preempting:
      return "room in reserve, or shorter grace periods of those that make room";
    case WaitReason::fargate_privileged:
    case WaitReason::fargate_gpu:
    case WaitReason::fargate_host:
    case WaitReason::fargate_host_path:
    case WaitReason::fargate_ebs:
    case WaitReason::fargate_storage:
    case WaitReason::fargate_daemon:  // their sentences say what to do
      return explain(reason).substr(0, explain(reason).rfind('.'));
    case WaitReason::fargate_profile:
      return "a selector for its namespace and labels, or an EC2 pool";
    case WaitReason::zone_lost:
      return "zones that do not fail together";
    case WaitReason::gang:
      return "a smaller gang, or room in reserve for all of it";
    case WaitReason::launch_rate:
    case WaitReason::service_rate:
    case WaitReason::run_task_rate:
    case WaitReason::provisioning_full:
    case WaitReason::fargate_capacity:
    case WaitReason::fargate_shortage:
    case WaitReason::bind_rate:
    case WaitReason::controller_rate:
      return "";
    case WaitReason::ec2_shortage:
      return "more instance types";
  }
  SIM_CHECK(false);
}

class Words {
 public:
  Words(const ObservedStart& start, std::size_t container, WaitReason reason, const LimitHold* hold)
      : start_(start),
        container_(container == kNoContainer ? none() : start.containers.at(container)),
        reason_(reason),
        hold_(hold),
        service_(service_path()) {
    if (!start.pool.empty())
      pool_ = fmt::format("/architectures/{}/clusters/{}/pools/{}", start.architecture, start.cluster, start.pool);
  }

  StepWords of(StartCause cause) const {
    switch (cause) {
      case StartCause::control_plane:
        return {"control plane takes it up", "", ""};
      case StartCause::held_back:
        return held_back();
      case StartCause::no_room:
        return {fmt::format("waits: {}", name(reason_)), knob_of(reason_, pool_, service_),
                std::string(cure_of(reason_))};
      case StartCause::address:
        return {"waits for an address", "/network/zones/*/private_cidr",
                eks_on_ec2() ? "larger subnets, or a /network/cni that keeps fewer addresses warm" : "larger subnets"};
      case StartCause::placement:
        return {"placed on the ready node", "", ""};
      case StartCause::network:
        return network();
      case StartCause::volume_detach:
        return volume("volumes leave the node before", "a new volume for each replica (keep)");
      case StartCause::volume_create:
        return volume("volumes created", "EFS or ephemeral storage, or volumes that are kept");
      case StartCause::volume_attach:
        return volume("volumes attached", "EFS or ephemeral storage");
      case StartCause::volume_mount:
        return volume("volumes mounted", "ephemeral storage");
      case StartCause::machine:
        return {start_.ecs ? "micro-VM" : "micro-VM, joins the cluster", "", ""};
      case StartCause::agent:
        return {start_.ecs ? start_.fargate ? "Fargate's agent" : "ECS agent" : "kubelet", "", ""};
      default:
        return cause < StartCause::placement         ? node(cause)
               : cause < StartCause::container_start ? image(cause)
                                                     : container(cause);
    }
  }

 private:
  static const ObservedContainer& none() {
    static const ObservedContainer container;
    return container;
  }
  std::string service_path() const {
    if (start_.containers.empty()) return {};
    const std::string& first = start_.containers.front().written_at;
    const std::size_t end = first.find("/containers/");
    return end == std::string::npos ? std::string() : first.substr(0, end);
  }
  bool eks_on_ec2() const { return !start_.ecs && !start_.fargate; }
  /// Of a thing's own path; none where it has none (what berth added itself).
  static std::string below(const std::string& path, const std::string& key) { return path.empty() ? path : path + key; }

  StepWords held_back() const {
    SIM_CHECK(hold_ != nullptr);
    return {fmt::format("held: {}", name(hold_->limit)),
            hold_->quota.empty() ? knob_of(hold_->limit, pool_, service_) : "/account/quotas/" + hold_->quota,
            std::string(cure(hold_->limit))};
  }

  StepWords node(StartCause cause) const {
    const std::string ahead = start_.karpenter ? "/min" : "/warm_pool";
    const char* const how = start_.karpenter ? "nodes that are there before they are needed, by a higher min"
                                             : "a warm pool, or a higher min";
    const char* const warm = "instances that wait running";
    switch (cause) {
      case StartCause::node_scaler:
        if (start_.taken != kNever) return {"node scaler took a warm node", below(pool_, "/scaler"), reserve()};
        return {"node scaler asked for a node", below(pool_, "/scaler"), reserve()};
      case StartCause::node_launch:
        return {"EC2 launched the node", below(pool_, ahead), how};
      case StartCause::node_boot:
        return {"node booted", below(pool_, "/ami"), std::string("an AMI that boots faster, or ") + how};
      case StartCause::node_pooled:
        return {"node waited in the warm pool", "", ""};
      case StartCause::warm_start:
        return {"taken from warm pool: started", below(pool_, "/warm_pool/state"), warm};
      case StartCause::warm_boot:
        return {"taken from warm pool: booted", below(pool_, "/warm_pool/state"), warm};
      default:
        return {"node joined the cluster", below(pool_, "/min"), "nodes that have joined before, by a higher min"};
    }
  }
  const char* reserve() const {
    return start_.ecs ? "room in reserve, by a higher min or a lower target_capacity"
                      : "room in reserve, by a higher min";
  }

  StepWords network() const {
    if (start_.fargate) return {"network interface", "", ""};
    if (!start_.ecs) return {"pod sandbox and network", "", ""};
    if (!start_.own_interface) return {"network", "", ""};
    return {"network interface", below(service_, "/network_mode"), "bridge mode uses the node's own interface"};
  }
  StepWords volume(const char* label, const char* cure) const { return {label, below(service_, "/volumes"), cure}; }

  std::string labelled(const char* label) const { return fmt::format("{} {}", label, container_.name); }
  std::string of_image(const char* key) const { return fmt::format("/images/{}{}", container_.image, key); }

  StepWords image(StartCause cause) const {
    switch (cause) {
      case StartCause::pull_turn:
        return {labelled("pull waits its turn"), eks_on_ec2() ? below(pool_, "/kubelet/serialize_image_pulls") : "",
                "images pulled in parallel"};
      case StartCause::manifest:
        return {labelled("registry's manifest"), registry_knob(), registry_cure()};
      case StartCause::image_cached:
        return {labelled("image on the node"), "", ""};
      case StartCause::image_lazy:
        return {labelled("lazy load"), of_image("/layers"), "fewer bytes"};
      case StartCause::image_download:
        return {labelled("image download"), of_image("/layers"), download_cure()};
      case StartCause::download_turn:
        return {labelled("layers wait to download"), start_.fargate ? of_image("/layers") : below(pool_, "/pull"),
                start_.fargate ? "fewer layers" : "more layers_in_parallel"};
      case StartCause::image_unpack:
        return unpack();
      case StartCause::unpack_turn:
        return {labelled("layer waits to unpack"), start_.fargate ? of_image("/layers") : below(pool_, "/pull"),
                start_.fargate ? "the large layers first" : "more unpacks_in_parallel"};
      case StartCause::pull_back_off:
        return pull_back_off();
      default:
        return {"first read of image " + container_.image, of_image("/layers"),
                start_.ecs ? "fewer bytes, or an index for lazy loading (soci)" : "fewer bytes"};
    }
  }
  /// The registry had named the layers, and then the disk was full; or the kubelet did not even ask it.
  StepWords pull_back_off() const {
    const std::string label = labelled(start_.ecs ? "pause before a new pull" : "ImagePullBackOff");
    bool known = false, full = false;
    for (const auto& mark : container_.pull) {
      full = full || (known && mark.what == PullMark::backed_off);
      known = mark.what == PullMark::known || mark.what == PullMark::known_lazily;
    }
    if (full && start_.fargate) return {label, below(service_, "/volumes"), "more ephemeral storage: the disk is full"};
    if (full && start_.instance_store) return {label, of_image("/layers"), "fewer bytes: the local disk is full"};
    if (full) return {label, below(pool_, "/root_volume"), "a larger disk for the images: this one is full"};
    if (container_.never_pulled)
      return {label, below(container_.written_at, "/pull"),
              "an image pull policy that pulls, or an AMI with the image (baked_images)"};
    if (!eks_on_ec2()) return {label, of_image("/registry"), "an image that its registry can deliver"};
    return {label, below(pool_, "/kubelet/registry_qps"), "more image pulls a second that the kubelet begins"};
  }
  /// The agent asks the registry, and all that it names is on the node.
  bool asks_in_vain() const {
    return start_.ecs && !start_.fargate && start_.pulled_bytes == Bytes{} && start_.layers.empty();
  }
  std::string registry_knob() const {
    if (asks_in_vain()) return below(pool_, "/image_pull");
    return container_.registry == Registry::outside || container_.registry == Registry::ecr_public
               ? of_image("/registry")
               : std::string();
  }
  std::string registry_cure() const {
    if (container_.registry == Registry::outside || container_.registry == Registry::ecr_public)
      return "a registry nearer by (pull_through or mirror)";
    return asks_in_vain() ? "an agent that does not ask for what the node has (prefer_cached)" : "";
  }
  /// What brings fewer bytes, or brings them sooner: only what this platform has and this start had not.
  std::string download_cure() const {
    std::string cure = "fewer bytes";
    if (start_.fargate && start_.ecs && !container_.soci) cure += ", or an index for lazy loading (soci)";
    if (!start_.fargate) {
      cure += ", or an AMI with the image (the pool's baked_images)";
      if (start_.taken != kNever) cure += ", or in the warm pool's images";
    }
    if (container_.registry == Registry::outside) cure += ", or a registry nearer by (pull_through or mirror)";
    else if (start_.over_nat) cure += ", or an s3 endpoint, which spares the NAT gateway";
    return cure;
  }
  /// The processor of a small Fargate task is slower than its disk; on a node it is the disk.
  StepWords unpack() const {
    const std::string label = labelled("image unpack");
    if (start_.fargate) return {label, below(container_.written_at, "/cpu"), "more vCPU unpack faster; or fewer bytes"};
    if (start_.instance_store) return {label, of_image("/layers"), "fewer bytes"};
    return {label, below(pool_, "/root_volume"), "a faster disk, or an AMI with the image (baked_images)"};
  }

  StepWords container(StartCause cause) const {
    switch (cause) {
      case StartCause::container_start:
        return {labelled("container start"), "", ""};
      case StartCause::container_run:
        if (container_.init)
          return {fmt::format("{} runs to its end", container_.name), below(container_.written_at, "/start"),
                  "less work in the init container"};
        return {fmt::format("{} runs until it exits", container_.name), below(container_.written_at, "/exits"),
                "mend what makes the container exit, or let it end sooner"};
      case StartCause::crash_back_off:
        return {labelled("CrashLoopBackOff"), below(container_.written_at, "/exits"),
                "mend what makes the container exit"};
      case StartCause::app_start:
        return {labelled("application start"), below(container_.written_at, "/start"),
                "an application that can serve sooner"};
      case StartCause::first_read:
        return volume("snapshot's data is read", "an application that reads less of it at first (read_at_start)");
      case StartCause::check:
        if (start_.ecs)
          return {labelled("health check"), below(container_.written_at, "/health_check/interval"), "a shorter one"};
        return {labelled(container_.sidecar ? "probes" : "readiness probe"), below(service_, "/eks/probes"),
                "a shorter period"};
      case StartCause::service_connect:
        return {"Service Connect", below(service_, "/ecs/service_connect"), "no proxy that every task waits for"};
      case StartCause::registration:
        return {"load balancer registration", "", ""};
      default:
        return {"load balancer's first check", below(service_, "/health/interval"), "more frequent checks"};
    }
  }

  const ObservedStart& start_;
  const ObservedContainer& container_;
  WaitReason reason_;
  const LimitHold* hold_;
  std::string service_, pool_;
};

}  // namespace

std::string what_refuses(WaitReason reason) {
  const std::string_view sentence = explain(reason);
  const std::size_t end = sentence.find("; it waits");
  return end == std::string_view::npos ? std::string(sentence) : std::string(sentence.substr(0, end)) + ".";
}

StepWords words_of(const ObservedStart& start, StartCause cause, std::size_t container, WaitReason reason,
                   const LimitHold* hold) {
  return Words(start, container, reason, hold).of(cause);
}

}  // namespace berth
