// Whom a pod of higher priority pushes aside.
#include "sim/policy/placement/kube_preemption.hpp"
#include "tests/policy/placing.hpp"

namespace berth {
namespace {

PlacedPod pod(std::uint32_t number, std::int32_t priority, Cpu cpu, Duration started = Duration{0}) {
  return {number, priority, Time{started}, ask_for(cpu, kGiB)};
}

std::vector<std::uint32_t> numbers(const Victims& v) {
  std::vector<std::uint32_t> all;
  for (const PlacedPod& p : v.pods) all.push_back(p.number);
  return all;
}

}  // namespace

TEST_CASE("only as many pods of lower priority go as room is needed, the least important ones") {
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 16 * kGiB).used(4 * kVcpu, 4 * kGiB, 4);
  Overlay trial(nodes.view());
  const std::vector<PlacedPod> here = {pod(1, 0, kVcpu, 5min), pod(2, 0, kVcpu, 9min), pod(3, 10, kVcpu),
                                       pod(4, 100, kVcpu)};
  const auto victims = victims_on(trial, 0, ask_for(kVcpu, kGiB), 100, here, {});
  REQUIRE(victims);
  CHECK(numbers(*victims) == std::vector<std::uint32_t>{2});  // of the lowest priority, the younger one
  CHECK(trial.view().cpu_used[0] == (4 * kVcpu).count());     // a trial leaves no trace
  CHECK_FALSE(victims_on(trial, 0, ask_for(4 * kVcpu, kGiB), 100, here, {}));  // its equal stays
  CHECK_FALSE(victims_on(trial, 0, ask_for(kVcpu, kGiB), 0, here, {}));        // nobody is less important
}

TEST_CASE("a pod whose budget allows no disruption goes last, and where it must go the node is chosen last") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 16 * kGiB).used(2 * kVcpu, 2 * kGiB, 2).node(2 * kVcpu, 16 * kGiB).used(2 * kVcpu, kGiB, 1);
  Overlay trial(nodes.view());
  PlacedPod kept = pod(1, 0, kVcpu), large = pod(3, 50, 2 * kVcpu);
  kept.budgets = {0};
  const std::vector<std::int64_t> none_allowed = {0};
  const auto one = victims_on(trial, 0, ask_for(kVcpu, kGiB), 100, {kept, pod(2, 0, kVcpu)}, none_allowed);
  REQUIRE(one);
  CHECK(numbers(*one) == std::vector<std::uint32_t>{2});
  CHECK(one->violations == 0);
  const auto both = victims_on(trial, 0, ask_for(2 * kVcpu, kGiB), 100, {kept, pod(2, 0, kVcpu)}, none_allowed);
  REQUIRE(both);
  CHECK(both->violations == 1);
  const std::vector<Victims> candidates = {*both,
                                           *victims_on(trial, 1, ask_for(2 * kVcpu, kGiB), 100, {large}, none_allowed)};
  CHECK(best_candidate(candidates)->position == 1);  // although its victim is more important
}

TEST_CASE("of candidates that are equal in all the first is taken, and none is no candidate") {
  const std::vector<Victims> equal = {{4, {pod(1, 0, kVcpu)}, 0}, {2, {pod(2, 0, kVcpu)}, 0}};
  CHECK(best_candidate(equal)->position == 4);
  CHECK(best_candidate({}) == nullptr);
  CHECK(candidates_wanted(5'000, 10, 100) == 500);
  CHECK(candidates_wanted(300, 10, 100) == 100);
  CHECK(candidates_wanted(30, 10, 100) == 30);
}

}  // namespace berth
