// Every key of the scenario contract is declared, and everything declared reads well.
#include <doctest/doctest.h>

#include <map>
#include <sstream>

#include "sim/scenario/grammar.hpp"
#include "sim/scenario/scalars.hpp"
#include "tests/scenario/scene.hpp"

namespace {

const std::map<std::string, std::string> kContract = {
    {"scenario",
     "berth name seed start duration begin region catalog include defaults account labour network traces images "
     "load_balancers externals services daemons jobs faults architectures what_if engine limits"},
    {"defaults", "service container pool daemon job"},
    {"engine", "network fidelity"},
    {"account", "quotas commitments discounts"},
    {"commitment", "kind family usd_per_hour until"},
    {"discount", "match percent"},
    {"labour", "wage chores"},
    {"network", "zones nat endpoints subnets cni registry"},
    {"registries", "ecr public mirror"},
    {"registry", "per_connection per_client"},
    {"registry_mirror", "per_connection per_client rate"},
    {"zone", "private_cidr public_cidr"},
    {"cni",
     "warm_eni_target warm_ip_target minimum_ip_target warm_prefix_target prefix_delegation custom_networking "
     "max_pods"},
    {"trace", "file means gaps from to scale shift repeat synthetic"},
    {"image", "layers registry compression platforms soci"},
    {"layer", "compressed unpacked"},
    {"load_balancer", "kind zones ingress cross_zone client_routing requests_per_connection connection_life rules tls"},
    {"external", "connections queue_limit service_time error_rate via zone request_bytes bytes"},
    {"service",
     "desired containers volumes demand scale load_balancer health rollout deployments calls needs availability "
     "network_mode labels ecs eks"},
    {"scale", "min max metric target policies"},
    {"deployment", "at change"},
    {"availability", "floor"},
    {"ecs", "placement constraints launch scaling deployment az_rebalancing task requires_compatibilities"},
    {"ecs_deployment", "strategy bake circuit_breaker"},
    {"circuit_breaker", "rollback"},
    {"eks",
     "namespace rollout probes target_type external_traffic_policy traffic_distribution pdb topology_spread "
     "node_selector affinity tolerations priority hpa"},
    {"daemon_rollout", "max_unavailable max_surge"},
    {"daemon_eks", "rollout namespace node_selector affinity tolerations topology_spread priority"},
    {"job_eks",
     "namespace node_selector affinity tolerations topology_spread priority concurrency starting_deadline "
     "successful_history failed_history"},
    {"priority", "value preemption"},
    {"scored_resources", "cpu memory"},
    {"scheduler", "score resources shape percent_of_nodes"},
    {"hpa", "min max metrics behavior"},
    {"hpa_metric", "resource container pods object external utilisation average_value value"},
    {"hpa_behavior", "up down"},
    {"hpa_rules", "stabilisation select policies tolerance"},
    {"hpa_policy", "pods percent period"},
    {"container",
     "image pull cpu memory essential init restart depends_on stop_timeout start start_cpu slow_start memory_use"},
    {"cpu_amount", "request limit"},
    {"demand",
     "requests cores replicas service_time cpu_per_request memory_per_request concurrency queue_limit timeout slo "
     "request_bytes response_bytes log_bytes retries balancing fidelity"},
    {"cpu_work", "amd64 arm64"},
    {"client_retries", "max on back_off deadline budget"},
    {"back_off", "initial factor max jitter"},
    {"retry_budget", "share per_second window"},
    {"trace_share", "trace share"},
    {"call", "to count probability after parallel async optional timeout retries request_bytes response_bytes direct"},
    {"daemon", "containers deployments on_fargate labels eks"},
    {"job",
     "arrivals containers run_time retries after array gang queue deadline on_interruption ttl_after_finish ecs"},
    {"job_ecs", "placement constraints launch task requires_compatibilities"},
    {"arrivals", "trace cron poisson count spread"},
    {"fault", "at every hazard kind target for code factor error_rate"},
    {"architecture", "clusters"},
    {"cluster",
     "orchestrator version support control_plane upgrades system_workloads metrics_resolution cluster_autoscaler pools "
     "runs_on"},
    {"pool_share", "pool base weight"},
    {"pool",
     "kind instance_types requirements zones min max limits weight purchase root_volume ami eni_trunking warm_pool "
     "taints labels scaler selectors pull image_pull kubelet baked_images spot cpu_credits"},
    {"profile_selector", "namespace labels"},
    {"pool_spot", "interruptions draining"},
    {"memory_use", "idle growth"},
    {"warm_pool", "min max_prepared state reuse images"},
    {"pull", "layers_in_parallel unpacks_in_parallel lazy"},
    {"kubelet", "serialize_image_pulls registry_qps registry_burst"},
    {"root_volume", "kind size iops throughput"},
    {"purchase_mix", "on_demand_base on_demand_percent allocation"},
    {"scaler", "managed_scaling asg_target_tracking asg_step scheduled cluster_autoscaler karpenter"},
};

bool declares(const berth::ObjectType& type, const std::string& key) {
  for (const berth::Key& k : type.keys)
    if (k.name == key) return true;
  return false;
}

/// The innermost types of a type text: "map of service" -> service.
void check_known(const std::string& text) {
  for (const berth::Alternative& a : berth::alternatives(text)) {
    std::string type = a.type;
    for (const char* lead : {"map of ", "list of ", "part of "})
      if (type.rfind(lead, 0) == 0) return check_known(type.substr(std::string(lead).size()));
    const bool known = type.rfind("one of ", 0) == 0 || type.rfind("name in ", 0) == 0 ||
                       berth::scalar_type(type) != nullptr || berth::object_type(type) != nullptr;
    CHECK_MESSAGE(known, text);
  }
}

}  // namespace

TEST_CASE("every key of the contract is declared") {
  for (const auto& row : kContract) {
    const auto& name = row.first;
    const berth::ObjectType* type = berth::object_type(name);
    REQUIRE_MESSAGE(type != nullptr, name);
    std::istringstream words(row.second);
    for (std::string key; words >> key;) CHECK_MESSAGE(declares(*type, key), name << "/" << key);
  }
}

TEST_CASE("every declared type exists, every default parses, every key has its line of help") {
  for (const berth::ObjectType& type : berth::describe()) {
    CAPTURE(type.name);
    if (!type.rest.empty()) check_known(type.rest);
    for (const berth::Key& key : type.keys) {
      CAPTURE(key.name);
      check_known(key.type);
      CHECK_FALSE(key.help.empty());
      if (key.fallback.rfind("= ", 0) == 0) CHECK_NOTHROW(berth::parse_json(key.fallback.substr(2), "default"));
    }
    for (const std::string& key : type.exactly_one) CHECK(declares(type, key));
  }
}

TEST_CASE("the JSON Schema lists every type and key with its help") {
  const berth::Value schema = berth::parse_json(berth::json_schema(), "schema");
  const berth::Value* types = schema.find("$defs");
  REQUIRE(types != nullptr);
  for (const berth::ObjectType& type : berth::describe()) {
    const berth::Value* there = types->find(type.name);
    REQUIRE_MESSAGE(there != nullptr, type.name);
    for (const berth::Key& key : type.keys) {
      const berth::Value* property = there->find("properties")->find(key.name);
      REQUIRE_MESSAGE(property != nullptr, type.name << "/" << key.name);
      CHECK(scene::has(property->find("description")->text, key.help));
    }
  }
  CHECK(scene::has(types->find("part_of_pool")->find("description")->text, "nodes"));
  CHECK(types->find("part_of_pool")->find("required") == nullptr);
}
