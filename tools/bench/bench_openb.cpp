// H: the openb pods of Alibaba, read and placed in order of arrival on its 1,523 nodes.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "sim/importers/openb.hpp"
#include "sim/study/pod_replay.hpp"

namespace berth {
namespace {

/// The best of all nodes by most-allocated, with no other score: best fit.
KubeProfile best_fit() {
  KubeProfile profile = default_kube_profile();
  profile.fit_score = FitScore::most_allocated;
  profile.balanced = profile.image = profile.spread = 0;
  profile.percent_of_nodes = 100;
  return profile;
}

KubeProfile default_set() {
  KubeProfile profile = default_kube_profile();
  profile.fit_score = FitScore::most_allocated;
  return profile;
}

/// Reading both files is inside the time. Each run after the first must place every pod where that one did.
void H_openb(benchmark::State& state, const KubeProfile& profile, bool filled) {
  const char* folder = std::getenv("BERTH_OPENB");
  if (folder == nullptr) {
    state.SkipWithError("set BERTH_OPENB to the folder of alibaba_openb_pods_cpu_only.csv and alibaba_openb_nodes.csv");
    return;
  }
  const std::string in = folder;
  std::uint64_t placements = 0;
  std::int64_t placed = 0;
  for (auto _ : state) {
    const PodRecording recording{read_openb_nodes(in + "/alibaba_openb_nodes.csv"),
                                 read_openb_pods(in + "/alibaba_openb_pods_cpu_only.csv")};
    PodReplayOptions options;
    options.profile = profile;
    options.pods_stay = filled;
    options.copies = filled ? copies_to_fill(recording, 1.3) : 1;
    const PodReplayResult result = replay_pods(recording, options);
    if (placements != 0 && placements != result.placements) state.SkipWithError("two runs placed pods differently");
    placements = result.placements;
    placed += result.placed;
  }
  state.SetItemsProcessed(placed);
  state.SetLabel(fmt::format("placements {:016x}", placements));
}

BENCHMARK_CAPTURE(H_openb, best_fit, best_fit(), false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(H_openb, full, default_set(), false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(H_openb, best_fit_filled, best_fit(), true)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
