// Flags of Cluster Autoscaler: what is read, and what is refused.
#include <doctest/doctest.h>

#include "tests/scenario/scene.hpp"

namespace scene::autoscaler {

const std::string kMain = "/architectures/mine/clusters/main";

berth::RunSpec run_with(const std::string& flags, const std::string& scaler = R"({"cluster_autoscaler": {}})") {
  const std::string cluster = R"({"orchestrator": "eks", "runs_on": {"*": "ec2"}, "cluster_autoscaler": )" + flags +
                              R"(, "pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "max": 8,
                              "scaler": )" +
                              scaler + "}}}";
  return run_of(loaded({{kMain, cluster}}), "mine");
}

berth::InputError::Parts refused(const std::string& flags,
                                 const std::string& scaler = R"({"cluster_autoscaler": {}})") {
  return error_of([&] { run_with(flags, scaler); });
}

TEST_CASE("expanders are read in their order, priorities by pool") {
  const auto spec =
      run_with(R"({"expander": "priority,least-waste", "priorities": {"ec2": 50}})").clusters[0].autoscaler;
  CHECK(spec.expanders == std::vector<berth::Expander>{berth::Expander::priority, berth::Expander::least_waste});
  CHECK(spec.priorities.at("ec2") == 50);
  CHECK_FALSE(spec.balances_similar);
  CHECK(run_with("{}").clusters[0].autoscaler.expanders.empty());
}

TEST_CASE("what keeps a node is upstream's default, and can be asked for otherwise") {
  const auto standard = run_with("{}").clusters[0].autoscaler;
  CHECK(standard.skips_system_pods);
  CHECK(standard.skips_local_storage);
  CHECK(standard.min_replicas == 0);
  CHECK_FALSE(standard.fast_path);
  const auto other = run_with(R"({"skip_nodes_with_system_pods": false, "min_replica_count": 3,
                                  "fastpath_binpacking": true})")
                         .clusters[0]
                         .autoscaler;
  CHECK_FALSE(other.skips_system_pods);
  CHECK(other.min_replicas == 3);
  CHECK(other.fast_path);
}

TEST_CASE("CoreDNS and Cluster Autoscaler have a disruption budget, so that they keep no node") {
  const auto run = run_with("{}");
  for (const berth::WorkloadSpec& workload : run.workloads) {
    if (workload.name == "coredns" || workload.name == "cluster-autoscaler") CHECK(workload.eks.pdb.has_value());
    if (workload.name == "metrics-server") CHECK_FALSE(workload.eks.pdb.has_value());
  }
}

TEST_CASE("the expander price is refused: Cluster Autoscaler has no prices of AWS") {
  const auto price = refused(R"({"expander": "price"})");
  CHECK(price.place == kMain + "/cluster_autoscaler/expander");
  CHECK(has(price.cure, "least-waste"));
  CHECK(refused(R"({"expander": "cheapest"})").place == kMain + "/cluster_autoscaler/expander");
}

TEST_CASE("flags without a group, and priorities of pools that are none, are refused") {
  CHECK(refused("{}", R"({"karpenter": {}})").place == kMain + "/cluster_autoscaler");
  CHECK(refused(R"({"priorities": {"fast": 1}})").place == kMain + "/cluster_autoscaler/priorities/fast");
}

}  // namespace scene::autoscaler
