// The waterfall of a start: a path of causes without gap and overlap, and its bars.
#include "sim/observe/waterfall_text.hpp"

#include "sim/observe/start_probe.hpp"
#include "sim/observe/waterfall.hpp"
#include "sim/observe/waterfall_words.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

using Step = std::pair<StartCause, double>;

/// What each step was and how long it took, after it was seen that they follow each other from the decision to the end.
std::vector<Step> steps_of(const ObservedStart& start) {
  std::vector<Step> steps;
  Time at = start.decided;
  for (const PathStep& step : critical_path(start)) {
    CHECK(step.from == at);
    CHECK(step.to > step.from);
    at = step.to;
    steps.emplace_back(step.cause, seconds(step.to - step.from));
  }
  CHECK(at == start.until);
  return steps;
}

RunSpec one_service(Duration app_start = 3s) {
  RunSpec run = small_run();
  run.workloads = {service("web", millicores(500), 1 * kGiB, "fargate")};
  for (ImageSpec& image : run.images)
    for (LayerSpec& layer : image.layers) layer.unpacked = layer.compressed;  // read at once when it is started
  run.workloads[0].containers[0].start = app_start;
  run.workloads[0].containers[0].written_at = "/services/web/containers/app";
  return run;
}

/// A world moved by hand with nobody but the probe looking on.
class Probed final : public FactSink {
 public:
  Probed(RunSpec run, std::vector<std::string> names)
      : spec(std::move(run)), world(spec, catalog_of()), probe(world, std::move(names)) {
    world.tell(*this);
  }
  void hear(const Fact& fact, Time at) override { probe.hear(fact, at); }
  Probed& at(Duration t) {
    world.set_now(Time{t});
    return *this;
  }
  ServiceId service() const { return ServiceId{static_cast<std::uint32_t>(world.service_count() - 1)}; }
  ReplicaId create() { return world.create_replica(service(), world[service()].revision); }
  void wait(ReplicaId replica, WaitReason why) { world.set_waits(replica, {}, why); }
  void parts(ReplicaId replica, std::initializer_list<AttachPart> parts) {
    for (const AttachPart p : parts)
      world[replica].parts_missing |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(p));
  }
  ObservedStart end(Duration t) { return probe.take(Time{t}).at(0); }

  RunSpec spec;
  World world;
  StartProbe probe;
};

TEST_CASE("a start on Fargate goes through token, network, machine, pull, start, application and first check") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.at(10s).create();
  scene.wait(web, WaitReason::launch_rate);
  scene.world.publish(LimitHolds{Limit::fargate_launch, kNone<ServiceId>, web, kNone<NodeId>, 1});
  scene.at(12s).world.place(web, scene.world.create_fargate_node(PoolId{1}, web, ZoneId{0}));
  scene.parts(web, {AttachPart::network});
  scene.at(18s).world.attach(web, AttachPart::network);
  scene.parts(web, {AttachPart::machine});
  scene.at(27s).world.attach(web, AttachPart::machine);
  scene.world.move(web, ReplicaStage::pulling);
  scene.world.move(web, ContainerIndex{0}, ContainerStage::pulling);
  scene.world.publish(ImageAsked{web, ContainerIndex{0}});
  scene.at(28s).world.publish(ImageKnown{web, ContainerIndex{0}, false});
  scene.at(35s).world.move(web, ContainerIndex{0}, ContainerStage::created);
  scene.world.move(web, ReplicaStage::starting);
  scene.at(36s).world.move(web, ContainerIndex{0}, ContainerStage::running);
  scene.world.move(web, ReplicaStage::warming);
  scene.world[web].warmed = Time{39s};
  const TargetId target = scene.world.register_target(web);
  scene.at(37s).world.publish(TargetRegistered{target});
  scene.at(39s).world.ready(web, ContainerIndex{0});
  scene.at(51s).world.serve(target);
  scene.world.move(web, ReplicaStage::healthy);
  const ObservedStart start = scene.end(60s);
  CHECK(start.healthy == Time{51s});
  CHECK(steps_of(start) == std::vector<Step>{{StartCause::held_back, 2},
                                             {StartCause::network, 6},
                                             {StartCause::machine, 9},
                                             {StartCause::manifest, 1},
                                             {StartCause::image_download, 7},
                                             {StartCause::container_start, 1},
                                             {StartCause::app_start, 3},
                                             {StartCause::first_check, 12}});
  const std::string text = waterfall_text(start, 100);
  CHECK(text.find("web/1 on test, node fargate/1, zone a, 0.5 vCPU 1 GiB: 41.0 s from the decision to healthy") !=
        std::string::npos);
  CHECK(text.find("/account/quotas/fargate_launch_per_s") != std::string::npos);
  CHECK(text.find("  micro-VM                    |   ██████           |    9.0 s\n") != std::string::npos);
  CHECK(text.find("12.0 s  more frequent checks: /services/web/health/interval") != std::string::npos);
}

TEST_CASE("each second of a wait for a node is that node's: asked for, launched, booted, joined") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.at(5s).create();
  scene.wait(web, WaitReason::cpu);
  scene.at(20s);
  const NodeId node = scene.world.create_node(PoolId{0}, scene.world[PoolId{0}].types.front(), ZoneId{0});
  scene.wait(web, WaitReason::capacity_on_its_way);
  scene.at(40s).world.move(node, NodeStage::booting);
  scene.at(65s).world.move(node, NodeStage::joining);
  scene.at(70s).world.move(node, NodeStage::ready);
  scene.at(71s).world.place(web, node);
  const ObservedStart start = scene.end(71s);
  CHECK(steps_of(start) == std::vector<Step>{{StartCause::node_scaler, 15},
                                             {StartCause::node_launch, 20},
                                             {StartCause::node_boot, 25},
                                             {StartCause::node_join, 5},
                                             {StartCause::placement, 1}});
}

TEST_CASE("of a node that was on its way already, only what was left of it counts") {
  Probed scene(one_service(), {"web/1"});
  const NodeId node = scene.world.create_node(PoolId{0}, scene.world[PoolId{0}].types.front(), ZoneId{0});
  scene.at(20s).world.move(node, NodeStage::booting);
  const ReplicaId web = scene.at(30s).create();
  scene.at(45s).world.move(node, NodeStage::joining);
  scene.at(50s).world.move(node, NodeStage::ready);
  scene.world.place(web, node);
  CHECK(steps_of(scene.end(50s)) == std::vector<Step>{{StartCause::node_boot, 15}, {StartCause::node_join, 5}});
}

TEST_CASE("who waits for others to leave a ready node waits for the reasons that were given") {
  Probed scene(one_service(), {"web/1"});
  const NodeId node = scene.world.create_node(PoolId{0}, scene.world[PoolId{0}].types.front(), ZoneId{0});
  for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) scene.world.move(node, s);
  const ReplicaId web = scene.at(10s).create();
  scene.at(11s).wait(web, WaitReason::memory);
  scene.at(30s).wait(web, WaitReason::cpu);
  scene.at(45s).world.place(web, node);
  const ObservedStart start = scene.end(45s);
  CHECK(steps_of(start) ==
        std::vector<Step>{{StartCause::control_plane, 1}, {StartCause::no_room, 19}, {StartCause::no_room, 15}});
  CHECK(critical_path(start)[1].label == "waits: memory");
  CHECK(critical_path(start)[2].label == "waits: cpu");
}

TEST_CASE("of parts that attach side by side the last one is the path, the others stand beside it") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.create();
  scene.world.place(web, scene.world.create_fargate_node(PoolId{1}, web, ZoneId{0}));
  scene.parts(web, {AttachPart::network, AttachPart::volumes});
  scene.at(4s).world.attach(web, AttachPart::network);
  scene.at(10s).world.attach(web, AttachPart::volumes);
  scene.world.move(web, ReplicaStage::pulling);
  const ObservedStart start = scene.end(10s);
  CHECK(steps_of(start) == std::vector<Step>{{StartCause::volume_mount, 10}});
  CHECK(waterfall_text(start, 100).find("meanwhile: network") != std::string::npos);
}

/// Two containers; `moves` are played in order of time. Returns the path from the first pull on.
std::vector<Step> containers_path(std::vector<std::tuple<Duration, int, ContainerStage>> moves, Duration end) {
  RunSpec run = one_service(0s);
  run.workloads[0].containers.push_back(run.workloads[0].containers[0]);
  run.workloads[0].containers[0].init = true;
  Probed scene(run, {"web/1"});
  const ReplicaId web = scene.create();
  scene.world.place(web, scene.world.create_fargate_node(PoolId{1}, web, ZoneId{0}));
  scene.world.move(web, ReplicaStage::pulling);
  for (const auto& [t, container, to] : moves) {
    scene.at(t).world.move(web, static_cast<ContainerIndex>(container), to);
  }
  scene.at(end).world.move(web, ReplicaStage::warming);
  scene.world.move(web, ReplicaStage::healthy);
  return steps_of(scene.end(end));
}

TEST_CASE("of containers that start together the one whose image came last is the path") {
  CHECK(containers_path({{0s, 0, ContainerStage::pulling},
                         {0s, 1, ContainerStage::pulling},
                         {5s, 0, ContainerStage::created},
                         {9s, 1, ContainerStage::created},
                         {11s, 0, ContainerStage::running},
                         {11s, 1, ContainerStage::running}},
                        11s) == std::vector<Step>{{StartCause::image_cached, 9}, {StartCause::container_start, 2}});
}

TEST_CASE("a container that waits for another one's end blames that one") {
  CHECK(containers_path({{1s, 0, ContainerStage::pulling},
                         {4s, 0, ContainerStage::created},
                         {5s, 0, ContainerStage::running},
                         {15s, 0, ContainerStage::exited},
                         {15s, 1, ContainerStage::pulling},
                         {17s, 1, ContainerStage::created},
                         {18s, 1, ContainerStage::running}},
                        18s) == std::vector<Step>{{StartCause::agent, 1},
                                                  {StartCause::image_cached, 3},
                                                  {StartCause::container_start, 1},
                                                  {StartCause::container_run, 10},
                                                  {StartCause::image_cached, 2},
                                                  {StartCause::container_start, 1}});
}

TEST_CASE("a container that failed and came again shows its back-off") {
  CHECK(containers_path({{0s, 1, ContainerStage::pulling},
                         {2s, 1, ContainerStage::created},
                         {3s, 1, ContainerStage::running},
                         {4s, 1, ContainerStage::exited},
                         {14s, 1, ContainerStage::pulling},
                         {14s, 1, ContainerStage::created},
                         {15s, 1, ContainerStage::running}},
                        15s) == std::vector<Step>{{StartCause::image_cached, 2},
                                                  {StartCause::container_start, 1},
                                                  {StartCause::container_run, 1},
                                                  {StartCause::crash_back_off, 10},
                                                  {StartCause::container_start, 1}});
}

TEST_CASE("a replica that is pending for good says what it waits for and what would end it") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.create();
  scene.world[web].pool = PoolId{0};
  scene.wait(web, WaitReason::pool_at_max);
  const ObservedStart start = scene.end(90s);
  CHECK(steps_of(start) == std::vector<Step>{{StartCause::no_room, 90}});
  const std::string text = waterfall_text(start, 100);
  CHECK(text.find("not placed when the run ended, 90.0 s after the decision") != std::string::npos);
  CHECK(text.find("while pending it waited for pool_at_max 90.0 s. The pool has reached") != std::string::npos);
  CHECK(text.find("a pool that may grow further: /architectures/test/clusters/main/pools/ec2/max") !=
        std::string::npos);
  CHECK(text.find("berth explain with --pending web/1\n") != std::string::npos);
}

TEST_CASE("a replica that was refused at once says by whom, what could have given it a place, and where to ask on") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.create();
  scene.world[web].pool = PoolId{0};
  scene.wait(web, WaitReason::memory);
  scene.world.move(web, ReplicaStage::stopped, StopReason::no_capacity);
  const std::string text = waterfall_text(scene.end(60s), 100);
  CHECK(text.find("web/1 on test: never placed, stopped after 0.0 s (no_capacity)\n") != std::string::npos);
  CHECK(text.find("it was refused at once: memory. No node has enough memory left.\n") != std::string::npos);
  CHECK(text.find("What could have given it a place:\n  more or larger nodes, or smaller replicas: ") !=
        std::string::npos);
  CHECK(text.find("berth explain with --pending web/1\n") != std::string::npos);
  CHECK(text.find("it waits") == std::string::npos);
  CHECK(text.find("shorten") == std::string::npos);
}

TEST_CASE("a replica that a limit refused at once names that limit's quota") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.create();
  scene.world[web].pool = PoolId{1};
  scene.world.hold(web, Limit::fargate_capacity, WaitReason::fargate_capacity);
  scene.world.move(web, ReplicaStage::stopped, StopReason::no_capacity);
  const std::string text = waterfall_text(scene.end(60s), 100);
  CHECK(text.find("less that runs at once, or a higher quota: /account/quotas/fargate_vcpu\n") != std::string::npos);
}

TEST_CASE("a replica that was stopped before anybody looked at it has nothing to be shortened") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.create();
  scene.world.move(web, ReplicaStage::stopped, StopReason::scale_in);
  const std::string text = waterfall_text(scene.end(60s), 100);
  CHECK(text == "web/1 on test: never placed, stopped after 0.0 s (scale_in)\n");
}

/// The start of a replica on a node of EKS, to be asked for words.
ObservedStart pod_on_node() {
  ObservedStart start;
  start.architecture = "test";
  start.cluster = "main";
  start.pool = "ec2";
  start.ecs = false;
  start.containers.resize(1);
  start.containers[0].name = "app";
  start.containers[0].image = "web";
  start.containers[0].written_at = "/services/web/containers/app";
  return start;
}

TEST_CASE("each reason to wait names the knob that has to do with it") {
  const ObservedStart start = pod_on_node();
  const auto knob = [&](WaitReason reason) { return words_of(start, StartCause::no_room, kNoContainer, reason).knob; };
  for (const WaitReason r : {WaitReason::fargate_ebs, WaitReason::fargate_host_path, WaitReason::fargate_storage,
                             WaitReason::volume_limit, WaitReason::volume_zone})
    CHECK(knob(r) == "/services/web/volumes");
  CHECK(knob(WaitReason::no_addresses) == "/network/zones/*/private_cidr");
  CHECK(knob(WaitReason::network_interfaces) == "/account/quotas/vpc_network_interfaces");
  CHECK(knob(WaitReason::fargate_privileged) == "/services/web/needs");
  CHECK(knob(WaitReason::fargate_profile).find("/pools/ec2/selectors") != std::string::npos);
  CHECK(knob(WaitReason::taint) == "/services/web/eks/tolerations");
  CHECK(knob(WaitReason::pod_anti_affinity) == "/services/web/eks/affinity");
  CHECK(knob(WaitReason::topology_spread) == "/services/web/eks/topology_spread");
  CHECK(knob(WaitReason::too_big) == "/services/web/containers");
  CHECK(knob(WaitReason::pool_at_max) == "/architectures/test/clusters/main/pools/ec2/max");
  CHECK(knob(WaitReason::wrong_pool) == "/architectures/test/clusters/main/runs_on");
  CHECK(knob(WaitReason::zone_lost) == "/network/zones");
  for (const WaitReason r :
       {WaitReason::launch_rate, WaitReason::run_task_rate, WaitReason::fargate_shortage, WaitReason::controller_rate})
    CHECK(knob(r).empty());  // the limit names its quota
  CHECK(knob_of(Limit::job_calls, "/architectures/test/clusters/main/pools/ec2", "") ==
        "/architectures/test/clusters/main/controller_manager");
  for (int r = 0; r < kWaitReasons; ++r) {
    const auto reason = static_cast<WaitReason>(r);
    const std::string cure = words_of(start, StartCause::no_room, kNoContainer, reason).cure;
    CHECK_MESSAGE(cure.empty() == knob(reason).empty(), name(reason));
    CHECK_MESSAGE(cure.find("it waits") == std::string::npos, name(reason));
  }
  const StepWords address = words_of(start, StartCause::address, kNoContainer, WaitReason::no_addresses);
  CHECK(address.cure.find("/network/cni") != std::string::npos);
}

TEST_CASE("ImagePullBackOff is about the image: its disk, its pull policy, the kubelet's rate, never about exits") {
  ObservedStart start = pod_on_node();
  ObservedContainer& app = start.containers[0];
  const auto words = [&] { return words_of(start, StartCause::pull_back_off, 0, {}); };
  CHECK(words().knob == "/architectures/test/clusters/main/pools/ec2/kubelet/registry_qps");
  CHECK(words().cure.find("exit") == std::string::npos);
  app.never_pulled = true;
  CHECK(words().knob == "/services/web/containers/app/pull");
  app.never_pulled = false;
  app.pull = {{Time{1s}, PullMark::asked}, {Time{2s}, PullMark::known}, {Time{3s}, PullMark::backed_off}};
  CHECK(words().label == "ImagePullBackOff app");
  CHECK(words().knob == "/architectures/test/clusters/main/pools/ec2/root_volume");
  start.instance_store = true;
  CHECK(words().knob == "/images/web/layers");
  start.instance_store = false;
  start.fargate = true;
  CHECK(words().knob == "/services/web/volumes");
}

TEST_CASE("a pod's wait for an address is the quota's from the moment that it is known, and its knob is the quota") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.create();
  scene.world.place(web, scene.world.create_fargate_node(PoolId{1}, web, ZoneId{0}));
  scene.parts(web, {AttachPart::network});
  scene.at(1s).world.wait_for_address(web, WaitReason::no_addresses);
  scene.at(3s).world.wait_for_address(web, WaitReason::network_interfaces);
  scene.at(7s).world.wait_for_address(web, WaitReason::network_interfaces);
  scene.at(20s).world.let_pass(web);
  scene.world.publish(AddressAssigned{web});
  scene.at(22s).world.attach(web, AttachPart::network);
  scene.world.move(web, ReplicaStage::pulling);
  const ObservedStart start = scene.end(22s);
  CHECK(steps_of(start) ==
        std::vector<Step>{
            {StartCause::network, 1}, {StartCause::address, 2}, {StartCause::held_back, 17}, {StartCause::network, 2}});
  CHECK(waterfall_text(start, 100).find("/account/quotas/vpc_network_interfaces") != std::string::npos);
}

TEST_CASE("a start that is stopped half-way ends there, with the reason") {
  Probed scene(one_service(), {"web/1"});
  const ReplicaId web = scene.create();
  scene.world.place(web, scene.world.create_fargate_node(PoolId{1}, web, ZoneId{0}));
  scene.parts(web, {AttachPart::network});
  scene.at(7s).world.move(web, ReplicaStage::stopping, StopReason::scale_in);
  scene.world.move(web, ReplicaStage::stopped);
  const ObservedStart start = scene.end(60s);
  CHECK(steps_of(start) == std::vector<Step>{{StartCause::network, 7}});
  CHECK(waterfall_text(start, 100).find("stopped after 7.0 s, never healthy (scale_in)") != std::string::npos);
}

TEST_CASE("layers of other replicas that shared the node stand below the pull, marked as theirs") {
  RunSpec run = one_service();
  run.images.push_back({"other", {{"big", 500 * kMiB, 900 * kMiB}}});
  WorkloadSpec other = service("other", millicores(100), 1 * kGiB, "fargate");
  other.containers[0].image = "other";
  run.workloads.insert(run.workloads.begin(), other);
  Probed scene(run, {"web/1"});
  const ReplicaId web = scene.create();
  const NodeId node = scene.world.create_fargate_node(PoolId{1}, web, ZoneId{0});
  scene.world.place(web, node);
  scene.world.move(web, ReplicaStage::pulling);
  scene.world.move(web, ContainerIndex{0}, ContainerStage::pulling);
  const std::size_t of_big = scene.world[LayerId{0}].name == "big" ? 0 : 1;
  for (const LayerStage s : {LayerStage::queued, LayerStage::downloading})
    for (std::uint32_t l = 0; l < 2; ++l) scene.world.publish(LayerMoved{node, LayerId{l}, s});
  scene.at(8s).world.publish(LayerMoved{node, LayerId{static_cast<std::uint32_t>(1 - of_big)}, LayerStage::unpacked});
  scene.world.move(web, ContainerIndex{0}, ContainerStage::created);
  const std::string text = waterfall_text(scene.end(8s), 100);
  CHECK(text.find("base 80 MiB  ") != std::string::npos);
  CHECK(text.find("big 500 MiB  ") != std::string::npos);
  CHECK(text.find("↓ 8.0 s (others')\n") != std::string::npos);
}

TEST_CASE("no line is wider than asked for, whatever the names") {
  RunSpec run = one_service();
  run.workloads[0].name = "a-service-with-a-very-long-name-that-fits-nowhere-" + std::string(60, 'x');
  run.workloads[0].containers[0].name = "größer-" + std::string(60, 'y');
  run.workloads[0].containers[0].written_at = "/services/" + run.workloads[0].name + "/containers/z";
  Probed scene(run, {run.workloads[0].name + "/1"});
  const ReplicaId web = scene.create();
  scene.world.place(web, scene.world.create_fargate_node(PoolId{1}, web, ZoneId{0}));
  scene.world.move(web, ReplicaStage::pulling);
  scene.world.move(web, ContainerIndex{0}, ContainerStage::pulling);
  const ObservedStart start = scene.end(3s);
  for (const std::size_t width : {60u, 80u, 100u}) {
    std::istringstream lines(waterfall_text(start, width));
    for (std::string line; std::getline(lines, line);) {
      if (line.find('|') == std::string::npos) continue;  // running text breaks at blanks only
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
      CHECK(columns <= static_cast<std::ptrdiff_t>(width));
    }
  }
}

}  // namespace
}  // namespace berth::observe_test
