// Priorities in whole runs on EKS: who goes first, and who is pushed aside.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kGone = kContainerExit + 2 * kReport;  // a victim has ended, and its control plane knows

WorkloadSpec of_priority(const std::string& name, std::int64_t desired, Cpu cpu, std::int32_t priority) {
  WorkloadSpec w = service(name, desired, cpu, 256 * kMiB, "ec2");
  w.eks.pod.priority = priority;
  return w;
}

std::int64_t leaving(Scene& s, const std::string& service) {
  std::int64_t n = 0;
  for (const ReplicaId r : s.replicas(service)) n += s.world()[r].leaving;
  return n;
}

}  // namespace

TEST_CASE("a pod of higher priority pushes as many others aside as it needs, and their room is kept for it") {
  // m6i.large: 1,930 m; four of 400 m leave 330 m, so two must go for 800 m.
  Scene s(run_of(Orchestrator::eks, {ec2_pool(1, 1)},
                 {of_priority("low", 4, millicores(400), 0), of_priority("high", 0, millicores(800), 1000)}));
  s.run_for(60s);
  REQUIRE(s.healthy("low") == 4);
  s.world().set_desired(s.id("high"), 1);
  s.run_for(2s);
  REQUIRE(s.pending("high") == 1);
  CHECK(s.reason(s.replicas("high").front()) == "preempting");
  CHECK(leaving(s, "low") == 2);
  s.run_for(kGone + 60s);
  CHECK(s.healthy("high") == 1);
  CHECK(s.healthy("low") == 2);
  CHECK(s.pending("low") == 2);  // those that came instead wait
  s.finish();
  std::int64_t preempted = 0;
  for (const Row& r : s.rows("replicas")) preempted += r.at("stop_reason") == "preempted";
  CHECK(preempted == 2);
  CHECK(s.rows("disruptions").size() == 2);
}

TEST_CASE("pods that are ending anyway are victims like others where an important pod comes meanwhile") {
  Scene s(run_of(Orchestrator::eks, {ec2_pool(1, 1)},
                 {of_priority("low", 4, millicores(400), 0), of_priority("high", 0, millicores(1200), 1000)}));
  s.run_for(60s);
  REQUIRE(s.healthy("low") == 4);
  s.world().set_desired(s.id("low"), 1);
  s.run_for(1s);
  REQUIRE(leaving(s, "low") == 3);
  s.world().set_desired(s.id("high"), 1);
  s.run_for(kGone + 60s);
  CHECK(s.healthy("high") == 1);
  CHECK(s.healthy("low") == 1);
}

TEST_CASE("equal pods each push others aside, and nobody pushes an equal or while its policy is never") {
  WorkloadSpec meek = of_priority("meek", 0, millicores(400), 500);
  meek.eks.pod.preempts = false;
  Scene s(run_of(Orchestrator::eks, {ec2_pool(2, 2)},
                 {of_priority("low", 8, millicores(400), 100), of_priority("equal", 0, millicores(400), 100), meek,
                  of_priority("high", 0, millicores(400), 1000)}));
  s.run_for(60s);
  REQUIRE(s.healthy("low") == 8);
  s.world().set_desired(s.id("equal"), 1);
  s.world().set_desired(s.id("meek"), 1);
  s.run_for(60s);
  CHECK(s.healthy("low") == 8);
  CHECK(s.pending("meek") == 1);
  s.world().set_desired(s.id("high"), 3);
  s.run_for(2s);
  CHECK(leaving(s, "low") == 3);
  s.run_for(kGone + 60s);
  CHECK(s.healthy("high") == 3);
  CHECK(s.healthy("low") == 5);
}

TEST_CASE("room that comes free goes to the highest priority, whoever has waited longest") {
  WorkloadSpec early = of_priority("early", 0, millicores(400), 1), late = of_priority("late", 0, millicores(400), 2);
  early.eks.pod.preempts = late.eks.pod.preempts = false;
  Scene s(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {of_priority("low", 4, millicores(400), 0), early, late}));
  s.run_for(60s);
  s.world().set_desired(s.id("early"), 1);
  s.run_for(60s);
  s.world().set_desired(s.id("late"), 1);
  s.run_for(60s);
  CHECK(s.pending("early") + s.pending("late") == 2);
  s.world().set_desired(s.id("low"), 3);
  s.run_for(kGone + 60s);
  CHECK(s.healthy("late") == 1);
  CHECK(s.pending("early") == 1);
}

TEST_CASE("a node that is lost while room is made on it leaves the pod to look elsewhere") {
  Scene s(run_of(Orchestrator::eks, {ec2_pool(2, 2)},
                 {of_priority("low", 8, millicores(400), 0), of_priority("high", 0, millicores(800), 1000)}));
  s.run_for(60s);
  s.world().set_desired(s.id("high"), 1);
  s.run_for(2s);
  const NodeId first = s.world()[s.replicas("high").front()].nominated;
  REQUIRE(first != kNone<NodeId>);
  s.sim.lose_node(first);
  s.run_for(10min);
  REQUIRE(s.healthy("high") == 1);
  CHECK(s.world()[s.replicas("high").front()].node != first);
}

TEST_CASE("whom a disruption budget protects is pushed aside only where nobody else could make room") {
  WorkloadSpec guarded = of_priority("guarded", 4, millicores(400), 0);
  guarded.eks.pdb = PdbSpec{PdbSpec::Keeps::min_available, 4, false};
  WorkloadSpec loose = of_priority("loose", 4, millicores(400), 0);
  Scene s(
      run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {guarded, loose, of_priority("high", 0, millicores(1500), 1000)}));
  s.run_for(60s);
  REQUIRE(s.healthy("guarded") + s.healthy("loose") == 8);
  s.world().set_desired(s.id("high"), 1);
  s.run_for(2s);
  const std::int64_t before = leaving(s, "guarded");
  CHECK(before + leaving(s, "loose") > 0);
  // Both nodes hold two of each: no node can be emptied without them, so the budget gives way.
  CHECK(before > 0);
  s.world().set_desired(s.id("high"), 0);

  WorkloadSpec apart = guarded;
  apart.desired = 3;
  apart.eks.pdb = PdbSpec{PdbSpec::Keeps::min_available, 3, false};
  Scene other(
      run_of(Orchestrator::eks, {ec2_pool(1, 1)},
             {apart, of_priority("loose", 1, millicores(400), 0), of_priority("high", 0, millicores(700), 1000)}));
  other.run_for(60s);
  REQUIRE(other.healthy("guarded") + other.healthy("loose") == 4);
  other.world().set_desired(other.id("high"), 1);
  other.run_for(2s);
  CHECK(leaving(other, "loose") == 1);
  CHECK(leaving(other, "guarded") == 0);
}

}  // namespace berth::test
