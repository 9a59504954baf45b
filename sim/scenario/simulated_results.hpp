// What a validation reads of the results of a run: seconds between two moments, running replicas, roll-outs, steps.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/catalog/csv_table.hpp"

namespace berth {

using Samples = std::vector<double>;

/// Linear between the two nearest ranks, as the measured quantiles were taken.
double quantile_of(Samples samples, double p);

class SimulatedResults {
 public:
  explicit SimulatedResults(const std::string& folder);

  /// Seconds between two moments of the replicas of a service (empty: of all) that were not there at the start.
  Samples replicas_of(const std::string& service, const std::string& from, const std::string& to) const;
  Samples nodes_of(const std::string& pool, const std::string& from, const std::string& to) const;
  /// Of replicas whose node was requested when they were waiting already: from a moment to another, each of the replica
  /// ("replica.decided_s") or of that node ("node.requested_s"). InputError: neither.
  Samples new_nodes_of(const std::string& service, const Field& from, const Field& to) const;
  /// From the start of a service's first roll-out until its replicas are new and healthy or, with `replaced`, until
  /// the last of its old ones is gone too. Empty when it did not come to that.
  std::optional<double> rollout_of(const std::string& service, bool replaced) const;
  /// From a step in its load to a moment of each replica that the first scale-out after it added.
  Samples scale_out_of(const std::string& service, double step_s, const std::string& to) const;
  /// Seconds from one start to the next, over the middle three fifths of them: the pace without begin and tail.
  std::optional<double> between_starts() const;
  /// +1 where a replica of the service (empty: of any) was started, -1 where it began to stop, in order of time.
  std::vector<std::pair<double, int>> changes_of_running(const std::string& service = {}) const;
  /// Of the time that replicas waited for their place, the share of each reason.
  std::map<std::string, double> shares_of_waiting() const;

 private:
  std::string folder_;
  CsvTable replicas_, nodes_;
};

using SimulatedRuns = std::map<std::string, SimulatedResults>;

/// The results of the run that a figure or a curve names; InputError when there is none.
const SimulatedResults& results_for(const Field& figure, const SimulatedRuns& runs);

}  // namespace berth
