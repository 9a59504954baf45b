#include "tools/berth/study_text.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "sim/observe/table_text.hpp"

namespace berth {
namespace {

constexpr int kLabel = 23, kColumn = 19;  // four cases in a table of 100 columns

/// "41.0 (38.2-44.9)"; fewer decimals for large numbers, "-" for nothing at all.
std::string banded(const Band& band, int decimals) {
  if (band.p90 <= 0) return "-";
  if (band.p90 >= 10) decimals = std::min(decimals, 1);
  if (band.p90 >= 100) decimals = 0;
  return fmt::format("{:.{}f} ({:.{}f}-{:.{}f})", band.p50, decimals, band.p10, decimals, band.p90, decimals);
}

std::string named(const ClusterCase& one) {
  return fmt::format("{} x{}", one.scaler == "karpenter" ? "Karpenter" : "CA", one.copies);
}

using OfRun = std::function<double(const ClusterRun&)>;

std::vector<double> each(const ClusterCase& one, const OfRun& figure) {
  std::vector<double> all;
  for (const ClusterRun& run : one.runs) all.push_back(figure(run));
  return all;
}

void head(std::string& text, const std::vector<ClusterCase>& cases) {
  text += fmt::format("{:<{}}", "", kLabel);
  for (const ClusterCase& one : cases) text += fmt::format("{:>{}}", named(one), kColumn);
  text += '\n';
}

void line(std::string& text, const std::vector<ClusterCase>& cases, const std::string& label, int decimals,
          const std::function<std::vector<double>(const ClusterCase&)>& figure) {
  text += fmt::format("{:<{}}", label, kLabel);
  for (const ClusterCase& one : cases) text += fmt::format("{:>{}}", banded(band_of(figure(one)), decimals), kColumn);
  text += '\n';
}

/// What the pods of all runs waited for, most first.
std::string waits_of(const ClusterCase& one) {
  std::map<std::string, double> sums;
  double whole = 0;
  for (const ClusterRun& run : one.runs)
    for (const auto& [reason, minutes] : run.waited_for) {
      sums[reason] += minutes;
      whole += minutes;
    }
  std::vector<std::pair<double, std::string>> most;
  for (const auto& [reason, minutes] : sums) most.emplace_back(minutes, reason);
  std::sort(most.rbegin(), most.rend());
  std::string text;
  for (const auto& [minutes, reason] : most)
    if (minutes >= whole * 0.05)
      text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", reason, minutes / whole * 100);
  return text;
}

}  // namespace

std::string cluster_table(const std::vector<ClusterCase>& cases) {
  std::string text;
  head(text, cases);
  line(text, cases, "pods created", 0,
       [](const ClusterCase& c) { return each(c, [](const ClusterRun& r) { return static_cast<double>(r.pods); }); });
  line(text, cases, "pods never placed", 0, [](const ClusterCase& c) {
    return each(c, [](const ClusterRun& r) { return static_cast<double>(r.never_placed); });
  });
  line(text, cases, "pending p50, s", 1, [](const ClusterCase& c) { return pending_quantiles(c, 0.5); });
  line(text, cases, "pending p95, s", 1, [](const ClusterCase& c) { return pending_quantiles(c, 0.95); });
  line(text, cases, "pending longest, s", 1, [](const ClusterCase& c) { return pending_quantiles(c, 1); });
  line(text, cases, "nodes, mean", 1, [](const ClusterCase& c) { return mean_nodes(c, ""); });
  line(text, cases, "nodes, most", 0, [](const ClusterCase& c) { return most_nodes(c); });
  line(text, cases, "cost of the run, USD", 2,
       [](const ClusterCase& c) { return each(c, [](const ClusterRun& r) { return r.usd; }); });
  text += "nodes by type, mean over the run\n";
  std::set<std::string> types;
  for (const ClusterCase& one : cases)
    for (const std::string& type : node_types(one)) types.insert(type);
  for (const std::string& type : types)
    line(text, cases, "  " + type, 1, [&](const ClusterCase& c) { return mean_nodes(c, type); });
  for (const ClusterCase& one : cases)
    text += wrapped(fmt::format("{}: pods waited for {}", named(one), waits_of(one)), 4);
  return text;
}

namespace {

struct PolicyFigure {
  const char* label;
  const char* column;
  double times;
  int decimals;
  std::function<double(const PodReplayResult&)> of;
};

std::vector<PolicyFigure> figures_of(bool filled) {
  const auto packing = [filled](const PodReplayResult& r) -> const PackingFigures& { return filled ? r.end : r.mean; };
  return {
      {"pods placed", "placed", 1, 0, [](const PodReplayResult& r) { return static_cast<double>(r.placed); }},
      {"pending p95, s", "pending_p95_s", 1, 0,
       [](const PodReplayResult& r) { return quantile_of_sorted(r.pending_s, 0.95); }},
      {"pending longest, s", "pending_max_s", 1, 0,
       [](const PodReplayResult& r) { return quantile_of_sorted(r.pending_s, 1); }},
      {"nodes with pods", "nodes_used", 1, 1, [packing](const PodReplayResult& r) { return packing(r).nodes_used; }},
      {"their CPU packed, %", "packing_cpu_pct", 100, 1,
       [packing](const PodReplayResult& r) { return packing(r).packing_cpu; }},
      {"their memory packed, %", "packing_memory_pct", 100, 1,
       [packing](const PodReplayResult& r) { return packing(r).packing_memory; }},
      {"CPU requested, %", "cpu_used_pct", 100, 1, [packing](const PodReplayResult& r) { return packing(r).cpu_used; }},
      {"CPU stranded, %", "cpu_stranded_pct", 100, 1,
       [packing](const PodReplayResult& r) { return packing(r).cpu_stranded; }},
      {"memory stranded, %", "memory_stranded_pct", 100, 1,
       [packing](const PodReplayResult& r) { return packing(r).memory_stranded; }},
  };
}

Band band_of_runs(const std::vector<PodReplayResult>& runs, const PolicyFigure& figure) {
  std::vector<double> all;
  for (const PodReplayResult& run : runs) all.push_back(figure.of(run) * figure.times);
  return band_of(std::move(all));
}

std::string short_band(const Band& band, int decimals) {
  const std::string middle = fmt::format("{:.{}f}", band.p50, decimals),
                    low = fmt::format("{:.{}f}", band.p10, decimals), high = fmt::format("{:.{}f}", band.p90, decimals);
  return low == high ? middle : fmt::format("{} ({}-{})", middle, low, high);
}

void policy_part(std::string& text, const std::vector<PolicyRuns>& policies, bool filled) {
  for (const PolicyFigure& figure : figures_of(filled)) {
    text += fmt::format("  {:<22}", figure.label);
    for (const PolicyRuns& policy : policies)
      text += fmt::format(
          "{:>19}", short_band(band_of_runs(filled ? policy.filled : policy.as_recorded, figure), figure.decimals));
    text += '\n';
  }
}

}  // namespace

std::string policy_table(const PodRecording& recording, const std::vector<PolicyRuns>& policies) {
  std::string text = fmt::format("{:<24}", "");
  for (const PolicyRuns& policy : policies) text += fmt::format("{:>19}", policy.policy);
  const PodReplayResult& filled = policies.front().filled.front();
  text += fmt::format("\nas recorded: {} pods come and go; means over the time of their arrivals\n",
                      counted(static_cast<double>(recording.pods.size())));
  policy_part(text, policies, false);
  text += fmt::format("filled: {} pods, the list {} times, nobody leaves; at the end\n",
                      counted(static_cast<double>(filled.pods)),
                      filled.pods / static_cast<std::int64_t>(recording.pods.size()));
  policy_part(text, policies, true);
  return text;
}

std::string policy_csv(const std::vector<PolicyRuns>& policies) {
  std::string text = "policy,replay,figure,p10,p50,p90\n";
  for (const PolicyRuns& policy : policies)
    for (const bool filled : {false, true})
      for (const PolicyFigure& figure : figures_of(filled)) {
        const Band band = band_of_runs(filled ? policy.filled : policy.as_recorded, figure);
        text += fmt::format("{},{},{},{:.4f},{:.4f},{:.4f}\n", policy.policy, filled ? "filled" : "as_recorded",
                            figure.column, band.p10, band.p50, band.p90);
      }
  return text;
}

}  // namespace berth
