#include "sim/scenario/recorded.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/scenario/cores_demand.hpp"
#include "sim/scenario/load.hpp"

namespace berth {
namespace {

/// InputError unless each item is `at` the same moment as the one before, or later.
std::vector<Field> in_order_of_time(const Field& list) {
  std::vector<Field> items = list.items();
  if (items.empty()) list.fail("at least one moment", "an empty list", "add {\"at\": \"0 s\", …}");
  for (std::size_t i = 1; i < items.size(); ++i)
    if (items[i].at("at").duration() < items[i - 1].at("at").duration())
      items[i].at("at").fail("moments in order of time", items[i].at("at").shown(), "put the earlier one first");
  return items;
}

void check_counts(const Field& service, const Field& demand, const Field& counts) {
  for (const Field& key : demand.members())
    if (key.key() != "replicas")
      key.fail("nothing beside \"replicas\": a scripted count has no requests", "\"" + key.key() + "\"",
               "remove " + key.pointer());
  const auto eks = service.find("eks");
  const auto hpa = eks ? eks->find("hpa") : std::nullopt;
  const auto scale = hpa ? hpa : service.find("scale");
  if (scale)
    scale->fail("either a scripted count or a scaler, not two that set the same number", "both",
                "remove " + scale->pointer() + ", or " + counts.pointer());
  if (counts.is(Value::Kind::list)) in_order_of_time(counts);
}

/// None at all is for services that others call (call_relations.hpp).
void check_what_arrives(const Field& demand) {
  std::string found, first;
  for (const char* key : {"requests", "cores", "replicas"}) {
    if (!demand.has(key)) continue;
    if (first.empty()) first = key;
    found += (found.empty() ? "" : ", ") + std::string(key);
  }
  if (found == first) return;
  demand.fail("exactly one of requests, cores, replicas", found, fmt::format("keep \"{}\" and remove the rest", first));
}

/// A count from each reading on, the nearest whole one; only where it changes. Nobody scales between two readings.
std::vector<CountSpec> counts_of_trace(const Building& building, const Field& name) {
  const double kMost = static_cast<double>(kMostReplicas);
  const LoadSeries load = named_load(building.scenario, name.text(), building.run.seed);
  const Field written = building.scenario.at("traces").at(name.text());
  if (load.means != Meaning::gauge && !(load.means == Meaning::rate && !written.has("file")))
    name.fail("a trace of counts read at a moment", "a trace of requests",
              "write \"means\": \"gauge\" in " + written.pointer());
  std::vector<CountSpec> counts;
  for (std::size_t i = 0; i < load.values.size(); ++i) {
    if (load.values[i] > kMost)
      name.fail("at most a million replicas", fmt::format("{:.0f}", load.values[i]), "make the trace's scale smaller");
    const auto count = static_cast<std::int64_t>(std::llround(load.values[i]));
    const Duration at = static_cast<std::int64_t>(i) * load.interval - load.lead;
    if (counts.empty() || counts.back().count != count) counts.push_back({Time{std::max(Duration{0}, at)}, count});
  }
  return counts;
}

}  // namespace

void check_demand(const Field& service) {
  const auto demand = service.find("demand");
  if (!demand) return;
  check_what_arrives(*demand);
  if (const auto counts = demand->find("replicas")) return check_counts(service, *demand, *counts);
  if (demand->has("cores")) return check_cores(service, *demand);
  for (const char* key : {"service_time", "cpu_per_request"})
    if (!demand->has(key))
      demand->fail(fmt::format("the key \"{}\" of requests", key), "none", fmt::format("add \"{}\": \"5 ms\"", key));
}

void check_run_times(const Field& job) {
  const auto arrivals = job.find("arrivals");
  const auto recorded = arrivals ? arrivals->find("recorded") : std::nullopt;
  std::size_t own = 0, all = 0;
  if (recorded)
    for (const Field& arrival : in_order_of_time(*recorded)) {
      ++all;
      own += arrival.has("run_time") ? 1 : 0;
    }
  if (job.has("cpu_work") && (own > 0 || job.has("run_time")))
    job.at("cpu_work").fail("run times or CPU work, not both", "both", "remove one of them");
  if (own > 0 && (own < all || job.has("run_time")))
    job.fail("one run time for all arrivals, or each its own", "some of both",
             "give every arrival a \"run_time\" and the job none, or the other way round");
  const bool by_trace = arrivals && arrivals->has("trace");
  if (own == 0 && !by_trace && !job.has("run_time") && !job.has("cpu_work"))
    job.fail("the key \"run_time\" of a job (of one replica)", "none", "add \"run_time\": \"10 min\"");
}

std::vector<CountSpec> build_counts(const Building& building, const Field& demand) {
  std::vector<CountSpec> counts;
  const auto steps = demand.find("replicas");
  if (!steps) return counts;
  if (steps->is(Value::Kind::text)) return counts_of_trace(building, *steps);
  for (const Field& step : steps->items()) counts.push_back({Time{step.at("at").duration()}, step.at("count").whole()});
  return counts;
}

void build_recorded(const Field& recorded, JobSpec& job) {
  job.arrival = JobArrivalKind::recorded;
  for (const Field& arrival : recorded.items()) {
    job.at.push_back(Time{arrival.at("at").duration()});
    if (const auto run_time = arrival.find("run_time")) job.run_times.push_back(run_time->duration());
  }
}

}  // namespace berth
