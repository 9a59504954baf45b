#include "sim/scenario/measured_starts.hpp"

#include <algorithm>

#include "sim/catalog/csv_table.hpp"

namespace berth {
namespace {

struct MeasuredPhase {
  std::string name, short_name, column, from, to;
};

struct Timeline {
  std::string name, part;
  std::vector<std::optional<double>> seconds;  // by phase
};

std::vector<MeasuredPhase> phases_of(const Field& root) {
  std::vector<MeasuredPhase> phases;
  for (const Field& phase : root.at("phases").members())
    phases.push_back({phase.key(), phase.at("short").text(), phase.at("column").text(), phase.at("from").text(),
                      phase.at("to").text()});
  return phases;
}

std::vector<Timeline> timelines_of(const std::string& path, const std::vector<MeasuredPhase>& phases) {
  const CsvTable table = CsvTable::load(path);
  std::vector<Timeline> timelines;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string_view part = table.text(row, "use");
    if (part != "calibration" && part != "held_out") continue;
    Timeline timeline{std::string(table.text(row, "case")), std::string(part), {}};
    for (const MeasuredPhase& phase : phases) timeline.seconds.push_back(table.number(row, phase.column));
    timelines.push_back(std::move(timeline));
  }
  return timelines;
}

struct Tolerance {
  double p50, p90;    // shares
  std::size_t least;  // measurements that are enough to hold anybody to
};

/// The quantile over the records of a part beside the quantile over all simulated starts of their cases: every record
/// weighs the same, because every case starts equally often.
Compared compare_quantile(const std::string& name, const std::vector<const Timeline*>& records, std::size_t phase,
                          const MeasuredPhase& what, const SimulatedResults& simulated, double p) {
  Samples measured, ours;
  for (const Timeline* record : records) {
    if (!record->seconds[phase]) continue;
    measured.push_back(*record->seconds[phase]);
    const Samples starts = simulated.replicas_of(record->name, what.from, what.to);
    ours.insert(ours.end(), starts.begin(), starts.end());
  }
  Compared line;
  line.name = name;
  line.measured_n = measured.size();
  line.simulated_n = ours.size();
  line.measured_s = measured.empty() ? 0 : quantile_of(measured, p);
  line.simulated_s = ours.empty() ? 0 : quantile_of(ours, p);
  return line;
}

std::vector<Compared> compare_phases(const std::vector<MeasuredPhase>& phases, const std::vector<Timeline>& timelines,
                                     const Tolerance& tolerance, const SimulatedResults& simulated,
                                     const std::string& source) {
  std::vector<Compared> lines;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    for (const char* part : {"all", "calibration", "held_out"}) {
      std::vector<const Timeline*> records;
      for (const Timeline& t : timelines)
        if (std::string_view(part) == "all" || t.part == part) records.push_back(&t);
      for (const bool median : {true, false}) {
        Compared line = compare_quantile(phases[i].name + (median ? ", p50" : ", p90"), records, i, phases[i],
                                         simulated, median ? 0.5 : 0.9);
        const double share = median ? tolerance.p50 : tolerance.p90;
        line.part = part;
        line.low_s = line.measured_s * (1 - share);
        line.high_s = line.measured_s * (1 + share);
        line.counts = std::string_view(part) == "all" && line.measured_n >= tolerance.least;
        line.source = source;
        lines.push_back(std::move(line));
      }
    }
  }
  return lines;
}

/// Cases in order of the file, each once.
std::vector<ComparedCase> compare_cases(const std::vector<MeasuredPhase>& phases,
                                        const std::vector<Timeline>& timelines, const SimulatedResults& simulated) {
  std::vector<ComparedCase> cases;
  for (const Timeline& t : timelines) {
    const bool known = std::any_of(cases.begin(), cases.end(),
                                   [&](const ComparedCase& c) { return c.name == t.name && c.part == t.part; });
    if (known) continue;
    ComparedCase line{t.name, t.part, {}, {}};
    for (std::size_t i = 0; i < phases.size(); ++i) {
      Samples measured;
      for (const Timeline& same : timelines)
        if (same.name == t.name && same.part == t.part && same.seconds[i]) measured.push_back(*same.seconds[i]);
      const Samples ours = simulated.replicas_of(t.name, phases[i].from, phases[i].to);
      line.measured_s.push_back(measured.empty() ? std::nullopt : std::optional(quantile_of(measured, 0.5)));
      line.simulated_s.push_back(ours.empty() ? std::nullopt : std::optional(quantile_of(ours, 0.5)));
    }
    cases.push_back(std::move(line));
  }
  return cases;
}

}  // namespace

void compare_starts(const Field& description, const std::string& folder, const SimulatedResults& simulated,
                    ValidationReport& report) {
  const std::vector<MeasuredPhase> phases = phases_of(description);
  const Field records = description.at("timelines");
  const std::vector<Timeline> timelines = timelines_of(folder + "/" + records.at("file").text(), phases);
  const Field limits = description.at("tolerance");
  const Tolerance tolerance{limits.at("p50").percent() / 100, limits.at("p90").percent() / 100,
                            static_cast<std::size_t>(limits.at("least").whole())};
  for (const MeasuredPhase& phase : phases) report.phases.push_back(phase.short_name);
  report.quantiles = compare_phases(phases, timelines, tolerance, simulated, records.at("source").text());
  report.cases = compare_cases(phases, timelines, simulated);
}

}  // namespace berth
