// The HPA: from usage to replicas, held back by windows and rates.
#include <utility>
#include <vector>

#include "sim/policy/replica_scaling/hpa.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

constexpr HpaParameters kHpa{{0.1, 0.1}, 300s, 30s};
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
  const HpaBehaviour behaviour = usual();
  auto d = hpa_decide({now, current, 1, max, proposals, &behaviour}, memory);
  memory = d.memory;
  return d.desired;
}

/// Without a behavior block.
std::int64_t decide_plainly(std::int64_t current, std::int64_t proposal, Time now, HpaMemory& memory) {
  const std::optional<HpaProposal> proposals[] = {HpaProposal{proposal, 0}};
  auto d = hpa_decide({now, current, 1, 100, proposals, nullptr, 300s}, memory);
  memory = d.memory;
  return d.desired;
}

HpaDecision decide_among(std::int64_t current, const std::vector<std::optional<HpaProposal>>& proposals) {
  const HpaBehaviour behaviour = usual();
  return hpa_decide({kLater, current, 1, 10, proposals, &behaviour}, {});
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
  CHECK(decide_among(5, {std::nullopt}).desired == 5);
}

TEST_CASE("a metric that could not be had forbids going down and lets going up pass") {
  CHECK(decide_among(5, {HpaProposal{2, 0}, std::nullopt}).desired == 5);
  CHECK(decide_among(5, {HpaProposal{6, 0}, std::nullopt}).desired == 6);
  CHECK(decide_among(5, {HpaProposal{2, 0}, std::nullopt}).memory.recommendations.size() == 1);  // nothing was advised
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

TEST_CASE("of several metrics the one that asks for most decides, of equal ones the first") {
  const HpaDecision d = decide_among(5, {HpaProposal{6, 60}, HpaProposal{8, 90}, HpaProposal{8, 70}});
  CHECK(d.desired == 8);
  CHECK(d.metric == 1);
  CHECK(d.why == ScalingWhy::above_target);
  CHECK(decide_among(12, {HpaProposal{1, 5}}).why == ScalingWhy::above_maximum);
}

TEST_CASE("without a behavior block up goes by twice as many or to 4, at each sync again") {
  HpaMemory memory;
  CHECK(decide_plainly(1, 50, kLater, memory) == 4);
  CHECK(decide_plainly(4, 50, kLater + 1s, memory) == 8);  // no rate: nothing is remembered of the step before
  CHECK(memory.ups.empty());
  CHECK(hpa_plain_up_limit(3) == 6);
}

TEST_CASE("without a behavior block a recent higher recommendation also brings replicas back") {
  HpaMemory memory;
  CHECK(decide_plainly(10, 10, kLater, memory) == 10);
  CHECK(decide_plainly(6, 5, kLater + 300s, memory) == 10);  // somebody took 4 away by hand
  CHECK(decide_plainly(10, 5, kLater + 301s, memory) == 5);
}

TEST_CASE("a policy of 4 pods a minute adds 4 in any minute, whatever is asked for") {
  HpaBehaviour slow = usual();
  slow.up.policies = {{HpaPolicy::Kind::pods, 4, 60s}};
  const std::optional<HpaProposal> much[] = {HpaProposal{50, 0}};
  HpaMemory memory;
  std::int64_t replicas = 10;
  for (auto s = 0s; s <= 120s; s += 15s) {
    HpaDecision d = hpa_decide({kLater + s, replicas, 1, 100, much, &slow}, std::move(memory));
    memory = std::move(d.memory);
    replicas = d.desired;
    CHECK(replicas == 10 + 4 * (s / 60s + 1));
  }
}

TEST_CASE("select: max takes the policy that changes most, min the one that changes least, disabled none") {
  HpaRules rules;
  rules.policies = {{HpaPolicy::Kind::pods, 3, 60s}, {HpaPolicy::Kind::percent, 50, 60s}};
  const auto limits = [&](HpaRules::Select select) {
    rules.select = select;
    return std::pair(hpa_up_limit(10, kLater, rules, {}), hpa_down_limit(10, kLater, rules, {}));
  };
  CHECK(limits(HpaRules::Select::most) == std::pair<std::int64_t, std::int64_t>(15, 5));
  CHECK(limits(HpaRules::Select::least) == std::pair<std::int64_t, std::int64_t>(13, 7));
  CHECK(limits(HpaRules::Select::disabled) == std::pair<std::int64_t, std::int64_t>(10, 10));
}

TEST_CASE("tolerances differ by direction, and their bounds still change nothing") {
  const HpaParameters wary{{0.3, 0.02}, 300s, 30s};
  CHECK(utilisation_replicas(4, 50, ready_pods(4, 510), kLater, wary, true)->replicas == 4);  // 51 / 50
  CHECK(utilisation_replicas(4, 50, ready_pods(4, 520), kLater, wary, true)->replicas == 5);
  CHECK(utilisation_replicas(4, 50, ready_pods(4, 350), kLater, wary, true)->replicas == 4);  // 35 / 50
  CHECK(utilisation_replicas(4, 50, ready_pods(4, 340), kLater, wary, true)->replicas == 3);
}

TEST_CASE("pods that are silent count as fully used on the way down and as idle on the way up") {
  auto pods = ready_pods(4, 100);
  pods[3].usage.reset();
  // Three at 10 % of a target of 50 would leave 1; with the fourth at 100 % they are at 32 %.
  CHECK(utilisation_replicas(4, 50, pods, kLater, kHpa, true)->replicas == 3);
  pods = ready_pods(4, 1'000);
  pods[3].usage.reset();
  CHECK(utilisation_replicas(4, 80, pods, kLater, kHpa, true)->replicas == 4);  // 75 % in place of 100 %: no change
}

TEST_CASE("pods that request nothing have no utilisation, but they have a mean") {
  auto pods = ready_pods(2, 600);
  for (auto& p : pods) p.request = 0;
  CHECK_FALSE(utilisation_replicas(2, 50, pods, kLater, kHpa, true));
  CHECK(mean_usage_replicas(2, 300, pods, kLater, kHpa, true)->replicas == 4);
}

TEST_CASE("a total is shared by the replicas that are there, those of a roll-out included") {
  constexpr HpaTolerance tolerance{0.1, 0.1};
  CHECK(per_replica_replicas(5, 100, 1'050, tolerance).replicas == 11);
  CHECK(per_replica_replicas(10, 100, 1'050, tolerance).replicas == 10);
  CHECK(per_replica_replicas(0, 100, 1'050, tolerance).replicas == 11);
  CHECK(value_replicas(5, 100, 200, 4, tolerance).replicas == 8);  // ratio × ready ones
}

}  // namespace berth
