// How many replicas a node's interfaces carry, what the CNI plans, and that a subnet's addresses add up.
#include <doctest/doctest.h>

#include "sim/world/max_pods.hpp"
#include "sim/world/warm_addresses.hpp"
#include "sim/world/world.hpp"
#include "tests/engine/aborts.hpp"
#include "tests/support/constant_models.hpp"
#include "tests/support/specs.hpp"

namespace berth::test {
namespace {

const InstanceType& sold(const char* name) { return *constant_catalog().instance(name); }

TEST_CASE("awsvpc tasks of an instance, without and with trunking, are those of the ECS guide") {
  struct Density {
    const char* type;
    std::int64_t interfaces, trunk;
  };
  for (const Density d : {Density{"c5.large", 2, 10}, Density{"m5.xlarge", 3, 20}, Density{"m5.2xlarge", 3, 40},
                          Density{"m5.4xlarge", 7, 60}, Density{"m5.16xlarge", 14, 120}}) {
    CAPTURE(d.type);
    CHECK(tasks_with_interfaces(sold(d.type), false) == d.interfaces);
    CHECK(tasks_with_interfaces(sold(d.type), true) == d.trunk);
  }
  CHECK(tasks_with_interfaces(sold("t3.medium"), true) == 2);  // no trunks on that type: as if it were off
}

TEST_CASE("pods of a node follow its interfaces, custom networking, prefixes, the cap and the number asked for") {
  const Catalog& catalog = constant_catalog();
  CniSpec cni;
  CHECK(pods_of(sold("m5.large"), cni, catalog) == 29);
  CHECK(pods_of(sold("m5.24xlarge"), cni, catalog) == 737);
  cni.capped_pods = true;
  CHECK(pods_of(sold("m5.large"), cni, catalog) == 29);
  CHECK(pods_of(sold("m5.4xlarge"), cni, catalog) == 110);
  CHECK(pods_of(sold("m5.24xlarge"), cni, catalog) == 250);
  cni = {};
  cni.custom_networking = true;
  CHECK(pods_of(sold("m5.large"), cni, catalog) == 20);
  cni = {};
  cni.prefix_delegation = true;
  CHECK(pods_of(sold("m5.large"), cni, catalog) == 110);
  CHECK(pods_of(sold("m5.24xlarge"), cni, catalog) == 250);
  cni.max_pods = 58;
  CHECK(pods_of(sold("m5.large"), cni, catalog) == 58);
}

TEST_CASE("without a setting a node admits what is published for every type of the catalog") {
  for (const InstanceType& type : constant_catalog().instances()) {
    CAPTURE(type.name);
    CHECK(pods_of(type, CniSpec{}, constant_catalog()) == type.eks_pods);
  }
}

TEST_CASE("an offering has the slots that its cluster's settings give it") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 1)}, {});
  run.clusters[0].pools[0].eni_trunking = true;
  const World ecs(run, constant_catalog());
  CHECK(ecs.offering(PoolId{0}, ecs[PoolId{0}].types.front()).slots == 10);
  RunSpec other = run_of(Orchestrator::eks, {ec2_pool(0, 1)}, {});
  other.network.cni.prefix_delegation = true;
  const World eks(other, constant_catalog());
  CHECK(eks.offering(PoolId{0}, eks[PoolId{0}].types.front()).slots == 110);
}

TEST_CASE("the plan never goes beyond the instance, and a target of zero keeps one address free") {
  const InterfaceLimits small{3, 9};
  WarmTargets targets;
  targets.eni = 1;
  CHECK(warm_plan(small, targets, 27).slots == 27);
  CHECK(warm_plan(small, targets, 0).enis == 1);
  targets.eni = 0;
  CHECK(warm_plan(small, targets, 8).enis == 1);
  CHECK(warm_plan(small, targets, 9).enis == 2);
  targets.minimum_ip = 4;
  CHECK(warm_plan(small, targets, 4).slots == 4);  // a minimum alone is all that the node ever gets
  WarmTargets prefixes;
  prefixes.addresses_per_slot = 16;
  CHECK(warm_plan(small, prefixes, 15).slots == 1);
  CHECK(warm_plan(small, prefixes, 16).slots == 2);
  CHECK(warm_plan(InterfaceLimits{}, targets, 3).enis == 0);
}

TEST_CASE("addresses that are not there cannot be moved, and a wrong count is found") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 1)}, {});
  run.network.subnets = {{3}, {3}};
  World world(run, constant_catalog());
  world.move_addresses(ZoneId{0}, AddressUse::free, AddressUse::used, 3);
  CHECK(last_words([&] { world.move_addresses(ZoneId{0}, AddressUse::free, AddressUse::warm, 1); }).find("left") !=
        std::string::npos);
  CHECK(last_words([&] { world.check_everything(); }).find("a: used") != std::string::npos);  // nobody has them
  world.move_addresses(ZoneId{0}, AddressUse::used, AddressUse::free, 3);
  world.check_everything();
}

TEST_CASE("only a subnet that was empty wakes those who wait, in every cluster") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 1)}, {});
  run.network.subnets = {{2}, {2}};
  World world(run, constant_catalog());
  const auto epoch = [&] { return world[ClusterId{0}].epoch; };
  world.move_addresses(ZoneId{0}, AddressUse::free, AddressUse::used, 2);
  const auto before = epoch();
  world.move_addresses(ZoneId{0}, AddressUse::used, AddressUse::free, 1);
  CHECK(epoch() == before + 1);
  world.move_addresses(ZoneId{0}, AddressUse::used, AddressUse::free, 1);
  CHECK(epoch() == before + 1);
}

TEST_CASE("only an account that had all its interfaces wakes those who wait, and none has more than it may") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 1)}, {});
  run.quotas["vpc_network_interfaces"] = 2;
  World world(run, constant_catalog());
  const auto epoch = [&] { return world[ClusterId{0}].epoch; };
  world.create_interface(ZoneId{0});
  world.create_interface(ZoneId{1});
  CHECK(world.interfaces_left(ZoneId{0}) == 0);
  CHECK(world.addresses(ZoneId{0}, AddressUse::free) > 0);
  CHECK_FALSE(last_words([&] { world.create_interface(ZoneId{0}); }).empty());
  const auto before = epoch();
  world.delete_interface(ZoneId{0});
  CHECK(epoch() == before + 1);
  world.delete_interface(ZoneId{1});
  CHECK(epoch() == before + 1);
}

}  // namespace
}  // namespace berth::test
