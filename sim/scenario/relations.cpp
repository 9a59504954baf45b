// Checks across keys: names, bounds, where workloads run, deployments.
#include "sim/scenario/relations.hpp"

#include <algorithm>
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
#include "sim/scenario/pool_relations.hpp"
#include "sim/scenario/relation_checks.hpp"
#include "sim/scenario/recorded.hpp"
#include "sim/scenario/scaling.hpp"
#include "sim/scenario/start_order.hpp"
#include "sim/scenario/subnets.hpp"
#include "sim/scenario/trace_relations.hpp"
#include "sim/world/view.hpp"

namespace berth {
namespace {

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
