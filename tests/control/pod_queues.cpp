// kube-scheduler's queues: who is tried when, and after which back-off.
#include "sim/control/eks/pod_queues.hpp"

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// Pods in back-off are not tried before it is over.
constexpr KubeVersion kBefore133{32};

RunSpec idle_run(std::vector<WorkloadSpec> workloads, std::optional<KubeVersion> version) {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(1, 1)}, std::move(workloads));
  run.clusters.front().kubernetes.version = version;
  return run;
}

/// Queues of their own beside an idle run's clock and epochs; the test says what fits.
class QueuesOfPods {
 public:
  explicit QueuesOfPods(std::optional<KubeVersion> version = {})
      : scene_(idle_run(workloads(), version)),
        room_(scene_.world(), ClusterId{0}),
        queues_(scene_.world(), ClusterId{0}, room_) {}

  static std::vector<WorkloadSpec> workloads() {
    std::vector<WorkloadSpec> some;
    for (const char* name : {"web", "shop", "urgent"}) some.push_back(job(name, {}, 60s, "ec2"));  // nobody scales it
    some.back().eks.pod.priority = 1000;
    return some;
  }
  QueuesOfPods& at(Duration t) {
    scene_.run_until(t);
    return *this;
  }
  ReplicaId come(const char* name) {
    World& world = scene_.world();
    const ServiceId service = scene_.id(name);
    const ReplicaId pod = world.create_replica(service, world[service].revision);
    world[pod].pool = PoolId{0};
    room_.add(pod);
    return pod;
  }
  void stop(ReplicaId pod) { scene_.sim.lose_replica(pod); }
  /// Something changed that could make a pod fit.
  QueuesOfPods& change() {
    scene_.world().raise_epoch(ClusterId{0});
    return *this;
  }
  QueuesOfPods& upgrade(KubeVersion to) {
    scene_.world().upgrade(ClusterId{0}, to);
    return *this;
  }
  /// Who is tried now, in that order. `fits`: each finds a node.
  std::vector<ReplicaId> round(bool fits = false) {
    std::vector<ReplicaId> tried;
    queues_.try_all(
        [&](ReplicaId pod) {
          tried.push_back(pod);
          Placement answer;
          answer.main = WaitReason::cpu;
          if (fits) answer.position = 0;
          return answer;
        },
        [](const WaitingRoom::Group&) {});
    return tried;
  }
  std::optional<Time> next() const { return queues_.next_try(); }

 private:
  Scene scene_;
  WaitingRoom room_;
  PodQueues queues_;
};

using TriedPods = std::vector<ReplicaId>;

}  // namespace

TEST_CASE("a refused pod waits 1 s, then 2, 4, 8 and 10 s, until the back-off queue is next flushed") {
  QueuesOfPods q(kBefore133);
  q.at(10'300ms);
  const ReplicaId pod = q.come("web");
  CHECK(q.round() == TriedPods{pod});
  for (const Duration tried : {12s, 14s, 18s, 26s, 36s, 46s}) {  // the first ends at 11.3 s, and the flush is at 12 s
    CHECK(q.change().round().empty());
    REQUIRE(q.next() == Time{tried});
    CHECK(q.at(tried - 1us).round().empty());
    CHECK(q.at(tried).round() == TriedPods{pod});
  }
}

TEST_CASE("a pod whose back-off is over waits for a change, and is tried with it") {
  QueuesOfPods q(kBefore133);
  q.at(10s);
  const ReplicaId pod = q.come("web");
  CHECK(q.round() == TriedPods{pod});
  CHECK_FALSE(q.next());
  CHECK(q.at(20s).round().empty());
  CHECK(q.at(20'500ms).change().round(true) == TriedPods{pod});
}

TEST_CASE("from 1.33 on a pod in back-off is tried with the change, after those that are not") {
  QueuesOfPods q;
  q.at(10s);
  const ReplicaId web = q.come("web");
  CHECK(q.round() == TriedPods{web});
  const ReplicaId shop = q.at(10'100ms).come("shop");
  CHECK(q.change().round() == TriedPods{shop, web});
  CHECK(q.at(30s).change().round() == TriedPods{web, shop});  // neither is in back-off: the pod that came first wins
}

TEST_CASE("an upgrade to 1.33 brings the scheduler that tries pods in back-off") {
  QueuesOfPods q(kBefore133);
  q.at(10s);
  const ReplicaId pod = q.come("web");
  CHECK(q.round() == TriedPods{pod});
  CHECK(q.change().round().empty());  // it waits for 11 s
  CHECK(q.upgrade(KubeVersion{33}).round() == TriedPods{pod});
  CHECK(q.change().round() == TriedPods{pod});
}

TEST_CASE("priority goes before time, and the entry into the queue is the last refusal") {
  QueuesOfPods q(kBefore133);
  q.at(10s);
  const ReplicaId web = q.come("web");
  const ReplicaId urgent = q.come("urgent");
  CHECK(q.round() == TriedPods{urgent, web});
  const ReplicaId shop = q.at(19s).come("shop");
  CHECK(q.round() == TriedPods{shop});
  CHECK(q.at(20s).change().round() == TriedPods{urgent, web, shop});
  const ReplicaId second = q.at(21s).come("shop");  // equal to one that was refused: so is this
  CHECK(q.round().empty());
  CHECK(q.at(40s).change().round(true) == TriedPods{urgent, web, shop, second});
}

TEST_CASE("equal pods share a refusal, and each has its own back-off") {
  QueuesOfPods q(kBefore133);
  q.at(10s);
  const ReplicaId first = q.come("web"), second = q.come("web");
  CHECK(q.round() == TriedPods{first});
  CHECK(q.at(12s).change().round() == TriedPods{first});  // the second attempt of both, until 14 s
  const ReplicaId third = q.at(12'500ms).come("web");
  CHECK(q.round().empty());  // its first attempt, until 13.5 s
  q.change();
  CHECK(q.round().empty());
  CHECK(q.next() == Time{14s});
  CHECK(q.at(14s).round(true) == TriedPods{first, second, third});
}

TEST_CASE("a pod in back-off that finds its group refused meanwhile waits longer without being asked again") {
  QueuesOfPods q(kBefore133);
  q.at(10s);
  const ReplicaId first = q.come("web");
  CHECK(q.round() == TriedPods{first});
  q.change();
  const ReplicaId second = q.at(10'500ms).come("web");
  CHECK(q.round() == TriedPods{second});
  CHECK(q.at(11s).round().empty());  // its second attempt, until 13 s
  CHECK(q.at(12s).change().round() == TriedPods{second});
  CHECK(q.at(13s).round(false).empty());
  CHECK(q.at(14s).change().next() == std::nullopt);
}

TEST_CASE("who stops in back-off is not tried, and does not hold up who came later") {
  QueuesOfPods q(kBefore133);
  q.at(10s);
  const ReplicaId first = q.come("web"), second = q.come("web");
  CHECK(q.round() == TriedPods{first});
  q.change();
  CHECK(q.round().empty());
  q.at(10'500ms).stop(first);
  CHECK(q.at(11s).round() == TriedPods{second});
  q.stop(second);
  CHECK(q.at(20s).change().round().empty());
  CHECK_FALSE(q.next());
}

TEST_CASE("those that are unschedulable for five minutes have made an attempt at the sweep") {
  QueuesOfPods q(kBefore133);
  q.at(10s);
  const ReplicaId pod = q.come("web");
  CHECK(q.round() == TriedPods{pod});
  // Swept at 330 s, the first whole half minute after 310 s: refused again, in back-off until 332 s.
  q.at(331s).change();
  CHECK(q.round().empty());
  CHECK(q.next() == Time{332s});
}

}  // namespace berth::test
