// A tiny world moved by hand, with all observers listening: what the tests of observe look at.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "sim/demand/lanes.hpp"
#include "sim/observe/observers.hpp"
#include "sim/observe/rating.hpp"
#include "sim/observe/text_file.hpp"
#include "sim/world/world.hpp"

namespace berth::observe_test {

inline Instant utc(int year, unsigned month, unsigned day, Duration time = Duration{0}) {
  return Instant{std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}} +
         time;
}

inline const Catalog& catalog_of(const std::string& region = "us-east-1") {
  static std::map<std::string, Catalog> read;
  auto found = read.find(region);
  if (found == read.end())
    found =
        read.emplace(region, Catalog::load(std::string(BERTH_SOURCE_DIR) + "/models", {region, utc(2026, 3, 1)})).first;
  return found->second;
}

/// A temporary folder, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "berth-observe-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  /// Names of what is in it, sorted.
  std::vector<std::string> content() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

/// A CSV read back by column name. No cell holds a quote or a line break.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::map<std::string, std::string>> rows;

  std::size_t size() const { return rows.size(); }
  const std::string& at(std::size_t row, const std::string& column) const { return rows.at(row).at(column); }
  double number(std::size_t row, const std::string& column) const { return std::stod(at(row, column)); }
  /// The row whose column says that; fails when there is not exactly one.
  std::map<std::string, std::string> where(const std::string& column, const std::string& value) const {
    const std::map<std::string, std::string>* found = nullptr;
    for (const auto& row : rows)
      if (row.at(column) == value) {
        REQUIRE_MESSAGE(found == nullptr, "two rows with " << column << " = " << value);
        found = &row;
      }
    REQUIRE_MESSAGE(found != nullptr, "no row with " << column << " = " << value);
    return *found;
  }
};

inline std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

inline Rows read_rows(const std::string& path) {
  std::istringstream in(read_text(path));
  Rows rows;
  std::string line;
  std::getline(in, line);
  rows.columns = cells_of(line);
  while (std::getline(in, line)) {
    const auto cells = cells_of(line);
    REQUIRE(cells.size() == rows.columns.size());
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < cells.size(); ++i) row[rows.columns[i]] = cells[i];
    rows.rows.push_back(std::move(row));
  }
  return rows;
}

inline Usd usd(const std::string& text) {
  Usd amount;
  REQUIRE(parse_usd(text, amount));
  return amount;
}
/// The sum of a column of money.
inline Usd total(const Rows& rows, const std::string& column) {
  Usd sum;
  for (const auto& row : rows.rows) sum += usd(row.at(column));
  return sum;
}

inline ContainerSpec container(Cpu cpu, Bytes memory) {
  ContainerSpec c;
  c.name = "app";
  c.image = "web";
  c.amount.cpu = cpu;
  c.amount.memory = memory;
  return c;
}

inline WorkloadSpec service(const std::string& name, Cpu cpu, Bytes memory, const std::string& pool) {
  WorkloadSpec w;
  w.name = name;
  w.cluster = "main";
  w.pools = {{pool, 0, 1}};
  w.containers = {container(cpu, memory)};
  return w;
}

/// One cluster with an EC2 pool of m6i.large and a Fargate pool; no NAT gateway, everything reachable by endpoints
/// that cost nothing but their hours.
inline RunSpec small_run(Orchestrator orchestrator = Orchestrator::ecs) {
  RunSpec spec;
  spec.scenario = "small";
  spec.architecture = "test";
  spec.start = utc(2026, 3, 2);
  spec.duration = 2h;
  spec.sample_interval = 60s;
  spec.region = "us-east-1";
  spec.catalog_date = utc(2026, 3, 1);
  spec.network.zones = {"a"};
  spec.network.nat = NatMode::single;
  spec.network.endpoints = {"s3"};
  spec.images = {{"web", {{"base", 80 * kMiB, 210 * kMiB}}}};
  PoolSpec ec2, fargate;
  ec2.name = "ec2";
  ec2.instance_types = {"m6i.large"};
  ec2.max = 10;
  ec2.root_volume = 30 * kGiB;
  fargate.name = "fargate";
  fargate.launch = Launch::fargate;
  ClusterSpec cluster;
  cluster.name = "main";
  cluster.orchestrator = orchestrator;
  cluster.pools = {ec2, fargate};
  spec.clusters = {cluster};
  return spec;
}

class Scene final : public FactSink {
 public:
  explicit Scene(RunSpec run, const Traces& traces = {})
      : spec(std::move(run)),
        world(spec, catalog_of()),
        lanes(world, traces),
        observers(world, lanes, folder.path(), spec.sample_interval) {
    world.tell(*this);
  }
  void hear(const Fact& fact, Time at) override {
    lanes.hear(fact, at);
    observers.hear(fact, at);
  }
  /// Moves the clock, with the rows of the time series on the way.
  Scene& at(Duration t) {
    for (; sampled_ + observers.interval() <= Time{t}; observers.sample(sampled_)) {
      sampled_ += observers.interval();
      lanes.settle(sampled_);
    }
    world.set_now(Time{t});
    return *this;
  }
  ServiceId id(const std::string& name) const {
    for (std::uint32_t i = 0; i < world.service_count(); ++i)
      if (world.name(ServiceId{i}) == name) return ServiceId{i};
    FAIL("no service " << name);
    return {};
  }
  ReplicaId create(const std::string& service) {
    return world.create_replica(id(service), world[id(service)].revision);
  }
  NodeId ec2_node() {
    const NodeId node = world.create_node(PoolId{0}, world[PoolId{0}].types.front(), ZoneId{0});
    for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) world.move(node, s);
    return node;
  }
  /// A new replica on its own micro-VM, attaching its network.
  ReplicaId on_fargate(const std::string& service) {
    const ReplicaId replica = create(service);
    world.place(replica, world.create_fargate_node(PoolId{1}, replica, ZoneId{0}));
    return replica;
  }
  ReplicaId on_node(const std::string& service, NodeId node) {
    const ReplicaId replica = create(service);
    world.place(replica, node);
    return replica;
  }
  void move(ReplicaId replica, std::initializer_list<ReplicaStage> stages) {
    for (const ReplicaStage s : stages) world.move(replica, s);
  }
  void to_healthy(ReplicaId replica) {
    move(replica, {ReplicaStage::pulling, ReplicaStage::starting, ReplicaStage::warming, ReplicaStage::healthy});
  }
  void stop(ReplicaId replica, StopReason why = StopReason::scale_in) {
    world.move(replica, ReplicaStage::stopping, why);
    world.move(replica, ReplicaStage::stopped);
  }
  Summary end(Duration t) {
    at(t);
    lanes.settle(Time{t});
    return observers.finish(Time{t});
  }
  Rows rows(const std::string& file) const { return read_rows(folder.path() + "/" + file + ".csv"); }

  TemporaryFolder folder;
  RunSpec spec;
  World world;
  Lanes lanes;
  Observers observers;

 private:
  Time sampled_{};
};

}  // namespace berth::observe_test
