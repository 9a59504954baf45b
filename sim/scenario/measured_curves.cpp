#include "sim/scenario/measured_curves.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/catalog/csv_table.hpp"

namespace berth {
namespace {

constexpr double kPaceFrom = 0.2, kPaceTo = 0.8;  // of all: start and tail are left out of the pace
constexpr double kStartIsOver = 0.03;             // of all: that many run when the first starts are through

void check_points(const Field& where, const Curve& points) {
  if (points.size() < 2) where.fail("two measured points or more", fmt::format("{}", points.size()), "add some");
  for (std::size_t i = 1; i < points.size(); ++i)
    if (points[i].first <= points[i - 1].first)
      where.fail("points in order of time", fmt::format("{:g} s after {:g} s", points[i].first, points[i - 1].first),
                 "sort them");
}

/// {"100": "51 s"}: the moment at which each count was reached.
Curve points_reached(const Field& reached) {
  Curve points;
  for (const Field& point : reached.members()) {
    char* end = nullptr;
    const double count = std::strtod(point.key().c_str(), &end);
    if (end == point.key().c_str() || *end != '\0' || !std::isfinite(count) || count < 0)
      point.fail("a number of replicas as the key", point.key(), "write such as \"500\": \"81 s\"");
    points.emplace_back(seconds(point.duration()), count);
  }
  check_points(reached, points);
  return points;
}

Curve points_of_table(const Field& table, const std::string& folder) {
  const CsvTable csv = CsvTable::load(folder + "/" + table.at("file").text());
  const std::string time = table.at("time").text(), count = table.at("count").text();
  const double unit_s = seconds(table.at("unit").duration());
  Curve points;
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    const auto t = csv.number(row, time), n = csv.number(row, count);
    if (t && n) points.emplace_back(*t * unit_s, *n);
  }
  check_points(table, points);
  return points;
}

Curve measured_points(const Field& curve, const std::string& folder) {
  if (const auto reached = curve.find("reached")) return points_reached(*reached);
  return points_of_table(curve.at("table"), folder);
}

/// The one whose replicas are counted; empty: all of them.
std::string service_of(const Field& description) {
  return description.has("service") ? description.at("service").text() : "";
}

/// A point for each change: a start makes a step at its very moment.
Curve running(const SimulatedResults& simulated, const std::string& service, double begin_s) {
  Curve points;
  double count = 0;
  for (const auto& [t_s, change] : simulated.changes_of_running(service)) {
    count += change;
    if (!points.empty() && points.back().first == t_s - begin_s) {
      points.back().second = count;
    } else {
      points.emplace_back(t_s - begin_s, count);
    }
  }
  return points;
}

double pace(const Curve& curve, double all) {
  const double took = reaches(curve, kPaceTo * all) - reaches(curve, kPaceFrom * all);
  return std::isfinite(took) ? (kPaceTo - kPaceFrom) * all / took : 0;
}

Compared point_line(const std::string& name, double count, const ComparedCurve& curve, double within) {
  Compared line;
  line.name = name;
  line.measured_s = line.stated_low_s = line.stated_high_s = reaches(curve.measured, count);
  line.simulated_s = reaches(curve.simulated, count);
  line.low_s = line.measured_s * (1 - within);
  line.high_s = line.measured_s * (1 + within);
  line.source = curve.source;
  return line;
}

void compare_points(const Field& description, double all, ComparedCurve& curve) {
  for (const Field& count : description.at("shown").items()) {
    const double n = count.number();
    curve.points.push_back(point_line(fmt::format("{:g}", n), n, curve, 0));
    curve.points.back().counts = false;
    if (std::isinf(curve.points.back().measured_s)) count.fail("a count that was measured", count.shown(), "remove it");
  }
  for (const Field& judged : description.at("judged").items()) {
    const double share = judged.at("reached").percent();
    const double count = std::ceil(share / 100 * all - 1e-9);
    const Compared line =
        point_line(fmt::format("{:g} ({:g} %)", count, share), count, curve, judged.at("within").percent() / 100);
    if (std::isinf(line.measured_s))
      judged.at("reached").fail("a share that was measured", judged.at("reached").shown(), "judge a smaller one");
    const double until_start = reaches(curve.simulated, curve.first) - reaches(curve.measured, curve.first);
    curve.misses.push_back({line.name, until_start, line.simulated_s - line.measured_s - until_start});
    curve.points.push_back(line);
    if (const auto only = description.find("for_comparison")) curve.points.back().counts = !only->truth();
  }
}

/// The medians say where a start spends its time, the p90 what the tail is of.
void add_steps(const Field& description, const SimulatedResults& simulated, ComparedCurve& curve) {
  const std::string service = service_of(description);
  struct Step {
    const char *name, *from, *to;
  };
  for (const Step& step :
       {Step{"wait for a place", "decided_s", "placed_s"}, Step{"interface and machine", "placed_s", "pull_started_s"},
        Step{"image pull", "pull_started_s", "pulled_s"}, Step{"container start", "pulled_s", "started_s"}}) {
    const Samples samples = simulated.replicas_of(service, step.from, step.to);
    if (!samples.empty()) curve.steps.push_back({step.name, quantile_of(samples, 0.5), quantile_of(samples, 0.9)});
  }
  if (!description.has("pool")) return;
  for (const Step& step : {Step{"node: launch and boot", "requested_s", "booted_s"},
                           Step{"node: join", "booted_s", "joined_s"}, Step{"node: ready", "joined_s", "ready_s"}}) {
    const Samples samples = simulated.nodes_of(description.at("pool").text(), step.from, step.to);
    if (!samples.empty()) curve.steps.push_back({step.name, quantile_of(samples, 0.5), quantile_of(samples, 0.9)});
  }
}

void add_limits(const Field& description, const Quotas& quotas, ComparedCurve& curve) {
  for (const Field& held : description.at("held_by").members()) {
    const auto value = quotas.find(held.key());
    if (value == quotas.end()) continue;
    const double times = static_cast<double>(held.has("times") ? held.at("times").whole(1) : 1);
    curve.limits.push_back({held.key(), value->second * times / seconds(held.at("per").duration())});
  }
}

}  // namespace

std::vector<std::string> quotas_of_curve(const Field& curve) {
  std::vector<std::string> names;
  for (const Field& held : curve.at("held_by").members()) names.push_back(held.key());
  return names;
}

ComparedCurve compare_curve(const Field& description, const std::string& folder, const SimulatedResults& simulated,
                            const Quotas& quotas) {
  ComparedCurve curve;
  curve.name = description.key();
  if (curve.name.find(',') != std::string::npos)
    description.fail("a name without a comma, for curves.csv", curve.name, "leave it out");
  curve.source = description.at("source").text();
  curve.clock = description.at("clock").text();
  curve.measured = measured_points(description, folder);
  curve.simulated = running(simulated, service_of(description), seconds(description.at("begins").duration()));
  if (curve.simulated.empty()) description.fail("replicas that ran in the simulation", "none", "see its scenario");
  if (const auto period = description.find("maximum_of"))
    curve.simulated = maxima(curve.simulated, seconds(period->duration()));
  const double all = description.at("all").number(1);
  curve.first = std::round(kStartIsOver * all);
  curve.measured_per_s = pace(curve.measured, all);
  curve.simulated_per_s = pace(curve.simulated, all);
  compare_points(description, all, curve);
  add_steps(description, simulated, curve);
  add_limits(description, quotas, curve);
  curve.waiting_for = simulated.shares_of_waiting();
  return curve;
}

}  // namespace berth
