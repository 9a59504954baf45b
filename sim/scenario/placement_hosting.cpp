#include "sim/scenario/placement_hosting.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/policy/placement/ecs_rules.hpp"
#include "sim/world/node_labels.hpp"
#include "sim/world/pod_rules.hpp"

namespace berth {
namespace {

/// One workload against the EC2 pools that it may use.
class PlacementHosting {
 public:
  PlacementHosting(const RunSpec& run, const WorkloadSpec& workload, std::string subject, const ClusterSpec& cluster,
                   const Catalog& catalog)
      : run_(run), workload_(workload), subject_(std::move(subject)), cluster_(cluster), catalog_(catalog) {
    for (const PoolSpec& pool : cluster.pools)
      for (const PoolShare& share : workload.pools)
        if (share.pool == pool.name) (pool.launch == Launch::ec2 ? pools_ : fargate_).push_back(&pool);
  }

  std::vector<Finding> find() {
    const bool ecs = cluster_.orchestrator == Orchestrator::ecs;
    if (ecs && !fargate_.empty() && !workload_.ecs.constraints.empty())
      tell(Verdict::note, "Fargate has no placement constraints: its tasks are spread over zones", "");
    if (!ecs && !fargate_.empty() && is_particular(workload_.eks.pod))
      tell(Verdict::note,
           "on Fargate every pod has a node of its own: selectors of nodes, affinity and topology spread do not apply",
           "");
    if (pools_.empty()) return found_;
    check_gpus();
    if (ecs) {
      check_constraints();
      check_agent_ports();
      if (workload_.on_host_network() && workload_.host_ports.empty() && workload_.kind == WorkloadKind::service)
        tell(Verdict::warning,
             "it uses the network of its instance, and no host ports are named: two replicas may share one",
             "name the ports that it listens on: \"needs\": [\"host_port:80\"]");
    }
    if (!ecs) check_pod_rules();
    check_one_a_node();
    return found_;
  }

 private:
  static bool is_particular(const PodSpec& pod) {
    return !pod.nodes.selector.empty() || !pod.nodes.required.empty() || !pod.nodes.preferred.empty() ||
           !pod.together.empty() || !pod.apart.empty() || !pod.spread.empty();
  }

  void tell(Verdict verdict, std::string why, std::string nearest, bool pending_for_good = false) {
    found_.push_back({subject_, verdict, std::move(why), std::move(nearest), pending_for_good});
  }

  void check_gpus() {
    for (const PoolSpec* pool : pools_) {
      std::int64_t most = 0;
      for (const std::string& type : pool->instance_types) most = std::max(most, catalog_.instance(type)->gpus);
      if (workload_.gpus <= most || most == 0) continue;  // none at all is told with the pool's room
      tell(Verdict::no,
           fmt::format("a replica asks for {} GPUs, no instance type of pool {} has more than {}", workload_.gpus,
                       pool->name, most),
           "ask for fewer GPUs, or add a type with more of them to the pool's instance_types", true);
    }
  }

  std::vector<std::string> zones_of(const PoolSpec& pool) const {
    return pool.zones.empty() ? run_.network.zones : pool.zones;
  }

  /// Task groups come and go; attributes do not: a query that no class of instances meets, whatever runs there, is
  /// never met.
  bool could_allow(const PoolSpec& pool, const ClusterQuery& query) const {
    const auto has_groups = std::any_of(query.terms.begin(), query.terms.end(),
                                        [](const QueryTerm& t) { return t.subject == QueryTerm::Subject::task_group; });
    if (has_groups) return true;
    std::vector<NodeAttributes> classes;
    for (const std::string& type : pool.instance_types)
      for (const std::string& zone : zones_of(pool))
        classes.push_back(node_attributes(pool, *catalog_.instance(type), zone, run_.region));
    const EcsConstraints constraints = bind_to_classes({query}, classes, {});
    for (std::uint16_t c = 0; c < classes.size(); ++c)
      if (allows(constraints, c, [](std::uint32_t) { return false; })) return true;
    return false;
  }

  void check_constraints() {
    for (const PoolSpec* pool : pools_)
      for (const std::string& text : workload_.ecs.constraints) {
        const auto parsed = parse_ecs_constraint(text);
        const auto* query = std::get_if<ClusterQuery>(&parsed);
        if (query == nullptr || could_allow(*pool, *query)) continue;
        tell(Verdict::no,
             fmt::format("no instance of pool {} can ever meet its constraint {}: its replicas would wait for good",
                         pool->name, text),
             "another pool in runs_on, other instance_types, zones or labels of the pool, or another constraint", true);
      }
  }

  std::vector<LabelledPods> pods_of_cluster() const {
    std::vector<LabelledPods> pods;
    for (const WorkloadSpec& w : run_.workloads)
      if (w.cluster == cluster_.name)
        pods.push_back({ServiceId{static_cast<std::uint32_t>(pods.size())}, pod_labels(w), &w.eks.pod});
    return pods;
  }
  std::vector<LabelledClass> classes_of(const PoolSpec& pool) const {
    std::vector<LabelledClass> classes;
    for (const std::string& type : pool.instance_types)
      for (const std::string& zone : zones_of(pool))
        for (const bool spot : {false, true})
          if (spot ? pool.buys_spot : !pool.spot)
            classes.push_back({node_labels(pool, *catalog_.instance(type), zone, run_.region, spot), pool.taints});
    return classes;
  }

  /// Labels and taints of nodes stay what they are: a class that refuses its pods refuses them for good.
  void check_pod_rules() {
    const bool tainted =
        std::any_of(pools_.begin(), pools_.end(), [](const PoolSpec* p) { return !p->taints.empty(); });
    if (!tainted && !is_particular(workload_.eks.pod)) return;  // most of thousands of workloads
    const std::vector<LabelledPods> pods = pods_of_cluster();
    const auto own =
        std::find_if(pods.begin(), pods.end(), [&](const LabelledPods& p) { return p.spec == &workload_.eks.pod; });
    if (own == pods.end()) return;
    for (const PoolSpec* pool : pools_) {
      const PodRules rules = compile_pod_rules(*own, pods, classes_of(*pool));
      const auto none = [](const std::vector<std::uint8_t>& column) {
        return !column.empty() && std::none_of(column.begin(), column.end(), [](std::uint8_t ok) { return ok != 0; });
      };
      if (none(rules.tolerated))
        tell(Verdict::no,
             fmt::format("it does not tolerate the taints of pool {}: its pods would wait for good", pool->name),
             "tolerations of the workload (eks/tolerations), or another pool in runs_on", true);
      else if (none(rules.affine))
        tell(Verdict::no,
             fmt::format("no node of pool {} can ever have the labels that it asks for: its pods would wait for good",
                         pool->name),
             "another pool in runs_on, other instance_types, zones or labels of the pool, or another selector", true);
      if (pool == pools_.front()) check_other_pods(rules);  // the same for every pool
    }
  }

  void check_other_pods(const PodRules& rules) {
    if (rules.together.topologies.empty() || rules.together.meets_itself || !rules.together.services.empty()) return;
    tell(Verdict::no,
         "no workload has the labels that its required pod affinity asks for: its pods would wait for good",
         "another selector in eks/affinity/pod, or labels of the workload that is meant", true);
  }

  void check_agent_ports() {
    if (workload_.awsvpc) return;
    for (const char* name : {"ssh", "docker", "docker_tls", "agent", "agent_credentials"}) {
      const auto port = static_cast<std::uint16_t>(catalog_.constant(std::string("ecs.agent.reserved_port.") + name));
      if (std::binary_search(workload_.host_ports.begin(), workload_.host_ports.end(), port))
        tell(Verdict::no,
             fmt::format("the ECS agent keeps port {} of every instance: its replicas would wait for good", port),
             "another host port, or network_mode awsvpc", true);
    }
  }

  /// A static host port and distinctInstance allow one replica a node.
  void check_one_a_node() {
    const auto& constraints = workload_.ecs.constraints;
    const bool ecs = cluster_.orchestrator == Orchestrator::ecs;
    const bool distinct =
        ecs && std::find(constraints.begin(), constraints.end(), "distinctInstance") != constraints.end();
    const bool port = !workload_.host_ports.empty() && !(ecs && workload_.awsvpc);
    if (workload_.kind != WorkloadKind::service || (!distinct && !port)) return;
    std::int64_t nodes = 0;
    for (const PoolSpec* pool : pools_) nodes += pool->max;
    const std::int64_t most = workload_.scale ? std::max(workload_.scale->max, workload_.desired) : workload_.desired;
    if (most <= nodes || !fargate_.empty()) return;
    tell(Verdict::warning,
         fmt::format("{} one replica on a node: of {} replicas {} have a node in its pools",
                     port ? "its host port allows" : "distinctInstance allows", most, nodes),
         fmt::format("raise max of the pool to {}, lower scale/max, or {}", most,
                     port ? "let the port be assigned: without host_port" : "drop distinctInstance"));
  }

  const RunSpec& run_;
  const WorkloadSpec& workload_;
  std::string subject_;
  const ClusterSpec& cluster_;
  const Catalog& catalog_;
  std::vector<const PoolSpec*> pools_, fargate_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> placement_findings(const RunSpec& run, const WorkloadSpec& workload, const std::string& subject,
                                        const ClusterSpec& cluster, const Catalog& catalog) {
  if (workload.kind == WorkloadKind::daemon || workload.system) return {};
  return PlacementHosting(run, workload, subject, cluster, catalog).find();
}

}  // namespace berth
