#include "sim/study/cluster_runs.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/base/field.hpp"
#include "sim/catalog/csv_table.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

std::size_t replication_of(const CsvTable& table, std::size_t row) {
  return static_cast<std::size_t>(table.whole(row, "replication").value_or(0));
}

void read_replicas(const CsvTable& table, const Services& services, std::vector<ClusterRun>& runs) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (services.find(table.text(row, "service")) == services.end() || table.text(row, "initial") != "0") continue;
    ClusterRun& run = runs.at(replication_of(table, row));
    ++run.pods;
    const auto decided = table.number(row, "decided_s"), placed = table.number(row, "placed_s");
    if (decided && placed) run.pending_s.push_back(*placed - *decided);
    else ++run.never_placed;
  }
  for (ClusterRun& run : runs) std::sort(run.pending_s.begin(), run.pending_s.end());
}

void read_nodes(const CsvTable& table, const std::vector<double>& ends, std::vector<ClusterRun>& runs) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto ready = table.number(row, "ready_s");
    const std::string type(table.text(row, "instance_type"));
    if (!ready || type.empty()) continue;  // never ready, or Fargate's
    const std::size_t run = replication_of(table, row);
    runs.at(run).nodes.push_back({type, *ready, table.number(row, "terminated_s").value_or(ends.at(run))});
  }
}

bool is_of(const NodeLife& node, const std::string& type) { return type.empty() || node.type == type; }

}  // namespace

std::vector<ClusterRun> cluster_runs(const std::string& folder, const Services& services) {
  const Value whole = load_json(folder + "/summary.json");
  const Field root(whole, folder + "/summary.json");
  std::vector<ClusterRun> runs;
  std::vector<double> ends;
  for (const Field& one : root.at("runs").items()) {
    const Summary summary = read_summary(one);
    runs.emplace_back();
    ends.push_back(summary.duration_s);
    runs.back().usd = as_double(summary.run);
    for (const auto& [reason, minutes] : summary.pending_minutes_by_reason) runs.back().waited_for[reason] = minutes;
  }
  read_replicas(CsvTable::load(folder + "/replicas.csv", false), services, runs);
  read_nodes(CsvTable::load(folder + "/nodes.csv", false), ends, runs);
  return runs;
}

std::vector<double> pending_quantiles(const ClusterCase& of, double p) {
  std::vector<double> all;
  for (const ClusterRun& run : of.runs) all.push_back(quantile_of_sorted(run.pending_s, p));
  return all;
}

std::vector<double> mean_nodes(const ClusterCase& of, const std::string& type) {
  std::vector<double> all;
  for (const ClusterRun& run : of.runs) {
    double node_seconds = 0;
    for (const NodeLife& node : run.nodes)
      if (is_of(node, type)) node_seconds += node.to_s - node.from_s;
    all.push_back(node_seconds / of.duration_s);
  }
  return all;
}

std::vector<double> most_nodes(const ClusterCase& of) {
  std::vector<double> all;
  for (const ClusterRun& run : of.runs) {
    std::vector<std::pair<double, int>> changes;  // ends before beginnings at one moment
    for (const NodeLife& node : run.nodes) {
      changes.emplace_back(node.from_s, +1);
      changes.emplace_back(node.to_s, -1);
    }
    std::sort(changes.begin(), changes.end());
    int now = 0, most = 0;
    for (const auto& [at, change] : changes) most = std::max(most, now += change);
    all.push_back(most);
  }
  return all;
}

std::vector<std::string> node_types(const ClusterCase& of) {
  std::set<std::string> names;
  for (const ClusterRun& run : of.runs)
    for (const NodeLife& node : run.nodes) names.insert(node.type);
  return {names.begin(), names.end()};
}

std::vector<double> nodes_at(const ClusterCase& of, const std::string& type, double t_s) {
  std::vector<double> all;
  for (const ClusterRun& run : of.runs)
    all.push_back(static_cast<double>(std::count_if(run.nodes.begin(), run.nodes.end(), [&](const NodeLife& node) {
      return is_of(node, type) && node.from_s <= t_s && t_s < node.to_s;
    })));
  return all;
}

std::string nodes_csv(const std::vector<ClusterCase>& cases, double step_s) {
  std::string text = "scaler,copies,t_s,instance_type,p10,p50,p90\n";
  for (const ClusterCase& one : cases) {
    const std::vector<std::string> types = node_types(one);
    for (double t = 0; t < one.duration_s; t += step_s)
      for (const std::string& type : types) {
        const Band band = band_of(nodes_at(one, type, t));
        text += fmt::format("{},{},{:g},{},{:g},{:g},{:g}\n", one.scaler, one.copies, t, type, band.p10, band.p50,
                            band.p90);
      }
  }
  return text;
}

}  // namespace berth
