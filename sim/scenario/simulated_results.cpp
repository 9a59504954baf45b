#include "sim/scenario/simulated_results.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace berth {
namespace {

/// Nothing may have happened that it tells of.
CsvTable results_table(const std::string& folder, const char* file) {
  return CsvTable::load(folder + "/" + file + ".csv", false);
}

Samples between(const CsvTable& table, const char* column, const std::string& name, const std::string& from,
                const std::string& to) {
  Samples samples;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (!name.empty() && table.text(row, column) != name) continue;
    if (table.text(row, "initial") != "0") continue;
    const auto a = table.number(row, from), b = table.number(row, to);
    if (a && b) samples.push_back(*b - *a);
  }
  return samples;
}

/// A moment of a replica or of its node.
struct Moment {
  bool of_node;
  std::string column;
};

Moment moment_of(const Field& field) {
  const std::string text = field.text();
  const std::size_t dot = text.find('.');
  const std::string whose = text.substr(0, dot);
  if (dot == text.npos || (whose != "replica" && whose != "node"))
    field.fail("a moment of a replica or of its node", field.shown(), "write such as \"replica.decided_s\"");
  return {whose == "node", text.substr(dot + 1)};
}

}  // namespace

double quantile_of(Samples samples, double p) {
  std::sort(samples.begin(), samples.end());
  const double rank = p * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (rank - static_cast<double>(below)) * (samples[above] - samples[below]);
}

SimulatedResults::SimulatedResults(const std::string& folder)
    : folder_(folder), replicas_(results_table(folder, "replicas")), nodes_(results_table(folder, "nodes")) {}

Samples SimulatedResults::replicas_of(const std::string& service, const std::string& from,
                                      const std::string& to) const {
  return between(replicas_, "service", service, from, to);
}

Samples SimulatedResults::nodes_of(const std::string& pool, const std::string& from, const std::string& to) const {
  return between(nodes_, "pool", pool, from, to);
}

Samples SimulatedResults::new_nodes_of(const std::string& service, const Field& from, const Field& to) const {
  std::map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < nodes_.rows(); ++row) row_of.emplace(nodes_.text(row, "node"), row);
  const Moment begin = moment_of(from), end = moment_of(to);
  Samples samples;
  for (std::size_t row = 0; row < replicas_.rows(); ++row) {
    if (replicas_.text(row, "service") != service) continue;
    const auto node = row_of.find(replicas_.text(row, "node"));
    if (node == row_of.end()) continue;
    const auto moment = [&](const Moment& m) {
      return m.of_node ? nodes_.number(node->second, m.column) : replicas_.number(row, m.column);
    };
    const auto decided = replicas_.number(row, "decided_s"), requested = nodes_.number(node->second, "requested_s");
    if (!decided || !requested || *requested < *decided) continue;
    const auto a = moment(begin), b = moment(end);
    if (a && b) samples.push_back(*b - *a);
  }
  return samples;
}

std::optional<double> SimulatedResults::rollout_of(const std::string& service, bool replaced) const {
  const CsvTable deployments = results_table(folder_, "deployments");
  for (std::size_t row = 0; row < deployments.rows(); ++row) {
    if (deployments.text(row, "service") != service) continue;
    const auto started = deployments.number(row, "started_s"), finished = deployments.number(row, "finished_s");
    if (!started || !finished || deployments.text(row, "outcome") != "completed") return std::nullopt;
    double end = *finished;
    for (std::size_t r = 0; replaced && r < replicas_.rows(); ++r) {
      if (replicas_.text(r, "service") != service) continue;
      if (*replicas_.whole(r, "revision") >= *deployments.whole(row, "revision")) continue;
      const auto stopped = replicas_.number(r, "stopped_s");
      if (!stopped) return std::nullopt;
      end = std::max(end, *stopped);
    }
    return end - *started;
  }
  return std::nullopt;
}

Samples SimulatedResults::scale_out_of(const std::string& service, double step_s, const std::string& to) const {
  std::optional<double> decided;
  Samples samples;
  for (std::size_t row = 0; row < replicas_.rows(); ++row) {
    const auto at = replicas_.number(row, "decided_s");
    if (replicas_.text(row, "service") != service || !at || *at <= step_s) continue;
    if (!decided || *at < *decided) {
      decided = at;
      samples.clear();
    }
    const auto moment = replicas_.number(row, to);
    if (*at == *decided && moment) samples.push_back(*moment - step_s);
  }
  return samples;
}

std::optional<double> SimulatedResults::between_starts() const {
  Samples starts;
  for (std::size_t row = 0; row < replicas_.rows(); ++row) {
    const auto started = replicas_.number(row, "started_s");
    if (started && replicas_.text(row, "initial") == "0") starts.push_back(*started);
  }
  if (starts.size() < 2) return std::nullopt;
  constexpr double kFrom = 0.2, kTo = 0.8;
  return (quantile_of(starts, kTo) - quantile_of(starts, kFrom)) /
         ((kTo - kFrom) * static_cast<double>(starts.size() - 1));
}

std::vector<std::pair<double, int>> SimulatedResults::changes_of_running(const std::string& service) const {
  std::vector<std::pair<double, int>> changes;
  for (std::size_t row = 0; row < replicas_.rows(); ++row) {
    if (!service.empty() && replicas_.text(row, "service") != service) continue;
    const auto started = replicas_.number(row, "started_s");
    if (!started) continue;
    changes.emplace_back(*started, 1);
    if (const auto stopping = replicas_.number(row, "stopping_s")) changes.emplace_back(*stopping, -1);
  }
  std::sort(changes.begin(), changes.end());
  return changes;
}

std::map<std::string, double> SimulatedResults::shares_of_waiting() const {
  const CsvTable pending = results_table(folder_, "pending");
  std::map<std::string, double> shares;
  double whole = 0;
  for (std::size_t row = 0; row < pending.rows(); ++row) {
    const double replicas = pending.number(row, "replicas").value_or(0);
    shares[std::string(pending.text(row, "reason"))] += replicas;
    whole += replicas;
  }
  for (auto& [reason, share] : shares) share /= whole;
  return shares;
}

const SimulatedResults& results_for(const Field& figure, const SimulatedRuns& runs) {
  const Field run = figure.at("run");
  const auto found = runs.find(run.text());
  if (found == runs.end()) run.fail("one of /runs", run.shown(), "name one of them");
  return found->second;
}

}  // namespace berth
