#include "sim/observe/table.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace berth {
namespace {

constexpr std::size_t kLabelWidth = 26, kColumnWidth = 14, kTableWidth = 100;
/// Of one run each there is no interval: figures closer than this are called equal. Request latencies are read off
/// buckets that are 3 % wide.
constexpr double kSame = 0.01, kSameLatency = 0.03;

using Figure = std::function<std::optional<double>(const Summary&)>;
using Shown = std::function<std::string(const Summary&)>;

/// Thousands separated, no decimals.
std::string counted(double n) {
  std::string text = fmt::format("{:.0f}", n);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}
/// Three figures or so: 0.042, 4.20, 42.0, 420.
std::string figures(double v) {
  return v >= 100 ? counted(v) : fmt::format("{:.{}f}", v, v >= 10 ? 1 : v >= 1 || v == 0 ? 2 : 3);
}
std::string time_text(double s) {
  if (s < 1000) return fmt::format("{:.1f} s", s);
  return s < 6000 ? fmt::format("{:.1f} min", s / 60) : fmt::format("{:.1f} h", s / 3600);
}

class TableText {
 public:
  explicit TableText(std::span<const Summary> summaries) : summaries_(summaries) {}

  void heading() {
    text_ += std::string(kLabelWidth, ' ');
    for (const Summary& s : summaries_) cell(s.architecture);
    text_ += '\n';
  }
  void section(std::string_view name) { text_ += fmt::format("{}\n", name); }
  /// A row of texts; a "-" where there is nothing to say.
  void row(std::string_view label, const Shown& shown) {
    text_ += fmt::format("{:<{}}", label.substr(0, kLabelWidth), kLabelWidth);
    for (const Summary& s : summaries_) cell(s.hosted ? shown(s) : "-");
    text_ += '\n';
  }
  /// A row of numbers, compared for "no difference seen".
  void row(std::string_view label, const Figure& figure, std::string (*shown)(double), double same = kSame) {
    row(label, [&](const Summary& s) {
      const auto v = figure(s);
      return v ? shown(*v) : std::string("-");
    });
    compare(label, {figure}, same);
  }
  /// "mean / max", "p50 / p99": two numbers in a cell.
  void pair(std::string_view label, const Figure& first, const Figure& second, std::string (*shown)(double),
            double same = kSame) {
    row(label, [&](const Summary& s) {
      const auto a = first(s), b = second(s);
      return a && b ? figures(*a) + " / " + shown(*b) : std::string("-");
    });
    compare(label, {first, second}, same);
  }
  void hosting(const std::map<std::string, std::size_t>& notes) {
    text_ += fmt::format("{:<{}}", "can it be hosted", kLabelWidth);
    for (const Summary& s : summaries_) {
      const auto note = notes.find(s.architecture);
      cell((note == notes.end() ? "yes" : "no") + (note == notes.end() ? "" : fmt::format(" [{}]", note->second)));
    }
    text_ += '\n';
  }

  const std::string& text() const { return text_; }
  const std::vector<std::string>& equal_rows() const { return equal_; }

 private:
  void cell(std::string text) {
    if (text.size() > kColumnWidth - 1) text.resize(kColumnWidth - 1);
    text_ += fmt::format("{:>{}}", text, kColumnWidth);
  }
  void compare(std::string_view label, const std::vector<Figure>& all, double same) {
    std::size_t columns = 0;
    for (const Figure& figure : all) {
      double low = 0, high = 0;
      columns = 0;
      for (const Summary& s : summaries_) {
        if (!s.hosted) continue;
        const auto v = figure(s);
        if (!v) return;  // a figure that one of them has not got is a difference
        low = columns == 0 ? *v : std::min(low, *v);
        high = columns == 0 ? *v : std::max(high, *v);
        ++columns;
      }
      if (high - low > same * high) return;
    }
    if (columns >= 2) equal_.emplace_back(label.substr(std::min(label.find_first_not_of(' '), label.size())));
  }

  std::span<const Summary> summaries_;
  std::string text_;
  std::vector<std::string> equal_;
};

/// Words in lines of at most kTableWidth; every line after the first begins with `indent` spaces.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out, line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && line.size() + 1 + word.size() > kTableWidth) {
      out += line + "\n";
      line = std::string(indent, ' ') + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
    at = end + 1;
  }
  return out + line + "\n";
}

std::string shortened(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 4) + " ...";
}

/// One note an architecture that says no, in order of the columns.
std::map<std::string, std::size_t> hosting_notes(std::span<const Summary> summaries) {
  std::map<std::string, std::size_t> notes;
  for (const Summary& s : summaries) {
    const bool any =
        std::any_of(s.findings.begin(), s.findings.end(), [](const HostingFinding& f) { return f.verdict == "no"; });
    if (any) notes.emplace(s.architecture, notes.size() + 1);
  }
  return notes;
}

std::string hosting_text(std::span<const Summary> summaries, const std::map<std::string, std::size_t>& notes) {
  std::string text;
  for (const Summary& s : summaries) {
    const auto note = notes.find(s.architecture);
    if (note == notes.end()) continue;
    for (const HostingFinding& f : s.findings) {
      if (f.verdict != "no") continue;
      const std::string cure = f.nearest.empty() ? "" : "; nearest: " + f.nearest;
      text += wrapped(fmt::format("[{}] {}: {}{}", note->second, f.subject, f.why, cure), 4);
    }
  }
  return text;
}

/// Warnings do not change whether it can be hosted: one line, and `check` has the rest.
std::string warnings_text(std::span<const Summary> summaries) {
  std::vector<std::string> subjects;
  for (const Summary& s : summaries)
    for (const HostingFinding& f : s.findings)
      if (f.verdict == "warning" && std::find(subjects.begin(), subjects.end(), f.subject) == subjects.end())
        subjects.push_back(f.subject);
  if (subjects.empty()) return {};
  std::string text = "Warnings, explained by `berth check`: ";
  for (std::size_t i = 0; i < subjects.size(); ++i) text += (i == 0 ? "" : ", ") + subjects[i];
  return wrapped(text + ".", 2);
}

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

void put_deployment_rows(TableText& t, std::span<const Summary> summaries) {
  std::vector<std::pair<std::string, std::int64_t>> named;
  for (const Summary& s : summaries)
    for (const DeploymentFigure& d : s.deployments)
      if (std::find(named.begin(), named.end(), std::pair(d.service, d.revision)) == named.end())
        named.emplace_back(d.service, d.revision);
  constexpr std::size_t kMost = 4;
  for (std::size_t i = 0; i < std::min(named.size(), kMost); ++i) {
    const auto [service, revision] = named[i];
    t.row(shortened(fmt::format("  roll-out {} r{}", service, revision), kLabelWidth), [&](const Summary& s) {
      for (const DeploymentFigure& d : s.deployments)
        if (d.service == service && d.revision == revision)
          return d.duration_s && d.outcome == "completed" ? time_text(*d.duration_s) : d.outcome;
      return std::string("-");
    });
  }
  if (named.size() > kMost) t.section(fmt::format("  and {} more in deployments.csv", named.size() - kMost));
}

void put_capacity_rows(TableText& t) {
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

void put_cost_rows(TableText& t, std::span<const Summary> summaries) {
  std::vector<std::string> items;
  for (const char* item :
       {"compute", "storage", "control plane", "load balancer", "network", "internet egress", "other"})
    for (const Summary& s : summaries)
      if (std::any_of(s.costs.begin(), s.costs.end(), [&](const CostFigure& c) { return c.item == item; })) {
        items.emplace_back(item);
        break;
      }
  const auto money = [](double v) { return cents(Usd{static_cast<__int128>(std::llround(v * 1e6)) * 10'000}); };
  t.section("Cost in USD a day");
  for (const std::string& item : items)
    t.row(
        "  " + item,
        [&](const Summary& s) -> std::optional<double> {
          const auto found =
              std::find_if(s.costs.begin(), s.costs.end(), [&](const CostFigure& c) { return c.item == item; });
          return found == s.costs.end() ? 0 : as_double(found->day);
        },
        money);
  t.row(
      "total a day", [](const Summary& s) -> std::optional<double> { return as_double(s.day); }, money);
  t.row(
      "total a month", [](const Summary& s) -> std::optional<double> { return as_double(s.month); }, money);
  const bool other_length = std::any_of(summaries.begin(), summaries.end(),
                                        [](const Summary& s) { return s.hosted && s.duration_s != 86'400; });
  if (!other_length) return;
  t.row(
      "total of the run", [](const Summary& s) -> std::optional<double> { return as_double(s.run); }, money);
}

/// Equal assumptions once, by subject in order of appearance.
std::string assumptions_text(std::span<const Summary> summaries) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_subject;
  std::size_t all = 0;
  for (const Summary& s : summaries)
    for (const Assumption& a : s.assumptions) {
      auto at = std::find_if(by_subject.begin(), by_subject.end(), [&](const auto& g) { return g.first == a.subject; });
      if (at == by_subject.end()) at = by_subject.insert(by_subject.end(), {a.subject, {}});
      if (std::find(at->second.begin(), at->second.end(), a.assumed) != at->second.end()) continue;
      at->second.push_back(a.assumed);
      ++all;
    }
  constexpr std::size_t kMost = 14;
  std::string text = fmt::format("Assumed ({} in all: assumptions.csv says why and how to change it):\n", all);
  for (std::size_t i = 0; i < std::min(by_subject.size(), kMost); ++i) {
    const auto& [subject, assumed] = by_subject[i];
    const std::string more = assumed.size() > 1 ? fmt::format(" (+{})", assumed.size() - 1) : "";
    text +=
        "  " + shortened(fmt::format("{}: {}", subject, assumed.front()), kTableWidth - 2 - more.size()) + more + "\n";
  }
  if (by_subject.size() > kMost) text += fmt::format("  and {} more subjects\n", by_subject.size() - kMost);
  return text;
}

std::string equal_text(const std::vector<std::string>& rows) {
  if (rows.empty()) return {};
  std::string text = fmt::format(
      "No difference seen (within {:.0f} %; request latencies {:.0f} %; one run each, so no interval): ", kSame * 100,
      kSameLatency * 100);
  for (std::size_t i = 0; i < rows.size(); ++i) text += (i == 0 ? "" : ", ") + rows[i];
  return wrapped(text + ".", 2);
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
  put_capacity_rows(t);
  put_request_rows(t);
  put_cost_rows(t, summaries);

  std::string text = t.text() + "\n" + hosting_text(summaries, notes) + warnings_text(summaries);
  text += equal_text(t.equal_rows());
  text += assumptions_text(summaries);
  text += wrapped(
      "Not in this bill: logs and metrics, image storage, traffic between zones, commitments and discounts, "
      "support, taxes, people's time, and all that is not in the scenario (databases, queues, caches).",
      2);
  text += "Validation: not validated yet: no architecture has been compared with measurements.\n";
  return text;
}

}  // namespace berth
