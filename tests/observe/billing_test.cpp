// What is metered while nodes and replicas live, and who pays for it.
#include <doctest/doctest.h>

#include "sim/observe/metering.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

/// Sum of the quantities of a sku.
std::int64_t metered(const Rows& usage, const std::string& sku) {
  std::int64_t sum = 0;
  for (const auto& row : usage.rows)
    if (row.at("sku") == sku) sum += std::stoll(row.at("quantity"));
  return sum;
}

RunSpec fargate_run(Orchestrator orchestrator = Orchestrator::ecs) {
  RunSpec spec = small_run(orchestrator);
  spec.workloads = {service("web", cpu_units(512), 1 * kGiB, "fargate")};
  return spec;
}

TEST_CASE("a Fargate replica is billed from the start of its pull to its stop, not for attaching its network") {
  Scene scene(fargate_run());
  const ReplicaId replica = scene.at(0s).on_fargate("web");
  scene.at(20s).world.move(replica, ReplicaStage::pulling);
  scene.at(81'200ms).stop(replica);
  scene.end(2h);
  // 61.2 s become 62; 0.5 vCPU = 500 millicores, 1 GiB = 1,024 MiB
  CHECK(metered(scene.rows("usage"), "fargate:vcpu:x86") == 62 * 500);
  CHECK(metered(scene.rows("usage"), "fargate:memory:x86") == 62 * 1024);
  CHECK(scene.rows("replicas").at(0, "billed_s") == "62");
}

TEST_CASE("a Fargate replica that stops early is billed one minute, one that never pulled nothing") {
  Scene scene(fargate_run());
  const ReplicaId brief = scene.at(0s).on_fargate("web"), never = scene.on_fargate("web");
  scene.at(10s).world.move(brief, ReplicaStage::pulling);
  scene.at(51'200ms).stop(brief);
  scene.stop(never);
  scene.end(2h);
  CHECK(metered(scene.rows("usage"), "fargate:vcpu:x86") == 60 * 500);
  CHECK(scene.rows("replicas").where("replica", "web/2").at("billed_s") == "0");
}

TEST_CASE("what still runs at the end is billed up to there, and written with empty ends") {
  Scene scene(fargate_run());
  scene.at(30min);
  scene.to_healthy(scene.on_fargate("web"));
  scene.end(2h);
  CHECK(metered(scene.rows("usage"), "fargate:vcpu:x86") == 90 * 60 * 500);
  const Rows replicas = scene.rows("replicas");
  CHECK(replicas.at(0, "stopped_s") == "");
  CHECK(replicas.at(0, "stop_reason") == "");
  CHECK(replicas.at(0, "usd") == exact(amount(catalog_of().price("fargate:vcpu:x86"), 90 * 60 * 500) +
                                       amount(catalog_of().price("fargate:memory:x86"), 90 * 60 * 1024)));
}

TEST_CASE("EKS on Fargate bills the size with the kubelet's 256 MiB") {
  Scene scene(fargate_run(Orchestrator::eks));
  scene.to_healthy(scene.on_fargate("web"));
  scene.end(1h);
  CHECK(metered(scene.rows("usage"), "fargate:memory:x86") == 3600 * 2048);  // 1 GiB + 256 MiB: the next size is 2 GiB
}

TEST_CASE("only EKS bills a control plane") {
  Scene ecs(fargate_run()), eks(fargate_run(Orchestrator::eks));
  ecs.end(2h);
  eks.end(2h);
  CHECK(metered(ecs.rows("usage"), "eks:cluster") == 0);
  CHECK(metered(eks.rows("usage"), "eks:cluster") == 2 * 3600);
  CHECK(eks.rows("cost").where("item", "eks:cluster").at("usd") == "0.2000000000");
}

RunSpec at_the_boundary() {
  RunSpec spec = fargate_run(Orchestrator::eks);
  spec.start = utc(2026, 3, 22, 23h);
  spec.clusters[0].kubernetes.version = KubeVersion{32};  // in standard support until 2026-03-23
  return spec;
}

TEST_CASE("a run over the end of standard support pays each part at its price") {
  Scene scene(at_the_boundary());
  scene.end(3h);
  CHECK(metered(scene.rows("usage"), "eks:cluster") == 3600);
  CHECK(metered(scene.rows("usage"), "eks:cluster:extended") == 2 * 3600);
  CHECK(scene.rows("cost").where("item", "eks:cluster").at("usd") == "0.1000000000");
  CHECK(scene.rows("cost").where("item", "eks:cluster:extended").at("usd") == "1.2000000000");
}

TEST_CASE("an upgrade ends the price of extended support") {
  Scene scene(at_the_boundary());
  scene.at(90min).world.upgrade(ClusterId{0}, KubeVersion{33});
  scene.end(3h);
  CHECK(metered(scene.rows("usage"), "eks:cluster") == 3600 + 90 * 60);
  CHECK(metered(scene.rows("usage"), "eks:cluster:extended") == 30 * 60);
}

TEST_CASE("a tier of the control plane comes on top, on a line of its own") {
  RunSpec spec = fargate_run(Orchestrator::eks);
  spec.clusters[0].kubernetes.tier = "2xl";
  Scene scene(spec);
  scene.end(2h);
  CHECK(scene.rows("cost").where("item", "eks:cluster").at("usd") == "0.2000000000");
  CHECK(scene.rows("cost").where("item", "eks:provisioned:2xl").at("usd") == "6.8000000000");
}

TEST_CASE("storage beyond the 20 GiB included is billed, spot pools at their own sku") {
  RunSpec spec = fargate_run();
  spec.workloads[0].ephemeral_storage = 50 * kGiB;
  spec.clusters[0].pools[1].spot = true;
  Scene scene(spec);
  scene.to_healthy(scene.on_fargate("web"));
  scene.end(1h);
  CHECK(metered(scene.rows("usage"), "fargate:ephemeral") == 3600 * 30 * 1024);
  CHECK(metered(scene.rows("usage"), "fargate:vcpu:x86") == 0);
  CHECK(metered(scene.rows("usage"), "fargate:vcpu:x86:spot") == 3600 * 500);
}

TEST_CASE("a root volume is billed as its kind, with the performance beyond what gp3 includes") {
  const auto usage_of = [](DiskSpec disk) {
    RunSpec spec = small_run();
    spec.clusters[0].pools[0].disk = disk;
    spec.workloads = {service("web", cpu_units(512), 1 * kGiB, "ec2")};
    Scene scene(spec);
    const NodeId node = scene.at(0s).ec2_node();
    scene.at(100s).world.move(node, NodeStage::terminating);
    scene.end(2h);
    return scene.rows("usage");
  };
  const Rows fast = usage_of({DiskKind::gp3, 4000, 500});
  CHECK(metered(fast, "ebs:gp3:gb_month") == 100 * 30 * 1024);
  CHECK(metered(fast, "ebs:gp3:iops_month") == 100 * 1000);
  CHECK(metered(fast, "ebs:gp3:mbps_month") == 100 * 375);
  const Rows old = usage_of({DiskKind::gp2, 0, 0});
  CHECK(metered(old, "ebs:gp2:gb_month") == 100 * 30 * 1024);
  CHECK(metered(old, "ebs:gp3:gb_month") == 0);
}

TEST_CASE("an EC2 node is billed from launch until it shuts down, a minute at least, with its root volume") {
  RunSpec spec = small_run();
  spec.workloads = {service("web", cpu_units(512), 1 * kGiB, "ec2")};
  Scene scene(spec);
  const NodeId brief = scene.at(0s).world.create_node(PoolId{0}, scene.world[PoolId{0}].types[0], ZoneId{0});
  scene.at(10s).world.move(brief, NodeStage::booting);
  scene.at(30s).world.move(brief, NodeStage::terminating);
  scene.at(90s).world.move(brief, NodeStage::gone);
  const NodeId node = scene.at(100s).ec2_node();
  scene.at(100s + 61'500ms).world.move(node, NodeStage::terminating);
  scene.end(2h);
  CHECK(metered(scene.rows("usage"), "ec2:m6i.large") == 60 + 62);
  CHECK(metered(scene.rows("usage"), "ebs:gp3:gb_month") == (60 + 62) * 30 * 1024);
  CHECK(scene.rows("nodes").where("node", "ec2/1").at("billed_s") == "60");
  CHECK(scene.rows("nodes").where("node", "ec2/2").at("billed_s") == "62");
}

TEST_CASE("cost.csv says nothing about a month after less than an hour") {
  for (const Duration length : {Duration{59min}, Duration{1h}}) {
    Scene scene(small_run());
    scene.at(0s).ec2_node();
    scene.end(length);
    const Rows cost = scene.rows("cost");
    REQUIRE(cost.size() > 0);
    for (const auto& row : cost.rows) {
      CHECK(row.at("usd_month").empty() == (length < 1h));
      CHECK_FALSE(row.at("usd").empty());
    }
  }
}

TEST_CASE("a node that was never launched costs nothing") {
  Scene scene(small_run());
  const NodeId node = scene.world.create_node(PoolId{0}, scene.world[PoolId{0}].types[0], ZoneId{0});
  scene.at(5s).world.move(node, NodeStage::gone);
  scene.end(2h);
  CHECK(metered(scene.rows("usage"), "ec2:m6i.large") == 0);
  CHECK(scene.rows("nodes").at(0, "billed_s") == "0");
}

TEST_CASE("a shared node is paid by the larger of CPU and memory share, the rest is idle, and all of it adds up") {
  RunSpec spec = small_run();
  spec.workloads = {service("cpu", 1 * kVcpu, 512 * kMiB, "ec2"), service("memory", cpu_units(128), 2 * kGiB, "ec2")};
  spec.workloads.push_back(service("dns", cpu_units(64), 64 * kMiB, "ec2"));
  spec.workloads.back().system = true;
  Scene scene(spec);
  const NodeId node = scene.at(0s).ec2_node();
  const double node_cpu = vcpus(scene.world[node].cpu_allocatable),
               node_memory = gib(scene.world[node].memory_allocatable);
  scene.at(1h);
  scene.on_node("cpu", node);
  scene.on_node("memory", node);
  scene.on_node("dns", node);
  const Summary summary = scene.end(2h);
  const Rows cost = scene.rows("cost");
  const auto share_of = [&](const std::string& name) {
    Usd all, own;
    for (const auto& row : cost.rows) {
      if (row.at("item") != "ec2:m6i.large") continue;
      all += usd(row.at("usd"));
      if (row.at("service") == name) own += usd(row.at("usd"));
    }
    return as_double(own) / as_double(all);
  };
  CHECK(share_of("cpu") == doctest::Approx(0.5 * 1 / node_cpu).epsilon(1e-4));  // half the time
  CHECK(share_of("memory") == doctest::Approx(0.5 * 2 / node_memory).epsilon(1e-4));
  CHECK(share_of("system") == doctest::Approx(0.5 * (64.0 / 1024) / node_cpu).epsilon(1e-4));
  CHECK(share_of("idle") > 0.5);
  CHECK(total(cost, "usd") == summary.run);
  CHECK(total(cost, "usd_month") == summary.month);
  Usd by_item;
  for (const CostFigure& c : summary.costs) by_item += c.run;
  CHECK(by_item == summary.run);
}

TEST_CASE("shares that are more than the whole node are scaled down together, nothing is idle then") {
  RunSpec spec = small_run();
  spec.workloads = {service("cpu", cpu_units(1900), 256 * kMiB, "ec2"),
                    service("memory", cpu_units(64), 6 * kGiB, "ec2")};
  Scene scene(spec);
  const NodeId node = scene.ec2_node();
  scene.on_node("cpu", node);
  const ReplicaId second = scene.on_node("memory", node);
  CHECK(1900.0 / 2048 + 6 / gib(scene.world[node].memory_allocatable) > 1);
  SUBCASE("to the end") {}
  SUBCASE("until one of them stops") {
    scene.at(1h).to_healthy(second);
    scene.stop(second);
  }
  const bool stopped = scene.world[second].stage == ReplicaStage::stopped;
  scene.end(2h);
  double idle = 0, all = 0;
  for (const auto& row : scene.rows("cost").rows) {
    if (row.at("item") != "ec2:m6i.large") continue;
    all += std::stod(row.at("usd"));
    if (row.at("service") == "idle") idle += std::stod(row.at("usd"));
  }
  CHECK(idle / all == doctest::Approx(stopped ? 0.5 * (1 - 1900.0 / 2048) : 0).epsilon(1e-4));
}

TEST_CASE("layers pass the NAT gateway and are billed there, unless the S3 endpoint takes them") {
  for (const bool endpoint : {false, true}) {
    RunSpec spec = fargate_run();
    spec.network.endpoints.clear();
    if (endpoint) spec.network.endpoints = {"s3"};
    Scene scene(spec);
    const ReplicaId replica = scene.on_fargate("web");
    scene.world.publish(LayerTransferred{scene.world[replica].node, LayerId{0}, 80 * kMiB, LayerServer::ecr});
    scene.end(1h);
    const Bytes api = 4 * kKiB;  // what ECR's API answers still comes through the NAT
    CHECK(metered(scene.rows("usage"), "nat:gb") == (api + (endpoint ? Bytes{} : 80 * kMiB)).count());
    CHECK(metered(scene.rows("usage"), "nat:hour") == 3600);
  }
}

TEST_CASE("two load balancers are two meters and one row of the bill") {
  RunSpec spec = fargate_run();
  spec.load_balancers = {{"public", LoadBalancerKind::alb}, {"inner", LoadBalancerKind::alb}};
  Scene scene(spec);
  const Summary summary = scene.end(1h);
  CHECK(metered(scene.rows("usage"), "alb:hour") == 2 * 3600);
  CHECK(scene.rows("cost").where("item", "alb:hour").at("quantity") == "2.000000");
  CHECK(total(scene.rows("cost"), "usd") == summary.run);
}

TEST_CASE("gateways, interface endpoints and addresses are billed by zone") {
  RunSpec spec = fargate_run();
  spec.network.zones = {"a", "b", "c"};
  spec.load_balancers = {{"public", LoadBalancerKind::alb}};
  SUBCASE("a gateway a zone") {
    spec.network.nat = NatMode::per_zone;
    spec.network.endpoints = {"s3", "ecr.api", "ecr.dkr"};
    Scene scene(spec);
    scene.end(1h);
    CHECK(metered(scene.rows("usage"), "nat:hour") == 3 * 3600);
    CHECK(metered(scene.rows("usage"), "endpoint:hour") == 2 * 3 * 3600);  // S3 has a gateway endpoint: free
    CHECK(metered(scene.rows("usage"), "ipv4:hour") == (3 + 3) * 3600);    // gateways and load balancer
  }
  SUBCASE("none, in public subnets: replicas have addresses of their own") {
    spec.network.nat = NatMode::none;
    spec.network.public_subnets = true;
    spec.network.endpoints = {};
    Scene scene(spec);
    scene.to_healthy(scene.on_fargate("web"));
    scene.end(1h);
    CHECK(metered(scene.rows("usage"), "nat:hour") == 0);
    CHECK(metered(scene.rows("usage"), "ipv4:hour") == (3 + 1) * 3600);
  }
}

RunSpec requested_run() {
  RunSpec spec = fargate_run();
  spec.load_balancers = {{"public", LoadBalancerKind::alb}};
  WorkloadSpec& web = spec.workloads[0];
  web.load_balancer = "public";
  DemandSpec demand;
  demand.trace = "load";
  demand.service_time.parameters = {10ms};
  demand.request_bytes = 1 * kKiB;
  demand.response_bytes = 1 * kMiB;
  web.demand = demand;
  return spec;
}

Traces steady_load(double per_interval) {
  LoadSeries series;
  series.interval = 60s;
  series.means = Meaning::count;
  series.values.assign(60, per_interval);
  return {{"load", std::make_shared<const LoadSeries>(series)}};
}

TEST_CASE("answers are internet egress of their service, and fill the load balancer's capacity units") {
  Scene scene(requested_run(), steady_load(100));
  const ReplicaId replica = scene.on_fargate("web");
  scene.to_healthy(replica);
  const TargetId target = scene.world.register_target(replica);
  scene.world.serve(target);
  const Summary summary = scene.end(1h + 10s);
  CHECK(summary.requests_arrived == 6000);
  CHECK(summary.requests_ok == 6000);
  CHECK(metered(scene.rows("usage"), "egress:gb") == 6000 * kMiB.count());
  // bytes lead: 6,000 × (1 MiB + 1 KiB) ÷ 1 GiB an hour and unit
  CHECK(metered(scene.rows("usage"), "alb:lcu") == 6000 * 1'000'000LL * (1024 + 1) / (1024 * 1024) + 1);
  CHECK(scene.rows("cost").where("item", "egress:gb").at("service") == "web");
  CHECK(scene.rows("cost").where("item", "alb:lcu").at("service") == "shared");
}

TEST_CASE("services that share a load balancer pay its hours once, and their traffic fills the same capacity units") {
  RunSpec spec = requested_run();
  spec.workloads.push_back(spec.workloads[0]);
  spec.workloads[1].name = "api";
  Scene scene(spec, steady_load(100));
  for (const char* name : {"web", "api"}) {
    const ReplicaId replica = scene.on_fargate(name);
    scene.to_healthy(replica);
    scene.world.serve(scene.world.register_target(replica));
  }
  const Summary summary = scene.end(1h + 10s);
  CHECK(summary.requests_ok == 2 * 6000);
  CHECK(metered(scene.rows("usage"), "alb:hour") == 3600 + 10);
  CHECK(metered(scene.rows("usage"), "alb:lcu") == 2 * 6000 * 1'000'000LL * (1024 + 1) / (1024 * 1024) + 1);
}

TEST_CASE("a Classic Load Balancer is paid by the hour and by the bytes of both ways, and has an address a zone") {
  RunSpec spec = requested_run();
  spec.network.zones = {"a", "b", "c"};
  spec.network.nat = NatMode::none;
  spec.load_balancers = {{"public", LoadBalancerKind::clb, false, {"a", "b"}}};
  Scene scene(spec, steady_load(100));
  const ReplicaId replica = scene.on_fargate("web");
  scene.to_healthy(replica);
  scene.world.serve(scene.world.register_target(replica));
  scene.end(1h + 10s);
  CHECK(metered(scene.rows("usage"), "clb:hour") == 3600 + 10);
  CHECK(metered(scene.rows("usage"), "clb:gb") == 6000 * (kMiB.count() + kKiB.count()));
  CHECK(metered(scene.rows("usage"), "ipv4:hour") == 2 * (3600 + 10));
}

TEST_CASE("refused requests cost no egress") {
  Scene scene(requested_run(), steady_load(100));
  const Summary summary = scene.end(1h + 10s);
  CHECK(summary.requests_failed == 6000);
  CHECK(metered(scene.rows("usage"), "egress:gb") == 0);
}

TEST_CASE("a missing price stops the run before it begins") {
  RunSpec spec = fargate_run();
  spec.load_balancers = {{"public", LoadBalancerKind::nlb}};
  const Catalog& seoul = catalog_of("ap-northeast-2");  // NLB prices of Seoul are not known
  World world(spec, seoul);
  Lanes lanes(world, {});
  TemporaryFolder folder;
  CHECK_THROWS_AS(check_prices(spec, seoul), InputError);
  CHECK_THROWS_AS(Observers(world, lanes, folder.path(), 60s), InputError);
}

}  // namespace
}  // namespace berth::observe_test
