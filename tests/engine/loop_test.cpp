// The loop: calendar and network in one order of time, and a run in two halves like the run whole.
#include "sim/engine/loop.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/engine/wire.hpp"

namespace berth {
namespace {

struct Step {
  enum What : std::uint32_t { tick, pull, pulled, seen } what;
  std::uint32_t number;
};

/// Pulls of growing size, one started at each tick, some cancelled; everything that happens is written down.
struct SmallRun {
  std::unique_ptr<Network> network = make_fair_share_network();
  Calendar<Step> calendar;
  LinkId gateway = network->add_link("nat/a", 1000.0 / 3);
  std::vector<LinkId> nodes;
  std::vector<std::string> journal;

  SmallRun() {
    for (int i = 0; i < 7; ++i) nodes.push_back(network->add_link("ec2/" + std::to_string(i), 70.1 + i));
    calendar.at(at_second(1), Phase::arrival, {Step::tick, 0});
  }

  void on(const Calendar<Step>::Entry& entry) {
    const Step& step = entry.event;
    journal.push_back(std::to_string(entry.time.time_since_epoch().count()) + " " + std::to_string(entry.round) + " " +
                      std::to_string(step.what) + " " + std::to_string(step.number));
    if (step.what == Step::tick) {
      calendar.at(entry.time, Phase::decision, {Step::pull, step.number});
      if (step.number < 200) calendar.at(entry.time + 333'333us, Phase::arrival, {Step::tick, step.number + 1});
    }
    if (step.what == Step::pull) {
      const Bytes bytes{step.number * 7 % 150};  // every 150th is empty: finished in this very instant
      const FlowId flow = network->start({nodes[step.number % 7], gateway}, bytes, kUnlimited);
      if (step.number % 11 == 0) network->cancel(flow);
      if (step.number % 5 == 0) calendar.at(entry.time, Phase::observation, {Step::seen, step.number});
    }
  }
  void until(Time end) {
    run_until(
        end, calendar, *network,
        [this](FlowId flow) {
          calendar.at(calendar.now(), Phase::completion, {Step::pulled, static_cast<std::uint32_t>(flow)});
        },
        [this](const Calendar<Step>::Entry& entry) { on(entry); });
  }
};

TEST_CASE("a run stopped on the way and continued equals the run whole") {
  SmallRun whole;
  whole.until(at_second(100));
  CHECK(whole.journal.size() > 500);
  SmallRun halves;
  halves.until(at_second(50));
  CHECK(halves.journal.size() < whole.journal.size());
  halves.until(at_second(100));
  CHECK(halves.journal == whole.journal);
  SmallRun pieces;
  for (int i = 1; i <= 1000; ++i) pieces.until(at_second(i * 0.1));
  CHECK(pieces.journal == whole.journal);
  CHECK(pieces.network->carried(pieces.gateway) == whole.network->carried(whole.gateway));
}

TEST_CASE("a run goes up to and including its end, and leaves the clocks there") {
  SmallRun run;
  run.until(at_second(0.5));
  CHECK(run.journal.empty());
  CHECK(run.calendar.now() == at_second(0.5));
  run.until(at_second(1));
  CHECK(run.journal.front() == "1000000 0 0 0");
}

TEST_CASE("a transfer that ends in the instant in which it starts is seen in the next round, before observers") {
  SmallRun run;
  run.until(at_second(1) + 150 * 333'333us);
  const auto at = std::find(run.journal.begin(), run.journal.end(), "50999950 0 1 150");
  REQUIRE(run.journal.end() - at == 3);
  CHECK(at[1] == "50999950 1 2 150");
  CHECK(at[2] == "50999950 1 3 150");
}

TEST_CASE("a transfer that ends together with planned events comes before them") {
  const auto network = make_fair_share_network();
  Calendar<Step> calendar;
  std::vector<std::uint32_t> order;
  network->start({network->add_link("ec2/1", 100)}, Bytes{200}, kUnlimited);
  calendar.at(at_second(2), Phase::completion, {Step::tick, 2});
  calendar.at(at_second(2), Phase::arrival, {Step::tick, 3});
  calendar.at(at_second(3), Phase::arrival, {Step::tick, 4});
  run_until(
      kNever, calendar, *network, [&](FlowId) { order.push_back(1); },
      [&](const Calendar<Step>::Entry& entry) { order.push_back(entry.event.number); });
  CHECK(order == std::vector<std::uint32_t>{1, 2, 3, 4});
}

}  // namespace
}  // namespace berth
