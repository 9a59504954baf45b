// Cluster Autoscaler: which nodes nobody needs, and when they go.
#include "sim/policy/node_scaling/unneeded_nodes.hpp"

#include <vector>

#include "tests/policy/placing.hpp"

namespace berth {

namespace {

constexpr UnneededParameters kFlags{10min, 10s, 3min, 5min, 10, 1};

/// Nodes of 4 vCPU in pool 0, by position, and what their pods ask.
struct GroupOfNodes {
  ViewBuilder view;
  std::vector<GroupNode> nodes{};
  std::vector<std::vector<Ask>> asks{};
  std::int64_t may_remove = 100;
  UnneededMemory memory{};

  GroupOfNodes& with(std::vector<Ask> pods) {
    Cpu cpu;
    Bytes bytes;
    for (const Ask& a : pods) {
      cpu += a.cpu;
      bytes += a.memory;
    }
    view.node(4 * kVcpu, 16 * kGiB).used(cpu, bytes, static_cast<std::int32_t>(pods.size()));
    const auto p = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({NodeId{p}, p, PoolId{0}, pods.empty()});
    asks.push_back(std::move(pods));
    return *this;
  }
  std::vector<std::uint32_t> at(Time now, RemovalLimits limits = {10, 1, {}}) {
    limits.of_pool[PoolId{0}] = may_remove;
    const auto asks_of = [&](NodeId n) { return std::optional(asks[static_cast<std::size_t>(n)]); };
    std::vector<std::uint32_t> gone;
    for (const Removal& r : unneeded_nodes(view.view(), nodes, asks_of, limits, now, kFlags, memory))
      gone.push_back(r.node);
    return gone;
  }
};
using Gone = std::vector<std::uint32_t>;

const Ask kSmall = ask_for(kVcpu, kGiB);
const Ask kLarge = ask_for(3 * kVcpu, kGiB);

}  // namespace

TEST_CASE("a node at most half full whose pods fit elsewhere goes after ten minutes, not before") {
  GroupOfNodes n;
  n.with({kSmall}).with({kLarge});
  CHECK(n.at(Time{}).empty());
  REQUIRE(n.memory.unneeded.size() == 1);
  CHECK(n.at(Time{10min - 1us}).empty());
  n.may_remove = 0;  // its group is at its minimum
  CHECK(n.at(Time{10min}).empty());
  n.may_remove = 1;
  CHECK(n.at(Time{10min}) == Gone{0});
}

TEST_CASE("exactly half full is little, more is not") {
  GroupOfNodes n;
  n.with({kSmall, kSmall}).with({ask_for(2 * kVcpu + millicores(1), kGiB)}).with({kSmall, ask_for(kVcpu, 9 * kGiB)});
  n.with({ask_for(kVcpu + kVcpu, 9 * kGiB)});
  n.at(Time{});
  REQUIRE(n.memory.unneeded.size() == 1);
  CHECK(n.memory.unneeded[0].first == NodeId{0});
}

TEST_CASE("a node with GPUs is judged by its GPUs alone") {
  ViewBuilder view;
  view.node(4 * kVcpu, 16 * kGiB).gpus(4, 2).used(4 * kVcpu, kGiB, 1);
  CHECK(utilisation(view.view(), 0) == 0.5);
}

TEST_CASE("a node that was needed in between starts its ten minutes again, after five in which nobody asks") {
  GroupOfNodes n;
  n.with({kSmall}).with({kLarge});
  n.at(Time{});
  GroupOfNodes busy;
  busy.with({kLarge}).with({kLarge});
  busy.memory = n.memory;
  busy.at(Time{5min});
  CHECK(busy.memory.unneeded.empty());
  n.memory = busy.memory;
  CHECK(n.at(Time{10min}).empty());
  CHECK(n.at(Time{20min - 1us}).empty());
  CHECK(n.at(Time{20min}) == Gone{0});
}

TEST_CASE("a node whose pods fit nowhere is looked at again after five minutes") {
  GroupOfNodes n;
  n.with({ask_for(2 * kVcpu, kGiB)}).with({kLarge});
  n.at(Time{});
  CHECK(n.memory.unremovable.count(NodeId{0}) == 1);
  GroupOfNodes roomy;
  roomy.with({ask_for(2 * kVcpu, kGiB)}).with({kSmall, kSmall});
  roomy.memory = n.memory;
  roomy.at(Time{5min - 1us});
  CHECK(roomy.memory.unneeded.size() == 1);
  CHECK(roomy.memory.unneeded[0].first == NodeId{1});
  roomy.memory = n.memory;
  roomy.at(Time{5min});
  CHECK(roomy.memory.unneeded[0].first == NodeId{0});
}

TEST_CASE("a budget that lets one pod go lets one node go, one that lets none go keeps the node") {
  Ask guarded = kSmall;
  guarded.service = ServiceId{0};
  GroupOfNodes n;
  n.with({guarded}).with({guarded}).with({kSmall}).with({ask_for(millicores(2500), kGiB)});
  n.at(Time{}, {10, 1, {}, {{ServiceId{0}, 1}}});
  REQUIRE(n.memory.unneeded.size() == 2);
  CHECK(n.memory.unneeded[0].first == NodeId{0});
  CHECK(n.memory.unneeded[1].first == NodeId{2});
  GroupOfNodes none;
  none.with({guarded}).with({kLarge});
  none.at(Time{}, {10, 1, {}, {{ServiceId{0}, 0}}});
  CHECK(none.memory.unneeded.empty());
  GroupOfNodes meanwhile;
  meanwhile.with({guarded}).with({kLarge});
  meanwhile.at(Time{}, {10, 1, {}, {{ServiceId{0}, 1}}});
  CHECK(meanwhile.at(Time{10min}, {10, 1, {}, {{ServiceId{0}, 0}}}).empty());
}

TEST_CASE("of two nodes that could take each other's pods only one goes") {
  GroupOfNodes n;
  n.with({kSmall}).with({kSmall});
  n.at(Time{});
  CHECK(n.memory.unneeded.size() == 1);
}

TEST_CASE("a node that is to receive another's pods is needed, even if its own would fit elsewhere") {
  GroupOfNodes n;
  n.with({kSmall}).with({kSmall}).with({kSmall, kSmall, kSmall});
  n.at(Time{});
  REQUIRE(n.memory.unneeded.size() == 1);  // node 0 moves onto node 1, the first that fits
  CHECK(n.memory.unneeded[0].first == NodeId{0});
}

TEST_CASE("many empty nodes go at once, nodes with pods one at a time, and none soon after a scale-up") {
  GroupOfNodes n;
  for (int i = 0; i < 8; ++i) n.with(i % 2 == 0 ? std::vector<Ask>{} : std::vector<Ask>{kSmall});
  n.at(Time{});
  const UnneededMemory memory = n.memory;
  CHECK(n.at(Time{10min}) == Gone{0, 2, 4, 6, 1});
  n.memory = memory;
  CHECK(n.at(Time{10min}, {2, 1, {}}) == Gone{0, 2});  // eight are on their way out already
  n.memory = memory;
  CHECK(n.at(Time{10min}, {10, 0, {}}) == Gone{0, 2, 4, 6});  // one is being drained
  n.memory = memory;
  n.memory.last_add = Time{5min};
  CHECK(n.at(Time{10min}).empty());
  n.memory.last_add = Time::min();
  n.memory.last_delete = Time{10min - 9s};
  CHECK(n.at(Time{10min}).empty());
  n.memory.last_delete = Time{10min - 10s};
  n.memory.last_failure = Time{7min + 1us};  // a drain was given up
  CHECK(n.at(Time{10min}).empty());
  n.memory.last_failure = Time{7min};
  CHECK_FALSE(n.at(Time{10min}).empty());
}

}  // namespace berth
