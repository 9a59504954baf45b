// What volumes cost: from their creation to their deletion, attached or not.
#include <doctest/doctest.h>

#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

EbsSpec volume_of(VolumeKind kind, Bytes size, std::int64_t extra_iops = 0, std::int64_t extra_mib_per_s = 0) {
  EbsSpec ebs;
  ebs.name = "data";
  ebs.kind = kind;
  ebs.size = size;
  ebs.extra_iops = extra_iops;
  ebs.extra_mib_per_s = extra_mib_per_s;
  return ebs;
}

/// Without the root volumes of nodes.
RunSpec stored(std::vector<EbsSpec> ebs, bool keep = false) {
  RunSpec spec = small_run(Orchestrator::eks);
  spec.clusters[0].pools[0].root_volume = {};
  spec.workloads = {service("db", cpu_units(256), 512 * kMiB, "ec2")};
  spec.workloads[0].volumes.ebs = std::move(ebs);
  spec.workloads[0].volumes.keep = keep;
  return spec;
}

std::int64_t metered_of(const Rows& usage, const std::string& sku) {
  std::int64_t sum = 0;
  for (const auto& row : usage.rows)
    if (row.at("sku") == sku) sum += std::stoll(row.at("quantity"));
  return sum;
}

Usd month_of_item(const Rows& cost, const std::string& item) { return usd(cost.where("item", item).at("usd_month")); }

TEST_CASE("G70: a month of gp3 with 40 GB, 1,000 IOPS and 5 MB/s more, and of gp2 with 10 GB") {
  Scene scene(stored({volume_of(VolumeKind::gp3, 40 * kGiB, 1000, 5), volume_of(VolumeKind::gp2, 10 * kGiB)}));
  const ReplicaId db = scene.on_node("db", scene.ec2_node());
  scene.world.create_volumes(db);
  scene.end(2h);
  const Rows cost = scene.rows("cost");
  CHECK(month_of_item(cost, "ebs:gp3:gb_month") == usd("3.20"));
  CHECK(month_of_item(cost, "ebs:gp3:iops_month") == usd("5.00"));
  CHECK(month_of_item(cost, "ebs:gp3:mbps_month") == usd("0.20"));
  CHECK(month_of_item(cost, "ebs:gp2:gb_month") == usd("1.00"));
  CHECK(cost.where("item", "ebs:gp2:gb_month").at("service") == "db");
  CHECK(cost.where("item", "ebs:gp2:gb_month").at("cluster") == "main");
}

TEST_CASE("a volume is billed from its creation to its deletion, whether a replica has it or not") {
  Scene scene(stored({volume_of(VolumeKind::gp3, 1 * kGiB)}));
  const ReplicaId db = scene.at(0s).on_node("db", scene.ec2_node());
  const VolumeSetId volumes = scene.at(10s).world.create_volumes(db);
  for (const VolumeStage s : {VolumeStage::available, VolumeStage::attaching, VolumeStage::attached})
    scene.world.move(volumes, s);
  scene.at(100s).world.give_up_volumes(db);
  scene.world.move(volumes, VolumeStage::detaching);
  scene.at(110s).world.move(volumes, VolumeStage::available);
  scene.at(130'500ms).world.move(volumes, VolumeStage::deleted);
  scene.end(2h);
  CHECK(metered_of(scene.rows("usage"), "ebs:gp3:gb_month") == 121 * 1024);  // 120.5 s are 121
}

TEST_CASE("a volume that is deleted at once costs a minute") {
  Scene scene(stored({volume_of(VolumeKind::gp3, 1 * kGiB)}));
  const ReplicaId db = scene.at(0s).on_node("db", scene.ec2_node());
  const VolumeSetId volumes = scene.world.create_volumes(db);
  scene.world.give_up_volumes(db);
  scene.at(5s).world.move(volumes, VolumeStage::deleted);
  scene.end(2h);
  CHECK(metered_of(scene.rows("usage"), "ebs:gp3:gb_month") == 60 * 1024);
}

TEST_CASE("a kept volume goes on costing when its replica is gone") {
  Scene scene(stored({volume_of(VolumeKind::gp3, 1 * kGiB)}, true));
  const ReplicaId db = scene.at(0s).on_node("db", scene.ec2_node());
  const VolumeSetId volumes = scene.world.create_volumes(db);
  scene.world.give_up_volumes(db);
  scene.world.move(volumes, VolumeStage::available);
  scene.world.free_volumes(volumes);
  scene.end(2h);
  CHECK(metered_of(scene.rows("usage"), "ebs:gp3:gb_month") == 2 * 3600 * 1024);
}

TEST_CASE("a file system is billed for what it stores and for its throughput, once for all replicas") {
  RunSpec spec = stored({});
  spec.workloads[0].volumes.efs = {{"files", false, 100 * kGiB, 10}, {"copy", true, 100 * kGiB, 0}};
  Scene scene(spec);
  scene.end(2h);
  const Rows cost = scene.rows("cost");
  CHECK(month_of_item(cost, "efs:gb_month") == usd("30.00"));
  CHECK(month_of_item(cost, "efs:one_zone:gb_month") == usd("16.00"));
  CHECK(month_of_item(cost, "efs:provisioned:mbps_month") == usd("60.00"));
}

TEST_CASE("G40: a pod on Fargate that asks for 100 GiB pays for 115, less the 20 included") {
  RunSpec spec = small_run(Orchestrator::eks);
  spec.workloads = {service("web", cpu_units(512), 1 * kGiB, "fargate")};
  spec.workloads[0].ephemeral_storage = 100 * kGiB;
  Scene scene(spec);
  scene.to_healthy(scene.on_fargate("web"));
  scene.end(1h);
  CHECK(metered_of(scene.rows("usage"), "fargate:ephemeral") == 3600 * 95 * 1024);
}

}  // namespace
}  // namespace berth::observe_test
