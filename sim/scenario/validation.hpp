// Simulated starts, scale-outs and roll-outs beside measured ones: what is compared is data (models/validation), each
// figure with its source.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/observe/curve.hpp"

namespace berth {

/// One line of a validation. The simulated figure is right when it lies in [low, high]; infinite: it never happened.
struct Compared {
  std::string name;
  std::string part;  ///< "calibration", "held out", "all"; empty of single figures
  std::size_t measured_n = 0, simulated_n = 0;
  double measured_s = 0, simulated_s = 0, low_s = 0, high_s = 0;
  double stated_low_s = 0, stated_high_s = 0;  ///< the range as it was measured, without what is allowed beyond it
  bool range = false;                          ///< a range was measured, no single figure
  bool counts = true;                          ///< false: a part, or too few measurements, for comparison only
  std::string source;

  bool right() const { return low_s <= simulated_s && simulated_s <= high_s; }
};

/// A case of the timelines, phase by phase: where a miss comes from.
struct ComparedCase {
  std::string name, part;
  std::vector<std::optional<double>> measured_s, simulated_s;  ///< by phase; the mean of several records, the median
};

struct Order {
  std::string name;
  bool right = false;
};

/// What could hold a scale-out back: so many replicas a second.
struct PaceLimit {
  std::string quota;
  double per_s = 0;
};

/// A judged point's miss in two parts: until the first replicas run (starting one), and from there on (the pace).
struct MissParts {
  std::string point;
  double start_s = 0, pace_s = 0;
};

/// A step of the simulated starts.
struct StepTime {
  std::string name;
  double p50_s = 0, p90_s = 0;
};

/// The number of running replicas over time.
struct ComparedCurve {
  std::string name, source, clock;  ///< clock: what its second 0 is
  Curve measured, simulated;
  std::vector<Compared> points;                    ///< when it has so many
  double measured_per_s = 0, simulated_per_s = 0;  ///< between a fifth and four fifths of all
  std::vector<PaceLimit> limits;
  double first = 0;  ///< replicas that run when the start is over and the pace begins
  std::vector<MissParts> misses;
  std::vector<StepTime> steps;                ///< of the simulated starts
  std::map<std::string, double> waiting_for;  ///< what the simulated ones waited for before their place, shares
};

struct ValidationReport {
  std::vector<std::string> phases;  ///< short names
  std::vector<Compared> quantiles;  ///< of phases, median then p90, for each part
  std::vector<ComparedCurve> curves;
  std::vector<Compared> figures;
  std::vector<Order> orders;
  std::vector<ComparedCase> cases;

  bool right() const;
  /// All its lines that may count.
  std::vector<const Compared*> lines() const;
};

/// One simulation of a measured set-up.
struct ValidationRun {
  std::string name;          ///< the folder of its results
  std::string scenario;      ///< the scenario file that stands for the set-up
  std::string architecture;  ///< … on this architecture
  std::string variant;       ///< of the scenario; empty: as written
};

struct Validation {
  std::string file;  ///< models/validation/NAME.json
  std::vector<ValidationRun> runs;
  std::vector<std::string> quotas;  ///< that its curves are held to
};

/// Quotas by run, then by name, as they held there.
using RunQuotas = std::map<std::string, std::map<std::string, double, std::less<>>>;

/// The validations that models/ has, sorted: "ecs", "startup".
std::vector<std::string> validation_names(const std::string& models);
/// InputError when there is none of that name or it is malformed.
Validation read_validation(const std::string& models, const std::string& name);
/// Compares the results of its runs: `results` has a folder for each.
ValidationReport compare_with_measurements(const Validation& validation, const std::string& results,
                                           const RunQuotas& quotas = {});
/// The curves as rows t_s, curve, measured, simulated: where it was measured, and in even steps.
std::string curves_csv(const ValidationReport& report);

}  // namespace berth
