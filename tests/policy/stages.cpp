// Which moves between stages are legal, as tables.
#include <string>

#include "sim/world/stages.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

TEST_CASE("a replica's moves: forward, back where containers restart or readiness is lost, and to its end") {
  using S = ReplicaStage;
  struct Row {
    S from, to;
    bool legal;
  };
  const Row rows[] = {
      {S::pending, S::attaching, true}, {S::pending, S::stopped, true},    {S::pending, S::healthy, false},
      {S::attaching, S::pulling, true}, {S::attaching, S::starting, true}, {S::attaching, S::pending, false},
      {S::pulling, S::starting, true},  {S::pulling, S::attaching, false}, {S::starting, S::warming, true},
      {S::warming, S::healthy, true},   {S::healthy, S::warming, true},    {S::healthy, S::starting, true},
      {S::healthy, S::pending, false},  {S::healthy, S::stopped, false},   {S::stopping, S::stopped, true},
      {S::stopping, S::healthy, false}, {S::stopped, S::pending, false},
  };
  for (const auto& r : rows) {
    CAPTURE(std::string(name(r.from)) + " -> " + std::string(name(r.to)));
    CHECK(may_move(r.from, r.to) == r.legal);
  }
}

TEST_CASE("every replica that is not yet stopping may be told to stop") {
  for (int s = 0; s < static_cast<int>(ReplicaStage::stopping); ++s) {
    CHECK(may_move(static_cast<ReplicaStage>(s), ReplicaStage::stopping));
  }
}

TEST_CASE("a node may be lost at any stage, and nothing comes after gone") {
  for (int s = 0; s < static_cast<int>(NodeStage::gone); ++s) {
    const bool seen_only = static_cast<NodeStage>(s) == NodeStage::unreachable;
    CHECK(may_move(static_cast<NodeStage>(s), NodeStage::gone) == !seen_only);
    CHECK_FALSE(may_move(NodeStage::gone, static_cast<NodeStage>(s)));
  }
  CHECK(may_move(NodeStage::ready, NodeStage::draining));
  CHECK(may_move(NodeStage::booting, NodeStage::pooled));
  CHECK(may_move(NodeStage::pooled, NodeStage::joining));
  CHECK_FALSE(may_move(NodeStage::requested, NodeStage::ready));
}

TEST_CASE("stages, stop reasons and wait reasons are named as the columns of the results write them") {
  CHECK(name(ReplicaStage::attaching) == "attaching");
  CHECK(name(NodeStage::draining) == "draining");
  CHECK(name(StopReason::spot_interruption) == "spot_interruption");
  CHECK(name(StopReason::run_ended) == "run_ended");
  CHECK(name(WaitReason::capacity_on_its_way) == "capacity_on_its_way");
  CHECK(name(WaitReason::fargate_storage) == "fargate_storage");
  for (int r = 0; r < kWaitReasons; ++r) CHECK(explain(static_cast<WaitReason>(r)).size() > 20);
}

}  // namespace berth
