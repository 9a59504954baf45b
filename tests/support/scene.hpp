// A whole run, stepped by the test and looked at from outside; its result files are read back as rows.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "sim/scenario/simulation.hpp"
#include "tests/support/specs.hpp"

namespace berth::test {

/// Requests per second, one value an interval.
inline Traces load(std::vector<double> per_second, Duration interval) {
  LoadSeries series;
  series.interval = interval;
  series.means = Meaning::rate;
  series.values = std::move(per_second);
  return {{"load", std::make_shared<const LoadSeries>(std::move(series))}};
}

using Row = std::map<std::string, std::string>;

inline std::vector<std::string> csv_cells(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    else if (c == ',' && !quoted) cells.emplace_back();
    else cells.back() += c;
  }
  return cells;
}

inline std::vector<Row> csv_rows(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  const auto columns = csv_cells(line);
  std::vector<Row> rows;
  while (std::getline(in, line)) {
    const auto cells = csv_cells(line);
    Row row;
    for (std::size_t i = 0; i < cells.size(); ++i) row[columns.at(i)] = cells[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

class Scene {
 public:
  explicit Scene(RunSpec run, Traces traces_of_run = {}, const Catalog& catalog = constant_catalog())
      : spec(std::move(run)), traces(std::move(traces_of_run)), sim(spec, catalog, traces, folder.path()) {}

  World& world() { return sim.world(); }
  Time now() { return world().now(); }
  Scene& run_until(Duration t) {
    sim.advance_to(Time{t});
    return *this;
  }
  Scene& run_for(Duration d) { return run_until(now().time_since_epoch() + d); }
  /// Steps of a second until `holds`, at most `most` of them; whether it came to hold.
  template <class Holds>
  bool run_until_it_holds(Holds holds, int most = 3600) {
    for (int i = 0; i < most && !holds(); ++i) run_for(1s);
    return holds();
  }
  /// After every second of the next `length`.
  template <class Look>
  void every_second(Duration length, Look look) {
    for (const Time end = now() + length; now() < end;) {
      run_for(1s);
      look();
    }
  }

  ServiceId id(const std::string& name) {
    for (std::uint32_t i = 0; i < world().service_count(); ++i)
      if (world().name(ServiceId{i}) == name) return ServiceId{i};
    FAIL("no service " << name);
    return {};
  }
  const ServiceRow& row(const std::string& service) { return world()[id(service)]; }
  std::vector<ReplicaId> replicas(const std::string& service) { return row(service).replicas; }
  std::vector<ReplicaId> replicas(const std::string& service, ReplicaStage stage) {
    std::vector<ReplicaId> some;
    for (const ReplicaId r : replicas(service))
      if (world()[r].stage == stage) some.push_back(r);
    return some;
  }
  std::int64_t healthy(const std::string& service) { return of_stage(service, ReplicaStage::healthy); }
  std::int64_t pending(const std::string& service) { return of_stage(service, ReplicaStage::pending); }
  std::int64_t of_stage(const std::string& service, ReplicaStage stage) {
    return row(service).by_stage[static_cast<std::size_t>(stage)];
  }
  /// Not asked to stop, as far as the control plane knows.
  std::int64_t wanted(const std::string& service) {
    std::int64_t n = 0;
    for (const ReplicaId r : replicas(service)) n += is_wanted(world()[r].seen);
    return n;
  }
  std::string reason(ReplicaId replica) { return std::string(name(world()[replica].main_reason)); }

  const PoolRow& pool(std::uint32_t number = 0) { return world()[PoolId{number}]; }
  std::int64_t nodes(NodeStage stage, std::uint32_t pool_number = 0) {
    return pool(pool_number).by_stage[static_cast<std::size_t>(stage)];
  }
  std::int64_t ready() { return nodes(NodeStage::ready); }
  /// Ready or on their way.
  std::int64_t in_service() {
    return nodes(NodeStage::requested) + nodes(NodeStage::booting) + nodes(NodeStage::joining) + ready();
  }

  /// Ends the run and writes the last rows.
  Summary finish() { return sim.finish(); }
  std::vector<Row> rows(const std::string& file) const { return csv_rows(folder.path() + "/" + file + ".csv"); }
  Row row_of(const std::string& file, const std::string& column, const std::string& value) const {
    for (const Row& r : rows(file))
      if (r.at(column) == value) return r;
    FAIL("no row of " << file << " with " << column << " = " << value);
    return {};
  }

  TemporaryFolder folder;
  RunSpec spec;
  Traces traces;
  Simulation sim;
};

inline double number(const Row& row, const std::string& column) { return std::stod(row.at(column)); }

inline std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Empty when both folders hold the same bytes; else the first file and line that differ.
inline std::string first_difference(const std::string& a, const std::string& b) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(a)) names.push_back(file.path().filename().string());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    std::istringstream one(content(a + "/" + name)), other(content(b + "/" + name));
    if (one.str() == other.str()) continue;
    std::string left, right;
    for (int line = 1;; ++line) {
      const bool more = static_cast<bool>(std::getline(one, left));
      const bool more_there = static_cast<bool>(std::getline(other, right));
      if (more && more_there && left == right) continue;
      return name + ":" + std::to_string(line) + "\n  " + (more ? left : "(end)") + "\n  " +
             (more_there ? right : "(end)");
    }
  }
  return {};
}

}  // namespace berth::test
