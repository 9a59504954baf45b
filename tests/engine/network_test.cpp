// What both networks promise about shares, ends, cancelling and changing capacities; and that they agree.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "sim/base/error.hpp"
#include "tests/engine/aborts.hpp"
#include "tests/engine/wire.hpp"

namespace berth {
namespace {

using test::Wire;

TEST_CASE("flows share a gateway equally, but none gets more than its node can take") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId gateway = net.add_link("nat/a", 100), slow = net.add_link("ec2/1", 20),
                 fast = net.add_link("ec2/2", 500);
    const FlowId small = net.start({slow, gateway}, Bytes{200}, kUnlimited);
    const FlowId big = net.start({fast, gateway}, Bytes{1000}, kUnlimited);
    wire.run_to(20);
    CHECK(wire.end(small) == doctest::Approx(200 / 20.0));
    CHECK(wire.end(big) == doctest::Approx(10 + (1000 - 10 * 80) / 100.0));
    CHECK(net.carried(gateway) == doctest::Approx(200 + 1000));
    CHECK(net.carried(slow) == doctest::Approx(200));
  });
}

TEST_CASE("two flows of one node share its link, and the second has it all when the first is through") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId gateway = net.add_link("nat/a", 1000), node = net.add_link("ec2/1", 50);
    const FlowId first = net.start({node, gateway}, Bytes{100}, kUnlimited);
    const FlowId second = net.start({node, gateway}, Bytes{300}, kUnlimited);
    wire.run_to(2);
    CHECK(net.carried(node) == doctest::Approx(2 * 50));
    wire.run_to(20);
    CHECK(wire.end(first) == doctest::Approx(100 / 25.0));
    CHECK(wire.end(second) == doctest::Approx(4 + (300 - 100) / 50.0));
  });
}

TEST_CASE("a cancelled flow tells what it moved, and the others have its share from that moment") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId gateway = net.add_link("nat/a", 100), one = net.add_link("ec2/1", 100),
                 two = net.add_link("ec2/2", 100);
    const FlowId stays = net.start({one, gateway}, Bytes{500}, kUnlimited);
    const FlowId goes = net.start({two, gateway}, Bytes{500}, kUnlimited);
    wire.run_to(4);
    CHECK(net.cancel(goes) == Bytes{4 * 50});
    wire.run_to(20);
    CHECK(wire.end(stays) == doctest::Approx(4 + (500 - 4 * 50) / 100.0));  // 7 s, not 9
    CHECK(wire.ends.count(goes) == 0);
    CHECK(net.carried(gateway) == doctest::Approx(500 + 200));
    CHECK(net.carried(two) == doctest::Approx(200));
  });
}

TEST_CASE("a flow cancelled in the instant of its start has moved nothing and disturbs nobody") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId gateway = net.add_link("nat/a", 100), one = net.add_link("ec2/1", 100),
                 two = net.add_link("ec2/2", 100);
    const FlowId stays = net.start({one, gateway}, Bytes{500}, kUnlimited);
    CHECK(net.cancel(net.start({two, gateway}, Bytes{500}, kUnlimited)) == Bytes{0});
    wire.run_to(20);
    CHECK(wire.end(stays) == doctest::Approx(5));
  });
}

TEST_CASE("a flow of no bytes finishes at once, before any time passes") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId node = net.add_link("ec2/1", 100);
    wire.run_to(3);
    const FlowId other = net.start({node}, Bytes{100}, kUnlimited);
    const FlowId nothing = net.start({node}, Bytes{0}, kUnlimited);
    const FlowId dropped = net.start({node}, Bytes{0}, kUnlimited);
    CHECK(net.next_time() == wire.now);
    CHECK(net.cancel(dropped) == Bytes{0});
    wire.run_to(10);
    CHECK(wire.end(nothing) == 3);
    CHECK(wire.end(other) == doctest::Approx(4));
    CHECK(wire.ends.size() == 2);
  });
}

TEST_CASE("flows that end together are told in order of start") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId gateway = net.add_link("nat/a", 1000);
    std::vector<FlowId> started, finished;
    for (int i = 0; i < 20; ++i)
      started.push_back(net.start({net.add_link("ec2/" + std::to_string(i), 100), gateway}, Bytes{100}, kUnlimited));
    const Time end = net.next_time();
    net.advance_to(end, finished);
    CHECK(finished == started);
    CHECK(seconds(end - wire.zero) == doctest::Approx(100 / 50.0));
    wire.now = end;
  });
}

TEST_CASE("a changed capacity counts from that moment") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId gateway = net.add_link("nat/a", 100), node = net.add_link("ec2/1", 80);
    const FlowId flow = net.start({node, gateway}, Bytes{1000}, kUnlimited);
    wire.run_to(5);
    net.set_capacity(gateway, 40);
    wire.run_to(10);
    net.set_capacity(gateway, 1000);
    net.set_capacity(node, 200);
    wire.run_to(20);
    CHECK(wire.end(flow) == doctest::Approx(10 + (1000 - 5 * 80 - 5 * 40) / 200.0));
  });
}

TEST_CASE("a flow's own limit leaves the rest of its node to the others") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId gateway = net.add_link("nat/a", 1000), node = net.add_link("ec2/1", 100);
    const FlowId limited = net.start({node, gateway}, Bytes{100}, 10);
    const FlowId free = net.start({node, gateway}, Bytes{450}, kUnlimited);
    wire.run_to(20);
    CHECK(wire.end(limited) == doctest::Approx(100 / 10.0));
    CHECK(wire.end(free) == doctest::Approx(450 / 90.0));
  });
}

TEST_CASE("unpacking is a flow on the disk's own link") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId disk = net.add_link("ec2/1 disk", 50), gateway = net.add_link("nat/a", 10),
                 node = net.add_link("ec2/1", 10);
    const FlowId pull = net.start({node, gateway}, Bytes{100}, kUnlimited);
    const FlowId first = net.start({disk}, Bytes{100}, kUnlimited);
    const FlowId second = net.start({disk}, Bytes{100}, kUnlimited);
    wire.run_to(20);
    CHECK(wire.end(first) == doctest::Approx(200 / 50.0));
    CHECK(wire.end(second) == doctest::Approx(200 / 50.0));
    CHECK(wire.end(pull) == doctest::Approx(10));
  });
}

TEST_CASE("an end between two microseconds is told at the later one") {
  test::on_both([](Wire& wire) {
    const LinkId node = wire.network.add_link("ec2/1", 3e6);
    const FlowId flow = wire.network.start({node}, Bytes{10}, kUnlimited);  // 3.33 us
    wire.run_to(1);
    CHECK(wire.ends.at(flow) - wire.zero == 4us);
  });
}

TEST_CASE("fair_share refuses the shapes it cannot carry exactly, and SimGrid carries them") {
  const auto fair = make_fair_share_network();
  const LinkId a = fair->add_link("nat/a", 100), b = fair->add_link("nat/b", 100);
  const LinkId node = fair->add_link("ec2/1", 100), disk = fair->add_link("ec2/1 disk", 100);
  CHECK(fair->refusal({node, a}) == "");
  fair->start({node, a}, Bytes{100}, kUnlimited);
  fair->start({disk}, Bytes{100}, kUnlimited);
  CHECK(fair->refusal({node, a}) == "");
  CHECK(fair->refusal({node, b}) == "traffic of ec2/1 by two ways");
  CHECK(fair->refusal({node}) == "traffic of ec2/1 past its gateway");
  CHECK(fair->refusal({disk, a}) == "traffic of ec2/1 disk by two ways");
  CHECK(fair->refusal({a}) == "the shared link nat/a as a link of one node");
  CHECK(fair->refusal({disk, node}) == "the link ec2/1 of one node as gateway");
  CHECK(fair->refusal({node, a, b}) == "a route of more than two links");
  CHECK_THROWS_AS(fair->start({node, b}, Bytes{100}, kUnlimited), InputError);

  Wire wire{test::simgrid(), test::simgrid_clock(), test::simgrid_clock()};
  const LinkId nic = wire.network.add_link("ec2/1", 90), nat = wire.network.add_link("nat/a", 100);
  const LinkId endpoint = wire.network.add_link("ecr", 30), registry = wire.network.add_link("registry", 10);
  CHECK(wire.network.refusal({nic, nat, registry}) == "");
  const FlowId far = wire.network.start({nic, nat, registry}, Bytes{100}, kUnlimited);
  const FlowId near = wire.network.start({nic, endpoint}, Bytes{300}, kUnlimited);
  wire.run_to(20);
  CHECK(wire.end(far) == doctest::Approx(100 / 10.0));
  CHECK(wire.end(near) == doctest::Approx(300 / 30.0));
  test::simgrid_clock() = wire.now;
}

TEST_CASE("a second SimGrid in one process is refused") {
  const std::string said = test::last_words([] {
    test::simgrid();
    make_simgrid_network();
  });
  CHECK(said.find("one process for each network") != std::string::npos);
}

TEST_CASE("Ctrl-C keeps the meaning it had before SimGrid") {
  test::simgrid();
  CHECK(test::interrupt_was_kept());
}

TEST_CASE("a gateway is always as full as its nodes can make it, and never over") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    const auto fair = make_fair_share_network();
    const double capacity = 100 + static_cast<double>(random() % 900);
    const LinkId gateway = fair->add_link("nat/a", capacity);
    std::map<FlowId, double> caps;
    double bytes = 0;
    for (int i = 0; i < 40; ++i) {
      const double cap = 1 + static_cast<double>(random() % 100);
      const Bytes size{1 + static_cast<std::int64_t>(random() % 5000)};
      caps[fair->start({fair->add_link("ec2/" + std::to_string(i), cap), gateway}, size, kUnlimited)] = cap;
      bytes += static_cast<double>(size.count());
    }
    Time now{};
    double before = 0;
    std::vector<FlowId> finished;
    while (!caps.empty()) {
      double wanted = 0;
      for (const auto& [flow, cap] : caps) wanted += cap;
      const Time next = fair->next_time();
      fair->advance_to(next, finished);
      const double passed = fair->carried(gateway) - before;
      const double fullest = std::min(capacity, wanted) * seconds(next - now);
      CHECK(std::abs(passed - fullest) <= 1e-6 * capacity);  // an end may be a microsecond before it is told
      for (const FlowId flow : finished) caps.erase(flow);
      finished.clear();
      before = fair->carried(gateway);
      now = next;
    }
    CHECK(before == doctest::Approx(bytes).epsilon(1e-9));
  }
}

/// Something that happens to a network at a moment; `who` names a node, a gateway or an earlier flow.
struct Act {
  enum Kind { start, cancel, node_capacity, gateway_capacity } kind;
  Duration at;
  std::size_t who;
  Bytes bytes;
  double rate;
};
struct Case {
  std::vector<double> gateways, nodes;
  std::vector<std::size_t> behind;  // a node's gateway
  std::vector<Act> acts;
};

Case random_case(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto upto = [&](std::uint64_t n) { return static_cast<double>(1 + random() % n); };
  Case made;
  for (std::uint64_t n = 1 + random() % 4; n > 0; --n) made.gateways.push_back(1e6 * upto(500));
  const bool equal = random() % 2 == 0;
  for (std::uint64_t n = 1 + random() % 20; n > 0; --n) {
    made.nodes.push_back(equal ? 50e6 : 1e6 * upto(100));
    made.behind.push_back(random() % made.gateways.size());
  }
  std::size_t started = 0;
  for (std::uint64_t n = 1 + random() % 50; n > 0; --n) {
    const Duration at{static_cast<std::int64_t>(random() % 20'000'000)};
    const std::uint64_t dice = random() % 10;
    if (dice == 0 && started > 0) made.acts.push_back({Act::cancel, at, random() % started, {}, 0});
    else if (dice == 1)
      made.acts.push_back({Act::node_capacity, at, random() % made.nodes.size(), {}, 1e6 * upto(100)});
    else if (dice == 2)
      made.acts.push_back({Act::gateway_capacity, at, random() % made.gateways.size(), {}, 1e6 * upto(500)});
    else {
      const Bytes bytes{static_cast<std::int64_t>(random() % 500'000'000)};
      made.acts.push_back({Act::start, random() % 4 == 0 ? 0us : at, random() % made.nodes.size(), bytes,
                           random() % 5 == 0 ? 1e6 * upto(60) : kUnlimited});
      ++started;
    }
  }
  std::stable_sort(made.acts.begin(), made.acts.end(), [](const Act& a, const Act& b) { return a.at < b.at; });
  return made;
}

struct Outcome {
  std::vector<double> length;   // by flow in order of start: s from start to end; -1 when cancelled
  std::vector<double> moved;    // by cancelled flow
  std::vector<double> carried;  // by gateway, then by node
};

Outcome play(const Case& scene, Wire& wire) {
  Network& net = wire.network;
  std::vector<LinkId> gateways, nodes;
  for (const double rate : scene.gateways) gateways.push_back(net.add_link("gateway", rate));
  for (const double rate : scene.nodes) nodes.push_back(net.add_link("node", rate));
  std::vector<FlowId> flows;
  std::vector<double> starts, cancelled;
  Outcome out;
  for (const Act& act : scene.acts) {
    wire.run(wire.zero + act.at);
    if (act.kind == Act::node_capacity) net.set_capacity(nodes[act.who], act.rate);
    if (act.kind == Act::gateway_capacity) net.set_capacity(gateways[act.who], act.rate);
    if (act.kind == Act::start) {
      flows.push_back(net.start({nodes[act.who], gateways[scene.behind[act.who]]}, act.bytes, act.rate));
      starts.push_back(seconds(act.at));
      cancelled.push_back(0);
    }
    if (act.kind != Act::cancel || act.who >= flows.size() || cancelled[act.who] > 0) continue;
    if (wire.ends.count(flows[act.who]) == 1) continue;
    out.moved.push_back(static_cast<double>(net.cancel(flows[act.who]).count()));
    cancelled[act.who] = 1;
  }
  wire.run_out();
  for (std::size_t i = 0; i < flows.size(); ++i)
    out.length.push_back(cancelled[i] > 0 ? -1 : wire.end(flows[i]) - starts[i]);
  for (const LinkId link : gateways) out.carried.push_back(net.carried(link));
  for (const LinkId link : nodes) out.carried.push_back(net.carried(link));
  return out;
}

TEST_CASE("fair_share and SimGrid agree within 0.1 % on three hundred random scenes") {
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const Case scene = random_case(seed);
    std::vector<Outcome> outcomes;
    test::on_both([&](Wire& wire) { outcomes.push_back(play(scene, wire)); });
    const Outcome& fair = outcomes[0];
    const Outcome& referee = outcomes[1];
    REQUIRE(fair.length.size() == referee.length.size());
    REQUIRE(fair.moved.size() == referee.moved.size());
    for (std::size_t i = 0; i < fair.length.size(); ++i) {
      CHECK(std::abs(fair.length[i] - referee.length[i]) <= 0.001 * std::abs(referee.length[i]) + 2e-6);
      worst = std::max(worst, std::abs(fair.length[i] - referee.length[i]));
    }
    for (std::size_t i = 0; i < fair.moved.size(); ++i)
      CHECK(std::abs(fair.moved[i] - referee.moved[i]) <= 0.001 * referee.moved[i] + 100);
    for (std::size_t i = 0; i < fair.carried.size(); ++i)
      CHECK(std::abs(fair.carried[i] - referee.carried[i]) <= 0.001 * referee.carried[i] + 100);
  }
  CHECK(worst <= 1e-5);
}

}  // namespace
}  // namespace berth
