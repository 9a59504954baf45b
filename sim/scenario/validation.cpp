// Reading what was measured, reading what was simulated, and holding the second to the first.
#include "sim/scenario/validation.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "sim/base/field.hpp"
#include "sim/base/value.hpp"
#include "sim/catalog/csv_table.hpp"

namespace berth {
namespace {

using Samples = std::vector<double>;

/// Linear between the two nearest ranks, as the measured quantiles were taken.
double quantile_of(Samples samples, double p) {
  std::sort(samples.begin(), samples.end());
  const double rank = p * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (rank - static_cast<double>(below)) * (samples[above] - samples[below]);
}

struct MeasuredPhase {
  std::string name, short_name, column, from, to;
};

struct Timeline {
  std::string name, part;
  std::vector<std::optional<double>> seconds;  // by phase
};

/// A result file and the times between two of its moments, by the entity that a column names.
class Simulated {
 public:
  explicit Simulated(const std::string& folder)
      : replicas_(CsvTable::load(folder + "/replicas.csv")), nodes_(CsvTable::load(folder + "/nodes.csv")) {}

  Samples replicas_of(const std::string& service, const std::string& from, const std::string& to) const {
    return between(replicas_, "service", service, from, to);
  }
  Samples nodes_of(const std::string& pool, const std::string& from, const std::string& to) const {
    return between(nodes_, "pool", pool, from, to);
  }

 private:
  static Samples between(const CsvTable& table, const char* column, const std::string& name, const std::string& from,
                         const std::string& to) {
    Samples samples;
    for (std::size_t row = 0; row < table.rows(); ++row) {
      if (table.text(row, column) != name || table.text(row, "initial") != "0") continue;
      const auto a = table.number(row, from), b = table.number(row, to);
      if (a && b) samples.push_back(*b - *a);
    }
    return samples;
  }

  CsvTable replicas_, nodes_;
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
                          const MeasuredPhase& what, const Simulated& simulated, double p) {
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
                                     const Tolerance& tolerance, const Simulated& simulated,
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

Compared compare_figure(const Field& figure, const std::map<std::string, Simulated>& runs) {
  const Field run = figure.at("run");
  if (runs.count(run.text()) == 0) run.fail("one of /runs", run.shown(), "name one of them");
  const Simulated& simulated = runs.at(run.text());
  Compared line;
  line.name = figure.key();
  const std::string from = figure.at("from").text(), to = figure.at("to").text();
  const Samples samples = figure.at("rows").one_of({"replicas", "nodes"}) == "nodes"
                              ? simulated.nodes_of(figure.at("pool").text(), from, to)
                              : simulated.replicas_of(figure.at("service").text(), from, to);
  if (samples.empty()) figure.fail("a service or pool that started in the simulation", "none", "see its scenario");
  line.simulated_n = samples.size();
  line.simulated_s = quantile_of(samples, 0.5);
  line.source = figure.at("source").text();
  if (const auto measured = figure.find("measured")) {
    const double share = figure.at("within").percent() / 100;
    line.measured_s = seconds(measured->duration());
    line.low_s = line.measured_s * (1 - share);
    line.high_s = line.measured_s * (1 + share);
  } else {
    line.low_s = seconds(figure.at("low").duration());
    line.high_s = seconds(figure.at("high").duration());
    line.range = true;
  }
  if (const auto only = figure.find("for_comparison")) line.counts = !only->truth();
  return line;
}

/// Each figure below the next.
Order compare_order(const Field& order, const std::vector<Compared>& figures) {
  Order result{order.key(), true};
  double last = 0;
  for (const Field& name : order.items()) {
    const auto figure =
        std::find_if(figures.begin(), figures.end(), [&](const Compared& f) { return f.name == name.text(); });
    if (figure == figures.end()) name.fail("the name of a figure", name.shown(), "name one of /figures");
    result.right = result.right && last < figure->simulated_s;
    last = figure->simulated_s;
  }
  return result;
}

/// Cases in order of the file, each once.
std::vector<ComparedCase> compare_cases(const std::vector<MeasuredPhase>& phases,
                                        const std::vector<Timeline>& timelines, const Simulated& simulated) {
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

std::string folder_of(const std::string& file) { return std::filesystem::path(file).parent_path().string(); }

}  // namespace

bool ValidationReport::right() const {
  const auto fine = [](const Compared& line) { return !line.counts || line.right(); };
  return std::all_of(quantiles.begin(), quantiles.end(), fine) && std::all_of(figures.begin(), figures.end(), fine) &&
         std::all_of(orders.begin(), orders.end(), [](const Order& o) { return o.right; });
}

std::vector<std::string> validation_names(const std::string& models) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& file : std::filesystem::directory_iterator(models + "/validation", missing)) {
    const std::string name = file.path().filename().string();
    const std::string stem = file.path().stem().string();
    if (file.path().extension() == ".json" && stem.find('.') == std::string::npos) names.push_back(stem);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Validation read_validation(const std::string& models, const std::string& name) {
  const std::vector<std::string> known = validation_names(models);
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw InputError({"", "validate", fmt::format("one of {}", fmt::join(known, ", ")), name, "choose one of those"});
  const std::string file = models + "/validation/" + name + ".json";
  const Value root = load_json(file);
  const Field field(root, file);
  Validation validation{file, folder_of(file) + "/" + field.at("scenario").text(), field.at("architecture").text(), {}};
  for (const Field& run : field.at("runs").members())
    validation.runs.push_back({run.key(), run.has("variant") ? run.at("variant").text() : ""});
  return validation;
}

ValidationReport compare_with_measurements(const Validation& validation, const std::string& results) {
  const Value root = load_json(validation.file);
  const Field field(root, validation.file);
  const std::vector<MeasuredPhase> phases = phases_of(field);
  const Field records = field.at("timelines");
  const std::vector<Timeline> timelines =
      timelines_of(folder_of(validation.file) + "/" + records.at("file").text(), phases);
  const Field limits = field.at("tolerance");
  const Tolerance tolerance{limits.at("p50").percent() / 100, limits.at("p90").percent() / 100,
                            static_cast<std::size_t>(limits.at("least").whole())};
  std::map<std::string, Simulated> runs;
  for (const ValidationRun& run : validation.runs) runs.emplace(run.name, results + "/" + run.name);
  const Simulated& simulated = runs.at(validation.runs.front().name);  // the timelines are held to the first

  ValidationReport report;
  for (const MeasuredPhase& phase : phases) report.phases.push_back(phase.short_name);
  report.quantiles = compare_phases(phases, timelines, tolerance, simulated, records.at("source").text());
  for (const Field& figure : field.at("figures").members()) report.figures.push_back(compare_figure(figure, runs));
  for (const Field& order : field.at("orders").members()) report.orders.push_back(compare_order(order, report.figures));
  report.cases = compare_cases(phases, timelines, simulated);
  return report;
}

}  // namespace berth
