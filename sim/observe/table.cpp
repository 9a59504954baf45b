#include "sim/observe/table.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sim/observe/table_notes.hpp"
#include "sim/observe/table_text.hpp"

namespace berth {
namespace {

void put_latency_rows(TableText& t) {
  t.section("Deploy latency (decision to healthy, without the replicas of the start)");
  t.row(
      "  replicas deployed", [](const Summary& s) -> std::optional<double> { return s.deploys; }, counted);
  t.row(
      "  deploy p50", [](const Summary& s) { return s.deploy_p50_s; }, time_text);
  t.row(
      "  deploy p99", [](const Summary& s) { return s.deploy_p99_s; }, time_text);
  t.row(
      "  deploy longest", [](const Summary& s) { return s.deploy_max_s; }, time_text);
}

/// New revisions before the creations of a run that begins cold, which every service has, EKS's own too.
void put_deployment_rows(TableText& t, std::span<const Summary> summaries) {
  std::vector<std::pair<std::string, std::int64_t>> named;
  for (const Summary& s : summaries)
    for (const DeploymentFigure& d : s.deployments)
      if (std::find(named.begin(), named.end(), std::pair(d.service, d.revision)) == named.end())
        named.emplace_back(d.service, d.revision);
  std::stable_partition(named.begin(), named.end(), [](const auto& n) { return n.second > 1; });
  constexpr std::size_t kMost = 4;
  for (std::size_t i = 0; i < std::min(named.size(), kMost); ++i) {
    const std::string& service = named[i].first;  // not a structured binding: clang 14 captures none
    const std::int64_t revision = named[i].second;
    t.row(shortened(fmt::format("  roll-out {} r{}", service, revision), kLabelWidth), [&](const Summary& s) {
      for (const DeploymentFigure& d : s.deployments)
        if (d.service == service && d.revision == revision)
          return d.duration_s && d.outcome == "completed" ? time_text(*d.duration_s) : d.outcome;
      return std::string("-");
    });
  }
  if (named.size() > kMost) t.section(fmt::format("  and {} more in deployments.csv", named.size() - kMost));
}

void put_capacity_rows(TableText& t, std::span<const Summary> summaries) {
  const auto percent = [](double v) { return fmt::format("{:.1f} %", v); };
  t.section("Replicas and nodes");
  t.pair(
      "  replicas mean / max", [](const Summary& s) -> std::optional<double> { return s.replicas_mean; },
      [](const Summary& s) -> std::optional<double> { return s.replicas_max; }, counted);
  t.pair(
      "  EC2 nodes mean / max", [](const Summary& s) { return s.nodes_mean; },
      [](const Summary& s) -> std::optional<double> { return s.nodes_max; }, counted);
  t.row(
      "  CPU reserved of nodes", [](const Summary& s) { return s.cpu_reserved_pct; }, percent);
  t.row(
      "  CPU used of reserved", [](const Summary& s) { return s.cpu_used_pct; }, percent);
  t.row(
      "  memory reserved of nodes", [](const Summary& s) { return s.memory_reserved_pct; }, percent);
  t.row("  memory used of reserved", [&](const Summary& s) {
    return s.memory_used_pct ? percent(*s.memory_used_pct) : std::string("not modelled");
  });
  t.row(
      "  waited replica-minutes", [](const Summary& s) -> std::optional<double> { return s.pending_replica_minutes; },
      figures);
  if (std::any_of(summaries.begin(), summaries.end(), [](const Summary& s) { return s.disruptions > 0; }))
    t.row(
        "  replicas disrupted", [](const Summary& s) -> std::optional<double> { return s.disruptions; }, counted);
}

/// One row a limit that held somebody back on any of the architectures; most tables have none.
void put_throttle_rows(TableText& t, std::span<const Summary> summaries) {
  std::vector<std::string> limits;
  for (const Summary& s : summaries)
    for (const auto& [limit, held] : s.throttled_seconds_by_limit)
      if (std::find(limits.begin(), limits.end(), limit) == limits.end()) limits.push_back(limit);
  if (limits.empty()) return;
  t.section("Held back by limits, in replica-minutes (throttles.csv)");
  for (const std::string& limit : limits)
    t.row(
        "  " + limit,
        [&](const Summary& s) -> std::optional<double> {
          for (const auto& [name, held] : s.throttled_seconds_by_limit)
            if (name == limit) return held / 60;
          return 0;
        },
        figures);
}

void put_request_rows(TableText& t) {
  t.section("Requests");
  t.row(
      "  requests served", [](const Summary& s) -> std::optional<double> { return s.requests_ok; }, counted);
  t.row(
      "  requests late", [](const Summary& s) -> std::optional<double> { return s.requests_late; }, counted);
  t.row(
      "  requests failed", [](const Summary& s) -> std::optional<double> { return s.requests_failed; }, counted);
  t.pair(
      "  request p50 / p99 ms", [](const Summary& s) { return s.request_p50_ms; },
      [](const Summary& s) { return s.request_p99_ms; }, figures, kSameLatency);
}

/// Of loads in busy cores, which most tables have none of.
void put_cores_rows(TableText& t, std::span<const Summary> summaries) {
  if (std::none_of(summaries.begin(), summaries.end(), [](const Summary& s) { return s.core_hours.has_value(); }))
    return;
  t.section("Load in cores");
  t.row(
      "  core-hours asked for", [](const Summary& s) { return s.core_hours; }, figures);
  t.row(
      "  core-hours not served", [](const Summary& s) { return s.core_hours_unserved; }, figures);
}

/// Of each service that calls others: what share of its answers' time went where. The largest of all first would hide
/// the way, so callers come first.
void put_critical_path_rows(TableText& t, std::span<const Summary> summaries) {
  std::vector<std::pair<std::string, std::string>> named;
  for (const Summary& s : summaries)
    for (const CriticalPathFigure& p : s.critical_paths)
      if (std::find(named.begin(), named.end(), std::pair(p.entry, p.service)) == named.end())
        named.emplace_back(p.entry, p.service);
  if (named.empty()) return;
  t.section("Where the time of answers goes, by critical path (calls.csv)");
  constexpr std::size_t kMost = 8;
  for (std::size_t i = 0; i < std::min(named.size(), kMost); ++i) {
    const std::string& entry = named[i].first;  // not a structured binding: clang 14 captures none
    const std::string& service = named[i].second;
    t.row(
        shortened(fmt::format("  {}: in {}", entry, entry == service ? "itself" : service), kLabelWidth),
        [&](const Summary& s) -> std::optional<double> {
          for (const CriticalPathFigure& p : s.critical_paths)
            if (p.entry == entry && p.service == service) return p.share_pct;
          return std::nullopt;
        },
        [](double v) { return fmt::format("{:.1f} %", v); });
  }
  if (named.size() > kMost) t.section(fmt::format("  and {} more in calls.csv", named.size() - kMost));
}

/// One row a job, the first few; then all of them together.
void put_job_rows(TableText& t, std::span<const Summary> summaries) {
  std::vector<std::string> names;
  bool deadlines = false;
  for (const Summary& s : summaries)
    for (const JobFigure& j : s.jobs) {
      if (std::find(names.begin(), names.end(), j.job) == names.end()) names.push_back(j.job);
      deadlines = deadlines || j.has_deadline;
    }
  if (names.empty()) return;
  t.section("Jobs (jobs.csv): the longest from arrival to end");
  constexpr std::size_t kMost = 6;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
    t.row(
        shortened("  " + names[i], kLabelWidth),
        [&](const Summary& s) -> std::optional<double> {
          for (const JobFigure& j : s.jobs)
            if (j.job == names[i]) return j.makespan_s;
          return std::nullopt;
        },
        time_text);
  if (names.size() > kMost) t.section(fmt::format("  and {} more jobs", names.size() - kMost));
  const auto sum = [](auto member) -> Figure {
    return [member](const Summary& s) -> std::optional<double> {
      double all = 0;
      for (const JobFigure& j : s.jobs) all += static_cast<double>(j.*member);
      return all;
    };
  };
  if (names.size() > 1)
    t.row(
        "  all, first to last", [](const Summary& s) { return s.jobs_makespan_s; }, time_text);
  const auto open = [](const Summary& s) {
    std::int64_t left = 0;
    for (const JobFigure& j : s.jobs) left += j.arrivals - j.finished - j.failed;
    return std::optional(static_cast<double>(left));
  };
  const auto wasted = [](const Summary& s) {
    double all = 0;
    for (const JobFigure& j : s.jobs) all += j.wasted_s / 3600;
    return std::optional(all);
  };
  const auto row_if_any = [&](const char* label, const Figure& figure, std::string (*shown)(double)) {
    if (std::any_of(summaries.begin(), summaries.end(), [&](const Summary& s) { return figure(s).value_or(0) != 0; }))
      t.row(label, figure, shown);
  };
  t.row("  arrivals finished", sum(&JobFigure::finished), counted);
  row_if_any("  arrivals failed", sum(&JobFigure::failed), counted);
  row_if_any("  still open at the end", open, counted);
  if (deadlines) t.row("  deadlines missed", sum(&JobFigure::missed_deadlines), counted);
  row_if_any("  wasted replica-hours", wasted, figures);
  const auto money = [](double v) { return fmt::format("{:.2f}", v); };
  t.row(
      "  USD of their replicas",
      [](const Summary& s) {
        Usd all;
        for (const JobFigure& j : s.jobs) all += j.usd;
        return std::optional(as_double(all));
      },
      money);
}

void put_cost_rows(TableText& t, std::span<const Summary> summaries) {
  std::vector<std::string> items;
  for (const char* item :
       {"compute", "storage", "control plane", "load balancer", "network", "internet egress", "logs", "other"})
    for (const Summary& s : summaries)
      if (std::any_of(s.costs.begin(), s.costs.end(), [&](const CostFigure& c) { return c.item == item; })) {
        items.emplace_back(item);
        break;
      }
  const auto money = [](double v) { return cents(Usd{static_cast<__int128>(std::llround(v * 1e6)) * 10'000}); };
  const bool paced = std::all_of(summaries.begin(), summaries.end(), [](const Summary& s) { return s.paced(); });
  t.section(paced ? "Cost in USD a day" : "Cost in USD of the run");
  for (const std::string& item : items)
    t.row(
        "  " + item,
        [&](const Summary& s) -> std::optional<double> {
          const auto found =
              std::find_if(s.costs.begin(), s.costs.end(), [&](const CostFigure& c) { return c.item == item; });
          if (found == s.costs.end()) return 0;
          return as_double(paced ? found->day : found->run);
        },
        money);
  const auto scaled_to = [](Usd Summary::*length) -> Figure {
    return [length](const Summary& s) { return s.paced() ? std::optional(as_double(s.*length)) : std::nullopt; };
  };
  t.row("total a day", scaled_to(&Summary::day), money);
  t.row("total a month", scaled_to(&Summary::month), money);
  const bool other_length = std::any_of(summaries.begin(), summaries.end(),
                                        [](const Summary& s) { return s.hosted && s.duration_s != 86'400; });
  if (!other_length) return;
  t.row(
      "total of the run", [](const Summary& s) -> std::optional<double> { return as_double(s.run); }, money);
}

}  // namespace

std::string comparison_table(std::span<const Summary> summaries) {
  if (summaries.empty()) return {};
  const Summary& first = summaries.front();
  const auto notes = hosting_notes(summaries);
  TableText t{summaries};
  t.section(fmt::format("{}{}{}, {} simulated, seed {}", first.scenario, first.variant.empty() ? "" : ", ",
                        first.variant, say(from_seconds(first.duration_s)), first.seed));
  t.heading();
  t.hosting(notes);
  put_latency_rows(t);
  put_deployment_rows(t, summaries);
  put_capacity_rows(t, summaries);
  put_throttle_rows(t, summaries);
  put_request_rows(t);
  put_cores_rows(t, summaries);
  put_critical_path_rows(t, summaries);
  put_job_rows(t, summaries);
  put_cost_rows(t, summaries);

  std::string text = t.text() + "\n" + hosting_text(summaries, notes) + warnings_text(summaries);
  text += stuck_text(summaries);
  text += still_pending_text(summaries);
  text += failed_upgrades_text(summaries);
  text += fluid_text(summaries);
  text += short_run_text(summaries);
  text += equal_text(t.equal_rows());
  text += assumptions_text(summaries);
  text += wrapped(
      "Not in this bill: metrics, logs beyond log_bytes and their storage, image storage, commitments and discounts, "
      "support, taxes, people's time, and all that is not in the scenario (databases, queues, caches).",
      2);
  text += wrapped(
      "Validation: image pulls, starts on ECS/Fargate and node boots (`berth validate startup`), scale-outs, roll-outs "
      "and target tracking of ECS on Fargate (`berth validate ecs`), scale-outs and new nodes of EKS (`berth validate "
      "eks`), which print them beside measurements, misses included; nothing else has been compared with measurements "
      "yet.",
      2);
  return text;
}

}  // namespace berth
