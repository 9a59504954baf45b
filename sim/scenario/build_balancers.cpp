// Load balancers on EKS: Kubernetes makes one of its own for each Service that asks for an NLB or a CLB, and an ALB for
// each Ingress, or for all of an IngressGroup.
#include <algorithm>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

/// aws-load-balancer-controller 00175c1, docs/guide/ingress/annotations.md: without group.name an Ingress is a group of
/// its own. Services of type LoadBalancer have no groups.
bool has_its_own(const LoadBalancerSpec& balancer) {
  return balancer.kind != LoadBalancerKind::alb || balancer.ingress_each;
}

/// Who makes it: nobody on ECS, where it is there by itself; a cluster for its IngressGroup; else a service.
std::string maker_of(const Building& building, const LoadBalancerSpec& balancer, const WorkloadSpec& workload) {
  if (building.orchestrator(workload.cluster) == Orchestrator::ecs) return "";
  return has_its_own(balancer) ? workload.name : workload.cluster;
}

std::vector<WorkloadSpec*> users_of(RunSpec& run, const std::string& balancer) {
  std::vector<WorkloadSpec*> users;
  for (WorkloadSpec& workload : run.workloads)
    if (workload.load_balancer == balancer) users.push_back(&workload);
  return users;
}

const char* made_for(const LoadBalancerSpec& balancer) {
  return balancer.kind == LoadBalancerKind::alb ? "an ALB is made for each Ingress that is in no group with others"
                                                : "one is made for each Service of type LoadBalancer";
}

void tell(Building& building, const LoadBalancerSpec& balancer, std::size_t users, std::size_t made) {
  const std::string knob = "/load_balancers/" + balancer.name;
  if (made > 1)
    building.assume(
        "load balancer " + balancer.name, fmt::format("{} of them on this architecture, each billed by itself", made),
        has_its_own(balancer) ? made_for(balancer) : "the Ingresses of a cluster are a group of their own",
        has_its_own(balancer) && balancer.kind == LoadBalancerKind::alb ? knob + "/ingress" : knob + "/kind");
  else if (users > 1)
    building.assume("load balancer " + balancer.name, "an IngressGroup: the Ingresses of its services share one ALB",
                    "a name in /load_balancers is one load balancer; without a group Kubernetes makes one for each",
                    knob + "/ingress");
}

/// Where the zones matter to who gets a request, and nobody has said so.
void tell_zones(Building& building, const LoadBalancerSpec& balancer) {
  const std::size_t zones = balancer.zones.empty() ? building.run.network.zones.size() : balancer.zones.size();
  const Field written = building.scenario.at("load_balancers").at(balancer.written);
  if (balancer.cross_zone || zones < 2 || written.has("cross_zone")) return;
  building.assume("load balancer " + balancer.name,
                  "each zone gets as many requests and serves them with its own targets",
                  "cross-zone load balancing is off unless it is turned on (models/constants.json)",
                  "/load_balancers/" + balancer.written + "/cross_zone");
}

/// The copies stand behind each other in the order of their services; the first name stays with those on ECS.
std::vector<LoadBalancerSpec> made_of(Building& building, const LoadBalancerSpec& balancer) {
  const std::vector<WorkloadSpec*> users = users_of(building.run, balancer.name);
  std::vector<std::string> makers;
  bool eks = false;
  for (const WorkloadSpec* user : users) {
    const std::string maker = maker_of(building, balancer, *user);
    eks = eks || !maker.empty();
    if (std::find(makers.begin(), makers.end(), maker) == makers.end()) makers.push_back(maker);
  }
  if (eks) tell(building, balancer, users.size(), makers.size());
  if (makers.size() < 2) return {balancer};
  std::vector<LoadBalancerSpec> made;
  for (const std::string& maker : makers) {
    made.push_back(balancer);
    if (!maker.empty()) made.back().name += "/" + maker;
  }
  for (WorkloadSpec* user : users) {
    const std::string maker = maker_of(building, balancer, *user);
    if (!maker.empty()) user->load_balancer += "/" + maker;
  }
  return made;
}

}  // namespace

void build_kubernetes_balancers(Building& building) {
  std::vector<LoadBalancerSpec> all;
  for (const LoadBalancerSpec& balancer : building.run.load_balancers) {
    tell_zones(building, balancer);
    for (LoadBalancerSpec& made : made_of(building, balancer)) all.push_back(std::move(made));
  }
  building.run.load_balancers = std::move(all);
}

namespace {

const LoadBalancerSpec& balancer_of(const Building& building, const WorkloadSpec& workload) {
  const auto balancer = std::find_if(building.run.load_balancers.begin(), building.run.load_balancers.end(),
                                     [&](const LoadBalancerSpec& b) { return b.name == workload.load_balancer; });
  SIM_CHECK_SAY(balancer != building.run.load_balancers.end(), workload.load_balancer);
  return *balancer;
}

void check_target_type(const Building& building, const Field& type, const WorkloadSpec& workload,
                       const LoadBalancerSpec& balancer) {
  if (balancer.kind == LoadBalancerKind::clb)
    type.fail("no such key behind a Classic Load Balancer, which registers nodes", type.shown(),
              "remove " + type.pointer() + ", or write \"kind\": \"nlb\" in /load_balancers/" + balancer.written);
  if (type.text() == "instance" && building.any_fargate(workload))
    type.fail("ip: a pod on Fargate has no node whose port a load balancer could reach", type.shown(),
              "write \"ip\", or run the service on EC2 alone");
}

void refuse_retries(const Field& service, const WorkloadSpec& workload) {
  if (!workload.demand || !workload.demand->retries.any()) return;
  const Field retries = service.at("demand").at("retries");
  retries.fail("none behind a load balancer that registers nodes: that is not simulated yet", retries.shown(),
               "remove it, or write \"target_type\": \"ip\" in the service's eks");
}

void assume_node_ports(Building& building, const WorkloadSpec& workload, bool written) {
  const std::string subject = "service " + workload.name, at = "/services/" + workload.name;
  const bool local = workload.eks.node_port->local;
  if (!written)
    building.assume(subject, "every node of its cluster is a target of its Classic Load Balancer",
                    "it registers no addresses of pods", "/load_balancers/*/kind");
  building.assume(subject,
                  local ? "requests are dealt to nodes in turn, and on a node to one of its own ready pods at random"
                        : "kube-proxy sends each request to a ready pod at random, on whatever node",
                  "kube-proxy's iptables mode; it does so for each connection, on which several requests may come",
                  at + "/eks/external_traffic_policy");
  building.assume(subject, "its pods have no readiness gate and no slow start",
                  "they are no targets: only nodes are registered, checked and drained", at + "/eks/target_type");
}

}  // namespace

void build_targets(Building& building, const Field& service, WorkloadSpec& workload) {
  build_traffic_distribution(building, service, workload);
  if (workload.load_balancer.empty() || building.orchestrator(workload.cluster) != Orchestrator::eks) return;
  const LoadBalancerSpec& balancer = balancer_of(building, workload);
  const auto eks = service.find("eks");
  const auto type = eks ? eks->find("target_type") : std::nullopt;
  const auto policy = eks ? eks->find("external_traffic_policy") : std::nullopt;
  if (type) check_target_type(building, *type, workload, balancer);
  const bool classic = balancer.kind == LoadBalancerKind::clb && !building.any_fargate(workload);
  if (classic || (type && type->text() == "instance")) {
    refuse_retries(service, workload);
    workload.eks.node_port = NodePortSpec{policy && policy->text() == "local"};
    return assume_node_ports(building, workload, type.has_value());
  }
  if (policy)
    policy->fail("a load balancer that registers nodes: with pods as its targets nothing reads it", policy->shown(),
                 "remove it, or write \"target_type\": \"instance\"");
  if (!type && !building.only_fargate(workload))
    building.assume("service " + workload.name, "IP targets: its load balancer sends to pods",
                    "what AWS recommends, and all that Fargate can; the AWS Load Balancer Controller's own default is "
                    "instance",
                    "/services/" + workload.name + "/eks/target_type");
}

}  // namespace berth
