// image_pulls: a day of image pulls on 5,000 nodes, six layers each, downloaded and unpacked, through ImageCache and a
// World, by fair_share and by SimGrid.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <string>

#include "sim/engine/loop.hpp"
#include "sim/lifecycle/lives.hpp"

namespace berth {
namespace {

constexpr std::int64_t kNodesThatPull = 5'000;
constexpr int kImagesOnEach = 20;
constexpr int kLayersOfEach = 6;

RunSpec pulls_run() {
  RunSpec run;
  run.start = std::chrono::sys_days{std::chrono::year{2026} / 3 / 2};
  run.region = "us-east-1";
  run.network.endpoints = {"s3"};
  PoolSpec pool;
  pool.name = "ec2";
  pool.instance_types = {"m6i.xlarge"};
  pool.max = kNodesThatPull;
  pool.root_volume = 200 * kGiB;
  ClusterSpec cluster;
  cluster.name = "main";
  cluster.pools = {pool};
  run.clusters = {cluster};
  for (int i = 0; i < kImagesOnEach; ++i) {
    const std::string name = "image-" + std::to_string(i);
    ImageSpec image{name, {}};
    for (int l = 0; l < kLayersOfEach; ++l)
      image.layers.push_back({name + "/" + std::to_string(l), (10 + 5 * l) * kMiB, (25 + 13 * l) * kMiB});
    run.images.push_back(image);
    WorkloadSpec service;
    service.name = "of-" + name;
    service.cluster = "main";
    service.pools = {{"ec2", 0, 1}};
    ContainerSpec container;
    container.name = "app";
    container.image = name;
    container.amount.cpu = millicores(10);
    container.amount.memory = kMiB;
    service.containers = {container};
    run.workloads.push_back(service);
  }
  return run;
}

/// Containers that ask for their image, and leave when they have it.
class DayOfPulls {
 public:
  DayOfPulls(const RunSpec& run, const Catalog& catalog, std::unique_ptr<Network> network)
      : world_(run, catalog),
        calendar_(&event_name),
        agenda_(calendar_),
        network_(std::move(network)),
        lives_(world_, agenda_, *network_) {
    for (std::int64_t n = 0; n < kNodesThatPull; ++n)
      nodes_.push_back(lives_.nodes.begin_ready(PoolId{0}, world_[PoolId{0}].types.front(), ZoneId(n % 3)));
  }

  /// The mean simulated seconds of a pull.
  double run(std::int64_t pulls) {
    const Duration day = 24h;
    for (std::int64_t i = 0; i < pulls; ++i) {
      const Time at = Time{day * i / pulls};
      advance(at);
      const ServiceId service{static_cast<std::uint32_t>(i / kNodesThatPull)};
      const ReplicaId replica = world_.create_replica(service, world_[service].revision);
      world_.place(replica, nodes_[static_cast<std::size_t>(i % kNodesThatPull)]);
      world_.move(replica, ReplicaStage::pulling);
      world_.move(replica, ContainerIndex{0}, ContainerStage::pulling);
      lives_.images.pull(replica, 0);
    }
    advance(Time{day + 1h});
    return done_ == pulls ? seconds_ / static_cast<double>(pulls) : -1;
  }

 private:
  static const char* event_name(const Event& event) { return name(event); }

  void advance(Time t) {
    run_until(
        t, calendar_, *network_,
        [&](FlowId flow) {
          world_.set_now(calendar_.now());
          lives_.images.finished(flow);
        },
        [&](const EventCalendar::Entry& entry) {
          world_.set_now(entry.time);
          std::visit([this](const auto& e) { handle(e); }, entry.event);
        });
    world_.set_now(t);
  }

  template <class E>
  void handle(const E& e) {
    if constexpr (std::is_same_v<E, ImagePulled>) leave(e.replica);
    else if constexpr (requires { lives_.images.on(e); }) lives_.images.on(e);
  }

  void leave(ReplicaId replica) {
    ++done_;
    seconds_ += seconds(world_.now() - world_[replica].pull_started);
    agenda_.cancel_all(replica);
    lives_.images.let_go(replica);
    world_.move(replica, ReplicaStage::stopping, StopReason::finished);
    world_.move(replica, ReplicaStage::stopped);
    world_.report(replica, ReplicaStage::stopped);
  }

  World world_;
  EventCalendar calendar_;
  Agenda agenda_;
  std::unique_ptr<Network> network_;
  Lives lives_;
  std::vector<NodeId> nodes_;
  std::int64_t done_ = 0;
  double seconds_ = 0;
};

struct TimedDay {
  double cpu = -1;
  double per_pull = -1;
};

/// In a process of its own: SimGrid has one engine in the life of a process.
TimedDay time_day_in_child(std::unique_ptr<Network> (*make_network)(), std::int64_t pulls) {
  TimedDay timed;
  int ends[2];
  if (pipe(ends) != 0) return timed;
  const pid_t child = fork();
  if (child == 0) {
    const RunSpec run = pulls_run();
    const Catalog catalog = Catalog::load(models_folder(), {run.region, run.start, "defaults"});
    DayOfPulls day(run, catalog, make_network());
    const std::clock_t begin = std::clock();
    timed.per_pull = day.run(pulls);
    timed.cpu = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    _exit(write(ends[1], &timed, sizeof timed) == sizeof timed ? 0 : 1);
  }
  close(ends[1]);
  const bool told = read(ends[0], &timed, sizeof timed) == sizeof timed;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return told ? timed : TimedDay{};
}

void image_pulls(benchmark::State& state, std::unique_ptr<Network> (*make_network)()) {
  for (auto _ : state) {
    const TimedDay timed = time_day_in_child(make_network, state.range(0));
    if (timed.per_pull < 0) return state.SkipWithError("a pull got lost");
    state.SetIterationTime(timed.cpu);
    state.counters["us_per_pull"] = timed.cpu * 1e6 / static_cast<double>(state.range(0));
    state.counters["pull_s"] = timed.per_pull;
  }
}

BENCHMARK_CAPTURE(image_pulls, fair_share, &make_fair_share_network)
    ->Arg(20'000)
    ->Arg(100'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(image_pulls, simgrid, &make_simgrid_network)
    ->Arg(20'000)
    ->Arg(100'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace berth
