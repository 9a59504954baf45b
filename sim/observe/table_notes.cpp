#include "sim/observe/table_notes.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/observe/table_text.hpp"

namespace berth {

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

std::string stuck_text(std::span<const Summary> summaries) {
  std::string text;
  for (const Summary& s : summaries)
    for (const DeploymentFigure& d : s.deployments)
      if (!d.stuck.empty())
        text += wrapped(fmt::format("{}: the roll-out of {} r{} was stuck, most of all for {}; journal.csv has the "
                                    "service events.",
                                    s.architecture, d.service, d.revision, d.stuck),
                        2);
  return text;
}

std::string still_pending_text(std::span<const Summary> summaries) {
  std::string text;
  for (const Summary& s : summaries)
    for (const StillPending& p : s.still_pending)
      text += wrapped(fmt::format("{}: when the run ends {} of {} wait for a place, up to {} so far, for {}; `berth "
                                  "explain --pending {}` says more.",
                                  s.architecture, counted(static_cast<double>(p.replicas)), p.service,
                                  time_text(p.longest_s), p.reason, p.service),
                      2);
  return text;
}

std::string failed_upgrades_text(std::span<const Summary> summaries) {
  std::string text;
  for (const Summary& s : summaries)
    for (const FailedUpgrade& u : s.failed_upgrades)
      text += wrapped(fmt::format("{}: the upgrade of {} to {} did not come about ({}); upgrades.csv has them all.",
                                  s.architecture, u.subject, u.to, u.outcome),
                      2);
  return text;
}

std::string fluid_text(std::span<const Summary> summaries) {
  constexpr std::string_view kKnob = "/demand/fidelity";
  std::string services, assumed;
  for (const Summary& s : summaries)
    for (const Assumption& a : s.assumptions) {
      if (!a.knob.ends_with(kKnob) || (", " + services + ",").find(", " + a.subject + ",") != std::string::npos)
        continue;
      services += (services.empty() ? "" : ", ") + a.subject;
      assumed = a.assumed;
    }
  return services.empty() ? services : wrapped(fmt::format("Requests of {}: {}.", services, assumed), 2);
}

std::string short_run_text(std::span<const Summary> summaries) {
  if (std::none_of(summaries.begin(), summaries.end(), [](const Summary& s) { return s.hosted && !s.paced(); }))
    return {};
  return wrapped("A day and a month are empty: a run shorter than an hour does not tell what they cost.", 2);
}

std::string equal_text(const std::vector<std::string>& rows) {
  if (rows.empty()) return {};
  std::string text = fmt::format(
      "No difference seen (within {:.0f} %; request latencies {:.0f} %; one run each, so no interval): ", kSame * 100,
      kSameLatency * 100);
  for (std::size_t i = 0; i < rows.size(); ++i) text += (i == 0 ? "" : ", ") + rows[i];
  return wrapped(text + ".", 2);
}

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

}  // namespace berth
