#include "sim/importers/eks_cluster.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::int64_t kFewestNodes = 100;
/// vCPU that a pod may come to need with what nodes keep for themselves.
constexpr std::int64_t kVcpuPerReplica = 4;

Value system_pool(const Written& w) {
  return w.object({{"kind", w.text("ec2")},
                   {"instance_types", w.list({w.text("m6i.large")})},
                   {"min", w.number(2)},
                   {"max", w.number(2)}});
}

Value scaled_pool(const Written& w, const char* scaler, std::int64_t max, const char* type) {
  Written::Members keys = {{"kind", w.text("ec2")}};
  if (type != nullptr) keys.emplace_back("instance_types", w.list({w.text(type)}));
  keys.emplace_back("min", w.number(0));
  keys.emplace_back("max", w.number(max));
  keys.emplace_back("scaler", w.object({{scaler, w.object({})}}));
  return w.object(std::move(keys));
}

}  // namespace

Value eks_account(const Written& w, std::int64_t replicas) {
  const std::int64_t vcpu = std::max<std::int64_t>(5000, replicas * kVcpuPerReplica);
  return w.object({{"quotas", w.object({{"ec2_standard_vcpu", w.number(vcpu)},
                                        {"vpc_network_interfaces", w.number(std::max<std::int64_t>(5000, vcpu))}})}});
}

/// Large subnets, so that addresses, of which nodes keep many warm, do not end what nodes began.
Value eks_network(const Written& w) {
  return w.object({{"zones", w.object({{"a", w.object({{"private_cidr", w.text("10.0.0.0/16")}})},
                                       {"b", w.object({{"private_cidr", w.text("10.1.0.0/16")}})},
                                       {"c", w.object({{"private_cidr", w.text("10.2.0.0/16")}})}})}});
}

Value eks_architectures(const Written& w, const ImportRequest& request, std::int64_t replicas) {
  const std::int64_t most = std::max(kFewestNodes, replicas);
  Written::Members pools = {{"system", system_pool(w)}};
  // Karpenter chooses among the types of its getting-started guide; a node group has one.
  if (request.scaler == "karpenter") pools.emplace_back("workers", scaled_pool(w, "karpenter", most, nullptr));
  else pools.emplace_back("workers", scaled_pool(w, "cluster_autoscaler", most, "m6i.xlarge"));
  return w.object(
      {{"eks", w.object({{"clusters",
                          w.object({{"main", w.object({{"orchestrator", w.text("eks")},
                                                       {"pools", w.object(std::move(pools))},
                                                       {"runs_on", w.object({{"*", w.text("workers")}})}})}})}})}});
}

}  // namespace berth
