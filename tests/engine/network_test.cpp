// What both networks promise about shares, ends, cancelling and changing capacities; and that they agree.
#include <doctest/doctest.h>

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

TEST_CASE("unpacks share the disk, each up to what its decompression can do") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId disk = net.add_link("ec2/1 disk", 100), other = net.add_link("ec2/2 disk", 100);
    const FlowId slow = net.start({disk}, Bytes{200}, 20);
    const FlowId quick = net.start({disk}, Bytes{320}, 70);
    const FlowId third = net.start({disk}, Bytes{320}, 70);
    const FlowId alone = net.start({other}, Bytes{350}, 70);
    wire.run_to(4);
    CHECK(net.carried(disk) == doctest::Approx(4 * 100));
    CHECK(net.cancel(third) == Bytes{4 * 40});
    wire.run_to(20);
    CHECK(wire.end(alone) == doctest::Approx(350 / 70.0));
    CHECK(wire.end(quick) == doctest::Approx(4 + (320 - 4 * 40) / 70.0));
    CHECK(wire.end(slow) == doctest::Approx(200 / 20.0));
    CHECK(net.carried(disk) == doctest::Approx(200 + 320 + 4 * 40));
  });
}

TEST_CASE("a faster disk speeds up an unpack only as far as decompression goes") {
  test::on_both([](Wire& wire) {
    Network& net = wire.network;
    const LinkId disk = net.add_link("ec2/1 disk", 30);
    const FlowId unpack = net.start({disk}, Bytes{300}, 40);
    wire.run_to(5);
    net.set_capacity(disk, 1000);
    wire.run_to(20);
    CHECK(wire.end(unpack) == doctest::Approx(5 + (300 - 5 * 30) / 40.0));
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
  CHECK(fair->refusal({node, b}) == "traffic of ec2/1 both through nat/a and through nat/b");
  CHECK(fair->refusal({node}) == "traffic of ec2/1 both through nat/a and through no gateway");
  CHECK(fair->refusal({disk, a}) == "traffic of ec2/1 disk both through no gateway and through nat/a");
  CHECK(fair->refusal({disk, b}) == "traffic of ec2/1 disk both through no gateway and through nat/b");
  CHECK(fair->refusal({a}) == "the shared link nat/a as a link of one node");
  CHECK(fair->refusal({disk, node}) == "the link ec2/1 of one node as gateway");
  CHECK(fair->refusal({node, a, b}) == "a route of more than two links: ec2/1, nat/a, nat/b");
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

TEST_CASE("on a route of four links each can be the one that counts") {
  for (std::size_t narrow = 0; narrow < Route::kMaxLinks; ++narrow) {
    Wire wire{test::simgrid(), test::simgrid_clock(), test::simgrid_clock()};
    std::vector<LinkId> links;
    for (const char* name : {"ec2/1", "nat/a", "ecr", "registry"}) links.push_back(wire.network.add_link(name, 100));
    const FlowId flow = wire.network.start(Route(links), Bytes{1000}, kUnlimited);
    wire.run_to(4);
    wire.network.set_capacity(links[narrow], 10);
    wire.run_to(100);
    CHECK(wire.end(flow) == doctest::Approx(4 + (1000 - 4 * 100) / 10.0));
    for (const LinkId link : links) CHECK(wire.network.carried(link) == doctest::Approx(1000));
    test::simgrid_clock() = wire.now;
  }
}

TEST_CASE("SimGrid carries 4,096 flows that share no link, and refuses one more until another is over") {
  Wire wire{test::simgrid(), test::simgrid_clock(), test::simgrid_clock()};
  const auto start = [&] {
    std::vector<LinkId> links;
    for (std::size_t i = 0; i < Route::kMaxLinks; ++i) links.push_back(wire.network.add_link("link", 100));
    return wire.network.start(Route(links), Bytes{1000}, kUnlimited);
  };
  std::vector<FlowId> flows;
  for (int i = 0; i < 4096; ++i) flows.push_back(start());
  CHECK_THROWS_AS(start(), RunError);
  CHECK(wire.network.cancel(flows[7]) == Bytes{0});
  flows[7] = start();
  wire.run_out();
  for (const FlowId flow : flows) CHECK(wire.end(flow) == doctest::Approx(10));
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

}  // namespace
}  // namespace berth
