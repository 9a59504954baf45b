// The network: many flows through one gateway, and a day of pulls without a bottleneck, by fair_share and by SimGrid.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "sim/engine/network.hpp"

namespace berth {
namespace {

using MakeNetwork = std::unique_ptr<Network> (*)();

struct Timed {
  double took = -1;      // seconds, without the making of the network
  double cpu = -1;       // of the processor: on a machine that others use, what to compare
  double per_pull = -1;  // simulated seconds; the same on both networks, or one of them is wrong
};

/// In a process of its own: SimGrid has one engine in the life of a process.
template <class Scene>
Timed time_in_child(MakeNetwork make_network, Scene scene) {
  Timed timed;
  int ends[2];
  if (pipe(ends) != 0) return timed;
  const pid_t child = fork();
  if (child == 0) {
    const auto network = make_network();
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu_begin = std::clock();
    timed.per_pull = scene(*network);
    timed.cpu = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
    timed.took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    _exit(write(ends[1], &timed, sizeof timed) == sizeof timed ? 0 : 1);
  }
  close(ends[1]);
  const bool told = read(ends[0], &timed, sizeof timed) == sizeof timed;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return told ? timed : Timed{};
}

/// `scene` hands back the mean length of its pulls in simulated seconds, or a negative number when one got lost.
template <class Scene>
void time_scene(benchmark::State& state, MakeNetwork make_network, std::int64_t pulls, std::int64_t flows,
                Scene scene) {
  double cpu = 0;
  for (auto _ : state) {
    const Timed timed = time_in_child(make_network, scene);
    if (timed.per_pull < 0) return state.SkipWithError("a pull got lost");
    state.SetIterationTime(timed.took);
    cpu += timed.cpu;
    state.counters["pull_s"] = timed.per_pull;
  }
  state.counters["cpu_us_a_pull"] = cpu * 1e6 / static_cast<double>(state.iterations() * pulls);
  state.SetItemsProcessed(state.iterations() * flows);
}

double pull_through_one_gateway(Network& network, std::int64_t pulls, std::int64_t caps) {
  const LinkId gateway = network.add_link("nat/a", 45e9 / 8);
  for (std::int64_t i = 0; i < pulls; ++i) {
    const LinkId node = network.add_link("ec2/" + std::to_string(i), (1e9 + 1e6 * static_cast<double>(i % caps)) / 8);
    network.start({node, gateway}, Bytes{500'000'000 + i * 1000}, kUnlimited);
  }
  double lengths = 0;
  std::vector<FlowId> finished;
  for (Time due = network.next_time(); due != kNever; due = network.next_time()) {
    const std::size_t before = finished.size();
    network.advance_to(due, finished);
    lengths += seconds(due) * static_cast<double>(finished.size() - before);
  }
  return static_cast<std::int64_t>(finished.size()) == pulls ? lengths / static_cast<double>(pulls) : -1;
}

/// The argument is the number of different node caps.
void N_pulls_through_one_gateway(benchmark::State& state) {
  for (auto _ : state)
    if (pull_through_one_gateway(*make_fair_share_network(), 10'000, state.range(0)) < 0)
      state.SkipWithError("a pull got lost");
}

/// The argument is the number of pulls at once.
void N_side_by_side(benchmark::State& state, MakeNetwork make_network) {
  const std::int64_t pulls = state.range(0);
  time_scene(state, make_network, pulls, pulls,
             [=](Network& network) { return pull_through_one_gateway(network, pulls, 1); });
}

/// Keeps that many flows in flight, through one gateway that is never full or each over its own link alone: where one
/// ends, the next starts.
double keep_in_flight(Network& network, std::int64_t flows, std::int64_t at_once, bool gateway) {
  const LinkId plenty = network.add_link("nat/a", 1e15);
  std::vector<LinkId> nodes;
  std::vector<std::size_t> node_of;  // by flow
  std::mt19937_64 random(1);
  const auto start = [&](std::size_t node) {
    const Bytes bytes{static_cast<std::int64_t>(100'000'000 + random() % 200'000'000)};
    network.start(gateway ? Route{nodes[node], plenty} : Route{nodes[node]}, bytes, kUnlimited);
    node_of.push_back(node);
  };
  for (std::int64_t i = 0; i < at_once; ++i) nodes.push_back(network.add_link("nic", 1e9 / 8));
  for (std::size_t i = 0; i < nodes.size(); ++i) start(i);
  std::vector<FlowId> finished;
  Time now{};
  for (std::int64_t over = 0; over < flows; finished.clear()) {
    network.advance_to(now = network.next_time(), finished);
    over += static_cast<std::int64_t>(finished.size());
    for (const FlowId flow : finished) start(node_of[static_cast<std::size_t>(flow)]);
  }
  return seconds(now) * static_cast<double>(at_once) / static_cast<double>(flows);
}

/// The argument is the number of flows in flight.
void N_steady(benchmark::State& state, MakeNetwork make_network, bool gateway) {
  const std::int64_t flows = 10'000, at_once = state.range(0);
  time_scene(state, make_network, flows, flows,
             [=](Network& network) { return keep_in_flight(network, flows, at_once, gateway); });
}

/// Pulls of one image by 5,000 nodes at moments spread over a stretch of time. While a node pulls it has a link and a
/// disk, lent to it from a pool as the image cache lends them. A pull downloads three layers at once and unpacks one at
/// a time.
class DayOfPulls {
 public:
  DayOfPulls(Network& network, std::int64_t pulls, Duration stretch, std::uint32_t layers)
      : network_(network), layers_(layers), idle_(kZones), nodes_(5'000) {
    for (std::size_t zone = 0; zone < kZones; ++zone)
      gateways_.push_back(network.add_link("s3-endpoint/" + std::to_string(zone), 1e12));
    std::mt19937_64 random(1);
    for (std::int64_t i = 0; i < pulls; ++i)
      pulls_.push_back(
          {Time{Duration{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(stretch.count()))}},
           random() % nodes_.size()});
    std::sort(pulls_.begin(), pulls_.end(), [](const Pull& a, const Pull& b) { return a.start < b.start; });
  }

  /// The mean length of the pulls in simulated seconds; negative when one got lost.
  double run() {
    std::size_t begun = 0;
    std::vector<FlowId> finished;
    for (Time due = network_.next_time(); due != kNever || begun < pulls_.size(); due = network_.next_time()) {
      now_ = begun < pulls_.size() ? std::min(due, pulls_[begun].start) : due;
      finished.clear();
      network_.advance_to(now_, finished);
      for (const FlowId flow : finished) end(flow);
      for (; begun < pulls_.size() && pulls_[begun].start == now_; ++begun) begin(begun);
    }
    return over_ == pulls_.size() ? lengths_ / static_cast<double>(over_) : -1;
  }

 private:
  static constexpr std::size_t kZones = 3;
  static constexpr std::uint32_t kDownloadsAtOnce = 3;
  static constexpr double kNic = 1e9 / 8, kConnection = 60e6, kDisk = 130e6, kDecompression = 90e6;  // bytes per s
  struct Links {
    LinkId nic, disk;
  };
  struct Node {
    Links lent{};
    std::uint32_t pulls = 0;
  };
  struct Pull {
    Time start;
    std::size_t node;
    std::uint32_t asked = 0, downloaded = 0, unpacked = 0;  // layers
    bool unpacking = false;
  };
  struct Step {
    std::size_t pull;
    bool unpack;
  };

  void begin(std::size_t pull) {
    const std::size_t at = pulls_[pull].node;
    std::vector<Links>& idle = idle_[at % kZones];
    if (nodes_[at].pulls++ == 0) {
      if (idle.empty()) idle.push_back({network_.add_link("nic", kNic), network_.add_link("disk", kDisk)});
      nodes_[at].lent = idle.back();
      idle.pop_back();
    }
    for (std::uint32_t i = 0; i < std::min(layers_, kDownloadsAtOnce); ++i) download(pull);
  }

  /// Layers of 10, 20, 30 MB and so on; one alone is as big as six of them together.
  void download(std::size_t pull) {
    const std::int64_t layer = ++pulls_[pull].asked;
    const std::size_t node = pulls_[pull].node;
    const Bytes bytes{10'000'000 * (layers_ == 1 ? 21 : layer)};
    start({nodes_[node].lent.nic, gateways_[node % kZones]}, bytes, kConnection, {pull, false});
  }
  void unpack(std::size_t pull) {
    const std::int64_t layer = pulls_[pull].unpacked + 1;
    pulls_[pull].unpacking = true;
    start({nodes_[pulls_[pull].node].lent.disk}, Bytes{25'000'000 * layer}, kDecompression, {pull, true});
  }
  void start(const Route& route, Bytes bytes, double limit, Step step) {
    const auto flow = static_cast<std::size_t>(network_.start(route, bytes, limit));
    if (steps_.size() <= flow) steps_.resize(flow + 1);
    steps_[flow] = step;
  }

  void end(FlowId flow) {
    const Step step = steps_[static_cast<std::size_t>(flow)];
    Pull& pull = pulls_[step.pull];
    if (step.unpack) {
      pull.unpacking = false;
      ++pull.unpacked;
    } else {
      ++pull.downloaded;
      if (pull.asked < layers_) download(step.pull);
    }
    if (layers_ == 1 || pull.unpacked == layers_) return rest(pull);
    if (!pull.unpacking && pull.unpacked < pull.downloaded) unpack(step.pull);
  }
  void rest(const Pull& pull) {
    Node& node = nodes_[pull.node];
    if (--node.pulls == 0) idle_[pull.node % kZones].push_back(node.lent);
    lengths_ += seconds(now_ - pull.start);
    ++over_;
  }

  Network& network_;
  std::uint32_t layers_;
  std::vector<LinkId> gateways_;          // by zone
  std::vector<std::vector<Links>> idle_;  // by zone
  std::vector<Node> nodes_;
  std::vector<Pull> pulls_;
  std::vector<Step> steps_;  // by flow
  Time now_{};
  double lengths_ = 0;
  std::size_t over_ = 0;
};

/// The arguments are the number of pulls and over how many minutes they are spread. With one layer nothing is unpacked:
/// one flow a pull.
void N_day(benchmark::State& state, MakeNetwork make_network, std::uint32_t layers) {
  const Duration stretch = std::chrono::minutes(state.range(1));
  const std::int64_t pulls = state.range(0), flows = pulls * (layers == 1 ? 1 : 2 * layers);
  time_scene(state, make_network, pulls, flows,
             [=](Network& network) { return DayOfPulls(network, pulls, stretch, layers).run(); });
}

void of_flows(benchmark::internal::Benchmark* row) {
  row->Arg(100)->Arg(1'000)->Arg(4'000)->Unit(benchmark::kMillisecond)->UseManualTime();
}
void in_flight(benchmark::internal::Benchmark* row) {
  row->Arg(10)->Arg(70)->Arg(1'000)->Unit(benchmark::kMillisecond)->UseManualTime();
}
void of_pulls(benchmark::internal::Benchmark* row) {
  row->ArgNames({"", "minutes"})->Args({20'000, 1440})->Args({20'000, 288})->Args({100'000, 1440});
  row->Unit(benchmark::kMillisecond)->UseManualTime();
}

BENCHMARK(N_pulls_through_one_gateway)->Arg(1)->Arg(5)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(N_side_by_side, simgrid, make_simgrid_network)->Apply(of_flows);
BENCHMARK_CAPTURE(N_side_by_side, fair_share, make_fair_share_network)->Apply(of_flows);
BENCHMARK_CAPTURE(N_steady, simgrid_gateway, make_simgrid_network, true)->Apply(in_flight);
BENCHMARK_CAPTURE(N_steady, simgrid_alone, make_simgrid_network, false)->Apply(in_flight);
BENCHMARK_CAPTURE(N_steady, fair_share_gateway, make_fair_share_network, true)->Apply(in_flight);
BENCHMARK_CAPTURE(N_day, simgrid_one_flow, make_simgrid_network, 1)->Apply(of_pulls);
BENCHMARK_CAPTURE(N_day, simgrid_six_layers, make_simgrid_network, 6)->Apply(of_pulls);
BENCHMARK_CAPTURE(N_day, fair_share_one_flow, make_fair_share_network, 1)->Apply(of_pulls);
BENCHMARK_CAPTURE(N_day, fair_share_six_layers, make_fair_share_network, 6)->Apply(of_pulls);

}  // namespace
}  // namespace berth
