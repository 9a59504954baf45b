// K4 and K3: pods that come, are placed by kube-scheduler's rules, run and end, on many nodes and on few.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/quantiles.hpp"
#include "sim/base/random.hpp"
#include "sim/policy/placement/kube_placement.hpp"
#include "sim/study/pod_flow.hpp"
#include "sim/world/view.hpp"

namespace berth {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint32_t kPodKinds = 2'000;
constexpr std::uint32_t kPodZones = 3;
constexpr std::uint32_t kNotPlaced = ~0u;
constexpr Cpu kNodeCpu = 64 * kVcpu;
constexpr Bytes kNodeMemory{static_cast<std::int64_t>(88.3 * (1 << 30))};
constexpr Bytes kImageSize = 500 * kMiB;

/// Equal pods: a service of the cluster, with what kube-scheduler knows of it.
struct PodKind {
  Cpu cpu;
  Bytes memory;
  std::uint64_t name = 0;
  std::vector<NodeCount> on_node;  // ascending by position
  std::array<std::uint32_t, kPodZones> by_zone{};
  std::vector<std::uint8_t> image_on;  // by position: pulled once, kept for good
  std::size_t image_nodes = 0;
};

struct Pod {
  Time arrives;
  std::int32_t seconds = 0;
  std::uint32_t kind = 0;
  std::uint32_t number = 0;  // births within the kind: the key of its luck
  std::uint32_t node = kNotPlaced;
};

std::vector<PodKind> draw_kinds(std::uint32_t nodes) {
  const Draws draws(kSeed, Purpose::trace_shape, name_hash("kinds"));
  const double machine = 128.0 * static_cast<double>(kGiB.count());
  const Quantiles memory = Quantiles::uniform(0.004 * machine, 0.02 * machine);
  std::vector<PodKind> kinds(kPodKinds);
  for (std::uint32_t k = 0; k < kPodKinds; ++k) {
    const auto four = draws.four(k);
    kinds[k].cpu = millicores(400 + 100 * static_cast<std::int64_t>(below(four[0], 3)));
    kinds[k].memory = Bytes{memory.at(four[1])};
    kinds[k].name = name_hash("kind-" + std::to_string(k));
    kinds[k].image_on.assign(nodes, 0);
  }
  return kinds;
}

std::vector<Pod> draw_pods(std::uint32_t count) {
  const Draws draws(kSeed, Purpose::job_arrival, name_hash("pods"));
  const Quantiles microseconds = Quantiles::lognormal_mu_sigma(4.6, 1.0, 1e6);
  const auto span = static_cast<std::uint64_t>(Duration{59'990s}.count());
  std::vector<Pod> pods(count);
  for (std::uint32_t p = 0; p < count; ++p) {
    const auto four = draws.four(p);
    pods[p].arrives = Time{10s} + Duration{static_cast<std::int64_t>(below(four[0], span))};
    pods[p].seconds = static_cast<std::int32_t>(std::max<std::int64_t>(1, microseconds.at(four[1]) / 1'000'000));
    pods[p].kind = static_cast<std::uint32_t>(below(four[2], kPodKinds));
  }
  std::stable_sort(pods.begin(), pods.end(), [](const Pod& a, const Pod& b) { return a.arrives < b.arrives; });
  std::vector<std::uint32_t> births(kPodKinds, 0);
  for (Pod& pod : pods) pod.number = ++births[pod.kind];
  return pods;
}

NodeColumns empty_nodes(std::uint32_t count) {
  NodeColumns nodes;
  for (std::uint32_t n = 0; n < count; ++n) {
    nodes.node.push_back(NodeId{n});
    nodes.zone.push_back(ZoneId(n % kPodZones));
  }
  nodes.cpu_allocatable.assign(count, kNodeCpu.count());
  nodes.cpu_used.assign(count, 0);
  nodes.memory_allocatable.assign(count, kNodeMemory.count());
  nodes.memory_used.assign(count, 0);
  nodes.slots_allocatable.assign(count, 110);
  nodes.slots_used.assign(count, 0);
  nodes.pool.assign(count, PoolId{0});
  nodes.type.assign(count, 0);
  nodes.seen.assign(count, NodeStage::ready);
  return nodes;
}

/// One cluster, as PodFlow asks for its pods.
class PodCluster {
 public:
  PodCluster(std::uint32_t nodes, std::uint32_t pods, const KubeProfile& profile)
      : nodes_(empty_nodes(nodes)), kinds_(draw_kinds(nodes)), pods_(draw_pods(pods)), profile_(profile) {}

  Time arrival(std::uint32_t id) const { return pods_[id].arrives; }
  std::uint32_t kind(std::uint32_t id) const { return pods_[id].kind; }
  std::optional<Duration> runs(std::uint32_t id) const { return std::chrono::seconds{pods_[id].seconds}; }
  void end(std::uint32_t id, Time /*now*/) { move(pods_[id], -1); }

  std::optional<std::uint32_t> place(std::uint32_t id, Time /*now*/) {
    Pod& pod = pods_[id];
    const PodKind& kind = kinds_[pod.kind];
    Ask ask;
    ask.cpu = kind.cpu;
    ask.memory = kind.memory;
    ask.same_service = kind.on_node;
    ask.same_service_by_zone = kind.by_zone;
    const ImageColumn image[] = {{kImageSize, kind.image_on, kind.image_nodes}};
    const Draws draws(kSeed, Purpose::placement, kind.name, pod.number);
    const Placement answer = place_kube(view_of(nodes_, kPodZones), ask, profile_, memory_, image, draws.at(0));
    if (!answer.position) return std::nullopt;
    pod.node = *answer.position;
    move(pod, +1);
    return answer.position;
  }

 private:
  /// The pod takes its room on its node, or gives it back.
  void move(const Pod& pod, std::int32_t sign) {
    PodKind& kind = kinds_[pod.kind];
    nodes_.cpu_used[pod.node] += sign * kind.cpu.count();
    nodes_.memory_used[pod.node] += sign * kind.memory.count();
    nodes_.slots_used[pod.node] += sign;
    kind.by_zone[pod.node % kPodZones] += static_cast<std::uint32_t>(sign);
    auto at = std::lower_bound(kind.on_node.begin(), kind.on_node.end(), pod.node,
                               [](const NodeCount& c, std::uint32_t node) { return c.position < node; });
    if (at == kind.on_node.end() || at->position != pod.node) at = kind.on_node.insert(at, {pod.node, 0});
    at->replicas += static_cast<std::uint32_t>(sign);
    if (at->replicas == 0) kind.on_node.erase(at);
    kind.image_nodes += kind.image_on[pod.node] == 0;
    kind.image_on[pod.node] = 1;
  }

  NodeColumns nodes_;
  std::vector<PodKind> kinds_;
  std::vector<Pod> pods_;
  KubeProfile profile_;
  KubeMemory memory_;
};

KubeProfile fit_and_least_allocated() {
  KubeProfile profile = default_kube_profile();
  profile.balanced = profile.image = profile.spread = 0;
  return profile;
}

/// Of this process so far: run one benchmark alone to know its own.
double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

/// The whole of it is timed: drawing the pods, and every event.
void run_pods(benchmark::State& state, std::uint32_t nodes, std::uint32_t pods, const KubeProfile& profile) {
  std::uint64_t hash = 0;
  std::int64_t placed = 0, refusals = 0;
  for (auto _ : state) {
    PodCluster cluster(nodes, pods, profile);
    PodFlow<PodCluster> flow(cluster, pods);
    flow.run();
    if (flow.placed() != pods) state.SkipWithError("a pod was never placed");
    if (hash != 0 && hash != flow.placements_hash()) state.SkipWithError("two runs placed pods differently");
    hash = flow.placements_hash();
    placed += flow.placed();
    refusals += flow.refusals();
  }
  state.SetItemsProcessed(placed);
  state.counters["peak_mb"] = peak_megabytes();
  state.counters["refusals"] = static_cast<double>(refusals);
  state.SetLabel(fmt::format("placements {:016x}", hash));
}

void K4(benchmark::State& state, const KubeProfile& profile) { run_pods(state, 1'313, 100'000, profile); }
void K3(benchmark::State& state, const KubeProfile& profile) { run_pods(state, 100, 1'000'000, profile); }
/// A large cluster, as upstream's own benchmark has it: at least 20,000 pods a second.
void Large(benchmark::State& state, const KubeProfile& profile) { run_pods(state, 5'000, 100'000, profile); }

/// As many pods a node as in K4, so that only the size of the cluster differs.
void G(benchmark::State& state, const KubeProfile& profile) {
  const auto nodes = static_cast<std::uint32_t>(state.range(0));
  constexpr std::uint32_t kPodsPerNode = 76;
  run_pods(state, nodes, nodes * kPodsPerNode, profile);
  const double placed = 2.0 * nodes * kPodsPerNode;
  state.counters["s_a_pod"] = benchmark::Counter(placed, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Two runs each: the second must place every pod where the first did.
BENCHMARK_CAPTURE(K4, fit_least_allocated, fit_and_least_allocated())->Unit(benchmark::kSecond)->Iterations(2);
BENCHMARK_CAPTURE(K4, full, default_kube_profile())->Unit(benchmark::kSecond)->Iterations(2);
BENCHMARK_CAPTURE(K3, fit_least_allocated, fit_and_least_allocated())->Unit(benchmark::kSecond)->Iterations(2);
BENCHMARK_CAPTURE(K3, full, default_kube_profile())->Unit(benchmark::kSecond)->Iterations(2);
BENCHMARK_CAPTURE(Large, full, default_kube_profile())->Unit(benchmark::kSecond)->Iterations(2);
BENCHMARK_CAPTURE(G, fit_least_allocated, fit_and_least_allocated())
    ->Arg(500)
    ->Arg(1'000)
    ->Arg(2'500)
    ->Arg(5'000)
    ->Unit(benchmark::kSecond)
    ->Iterations(2);
BENCHMARK_CAPTURE(G, full, default_kube_profile())
    ->Arg(500)
    ->Arg(1'000)
    ->Arg(2'500)
    ->Arg(5'000)
    ->Unit(benchmark::kSecond)
    ->Iterations(2);

}  // namespace
}  // namespace berth
