// Simulated starts beside measured ones: what is compared is data (models/validation), each figure with its source.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace berth {

/// One line of a validation. The simulated figure is right when it lies in [low, high].
struct Compared {
  std::string name;
  std::string part;  ///< "calibration", "held out", "all"; empty of single figures
  std::size_t measured_n = 0, simulated_n = 0;
  double measured_s = 0, simulated_s = 0, low_s = 0, high_s = 0;
  bool range = false;  ///< a range was measured, no single figure
  bool counts = true;  ///< false: a part, or too few measurements, for comparison only
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

struct ValidationReport {
  std::vector<std::string> phases;  ///< short names
  std::vector<Compared> quantiles;  ///< of phases, median then p90, for each part
  std::vector<Compared> figures;
  std::vector<Order> orders;
  std::vector<ComparedCase> cases;

  bool right() const;
};

/// One simulation of the measured set-up.
struct ValidationRun {
  std::string name;     ///< the folder of its results
  std::string variant;  ///< of the scenario; empty: as written
};

struct Validation {
  std::string file;          ///< models/validation/NAME.json
  std::string scenario;      ///< the scenario file that stands for the measured set-up
  std::string architecture;  ///< … on this architecture
  std::vector<ValidationRun> runs;
};

/// The validations that models/ has, sorted: "startup".
std::vector<std::string> validation_names(const std::string& models);
/// InputError when there is none of that name or it is malformed.
Validation read_validation(const std::string& models, const std::string& name);
/// Compares the results of its runs: `results` has a folder for each, with replicas.csv and nodes.csv.
ValidationReport compare_with_measurements(const Validation& validation, const std::string& results);

}  // namespace berth
