// Who is told what, and how often.
#include "sim/control/mailbox.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

TEST_CASE("a group that loses several instances at once looks at itself once, and again for what comes later") {
  const RunSpec run =
      run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {service("web", 1, millicores(500), 1 * kGiB, "ec2")});
  World world(run, constant_catalog());
  EventCalendar calendar([](const Event& event) { return name(event); });
  Agenda agenda(calendar);
  Mailbox mailbox(world, agenda);
  const PoolId pool{0};
  for (int i = 0; i < 3; ++i)
    mailbox.hear(NodeSeen{world.create_node(pool, world[pool].types.front(), ZoneId{0}), NodeStage::gone}, Time{});
  std::size_t groups_due = 0;
  EventCalendar::Entry entry;
  const auto pop_all = [&] {
    while (calendar.size() > 0) {
      calendar.pop(entry);
      const auto* due = std::get_if<GroupDue>(&entry.event);
      if (due == nullptr) continue;
      ++groups_due;
      mailbox.begin(*due);
    }
  };
  pop_all();
  CHECK(groups_due == 1);
  mailbox.hear(NodeSeen{world[pool].nodes.front(), NodeStage::gone}, Time{});
  pop_all();
  CHECK(groups_due == 2);
}

}  // namespace
}  // namespace berth::test
