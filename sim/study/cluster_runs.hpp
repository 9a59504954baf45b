// What of a replay on a cluster is compared: how long pods waited, which nodes there were when, what it cost.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/study/band.hpp"

namespace berth {

/// From ready to its end; seconds of the run.
struct NodeLife {
  std::string type;
  double from_s = 0, to_s = 0;
};

/// One replication, by its results.
struct ClusterRun {
  std::int64_t pods = 0;  ///< that were created, evicted ones anew; without those of the system and of the beginning
  std::int64_t never_placed = 0;  ///< … and still waited when the run ended or they were no longer wanted
  std::vector<double> pending_s;  ///< of those that got a node: from the decision that there should be one, ascending
  std::vector<NodeLife> nodes;
  double usd = 0;
  std::map<std::string, double> waited_for;  ///< replica-minutes by reason
};

using Services = std::set<std::string, std::less<>>;

/// Of a published folder of results, in order of replication; pods of these services count, others are the system's.
std::vector<ClusterRun> cluster_runs(const std::string& folder, const Services& services);

/// All replications of one scaler at one size.
struct ClusterCase {
  std::string scaler;
  std::int64_t copies = 1;
  double duration_s = 0;
  std::vector<ClusterRun> runs;
};

/// Of every replication.
std::vector<double> pending_quantiles(const ClusterCase& of, double p);
std::vector<double> mean_nodes(const ClusterCase& of, const std::string& type);  ///< empty: of all types
std::vector<double> most_nodes(const ClusterCase& of);
/// Of all replications, sorted by name.
std::vector<std::string> node_types(const ClusterCase& of);
/// How many are ready at that moment, in each replication; empty: of all types.
std::vector<double> nodes_at(const ClusterCase& of, const std::string& type, double t_s);

/// scaler,copies,t_s,instance_type,p10,p50,p90: every `step_s`, types in order of their names.
std::string nodes_csv(const std::vector<ClusterCase>& cases, double step_s);

}  // namespace berth
