// Checks across keys: names, bounds, pools, deployments.
#include "sim/scenario/relations.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sim/scenario/call_relations.hpp"
#include "sim/scenario/cron.hpp"
#include "sim/scenario/fault_names.hpp"
#include "sim/scenario/grammar.hpp"
#include "sim/scenario/group_relations.hpp"
#include "sim/scenario/hpa.hpp"
#include "sim/scenario/job_relations.hpp"
#include "sim/scenario/recorded.hpp"
#include "sim/scenario/scaling.hpp"
#include "sim/scenario/start_order.hpp"
#include "sim/scenario/subnets.hpp"
#include "sim/scenario/trace_relations.hpp"
#include "sim/world/view.hpp"

namespace berth {
namespace {

std::vector<std::string> keys_of(const Field& object) {
  std::vector<std::string> keys;
  for (const Field& member : object.members()) keys.push_back(member.key());
  return keys;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : ", ") + w;
  return text;
}

/// `field` must be one of the names; else the nearest is named.
void must_be(const Field& field, const std::string& name, const std::vector<std::string>& known,
             const std::string& what) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  const std::string near = nearest(name, known);
  field.fail(known.empty() ? what : what + ": " + listed(known), "\"" + name + "\"",
             near.empty() ? "write one of them" : "write \"" + near + "\"");
}

void check_order(const Field& object, const char* low, const char* high) {
  const auto a = object.find(low), b = object.find(high);
  if (!a || !b || a->whole() <= b->whole()) return;
  b->fail(fmt::format("{} to be at least {} ({})", high, low, a->shown()), b->shown(),
          fmt::format("raise {} or lower {}", high, low));
}

void check_durations(const Field& object, const char* low, const char* high) {
  const Field a = object.at(low), b = object.at(high);
  if (a.duration() <= b.duration()) return;
  b.fail(fmt::format("{} to be at least {} ({})", high, low, a.shown()), b.shown(), "exchange the two");
}

void check_distribution(const Field& field) {
  if (!field.is(Value::Kind::object)) return;
  if (auto d = field.find("lognormal")) check_durations(*d, "p50", "p99");
  if (auto d = field.find("uniform")) check_durations(*d, "low", "high");
  if (auto d = field.find("gamma"); d && d->has("shape")) d->at("shape").number(0.01, 1e6);
  if (auto d = field.find("empirical"); d && d->items().empty())
    d->fail("at least one sample", "an empty list", "write the samples, such as [\"40 ms\", \"55 ms\"]");
}

template <class Read>
void check_limit(const Field& container, const char* key, Read read) {
  const Field amount = container.at(key);
  if (!amount.is(Value::Kind::object) || !amount.has("limit")) return;
  const Field limit = amount.at("limit");
  if (read(limit) < read(amount.at("request")))
    limit.fail(fmt::format("a limit of at least the request ({})", amount.at("request").shown()), limit.shown(),
               "raise the limit or lower the request");
}

void check_containers(const Field& workload) {
  const Field containers = workload.at("containers");
  bool runs = false;
  for (const Field& c : containers.members()) {
    check_limit(c, "cpu", [](const Field& f) { return f.cpu(); });
    check_limit(c, "memory", [](const Field& f) { return f.bytes(); });
    runs = runs || !c.has("init") || !c.at("init").truth();
  }
  if (!runs)
    containers.fail("at least one container that is not init",
                    containers.members().empty() ? "none" : "only init containers", "add one");
  check_start_order(workload);
}

void check_deployments(const Field& workload) {
  const auto deployments = workload.find("deployments");
  if (!deployments) return;
  for (const Field& d : deployments->items())
    for (const Field& c : d.at("change").at("containers").members()) {
      must_be(c, c.key(), keys_of(workload.at("containers")), "one of its containers");
      for (const char* key : {"init", "restart", "depends_on"})
        if (const auto there = c.find(key))
          there->fail("the start order that it has: another one in a later revision is not simulated yet",
                      fmt::format("\"{}\"", key), "remove " + there->pointer());
    }
}

void check_service(const Field& service) {
  check_containers(service);
  if (auto scale = service.find("scale")) {
    check_order(*scale, "min", "max");
    check_scale(*scale);
  }
  check_demand(service);
  const auto demand = service.find("demand");
  if (demand && demand->has("service_time")) check_distribution(demand->at("service_time"));
  check_probes(service);
  check_hpa(service);
  check_deployments(service);
}

void check_daemon(const Field& daemon) {
  check_containers(daemon);
  check_deployments(daemon);
}

void check_job(const Field& job) {
  check_containers(job);
  check_run_times(job);
  for (const char* key : {"run_time", "cpu_work"})
    if (const auto written = job.find(key)) check_distribution(*written);
  check_job_parts(job);
  const auto arrivals = job.find("arrivals");
  const auto cron = arrivals ? arrivals->find("cron") : std::nullopt;
  std::string why;
  if (cron && !parse_cron(cron->text(), why))
    cron->fail(why, cron->shown(), "write \"0 3 * * *\" for every night at three");
  const auto eks = job.find("eks");
  if (!eks || cron) return;
  for (const char* key : {"concurrency", "starting_deadline", "successful_history", "failed_history"})
    if (const auto written = eks->find(key))
      written->fail("no such key of a job that does not arrive by cron: only a CronJob has it", written->shown(),
                    "remove " + written->pointer() + ", or write \"arrivals\": {\"cron\": \"0 * * * *\"}");
}

/// Services, daemons, jobs and externals share one space of names, and cost.csv has three of its own.
void check_names(const Field& scenario) {
  std::map<std::string, std::string> taken = {{"idle", "results"}, {"system", "results"}, {"shared", "results"}};
  for (const char* group : {"services", "daemons", "jobs", "externals"}) {
    const auto there = scenario.find(group);
    if (!there) continue;
    for (const Field& workload : there->members()) {
      const auto [at, fresh] = taken.emplace(workload.key(), group);
      if (fresh) continue;
      workload.fail("a name of its own: services, daemons, jobs and externals share one space of names",
                    fmt::format("\"{}\", which /{} has already", workload.key(), at->second), "rename one of the two");
    }
  }
}

struct ScenarioNames {
  std::vector<std::pair<std::string, std::string>> workloads;  // group, name
  std::vector<std::string> run_keys, zones, images;
};

ScenarioNames names_of(const Field& scenario) {
  ScenarioNames names;
  for (const char* group : {"services", "daemons", "jobs"}) {
    const auto there = scenario.find(group);
    if (!there) continue;
    for (const std::string& name : keys_of(*there)) {
      names.workloads.emplace_back(group, name);
      names.run_keys.push_back(name);
    }
  }
  for (const char* all : {"services/*", "daemons/*", "jobs/*", "*"}) names.run_keys.emplace_back(all);
  names.zones = zones_of(scenario);
  if (const auto images = scenario.find("images")) names.images = keys_of(*images);
  return names;
}

/// One capacity provider strategy of ECS holds providers of Auto Scaling groups or of Fargate, never both.
void check_one_kind(const Field& cluster, const Field& shares) {
  std::string first;
  for (const Field& share : shares.items()) {
    const std::string kind = cluster.at("pools").at(share.at("pool").text()).at("kind").text();
    if (first.empty()) first = kind;
    if (kind == first) continue;
    share.at("pool").fail("pools of one kind: a capacity provider strategy of ECS cannot mix EC2 and Fargate",
                          fmt::format("{} after {}", kind, first),
                          fmt::format("keep the {} pools, or split the workload in two", first));
  }
}

/// Between NodePools Karpenter's weights decide where a node is launched, and pods go where there is room.
void check_node_pool_shares(const Field& cluster, const Field& shares) {
  if (shares.items().size() < 2) return;
  for (const Field& share : shares.items()) {
    const auto scaler = cluster.at("pools").at(share.at("pool").text()).find("scaler");
    if (!scaler || !scaler->is(Value::Kind::object) || !scaler->has("karpenter")) return;
  }
  for (const Field& share : shares.items())
    for (const char* key : {"base", "weight"})
      if (const auto there = share.find(key))
        there->fail("no shares between NodePools of Karpenter", fmt::format("\"{}\"", key),
                    "remove it, and write \"weight\" in the pools");
}

void check_runs_on(const Field& cluster, const ScenarioNames& names) {
  const auto pools = keys_of(cluster.at("pools"));
  for (const Field& entry : cluster.at("runs_on").members()) {
    must_be(entry, entry.key(), names.run_keys, "a workload or a group");
    if (entry.is(Value::Kind::text)) {
      must_be(entry, entry.text(), pools, "a pool of the cluster");
      continue;
    }
    if (entry.items().empty()) entry.fail("at least one pool", "an empty list", "write the pool's name");
    std::int64_t weights = 0;
    for (const Field& share : entry.items()) {
      must_be(share.at("pool"), share.at("pool").text(), pools, "a pool of the cluster");
      weights += share.has("weight") ? share.at("weight").whole() : 1;
    }
    if (weights == 0) entry.fail("a weight above 0 in one pool", "only weights of 0", "give one pool \"weight\": 1");
    check_node_pool_shares(cluster, entry);
    if (check_fallback(entry)) continue;
    if (cluster.at("orchestrator").text() != "ecs") continue;
    check_one_kind(cluster, entry);
    check_strategy(entry);
  }
}

/// Keys that only a NodePool of Karpenter has.
void check_no_node_pool(const Field& pool) {
  for (const char* key : {"requirements", "limits", "weight"})
    if (const auto there = pool.find(key))
      there->fail("no such key in a pool without Karpenter", "\"" + std::string(key) + "\"",
                  "remove it, or write \"scaler\": {\"karpenter\": {}} on EKS");
  if (const auto purchase = pool.find("purchase"); purchase && purchase->is(Value::Kind::list))
    purchase->fail("on_demand, spot or a mix of a group: only Karpenter takes a list", "a list",
                   "write {\"on_demand_percent\": 50}, or \"scaler\": {\"karpenter\": {}} on EKS");
}

void check_ec2_pool(const Field& pool) {
  const auto scaler = pool.find("scaler");
  const bool karpenter = scaler && scaler->is(Value::Kind::object) && scaler->has("karpenter");
  const auto types = pool.find("instance_types");
  if (!types && !karpenter)
    pool.fail("the key \"instance_types\" of an EC2 pool", "none", "add \"instance_types\": [\"m6i.large\"]");
  if (types && types->items().empty())
    types->fail("at least one instance type", "an empty list", "write [\"m6i.large\"]");
  if (!karpenter) check_no_node_pool(pool);
  const bool bounded = karpenter && pool.has("limits") && pool.at("limits").has("nodes");
  if (!pool.has("max") && !bounded)
    pool.fail("the key \"max\" of an EC2 pool: the secured capacity", "none", "add \"max\": 40");
  check_order(pool, "min", "max");
}

/// Provisioned performance is gp3's, local disks have the size they have.
void check_root_volume(const Field& volume) {
  const std::string kind = volume.has("kind") ? volume.at("kind").text() : "gp3";
  for (const char* key : {"iops", "throughput"})
    if (const auto there = volume.find(key); there && kind != "gp3")
      there->fail("no such key beside the kind " + kind + ": only gp3 has provisioned performance",
                  "\"" + std::string(key) + "\"", "remove it, or write \"kind\": \"gp3\"");
  const bool sized = kind != "instance_store";
  if (sized == volume.has("size")) return;
  if (sized) volume.fail("the key \"size\" of the root volume", "none", "add \"size\": \"30 GiB\"");
  volume.at("size").fail("no size beside instance_store: the local disks of the instance type have their own",
                         volume.at("size").shown(), "remove it");
}

/// The ECS agent and the kubelet have settings of their own.
void check_pull_settings(const Field& pool, const std::string& orchestrator) {
  const bool eks = orchestrator != "ecs";
  if (const auto there = pool.find(eks ? "image_pull" : "kubelet"))
    there->fail(eks ? "no such key on EKS: it is a setting of the ECS agent" : "no such key on ECS: it has no kubelet",
                "\"" + there->key() + "\"",
                eks ? "write \"pull\" in the container: always, if_not_present or never"
                    : "write \"image_pull\": \"prefer_cached\", or remove it");
}

void check_fargate_pool(const Field& pool, const std::string& orchestrator) {
  for (const char* key :
       {"instance_types", "min", "max", "root_volume", "ami", "eni_trunking", "warm_pool", "zones", "pull",
        "image_pull", "kubelet", "baked_images", "group", "update", "taints", "requirements", "limits", "weight"})
    if (const auto there = pool.find(key))
      there->fail("no such key in a Fargate pool: AWS owns the machines", "\"" + std::string(key) + "\"",
                  "remove " + there->pointer() + ", or write \"kind\": \"ec2\"");
  const auto purchase = pool.find("purchase");
  if (purchase && !purchase->is(Value::Kind::text))
    purchase->fail("on_demand or spot in a Fargate pool", purchase->shown(),
                   "write \"spot\", and divide a service with base and weight in runs_on");
  if (orchestrator == "eks" && purchase && purchase->text() == "spot")
    purchase->fail("on_demand: EKS has no Fargate Spot", purchase->shown(),
                   "write \"on_demand\", or take spot in an EC2 pool or on ECS");
}

void check_selectors(const Field& pool, const std::string& kind, const std::string& orchestrator) {
  const auto selectors = pool.find("selectors");
  if (!selectors || (kind == "fargate" && orchestrator == "eks")) return;
  selectors->fail(orchestrator == "eks" ? "no such key in an EC2 pool: only a Fargate profile selects pods"
                                        : "no such key on ECS: it has no Fargate profiles",
                  "\"selectors\"",
                  "remove " + selectors->pointer() +
                      (orchestrator == "eks" ? "; labels and taints say who may use its nodes" : "; runs_on decides"));
}

void check_scaler(const Field& pool, const std::string& kind, const std::string& orchestrator) {
  const auto scaler = pool.find("scaler");
  if (!scaler || scaler->is(Value::Kind::text)) return;
  if (scaler->members().empty()) return;  // refused with the group
  const Field chosen = scaler->members().front();
  if (kind == "fargate")
    chosen.fail("no scaler in a Fargate pool: every replica brings its node", "\"" + chosen.key() + "\"",
                "remove " + scaler->pointer());
  const bool ecs_only = chosen.key() == "managed_scaling";
  const bool eks_only = chosen.key() == "karpenter" || chosen.key() == "cluster_autoscaler";
  if (!ecs_only && !eks_only) return;  // a plain group's
  if (ecs_only == (orchestrator == "ecs")) {
    if (ecs_only && chosen.has("target_capacity")) chosen.at("target_capacity").percent();
    if (ecs_only) check_order(chosen, "min_step", "max_step");
    return;
  }
  chosen.fail(ecs_only ? "karpenter or cluster_autoscaler on EKS" : "managed_scaling on ECS",
              "\"" + chosen.key() + "\"", ecs_only ? "write {\"karpenter\": {}}" : "write {\"managed_scaling\": {}}");
}

/// Only an Auto Scaling group of on-demand instances has one (Amazon EC2 Auto Scaling API, PutWarmPool).
void check_warm_pool(const Field& pool, const ScenarioNames& names) {
  const auto warm = pool.find("warm_pool");
  if (!warm) return;
  const auto scaler = pool.find("scaler");
  if (scaler && scaler->is(Value::Kind::object) && scaler->has("karpenter"))
    warm->fail("no warm pool beside Karpenter, which launches nodes without an Auto Scaling group", "one",
               "remove " + warm->pointer() + ", or write \"scaler\": {\"cluster_autoscaler\": {}}");
  const auto purchase = pool.find("purchase");
  if (purchase && purchase->is(Value::Kind::text) && purchase->text() == "spot")
    warm->fail("on-demand instances: AWS keeps no warm pool of spot instances", "\"purchase\": \"spot\"",
               "remove " + warm->pointer() + ", or write \"purchase\": \"on_demand\"");
  if (purchase && purchase->is(Value::Kind::object))
    warm->fail("on-demand instances: AWS keeps no warm pool of a group with mixed purchase options", "a mix",
               "remove " + warm->pointer() + ", or write \"purchase\": \"on_demand\"");
  check_order(*warm, "min", "max_prepared");
  if (const auto images = warm->find("images"))
    for (const Field& image : images->items()) must_be(image, image.text(), names.images, "an image of /images");
}

/// Custom attributes of ECS instances: their names and values have AWS's form. EKS nodes have labels and taints.
void check_labels(const Field& pool, const std::string& orchestrator) {
  if (const auto taints = pool.find("taints"); taints && orchestrator == "ecs")
    taints->fail("no such key on ECS: its instances have no taints", taints->shown(),
                 "remove " + taints->pointer() + ", or keep tasks away with ecs/constraints on custom attributes");
  const auto labels = pool.find("labels");
  if (!labels || orchestrator != "ecs") return;
  const auto is_right = [](const std::string& text, std::string_view beside) {
    return !text.empty() && text.size() <= 128 && text.front() != ' ' && text.back() != ' ' &&
           std::all_of(text.begin(), text.end(), [&](char c) {
             return std::isalnum(static_cast<unsigned char>(c)) != 0 || beside.find(c) != std::string_view::npos;
           });
  };
  for (const Field& label : labels->members()) {
    if (label.key().rfind("ecs.", 0) == 0)
      label.fail("a name that does not begin with ecs., as the attributes that ECS sets by itself",
                 "\"" + label.key() + "\"", "choose another name");
    if (!is_right(label.key(), "-_/\\."))
      label.fail("a name of 1 to 128 letters, digits, - _ / \\ or .", "\"" + label.key() + "\"", "choose another name");
    if (!is_right(label.text(), "-_./\\@: "))
      label.fail("a value of 1 to 128 letters, digits, - _ . @ / \\ : or inner spaces", label.shown(),
                 "choose another value");
  }
}

void check_pool(const Field& pool, const std::string& orchestrator, const ScenarioNames& names) {
  const std::string kind = pool.at("kind").text();
  if (kind == "ec2") {
    check_ec2_pool(pool);
    check_pull_settings(pool, orchestrator);
    const auto volume = pool.find("root_volume");
    if (volume && volume->is(Value::Kind::object)) check_root_volume(*volume);
  }
  if (kind == "fargate") check_fargate_pool(pool, orchestrator);
  check_selectors(pool, kind, orchestrator);
  if (const auto trunking = pool.find("eni_trunking"); trunking && orchestrator != "ecs")
    trunking->fail("no such key on EKS: trunks there serve security groups for pods", trunking->shown(),
                   "remove it; /network/cni says how pods get their addresses");
  check_labels(pool, orchestrator);
  check_scaler(pool, kind, orchestrator);
  if (kind == "ec2") check_group(pool, orchestrator);
  check_warm_pool(pool, names);
  if (const auto zones = pool.find("zones"))
    for (const Field& zone : zones->items()) must_be(zone, zone.text(), names.zones, "a zone of /network/zones");
  if (const auto zones = pool.find("zones")) zone_names(*zones);
}

/// Placement keeps a bit for each.
void check_host_ports(const Field& scenario, const ScenarioNames& names) {
  constexpr std::string_view kNeed = "host_port:";
  std::set<std::string> ports;
  for (const auto& [group, name] : names.workloads) {
    const auto needs = scenario.at(group).at(name).find("needs");
    if (!needs) continue;
    for (const Field& need : needs->items()) {
      if (need.text().compare(0, kNeed.size(), kNeed) != 0) continue;
      if (ports.insert(need.text()).second && ports.size() > kMostHostPorts)
        need.fail(fmt::format("at most {} different host ports in a scenario", kMostHostPorts),
                  fmt::format("{}, one more", need.shown()), "use one of the ports that others use too");
    }
  }
}

void check_load_balancer(const Field& balancer, const ScenarioNames& names) {
  const auto ingress = balancer.find("ingress");
  if (ingress && balancer.has("kind") && balancer.at("kind").text() != "alb")
    ingress->fail(
        "no such key beside this kind: only an Ingress has an ALB; Kubernetes makes an NLB or a CLB for each "
        "Service",
        ingress->shown(), "remove " + ingress->pointer() + ", or write \"kind\": \"alb\"");
  const auto zones = balancer.find("zones");
  if (!zones) return;
  for (const Field& zone : zones->items()) must_be(zone, zone.text(), names.zones, "a zone of /network/zones");
  const std::size_t count = zone_names(*zones).size();
  if ((!balancer.has("kind") || balancer.at("kind").text() == "alb") && count < 2)
    zones->fail("two zones or more: an Application Load Balancer takes no fewer", zones->shown(),
                "add a zone of /network/zones, or write \"kind\": \"nlb\"");
}

void check_architecture(const Field& architecture, const ScenarioNames& names) {
  const Field clusters = architecture.at("clusters");
  if (clusters.members().empty()) clusters.fail("at least one cluster", "none", "add one");
  for (const Field& cluster : clusters.members()) {
    if (cluster.at("pools").members().empty()) cluster.at("pools").fail("at least one pool", "none", "add one");
    if (const auto scheduler = cluster.find("scheduler"); scheduler && cluster.at("orchestrator").text() == "ecs")
      scheduler->fail("no such key on ECS: it has no kube-scheduler", scheduler->shown(),
                      "remove it; ecs/placement of a service says where its tasks go");
    for (const Field& pool : cluster.at("pools").members()) check_pool(pool, cluster.at("orchestrator").text(), names);
    check_runs_on(cluster, names);
  }
  for (const auto& [group, name] : names.workloads) {
    if (group == "daemons") continue;  // on every EC2 node wherever it is
    std::vector<std::string> homes;
    for (const Field& cluster : clusters.members())
      if (runs_on(cluster, group, name)) homes.push_back(cluster.key());
    if (homes.size() == 1) continue;
    clusters.fail(fmt::format("one cluster whose runs_on names \"{}\" or a group it belongs to", name),
                  homes.empty() ? "none" : "several: " + listed(homes),
                  homes.empty() ? "add \"*\" to a runs_on" : "name it in one of them only");
  }
}

}  // namespace

std::vector<std::string> zones_of(const Field& scenario) {
  if (const auto network = scenario.find("network"))
    if (const auto zones = network->find("zones")) return zone_names(*zones);
  const auto& keys = object_type("network")->keys;
  const auto key = std::find_if(keys.begin(), keys.end(), [](const Key& k) { return k.name == "zones"; });
  const Value fallback = parse_json(key->fallback.substr(2), "default");
  return zone_names(Field(fallback, "default"));
}

std::optional<Field> runs_on(const Field& cluster, const std::string& group, const std::string& workload) {
  const Field table = cluster.at("runs_on");
  for (const std::string& key : {workload, group + "/*", std::string("*")})
    if (auto found = table.find(key)) return found;
  return std::nullopt;
}

void check_relations(const Field& scenario) {
  check_names(scenario);
  const auto each = [&](const char* group, auto check) {
    if (const auto there = scenario.find(group))
      for (const Field& member : there->members()) check(member);
  };
  each("services", check_service);
  each("daemons", check_daemon);
  each("jobs", check_job);
  check_traces(scenario);
  const ScenarioNames names = names_of(scenario);
  check_host_ports(scenario, names);
  if (const auto network = scenario.find("network")) check_addresses(*network);
  each("load_balancers", [&](const Field& balancer) { check_load_balancer(balancer, names); });
  each("architectures", [&](const Field& a) { check_architecture(a, names); });
  each("externals", [](const Field& external) { check_distribution(external.at("service_time")); });
  check_calls(scenario);
  check_faults(scenario);
  check_job_order(scenario);
  check_queues(scenario);
}

}  // namespace berth
