// Reading what a validation compares, and the order in which it does.
#include "sim/scenario/validation.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/field.hpp"
#include "sim/base/value.hpp"
#include "sim/observe/curve.hpp"
#include "sim/scenario/measured_curves.hpp"
#include "sim/scenario/measured_figures.hpp"
#include "sim/scenario/measured_starts.hpp"

namespace berth {
namespace {

std::string folder_of(const std::string& file) { return std::filesystem::path(file).parent_path().string(); }

/// Of a run, else of the whole validation.
std::string own_or_shared(const Field& run, const Field& whole, const char* key) {
  return run.has(key) ? run.at(key).text() : whole.at(key).text();
}

std::vector<Field> members_of(const Field& description, const char* key) {
  const auto found = description.find(key);
  return found ? found->members() : std::vector<Field>{};
}

/// Even steps of about this many to a curve, so that it can be drawn.
constexpr double kDrawnSteps = 240;

}  // namespace

std::vector<const Compared*> ValidationReport::lines() const {
  std::vector<const Compared*> all;
  for (const Compared& line : quantiles) all.push_back(&line);
  for (const ComparedCurve& curve : curves)
    for (const Compared& line : curve.points) all.push_back(&line);
  for (const Compared& line : figures) all.push_back(&line);
  return all;
}

bool ValidationReport::right() const {
  const std::vector<const Compared*> all = lines();
  return std::all_of(all.begin(), all.end(), [](const Compared* line) { return !line->counts || line->right(); }) &&
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
  Validation validation{file, {}, {}};
  for (const Field& run : field.at("runs").members())
    validation.runs.push_back({run.key(), folder_of(file) + "/" + own_or_shared(run, field, "scenario"),
                               own_or_shared(run, field, "architecture"),
                               run.has("variant") ? run.at("variant").text() : ""});
  for (const Field& curve : members_of(field, "curves"))
    for (const std::string& quota : quotas_of_curve(curve)) validation.quotas.push_back(quota);
  return validation;
}

ValidationReport compare_with_measurements(const Validation& validation, const std::string& results,
                                           const RunQuotas& quotas) {
  const Value root = load_json(validation.file);
  const Field field(root, validation.file);
  const std::string folder = folder_of(validation.file);
  SimulatedRuns runs;
  for (const ValidationRun& run : validation.runs) runs.emplace(run.name, results + "/" + run.name);

  ValidationReport report;
  // The timelines are held to the first run.
  if (field.has("timelines")) compare_starts(field, folder, runs.at(validation.runs.front().name), report);
  for (const Field& curve : members_of(field, "curves")) {
    const auto held = quotas.find(curve.at("run").text());
    report.curves.push_back(
        compare_curve(curve, folder, results_for(curve, runs), held == quotas.end() ? Quotas{} : held->second));
  }
  for (const Field& figure : members_of(field, "figures")) report.figures.push_back(compare_figure(figure, runs));
  for (const Field& order : members_of(field, "orders")) report.orders.push_back(compare_order(order, report.figures));
  return report;
}

std::string curves_csv(const ValidationReport& report) {
  std::string text = "t_s,curve,measured,simulated\n";
  for (const ComparedCurve& curve : report.curves) {
    const double end = std::max(curve.measured.back().first, curve.simulated.back().first);
    const double step = std::max(1.0, std::ceil(end / kDrawnSteps));
    std::vector<double> moments;
    for (double t = 0; t < end + step; t += step) moments.push_back(t);
    for (const auto& [t, count] : curve.measured) moments.push_back(t);
    std::sort(moments.begin(), moments.end());
    moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
    for (const double t : moments) {
      const auto point = std::find_if(curve.measured.begin(), curve.measured.end(),
                                      [&](const std::pair<double, double>& p) { return p.first == t; });
      const std::string measured = point == curve.measured.end() ? "" : fmt::format("{:g}", point->second);
      text += fmt::format("{:.3f},{},{},{:.0f}\n", t, curve.name, measured, count_at(curve.simulated, t));
    }
  }
  return text;
}

}  // namespace berth
