// What the report of a placement says: refusals by reason, and the ranking of the rest.
#include "sim/policy/placement/ecs_report.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

using Kind = EcsStrategy::Kind;

TEST_CASE("the report counts who was refused by reason and ranks the rest, the chosen one first") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB);                  // no CPU
  nodes.node(2 * kVcpu, 8 * kGiB, 110, ZoneId{0}).used(kVcpu, 3 * kGiB);  // 5 GiB left
  nodes.node(2 * kVcpu, 8 * kGiB, 110, ZoneId{1}).used(kVcpu, 5 * kGiB);  // 3 GiB left
  nodes.node(2 * kVcpu, 8 * kGiB, 110, ZoneId{1}).used(kVcpu, 6 * kGiB);  // 2 GiB left
  nodes.node(2 * kVcpu, 8 * kGiB, 110, ZoneId{1}).seen(NodeStage::draining);
  const std::uint32_t by_zone[] = {1, 0};
  Ask ask = ask_for(kVcpu, kGiB);
  ask.same_service_by_zone = by_zone;
  const Strategies chain = {{Kind::spread_zone}, {Kind::binpack_memory}};
  const PlacementReport report = report_ecs(nodes.view(), ask, chain, {}, 0, 2);
  CHECK(report.refused[static_cast<int>(WaitReason::cpu)] == 1);
  CHECK(report.refused[static_cast<int>(WaitReason::not_ready)] == 1);
  CHECK(report.fitting == 3);
  REQUIRE(report.ranking.size() == 2);
  CHECK(report.ranking[0].position == 3);
  CHECK(report.ranking[0].says == std::vector<std::int64_t>{0, (2 * kGiB).count()});
  CHECK(report.ranking[1].position == 2);
  CHECK(report.ranking[0].position == place_ecs(nodes.view(), ask, chain, 0).position);
}

TEST_CASE("where chance decides, the report begins with the node that the draw chooses") {
  ViewBuilder nodes;
  for (int i = 0; i < 4; ++i) nodes.node(2 * kVcpu, 8 * kGiB);
  const auto draw = std::uint64_t{3} << 62;
  const PlacementReport report = report_ecs(nodes.view(), ask_for(kVcpu, kGiB), {{Kind::random}}, {}, draw, 10);
  REQUIRE(report.ranking.size() == 4);
  CHECK(report.ranking[0].position == 3);
  CHECK(report.ranking[1].position == 0);
}

}  // namespace berth
