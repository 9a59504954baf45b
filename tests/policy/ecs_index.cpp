// The index against the rule that looks at every node: the same choice in every scene of a cluster that changes.
#include "sim/policy/placement/ecs_index.hpp"

#include "sim/policy/placement/ecs_placement.hpp"
#include "tests/policy/placing.hpp"

namespace berth {
namespace {

/// A stream of small numbers.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : draws_(seed, Purpose::trace_shape, name_hash("dice")) {}
  std::uint32_t operator()(std::uint32_t n) { return static_cast<std::uint32_t>(below(draws_.at(next_++), n)); }
  std::uint64_t bits() { return draws_.at(next_++); }

 private:
  Draws draws_;
  std::uint64_t next_ = 0;
};

constexpr std::size_t kZones = 3;
constexpr std::uint32_t kServices = 6;

/// Two pools of two types in three zones; one type has GPUs, one pool the label rack.
std::vector<NodeClass> all_classes() {
  std::vector<NodeClass> classes;
  for (std::uint32_t pool = 0; pool < 2; ++pool)
    for (std::uint16_t type = 0; type < 2; ++type)
      for (std::uint8_t zone = 0; zone < kZones; ++zone) classes.push_back({PoolId{pool}, type, ZoneId{zone}});
  return classes;
}

std::vector<NodeAttributes> attributes_of(const std::vector<NodeClass>& classes) {
  std::vector<NodeAttributes> all;
  for (const NodeClass& c : classes) {
    all.push_back({{"ecs.availability-zone", std::string("us-east-1") + static_cast<char>('a' + int(c.zone))},
                   {"ecs.instance-type", c.type == 0 ? "m6i.large" : "g5.xlarge"}});
    if (c.pool == PoolId{0}) all.back().emplace_back("rack", c.type == 0 ? "1" : "2");
  }
  return all;
}

struct Task {
  std::uint32_t service, position;
};

struct Service {
  Ask ask;
  Strategies strategies;
  EcsConstraints constraints;
  std::vector<NodeCount> on_node;
  std::vector<std::uint32_t> by_zone = std::vector<std::uint32_t>(kZones);
  std::vector<PoolId> pools;
};

const char* const kChains[][3] = {{nullptr, nullptr, nullptr},
                                  {"spread(zone)", "binpack(memory)", nullptr},
                                  {"spread(zone)", "spread(instance)", "binpack(cpu)"},
                                  {"spread(attribute:rack)", "binpack(cpu)", "binpack(memory)"},
                                  {"binpack(memory)", nullptr, nullptr},
                                  {"binpack(cpu)", "spread(zone)", "random"},
                                  {"spread(instance)", "binpack(memory)", nullptr},
                                  {"random", nullptr, nullptr},
                                  {"spread(attribute:ecs.instance-type)", "spread(zone)", "spread(instance)"},
                                  {"binpack(memory)", "binpack(cpu)", "spread(instance)"}};
const char* const kQueries[] = {"attribute:ecs.availability-zone in [us-east-1a, us-east-1c]",
                                "attribute:rack exists and not(task:group == service:1)",
                                "task:group == service:0 or attribute:ecs.instance-type =~ g5.*",
                                "task:group !~ service:[12] && attribute:rack !exists", "attribute:rack >= 2"};

class Churn {
 public:
  explicit Churn(std::uint64_t seed)
      : dice_(seed), classes_(all_classes()), attributes_(attributes_of(classes_)), index_(classes_) {
    for (std::uint32_t s = 0; s < kServices; ++s) groups_.push_back("service:" + std::to_string(s));
    for (std::uint32_t s = 0; s < kServices; ++s) services_.push_back(service());
    if (dice_(4) == 0) classes_in_use_ = 2;  // many nodes of one class
    for (std::uint32_t n = 3 + dice_(300); n > 0; --n) join();
  }

  /// One change of the cluster, and the two answers to one question.
  void step() {
    const std::uint32_t what = dice_(100);
    if (what < 35 && !tasks_.empty()) end(dice_(static_cast<std::uint32_t>(tasks_.size())));
    if (what >= 90) turn(dice_(static_cast<std::uint32_t>(nodes_.size())));
    if (what == 40) join();
    if (what >= 95) join();  // at once into the position of a node that has just gone, before anybody asks
    for (std::uint32_t n = 1 + dice_(3); n > 0; --n) place(dice_(kServices));
  }
  int placed() const { return placed_; }
  int refused() const { return refused_; }

 private:
  Service service() {
    Service s;
    s.ask.cpu = (dice_(4) * 128) * millicores(1);
    s.ask.memory = (1 + dice_(6)) * 128 * kMiB;
    s.ask.slots = static_cast<std::int32_t>(dice_(2));
    s.ask.address = dice_(4) == 0;
    s.ask.gpus = dice_(4) == 0 ? 1 : 0;
    s.ask.ports = dice_(4) == 0 ? 1 + dice_(3) : 0;
    s.ask.volumes = dice_(5) == 0 ? 1 : 0;
    s.ask.distinct_instance = dice_(5) == 0;
    if (dice_(6) == 0) s.ask.zone = ZoneId{static_cast<std::uint8_t>(dice_(kZones))};
    if (dice_(2) == 0) s.pools = {PoolId{dice_(2)}};
    for (const char* word : kChains[dice_(std::size(kChains))])
      if (word != nullptr) s.strategies.push_back(*parse_ecs_strategy(word));
    bind_to_classes(s.strategies, attributes_);
    std::vector<ClusterQuery> queries;
    for (std::uint32_t n = dice_(3); n > 0; --n) {
      ClusterQuery query;
      REQUIRE_FALSE(parse_cluster_query(kQueries[dice_(std::size(kQueries))], query));
      queries.push_back(query);
    }
    s.constraints = bind_to_classes(queries, attributes_, groups_);
    return s;
  }

  void join() {
    const auto c = static_cast<std::uint16_t>(dice_(classes_in_use_));
    const bool gpu = classes_[c].type == 1;
    std::uint32_t p = 0;
    while (p < nodes_.size() && nodes_.seen[p] != NodeStage::gone) ++p;
    if (p == nodes_.size()) {
      nodes_.node.push_back(NodeId{p});
      for (auto* column : {&nodes_.cpu_allocatable, &nodes_.cpu_used, &nodes_.memory_allocatable, &nodes_.memory_used})
        column->push_back(0);
      for (auto* column : {&nodes_.slots_allocatable, &nodes_.slots_used, &nodes_.volumes_allocatable,
                           &nodes_.volumes_used, &nodes_.gpus_allocatable, &nodes_.gpus_used})
        column->push_back(0);
      nodes_.ports_used.push_back(0);
      nodes_.zone.emplace_back();
      nodes_.pool.emplace_back();
      nodes_.type.push_back(0);
      nodes_.node_class.push_back(0);
      nodes_.seen.push_back(NodeStage::ready);
    }
    nodes_.cpu_allocatable[p] = ((gpu ? 4 : 2) * kVcpu).count();
    nodes_.memory_allocatable[p] = ((gpu ? 3 : 4) * kGiB).count();
    nodes_.slots_allocatable[p] = gpu ? 3 : 8;
    nodes_.volumes_allocatable[p] = 2;
    nodes_.gpus_allocatable[p] = gpu ? 2 : 0;
    nodes_.ports_used[p] = 0;
    nodes_.zone[p] = classes_[c].zone;
    nodes_.pool[p] = classes_[c].pool;
    nodes_.type[p] = classes_[c].type;
    nodes_.node_class[p] = c;
    nodes_.seen[p] = dice_(5) == 0 ? NodeStage::joining : NodeStage::ready;
    changes_.push_back({p});
  }

  /// Another stage for a node; one that is gone loses its tasks first.
  void turn(std::uint32_t p) {
    if (nodes_.seen[p] == NodeStage::gone) return;
    const NodeStage to = dice_(2) == 0 ? NodeStage::ready : dice_(2) == 0 ? NodeStage::draining : NodeStage::gone;
    for (std::uint32_t t = 0; to == NodeStage::gone && t < tasks_.size();)
      if (tasks_[t].position == p) end(t);
      else ++t;
    nodes_.seen[p] = to;
    if (to == NodeStage::gone) {
      nodes_.cpu_allocatable[p] = nodes_.memory_allocatable[p] = 0;
      nodes_.slots_allocatable[p] = nodes_.volumes_allocatable[p] = nodes_.gpus_allocatable[p] = 0;
    }
    changes_.push_back({p});
  }

  void book(const Task& task, int sign) {
    Service& s = services_[task.service];
    const std::uint32_t p = task.position;
    nodes_.cpu_used[p] += s.ask.cpu.count() * sign;
    nodes_.memory_used[p] += s.ask.memory.count() * sign;
    nodes_.slots_used[p] += s.ask.slots * sign;
    nodes_.volumes_used[p] += s.ask.volumes * sign;
    nodes_.gpus_used[p] += s.ask.gpus * sign;
    nodes_.ports_used[p] ^= s.ask.ports;
    s.by_zone[static_cast<std::size_t>(nodes_.zone[p])] += static_cast<std::uint32_t>(sign);
    auto at = std::lower_bound(s.on_node.begin(), s.on_node.end(), p,
                               [](const NodeCount& c, std::uint32_t position) { return c.position < position; });
    if (at == s.on_node.end() || at->position != p) at = s.on_node.insert(at, {p, 0});
    at->replicas += static_cast<std::uint32_t>(sign);
    if (at->replicas == 0) s.on_node.erase(at);
    changes_.push_back({p, ServiceId{task.service}});
  }

  void end(std::uint32_t t) {
    book(tasks_[t], -1);
    tasks_[t] = tasks_.back();
    tasks_.pop_back();
  }

  void place(std::uint32_t number) {
    Service& s = services_[number];
    free_[dice_(kZones)] = dice_(8) == 0 ? 0 : 5;
    ClusterView view = view_of(nodes_, kZones);
    view.free_addresses = free_;
    view.out_of_interfaces = dice_(8) == 0;
    std::vector<std::span<const NodeCount>> groups;
    std::vector<ServiceId> ids;
    for (const std::uint32_t g : s.constraints.groups) {
      groups.emplace_back(services_[g].on_node);
      ids.push_back(ServiceId{g});
    }
    Ask ask = s.ask;
    ask.pools = s.pools;
    ask.same_service = s.on_node;
    ask.same_service_by_zone = s.by_zone;
    ask.groups = groups;
    const std::uint64_t draw = dice_.bits();
    index_.catch_up(view, changes_, [&](ServiceId service, std::uint32_t p) {
      return replicas_on(services_[static_cast<std::size_t>(service)].on_node, p);
    });
    changes_.clear();
    const auto answer = index_.place(view, ask, {ServiceId{number}, s.strategies, s.constraints, ids, draw});
    const Placement referee = place_ecs(view, ask, s.strategies, draw, s.constraints);
    REQUIRE(answer == referee.position);
    ++(answer ? placed_ : refused_);
    if (!answer) return;
    tasks_.push_back({number, *answer});
    book(tasks_.back(), +1);
  }

  Dice dice_;
  std::vector<NodeClass> classes_;
  std::vector<NodeAttributes> attributes_;
  std::vector<std::string> groups_;
  std::uint32_t classes_in_use_ = 12;
  NodeColumns nodes_;
  std::vector<std::int64_t> free_ = std::vector<std::int64_t>(kZones, 5);
  std::vector<Service> services_;
  std::vector<Task> tasks_;
  std::vector<NodeChange> changes_;
  EcsIndex index_;
  int placed_ = 0, refused_ = 0;
};

}  // namespace

TEST_CASE("the index chooses what the rule chooses, in thousands of scenes of clusters that change") {
  int placed = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Churn churn(seed);
    for (int i = 0; i < 120; ++i) churn.step();
    placed += churn.placed();
    refused += churn.refused();
  }
  CHECK(placed > 20'000);
  CHECK(refused > 5'000);
}

TEST_CASE("the index chooses what the rule chooses in clusters that have filled up") {
  for (std::uint64_t seed = 1'000; seed < 1'012; ++seed) {
    CAPTURE(seed);
    Churn churn(seed);
    for (int i = 0; i < 1'500; ++i) churn.step();
  }
}

}  // namespace berth
