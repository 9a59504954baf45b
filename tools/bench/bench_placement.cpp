// E: ECS tasks that end and are placed again on 5,000 instances, by the index and by the rule that looks at every one.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/policy/placement/ecs_index.hpp"
#include "sim/policy/placement/ecs_placement.hpp"

namespace berth {
namespace {

constexpr std::uint32_t kInstances = 5'000;
constexpr std::uint32_t kTasks = 100'000;
constexpr std::uint32_t kEcsZones = 3;
constexpr std::uint32_t kEcsServices = 20;

struct EcsTask {
  std::uint32_t service, position;
};

struct EcsService {
  Ask ask;
  Strategies strategies;
  EcsConstraints constraints;
  std::vector<NodeCount> on_node;    // for the rule
  std::vector<std::uint32_t> there;  // for the index, by position
  std::vector<std::uint32_t> by_zone = std::vector<std::uint32_t>(kEcsZones);
};

/// Instances of 16 vCPU and 64 GB of two types in three zones, 20 services of different sizes, 100,000 tasks.
class EcsCluster {
 public:
  EcsCluster(const std::vector<const char*>& chain, const char* query, bool indexed)
      : classes_(make_classes()), index_(classes_), indexed_(indexed) {
    std::vector<NodeAttributes> attributes;
    for (const NodeClass& c : classes_)
      attributes.push_back({{"ecs.availability-zone", std::string(1, static_cast<char>('a' + int(c.zone)))},
                            {"ecs.instance-type", c.type == 0 ? "m6i.4xlarge" : "m5.4xlarge"}});
    for (std::uint32_t p = 0; p < kInstances; ++p) add_instance(p);
    for (std::uint32_t s = 0; s < kEcsServices; ++s) {
      EcsService service;
      service.ask.cpu = millicores(250 + 50 * (s % 5));
      service.ask.memory = (512 + 256 * static_cast<std::int64_t>(s % 7)) * kMiB;
      service.ask.slots = 0;
      service.there.resize(kInstances);
      for (const char* word : chain) service.strategies.push_back(*parse_ecs_strategy(word));
      std::vector<ClusterQuery> queries;
      if (query != nullptr) parse_cluster_query(query, queries.emplace_back());
      service.constraints = bind_to_classes(queries, attributes, {});
      services_.push_back(std::move(service));
    }
  }

  /// Until there are as many as may be.
  void fill() {
    while (tasks_.size() < kTasks && place(static_cast<std::uint32_t>(tasks_.size() % kEcsServices))) {
    }
  }
  /// A task ends and one of another service is placed.
  void churn() {
    const auto four = draws_.four(steps_++);
    end(static_cast<std::uint32_t>(below(four[0], tasks_.size())));
    if (!place(static_cast<std::uint32_t>(below(four[1], kEcsServices)))) ++refused_;
  }
  std::uint64_t hash() const { return hash_; }
  std::size_t tasks() const { return tasks_.size(); }
  std::uint64_t refused() const { return refused_; }

 private:
  static std::vector<NodeClass> make_classes() {
    std::vector<NodeClass> classes;
    for (std::uint16_t type = 0; type < 2; ++type)
      for (std::uint8_t zone = 0; zone < kEcsZones; ++zone) classes.push_back({PoolId{0}, type, ZoneId{zone}});
    return classes;
  }

  void add_instance(std::uint32_t p) {
    nodes_.node.push_back(NodeId{p});
    nodes_.cpu_allocatable.push_back((16 * kVcpu).count());
    nodes_.memory_allocatable.push_back((62 * kGiB).count());
    nodes_.slots_allocatable.push_back(8);
    nodes_.volumes_allocatable.push_back(0);
    nodes_.gpus_allocatable.push_back(0);
    for (auto* column : {&nodes_.cpu_used, &nodes_.memory_used}) column->push_back(0);
    for (auto* column : {&nodes_.slots_used, &nodes_.volumes_used, &nodes_.gpus_used}) column->push_back(0);
    nodes_.ports_used.push_back(0);
    nodes_.node_class.push_back(static_cast<std::uint16_t>(p % classes_.size()));
    nodes_.zone.push_back(classes_[nodes_.node_class[p]].zone);
    nodes_.type.push_back(classes_[nodes_.node_class[p]].type);
    nodes_.pool.push_back(PoolId{0});
    nodes_.seen.push_back(NodeStage::ready);
    changes_.push_back({p});
  }

  void book(const EcsTask& task, int sign) {
    EcsService& s = services_[task.service];
    const std::uint32_t p = task.position;
    nodes_.cpu_used[p] += s.ask.cpu.count() * sign;
    nodes_.memory_used[p] += s.ask.memory.count() * sign;
    s.by_zone[static_cast<std::size_t>(nodes_.zone[p])] += static_cast<std::uint32_t>(sign);
    s.there[p] += static_cast<std::uint32_t>(sign);
    changes_.push_back({p, ServiceId{task.service}});
    if (indexed_) return;
    auto at = std::lower_bound(s.on_node.begin(), s.on_node.end(), p,
                               [](const NodeCount& c, std::uint32_t position) { return c.position < position; });
    if (at == s.on_node.end() || at->position != p) at = s.on_node.insert(at, {p, 0});
    at->replicas += static_cast<std::uint32_t>(sign);
    if (at->replicas == 0) s.on_node.erase(at);
  }

  bool place(std::uint32_t number) {
    EcsService& s = services_[number];
    const ClusterView view = view_of(nodes_, kEcsZones);
    Ask ask = s.ask;
    ask.same_service = s.on_node;
    ask.same_service_by_zone = s.by_zone;
    const std::uint64_t draw = draws_.at(++placements_ << 32);
    std::optional<std::uint32_t> position;
    if (indexed_) {
      index_.catch_up(view, changes_, [&](ServiceId service, std::uint32_t p) {
        return services_[static_cast<std::size_t>(service)].there[p];
      });
      position = index_.place(view, ask, {ServiceId{number}, s.strategies, s.constraints, {}, draw});
    } else {
      position = place_ecs(view, ask, s.strategies, draw, s.constraints).position;
    }
    changes_.clear();
    hash_ = (hash_ ^ position.value_or(~0u)) * 0x100000001b3u;
    if (!position) return false;
    tasks_.push_back({number, *position});
    book(tasks_.back(), +1);
    return true;
  }

  void end(std::uint32_t t) {
    book(tasks_[t], -1);
    tasks_[t] = tasks_.back();
    tasks_.pop_back();
  }

  std::vector<NodeClass> classes_;
  NodeColumns nodes_;
  std::vector<EcsService> services_;
  std::vector<EcsTask> tasks_;
  std::vector<NodeChange> changes_;
  EcsIndex index_;
  bool indexed_;
  Draws draws_{1, Purpose::placement, name_hash("bench")};
  std::uint64_t steps_ = 0, placements_ = 0, refused_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

/// The first argument: 1 by the index, 0 by the rule. The label is a hash of all placements of the fill and of the
/// first thousand steps: the two must have the same.
void ecs_churn(benchmark::State& state, const std::vector<const char*>& chain, const char* query) {
  EcsCluster cluster(chain, query, state.range(0) != 0);
  cluster.fill();
  std::string label;
  for (auto _ : state) {
    for (int i = 0; i < 1000; ++i) cluster.churn();
    if (label.empty()) label = fmt::format("{:016x}", cluster.hash());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 1000);
  state.SetLabel(label);
  state.counters["tasks"] = static_cast<double>(cluster.tasks());
  state.counters["refused"] = static_cast<double>(cluster.refused());
}

void E_zone_binpack(benchmark::State& state) { ecs_churn(state, {"spread(zone)", "binpack(memory)"}, nullptr); }
void E_default(benchmark::State& state) { ecs_churn(state, {}, nullptr); }
void E_random_constraint(benchmark::State& state) {
  ecs_churn(state, {"random"}, "attribute:ecs.instance-type =~ m6i.* and attribute:ecs.availability-zone in [a, b]");
}
BENCHMARK(E_zone_binpack)->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(E_default)->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(E_random_constraint)->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth
