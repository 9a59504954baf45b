// What a pod on EKS is given: G39 to G42.
#include "sim/world/max_pods.hpp"
#include "sim/world/replica_size.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

FargateSize size_of(Cpu cpu, Bytes memory) {
  const std::vector<ContainerSpec> containers = {container(cpu, memory)};
  return *fargate_size(containers, Orchestrator::eks, constant_catalog());
}

}  // namespace

TEST_CASE("G39: a pod on Fargate that asks for 1 vCPU and 8 GB gets 2 vCPU and 9 GB") {
  const FargateSize size = size_of(kVcpu, 8 * kGiB);
  CHECK(size.cpu == 2 * kVcpu);
  CHECK(size.memory == 9 * kGiB);  // 256 MiB for the Kubernetes components, then up to the next size
}

TEST_CASE("G41: a pod on Fargate without requests gets 0.25 vCPU and 0.5 GB") {
  const FargateSize size = size_of(Cpu{}, Bytes{});
  CHECK(size.cpu == millicores(250));
  CHECK(size.memory == 512 * kMiB);
}

TEST_CASE("G42: an m5.large takes 29 pods, 20 with custom networking") {
  const InstanceType& type = *constant_catalog().instance("m5.large");
  CniSpec cni;
  CHECK(pods_of(type, cni, constant_catalog()) == 29);
  cni.custom_networking = true;
  CHECK(pods_of(type, cni, constant_catalog()) == 20);
}

}  // namespace berth::test
