#include "sim/scenario/pool_relations.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "sim/scenario/group_relations.hpp"
#include "sim/scenario/subnets.hpp"

namespace berth {
namespace {

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

}  // namespace

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

}  // namespace berth
