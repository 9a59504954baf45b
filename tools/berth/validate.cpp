// `berth validate`: simulate a measured set-up and print what was measured beside what was simulated.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "sim/base/error.hpp"
#include "sim/observe/table_text.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/experiment.hpp"
#include "sim/scenario/validation.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

/// A folder for results that nobody asked to keep.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "berth-validate-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw RunError("cannot make a folder in " + std::filesystem::temp_directory_path().string());
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void simulate(const ValidateRequest& request, const Validation& validation, const ValidationRun& planned,
              const std::string& out) {
  LoadOptions load;
  load.file = validation.scenario;
  load.sets = request.sets;
  load.seed = request.seed;
  load.what_if = planned.variant;
  const LoadedScenario scenario = load_scenario(load);
  const Catalog catalog = Catalog::load(models_folder(), catalog_key(scenario));
  PlannedRun run;
  run.spec = build_run(scenario, validation.architecture, catalog);
  ResultFolder folder(out);
  ExperimentOptions options;
  options.show_progress = isatty(STDERR_FILENO) != 0;
  run_all({run}, catalog, load_traces(scenario), folder, options);
  folder.publish();
}

std::string verdict(const Compared& line) {
  const std::string word = line.right() ? "ok" : line.simulated_s < line.low_s ? "too short" : "too long";
  return line.counts ? word : "(" + word + ")";
}

std::string percent_off(const Compared& line) {
  if (line.measured_s <= 0) return "-";
  return fmt::format("{:+.0f} %", (line.simulated_s / line.measured_s - 1) * 100);
}

void print_quantiles(const ValidationReport& report) {
  fmt::print("{:<28} {:<12} {:>4} {:>10} {:>10} {:>8}  {}\n", "phase", "records", "n", "measured", "simulated", "off",
             "");
  for (const Compared& line : report.quantiles)
    fmt::print("{:<28} {:<12} {:>4} {:>8.1f} s {:>8.1f} s {:>8}  {}\n", line.name, line.part, line.measured_n,
               line.measured_s, line.simulated_s, percent_off(line), verdict(line));
  fmt::print("(in brackets: a half, or too few records; for comparison only)\n");
}

void print_figures(const ValidationReport& report) {
  fmt::print("\n{:<48} {:>16} {:>11} {:>8}\n", "single figures (median of the simulated starts)", "measured",
             "simulated", "off");
  for (const Compared& line : report.figures) {
    const std::string measured =
        line.range ? fmt::format("{:g} to {:g} s", line.low_s, line.high_s) : fmt::format("{:.1f} s", line.measured_s);
    fmt::print("{:<48} {:>16} {:>9.1f} s {:>8}  {}\n", line.name, measured, line.simulated_s, percent_off(line),
               verdict(line));
    fmt::print("    {}", wrapped(line.source, 4, kTableWidth - 4));
  }
  for (const Order& order : report.orders)
    fmt::print("{:<86}  {}\n", order.name, order.right ? "ok" : "not in this order");
}

std::string cell(const std::optional<double>& seconds) { return seconds ? fmt::format("{:.1f}", *seconds) : "-"; }

/// Where a miss comes from: each case, measured / simulated.
void print_cases(const ValidationReport& report) {
  fmt::print("\n{:<28}", "measured / simulated s (*)");
  for (const std::string& phase : report.phases) fmt::print(" {:>13}", phase);
  fmt::print("\n");
  for (const ComparedCase& c : report.cases) {
    fmt::print("{:<28}", c.part == "held_out" ? c.name + " *" : c.name);
    for (std::size_t i = 0; i < report.phases.size(); ++i)
      fmt::print(" {:>13}", cell(c.measured_s[i]) + " / " + cell(c.simulated_s[i]));
    fmt::print("\n");
  }
}

void print_verdict(const ValidationReport& report) {
  std::size_t judged = 0, missed = 0, others = 0, others_outside = 0;
  for (const std::vector<Compared>* lines : {&report.quantiles, &report.figures})
    for (const Compared& line : *lines) {
      ++(line.counts ? judged : others);
      if (!line.right()) ++(line.counts ? missed : others_outside);
    }
  fmt::print("(* held out: not looked at when models/ was tuned)\n");
  fmt::print("\n{} of {} figures within their tolerance{}.\n", judged - missed, judged,
             report.right() ? "" : ": this validation misses");
  fmt::print("Not judged, in brackets above: {} figures of halves and of few records, {} of them outside.\n", others,
             others_outside);
}

}  // namespace

int validate_verb(const ValidateRequest& request) {
  const Validation validation = read_validation(models_folder(), request.what);
  const Scratch scratch;
  const std::string out = request.out.empty() ? scratch.path() : request.out;
  for (const ValidationRun& run : validation.runs) simulate(request, validation, run, out + "/" + run.name);
  const ValidationReport report = compare_with_measurements(validation, out);
  print_quantiles(report);
  print_figures(report);
  print_cases(report);
  print_verdict(report);
  return report.right() ? kDone : kMissed;
}

}  // namespace berth
