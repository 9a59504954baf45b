// The HPA: from usage to replicas, held back by windows and rates.
#include <vector>

#include "sim/policy/replica_scaling/hpa.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

constexpr HpaParameters kHpa{0.1, 300s, 30s};
constexpr Time kLater = Time{1h};

HpaBehaviour usual() {
  HpaBehaviour b;
  b.up.policies = {{HpaPolicy::Kind::pods, 4, 15s}, {HpaPolicy::Kind::percent, 100, 15s}};
  b.down.stabilisation = 300s;
  b.down.policies = {{HpaPolicy::Kind::percent, 100, 15s}};
  return b;
}

std::vector<HpaPod> ready_pods(std::size_t count, std::int64_t usage) {
  HpaPod pod;
  pod.ready = true;
  pod.started = pod.ready_changed = Time{};
  pod.request = 1'000;
  pod.usage = usage;
  pod.sampled = kLater;
  pod.window = 15s;
  return std::vector<HpaPod>(count, pod);
}

std::int64_t decide(std::int64_t current, std::int64_t proposal, Time now, HpaMemory& memory, std::int64_t max = 100) {
  const std::optional<HpaProposal> proposals[] = {HpaProposal{proposal, 0}};
  auto d = hpa_decide({now, current, 1, max, proposals}, usual(), memory);
  memory = d.memory;
  return d.desired;
}

}  // namespace

TEST_CASE("usage within 10 % of the target changes nothing, beyond it the ratio decides") {
  CHECK(utilisation_replicas(4, 50, ready_pods(4, 540), kLater, kHpa, true)->replicas == 4);
  CHECK(utilisation_replicas(4, 50, ready_pods(4, 560), kLater, kHpa, true)->replicas == 5);  // ceil(4 × 56/50)
  CHECK(utilisation_replicas(4, 50, ready_pods(4, 250), kLater, kHpa, true)->replicas == 2);
}

TEST_CASE("a pod that starts up dampens a scale-up, because its own load is not known yet") {
  auto pods = ready_pods(4, 1'000);
  pods[3].started = kLater - 10s;
  pods[3].ready = false;
  // Three at 100 % would ask for 6; with the fourth counted as idle it is 75 %: ceil(4 × 1.5).
  CHECK(utilisation_replicas(4, 50, pods, kLater, kHpa, true)->replicas == 6);
  CHECK(utilisation_replicas(4, 50, pods, kLater, kHpa, false)->replicas == 8);  // memory: counted as it is
}

TEST_CASE("without any sample there is no proposal and nothing changes") {
  auto pods = ready_pods(2, 0);
  for (auto& p : pods) p.usage.reset();
  CHECK_FALSE(utilisation_replicas(2, 50, pods, kLater, kHpa, true));
  HpaMemory memory;
  const std::optional<HpaProposal> none[] = {std::nullopt};
  CHECK(hpa_decide({kLater, 5, 1, 10, none}, usual(), memory).desired == 5);
}

TEST_CASE("a metric that could not be had forbids going down and lets going up pass") {
  HpaMemory memory;
  const std::optional<HpaProposal> down[] = {HpaProposal{2, 0}, std::nullopt};
  const std::optional<HpaProposal> up[] = {HpaProposal{6, 0}, std::nullopt};
  CHECK(hpa_decide({kLater, 5, 1, 10, down}, usual(), memory).desired == 5);
  CHECK(hpa_decide({kLater, 5, 1, 10, up}, usual(), memory).desired == 6);
}

TEST_CASE("up goes at once by at most 4 pods or 100 % in 15 s") {
  HpaMemory memory;
  CHECK(decide(2, 50, kLater, memory) == 2 + 4);
  CHECK(decide(6, 50, kLater + 14s, memory) == 6);   // the 4 of 14 s ago still count
  CHECK(decide(6, 50, kLater + 15s, memory) == 12);  // 100 % of 6 is more than 4
}

TEST_CASE("down waits until five minutes hold no higher recommendation") {
  HpaMemory memory;
  CHECK(decide(10, 10, kLater, memory) == 10);
  for (auto s = 15s; s < 300s; s += 15s) CHECK(decide(10, 3, kLater + s, memory) == 10);
  CHECK(decide(10, 3, kLater + 300s, memory) == 3);
}

TEST_CASE("the HPA keeps to its bounds and is off at zero replicas") {
  HpaMemory memory;
  CHECK(decide(12, 50, kLater, memory, 10) == 10);
  CHECK(decide(10, 50, kLater, memory, 10) == 10);
  CHECK(decide(0, 50, kLater, memory, 10) == 0);
}

}  // namespace berth
