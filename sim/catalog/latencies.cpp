// Latency models by name: how long the steps take that nobody controls.
#include <algorithm>
#include <cmath>

#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

double micros(const Field& field) { return static_cast<double>(field.duration().count()); }

Quantiles lognormal_of(const Field& by) {
  const double p50 = micros(by.at("p50"));
  const bool by_p90 = by.has("p90");
  const double high = micros(by.at(by_p90 ? "p90" : "p99"));
  if (p50 <= 0 || high < p50) by.fail("0 < p50 <= p90 or p99", by.at("p50").shown(), "correct the quantiles");
  // Normal quantiles z(0.90) and z(0.99): ln(p99/p50) : ln(p90/p50) = z99 : z90.
  constexpr double z90 = 1.2815515655446004;
  constexpr double z99 = 2.3263478740408408;
  const Quantiles whole = Quantiles::lognormal(p50, by_p90 ? p50 * std::exp(std::log(high / p50) * (z99 / z90)) : high);
  if (!by.has("most")) return whole;
  if (micros(by.at("most")) < p50) by.fail("most >= p50", by.at("most").shown(), "raise it");
  return whole.at_most(micros(by.at("most")));
}

Quantiles empirical_of(const Field& list) {
  std::vector<double> samples;
  for (const Field& item : list.items()) samples.push_back(micros(item));
  if (samples.empty()) list.fail("at least one sample", "none", "list the measured durations");
  return Quantiles::empirical(samples);
}

/// Which measurements the row was fitted to: what is left of them can test it.
std::string calibration_set(const Field& row) {
  if (!row.has("set"))
    row.fail("a row with its calibration set", "no `set`", "name the measurements that it was fitted to, or \"none\"");
  return row.at("set").text();
}

Latency read_latency(const std::string& name, const Row& row) {
  Latency latency{name, {}, {}, row.source, calibration_set(row.field), {}};
  if (const auto families = row.field.find("families"))
    for (const Field& family : families->items()) latency.families.push_back(family.text());
  if (const auto by = row.field.find("lognormal")) {
    latency.microseconds = lognormal_of(*by);
    latency.distribution = "lognormal";
    for (const Field& part : by->members()) latency.distribution += ", " + part.key() + " " + part.text();
  } else if (const auto between = row.field.find("uniform")) {
    const Field low = between->at("low"), high = between->at("high");
    if (low.duration() > high.duration()) between->fail("low <= high", low.shown(), "swap them");
    latency.microseconds = Quantiles::uniform(micros(low), micros(high));
    latency.distribution = "uniform, " + low.text() + " to " + high.text();
  } else if (const auto samples = row.field.find("empirical")) {
    latency.microseconds = empirical_of(*samples);
    latency.distribution = "empirical, " + std::to_string(samples->items().size()) + " samples";
  } else {
    latency.microseconds = Quantiles::constant(micros(row.field.at("constant")));
    latency.distribution = "constant, " + row.field.at("constant").text();
  }
  return latency;
}

}  // namespace

std::vector<Latency> read_latencies(const std::string& folder, const CatalogKey& key) {
  const ModelFile file(folder, "latencies.json");
  std::vector<Latency> latencies;
  for (const Field& entry : file.field.at("latencies").members()) {
    const Row row =
        row_required(entry, key.date, {"lognormal", "uniform", "empirical", "constant", "absent", "set", "families"});
    if (!row.field.has("absent") || !row.field.at("absent").truth())
      latencies.push_back(read_latency(entry.key(), row));
  }
  std::sort(latencies.begin(), latencies.end(), [](const Latency& a, const Latency& b) { return a.name < b.name; });
  return latencies;
}

}  // namespace berth
