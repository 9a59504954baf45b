// The figures of one run: what the comparison table, summary.json and sweeps show.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/base/money.hpp"
#include "sim/base/value.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// What `check` found about hosting: verdict is "note", "warning" or "no".
struct HostingFinding {
  std::string subject, verdict, why, nearest;
};

struct DeploymentFigure {
  std::string service;
  std::int64_t revision = 0;
  std::optional<double> duration_s;  ///< empty while it is in progress
  std::string outcome;               ///< as in deployments.csv
  std::string stuck{};               ///< what ECS was stuck for longest, with the seconds; empty: never
};

/// Replicas that wait for a place when the run ends, and have for long.
struct StillPending {
  std::string service, reason;  ///< as in pending.csv
  std::int64_t replicas = 0;
  double longest_s = 0;  ///< the wait of the one that waits longest
};

/// The shortest wait at the end of a run of which the table tells (our choice): nodes take minutes to come.
constexpr Duration kLongWait = std::chrono::minutes{10};

/// An upgrade of a cluster that did not come about.
struct FailedUpgrade {
  std::string subject;  ///< the cluster, or its pool
  std::string to, outcome;
};

/// Of one job; an index of an array is an arrival of its own, except for `makespan_s`.
struct JobFigure {
  std::string job;
  std::int64_t arrivals = 0, finished = 0, failed = 0;  ///< the others were not over when the run was
  std::optional<double> makespan_s;                     ///< of the slowest moment of which all has finished
  bool has_deadline = false;
  std::int64_t missed_deadlines = 0;
  double wasted_s = 0;  ///< what its replicas worked for nothing
  Usd usd{};
};

/// Money by kind of thing, each with what a day and a calendar month of it cost.
struct CostFigure {
  std::string item;  ///< compute, storage, control plane, load balancer, network, internet egress, logs, other
  Usd run, day, month;
};

/// The shortest run whose pace tells what a day and a month cost.
constexpr double kShortestPacedRun_s = 3600;

/// What Karpenter's consolidation brought and cost.
struct ConsolidationFigure {
  std::int64_t nodes = 0;     ///< that went: empty or underutilized
  std::int64_t restarts = 0;  ///< replicas that had to begin again elsewhere
  Bytes repulled;             ///< by those that took their place
  Usd saved;                  ///< to the end of the run, were they to have stayed: at most
  Usd replacements;           ///< what nodes in their place cost to the end of the run …
  Usd double_running;         ///< … and of it, what while the old ones still ran
};

/// What the requests that came to `entry` from outside spent in `service`, along the critical path of their calls.
struct CriticalPathFigure {
  std::string entry, service;
  double share_pct = 0;                            ///< of the whole
  double queue_ms = 0, work_ms = 0, retry_ms = 0;  ///< means of a request
};

struct Summary {
  std::string scenario, architecture, variant;
  std::int64_t replication = 0;
  std::uint64_t seed = 1;
  double duration_s = 0;

  /// Not hosted: nothing was simulated, all figures are empty, the findings say why.
  bool hosted = true;
  std::vector<HostingFinding> findings;

  /// Of services' replicas that were not there when the run began: decision to healthy.
  std::int64_t deploys = 0;
  std::optional<double> deploy_p50_s, deploy_p99_s, deploy_max_s;
  std::vector<DeploymentFigure> deployments;

  /// Services' replicas that hold capacity; EC2 nodes that are ready or draining (empty without EC2 pools).
  double replicas_mean = 0;
  std::int64_t replicas_max = 0;
  std::optional<double> nodes_mean;
  std::optional<std::int64_t> nodes_max;

  /// Reserved ÷ allocatable (on Fargate ÷ billed size); used ÷ reserved of those workloads whose use is known.
  std::optional<double> cpu_reserved_pct, cpu_used_pct, memory_reserved_pct, memory_used_pct;

  /// Of clients, not of services that call each other.
  std::int64_t requests_arrived = 0, requests_ok = 0, requests_late = 0;
  std::int64_t requests_failed = 0;  ///< timed out, refused, dropped by a death, or answered with an error
  std::optional<double> request_p50_ms, request_p99_ms;

  /// Of loads that are given in busy cores; empty where there are none.
  std::optional<double> core_hours, core_hours_unserved;

  std::vector<CriticalPathFigure> critical_paths;  ///< of services that call others; callers first

  std::int64_t disruptions = 0;                      ///< replicas cut short by what was not their own doing
  std::optional<ConsolidationFigure> consolidation;  ///< empty: it took no node away

  std::vector<JobFigure> jobs;
  std::optional<double> jobs_makespan_s;  ///< from the first arrival to the end of the last work
  Usd jobs_wasted;                        ///< what the waste of their replicas cost

  double pending_replica_minutes = 0;
  std::vector<std::pair<std::string, double>> pending_minutes_by_reason;  ///< most first

  std::vector<StillPending> still_pending;     ///< by service, then reason
  std::vector<FailedUpgrade> failed_upgrades;  ///< in order of time

  std::vector<std::pair<std::string, double>> throttled_seconds_by_limit;  ///< replica-seconds, most first

  std::vector<CostFigure> costs;  ///< in a fixed order, items without cost left out
  Usd run, day, month;            ///< exact sums of `costs`; day and month mean nothing unless paced()

  /// Long enough to be scaled to a day and a month.
  bool paced() const { return duration_s >= kShortestPacedRun_s; }

  std::vector<Assumption> assumptions;
};

/// summary.json of one run, and back. Money stands there as exact decimal numbers of USD.
Value summary_value(const Summary& summary);
Summary read_summary(const Field& field);

void write_assumptions(const RunSpec& spec, const std::vector<Assumption>& assumptions, const std::string& folder);
/// An architecture that was not simulated because it cannot host the scenario: its summary.json, its assumptions and
/// otherwise empty files.
void write_unhosted(const RunSpec& spec, std::vector<HostingFinding> findings, const std::string& part_folder);
void write_summary(const Summary& summary, const std::string& part_folder);
Summary load_summary(const std::string& part_folder);

}  // namespace berth
