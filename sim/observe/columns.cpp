#include "sim/observe/columns.hpp"

#include <algorithm>

#include "sim/base/check.hpp"
#include "sim/base/money.hpp"

namespace berth {

const std::vector<ResultFile>& result_files() {
  static const std::vector<ResultFile> files = {
      {"services",
       {"t_s",
        "time",
        "cluster",
        "service",
        "desired",
        "pending",
        "starting",
        "healthy",
        "unhealthy",
        "stopping",
        "old_revision",
        "cpu_reserved_vcpu",
        "cpu_used_vcpu",
        "cpu_demand_vcpu",
        "memory_reserved_gib",
        "memory_used_gib",
        "cpu_seen_pct",
        "capacity_rps",
        "arrived",
        "usd"}},
      {"requests",
       {"t_s", "time", "service", "arrived", "ok", "late", "timed_out", "refused", "retried", "dropped_by_death",
        "p50_ms", "p90_ms", "p99_ms", "max_ms", "bytes_in", "bytes_out"}},
      {"latency", {"t_s", "service", "le_ms", "count"}},
      {"calls",
       {"t_s", "time", "entry", "service", "requests", "visits", "queue_ms", "work_ms", "retry_ms", "share_pct"}},
      {"bytes",
       {"t_s", "time", "from", "to", "route", "sent", "answered", "bytes_out", "bytes_back", "between_zones_bytes"}},
      {"pools",
       {"t_s",
        "time",
        "cluster",
        "pool",
        "nodes_requested",
        "nodes_booting",
        "nodes_ready",
        "nodes_draining",
        "nodes_spot",
        "cpu_allocatable_vcpu",
        "cpu_reserved_vcpu",
        "cpu_used_vcpu",
        "cpu_stranded_vcpu",
        "memory_allocatable_gib",
        "memory_reserved_gib",
        "memory_used_gib",
        "memory_stranded_gib",
        "reservation_pct",
        "capacity_provider_reservation_pct",
        "usd"}},
      {"pending", {"t_s", "service", "reason", "replicas"}},
      {"throttles", {"t_s", "limit", "waiting", "waiting_max", "held_s", "tokens"}},
      {"subnets", {"t_s", "subnet", "used", "warm", "cooling", "free"}},
      {"replicas", {"replica",      "cluster",      "service",    "revision",       "node",
                    "zone",         "purchase",     "initial",    "size_asked",     "size_billed",
                    "decided_s",    "placed_s",     "attached_s", "pull_started_s", "pulled_s",
                    "started_s",    "healthy_s",    "stopping_s", "stopped_s",      "deploy_latency_s",
                    "pulled_bytes", "cached_bytes", "restarts",   "stop_reason",    "billed_s",
                    "usd"}},
      {"nodes",
       {"node", "cluster", "pool", "instance_type", "zone", "purchase", "initial", "requested_s", "booted_s",
        "joined_s", "ready_s", "draining_s", "terminated_s", "gone_reason", "billed_s", "usd"}},
      {"deployments", {"service", "revision", "started_s", "finished_s", "outcome", "waited_for"}},
      {"upgrades",
       {"cluster", "part", "version_from", "version_to", "started_s", "finished_s", "outcome", "nodes", "by"}},
      {"jobs",
       {"job", "cluster", "arrival", "index", "queue", "submitted_s", "released_s", "started_s", "finished_s",
        "outcome", "replicas", "attempts", "wasted_s", "deadline_met", "usd"}},
      {"waste", {"service", "pool", "cause", "wasted_s", "usd"}},
      {"disruptions", {"t_s", "cause", "node", "replica", "repulled_bytes", "waited_for", "usd"}},
      {"usage", {"sku", "resource", "hour", "quantity", "unit"}},
      {"cost",
       {"cluster", "pool", "service", "item", "quantity", "unit", "rate_usd", "usd", "usd_month", "covered_by",
        "source"}},
      {"assumptions", {"subject", "assumed", "why", "knob"}},
      {"journal", {"t_s", "fact", "entity", "details"}},
  };
  return files;
}

std::unique_ptr<CsvFile> open_results(const std::string& folder, const RunSpec& spec, std::string_view file) {
  const auto& files = result_files();
  const auto found = std::find_if(files.begin(), files.end(), [&](const ResultFile& f) { return f.name == file; });
  SIM_CHECK(found != files.end());
  const std::vector<CsvFile::LeadingCell> keys = {{"scenario", spec.scenario},
                                                  {"architecture", spec.architecture},
                                                  {"variant", spec.variant},
                                                  {"replication", std::to_string(spec.replication)}};
  return std::make_unique<CsvFile>(folder + "/" + found->name + ".csv", keys, found->columns);
}

CsvRow& put_seconds(CsvRow& row, Duration d) {
  constexpr std::int64_t kSecond = 1'000'000;
  if (d.count() % kSecond == 0) return row.whole(d.count() / kSecond);
  return row.number(seconds(d), 3);
}

CsvRow& put_seconds(CsvRow& row, Time t) { return t == kNever ? row.empty() : put_seconds(row, t.time_since_epoch()); }

CsvRow& put_usd(CsvRow& row, Usd usd) { return row.text(exact(usd)); }

}  // namespace berth
