// Pods replayed on nodes: who is placed, who waits, how well the nodes are packed, and what is stranded.
#include "sim/study/pod_replay.hpp"

#include <doctest/doctest.h>

#include "sim/importers/openb.hpp"
#include "tests/importers/scene.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;

RecordedPod pod(std::int64_t vcpu, std::int64_t gib, Duration arrives, Duration runs) {
  return {"pod", vcpu * kVcpu, gib * kGiB, Time{arrives}, runs};
}

PodRecording two_nodes(std::vector<RecordedPod> pods) {
  return {{{8 * kVcpu, 32 * kGiB}, {8 * kVcpu, 32 * kGiB}}, std::move(pods)};
}

KubeProfile profile(KubeSchedulerSpec::Score score) {
  KubeSchedulerSpec spec;
  spec.score = score;
  return kube_profile(spec);
}

PodReplayResult replayed(const PodRecording& recording, PodReplayOptions options = {}) {
  return replay_pods(recording, options);
}

TEST_CASE("a pod waits until another's end makes room, and its wait is counted") {
  const auto result = replayed(two_nodes({pod(8, 8, 0s, 100s), pod(8, 8, 0s, 200s), pod(6, 8, 10s, 50s)}));
  CHECK(result.placed == 3);
  CHECK(result.pending_s == std::vector<double>{0, 0, 90});
}

TEST_CASE("a pod that fits no node is never placed and holds nobody up") {
  const auto result = replayed(two_nodes({pod(9, 1, 0s, 10s), pod(1, 1, 1s, 10s)}));
  CHECK(result.pods == 2);
  CHECK(result.placed == 1);
}

TEST_CASE("best fit fills one node before it takes another, least allocated the other way round") {
  const auto recording = two_nodes({pod(2, 2, 0s, 1h), pod(2, 2, 1s, 1h), pod(2, 2, 2s, 1h)});
  PodReplayOptions options;
  options.profile = profile(KubeSchedulerSpec::Score::most_allocated);
  const auto packed = replayed(recording, options);
  CHECK(packed.end.nodes_used == 1);
  CHECK(packed.end.packing_cpu == doctest::Approx(6.0 / 8));
  options.profile = profile(KubeSchedulerSpec::Score::least_allocated);
  const auto spread = replayed(recording, options);
  CHECK(spread.end.nodes_used == 2);
  CHECK(spread.end.packing_cpu == doctest::Approx(6.0 / 16));
}

TEST_CASE("CPU is stranded where memory has run out, for the share of pods that could have used it") {
  // On one node 6 vCPU are free and no memory: both kinds of pod fit its CPU, neither its memory.
  const PodRecording recording{{{8 * kVcpu, 32 * kGiB}}, {pod(2, 32, 0s, 1h), pod(4, 1, 1h, 1h)}};
  PodReplayOptions options;
  options.pods_stay = true;
  const auto result = replayed(recording, options);
  CHECK(result.placed == 1);
  CHECK(result.end.cpu_stranded == doctest::Approx(6.0 / 8));
  CHECK(result.end.memory_stranded == 0);
  // A pod that needs no memory could still use that CPU: half of the pods could not.
  const PodRecording half{{{8 * kVcpu, 32 * kGiB}}, {pod(2, 32, 0s, 1h), pod(9, 0, 1h, 1h)}};
  CHECK(replayed(half, options).end.cpu_stranded == doctest::Approx(6.0 / 8 / 2));
}

TEST_CASE("what is free on an empty node that fits every pod is not stranded") {
  const auto result = replayed(two_nodes({pod(1, 1, 0s, 1s), pod(1, 1, 100s, 1s)}));
  CHECK(result.mean.cpu_stranded == 0);
  CHECK(result.mean.memory_stranded == 0);
  CHECK(result.mean.nodes_used == doctest::Approx(0.01));  // 1 s of 100
}

TEST_CASE("where nobody leaves the list is repeated until the nodes are full") {
  const auto recording = two_nodes({pod(2, 2, 0s, 1s), pod(2, 2, 5s, 1s)});
  CHECK(copies_to_fill(recording, 1.3) == 6);  // 1.3 × 16 vCPU ÷ 4 vCPU, rounded up
  PodReplayOptions options;
  options.pods_stay = true;
  options.copies = 6;
  const auto result = replayed(recording, options);
  CHECK(result.pods == 12);
  CHECK(result.placed == 8);
  CHECK(result.end.cpu_used == 1);
}

TEST_CASE("copies of a recording that comes and goes arrive with their original") {
  PodReplayOptions options;
  options.copies = 4;
  const auto result = replayed(two_nodes({pod(8, 8, 0s, 10s)}), options);
  CHECK(result.placed == 4);
  CHECK(result.pending_s == std::vector<double>{0, 0, 10, 10});
}

TEST_CASE("the same seed places every pod where it did before, another seed not always") {
  std::vector<RecordedPod> pods;
  for (int i = 0; i < 40; ++i) pods.push_back(pod(1, 1, std::chrono::seconds{i}, 5s));
  PodReplayOptions one, other;
  other.seed = 2;
  CHECK(replayed(two_nodes(pods), one).placements == replayed(two_nodes(pods), one).placements);
  CHECK(replayed(two_nodes(pods), one).placements != replayed(two_nodes(pods), other).placements);
}

TEST_CASE("the openb pods all find a node, and best fit uses those that it uses better") {
  const std::string pods = scene::real_trace("alibaba_openb_pods_cpu_only.csv");
  const std::string nodes = scene::real_trace("alibaba_openb_nodes.csv");
  if (pods.empty() || nodes.empty()) return;
  const PodRecording recording{read_openb_nodes(nodes), read_openb_pods(pods)};
  CHECK(recording.nodes.size() == 1523);
  PodReplayOptions options;
  options.profile = profile(KubeSchedulerSpec::Score::most_allocated);
  const auto best = replayed(recording, options);
  CHECK(best.placed == 2936);
  CHECK(best.pending_s.back() == 0);
  CHECK(best.mean.packing_cpu > 2 * replayed(recording).mean.packing_cpu);
}

}  // namespace
}  // namespace berth
