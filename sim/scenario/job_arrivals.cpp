#include "sim/scenario/job_arrivals.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/random.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/recorded.hpp"
#include "sim/scenario/scalars.hpp"

namespace berth {
namespace {

[[noreturn]] void too_many(const Field& job, const std::string& found) {
  job.fail(fmt::format("at most {} replicas of a job in a run", kMostJobReplicas), found,
           "a shorter run, fewer arrivals, or a smaller array or count");
}

/// Exponential gaps, keyed by the job's name: another job's arrivals change nothing here.
std::vector<Time> poisson_moments(const Building& building, const Field& job, const Field& rate) {
  std::vector<Time> found;
  const double per_second = rate.per_second();
  if (per_second <= 0) return found;
  const Quantiles gap = Quantiles::exponential(1e6 / per_second);
  const Draws draws(building.run.seed, Purpose::job_arrival, name_hash(job.key()));
  Time at{};
  for (std::uint64_t n = 0;; ++n) {
    at += Duration{gap.at(draws.at(n))};
    if (at >= Time{building.run.duration}) return found;
    found.push_back(at);
    if (n == static_cast<std::uint64_t>(kMostJobReplicas)) too_many(rate, rate.shown());
  }
}

void read_trace(const Building& building, const Field& job, const Field& trace, JobSpec& spec) {
  std::size_t own = 0;
  bool several = false;
  const auto listed = job_trace(building.scenario, trace.text(), building.run.seed, job.key());
  for (const JobArrival& arrival : listed) {
    if (arrival.replicas < 1) continue;
    spec.at.push_back(Time{arrival.at});
    spec.run_times.push_back(arrival.run_time.value_or(Duration{0}));
    spec.counts.push_back(arrival.replicas);
    own += arrival.run_time ? 1 : 0;
    several = several || arrival.replicas != 1;
  }
  if (!several) spec.counts.clear();
  const bool written = job.has("run_time") || job.has("cpu_work");
  if (written || own < spec.at.size()) spec.run_times.clear();
  if (spec.at.empty()) spec.run_time.parameters = {Duration{0}};  // of none
  if (!written && own < spec.at.size())
    job.fail("the key \"run_time\" of a job (of one replica): its trace does not give one for every arrival", "none",
             "add \"run_time\": \"10 min\"");
}

/// Of the job that it arrives with: the one that it names, else the first of those that it comes after.
std::optional<Field> arrives_with(const Field& jobs, const Field& job) {
  const auto arrivals = job.find("arrivals");
  if (!arrivals) return jobs.at(job.at("after").items().front().text());
  const auto as = arrivals->find("as");
  return as ? std::optional(jobs.at(as->text())) : std::nullopt;
}

void read_moments(const Building& building, const Field& job, JobSpec& spec) {
  const Field arrivals = job.at("arrivals");
  if (auto cron = arrivals.find("cron")) {
    spec.arrival = JobArrivalKind::cron;
    spec.at = cron_moments(building, *cron);
  } else if (auto recorded = arrivals.find("recorded")) {
    build_recorded(*recorded, spec);
  } else if (auto trace = arrivals.find("trace")) {
    spec.arrival = JobArrivalKind::trace;
    read_trace(building, job, *trace, spec);
  } else {
    spec.arrival = JobArrivalKind::poisson;
    spec.at = poisson_moments(building, job, arrivals.at("poisson"));
  }
}

/// Every index, and every replica of a spread, as an arrival of its own.
void take_apart(const Field& job, Duration spread, std::int64_t parts, JobSpec& spec) {
  if (parts <= 1) return;
  if (static_cast<std::int64_t>(spec.at.size()) > kMostJobReplicas / parts)
    too_many(job, fmt::format("{} arrivals of {}", spec.at.size(), parts));
  std::vector<Time> all;
  all.reserve(spec.at.size() * static_cast<std::size_t>(parts));
  const double step = static_cast<double>(spread.count()) / static_cast<double>(parts);
  for (const Time at : spec.at)
    for (std::int64_t i = 0; i < parts; ++i)
      all.push_back(at + Duration{static_cast<std::int64_t>(step * static_cast<double>(i))});
  spec.at = std::move(all);
  spec.parts = static_cast<std::uint32_t>(parts);
}

/// Replicas of the largest arrival.
std::int64_t most_of(const JobSpec& spec) {
  return spec.counts.empty() ? spec.count : *std::max_element(spec.counts.begin(), spec.counts.end());
}

void check_total(const Field& job, const JobSpec& spec) {
  const std::int64_t most = most_of(spec);
  if (!spec.at.empty() && most > kMostJobReplicas / static_cast<std::int64_t>(spec.at.size()))
    too_many(job, fmt::format("{} arrivals of up to {}", spec.at.size(), most));
}

}  // namespace

void build_job_arrivals(const Building& building, const Field& job, JobSpec& spec) {
  const Field jobs = building.scenario.at("jobs");
  if (auto other = arrives_with(jobs, job)) {
    while (const auto next = arrives_with(jobs, *other)) other = next;  // circles have been refused
    JobSpec with;
    read_moments(building, *other, with);
    spec.arrival = JobArrivalKind::after;
    spec.at = std::move(with.at);
  } else {
    read_moments(building, job, spec);
  }
  const auto arrivals = job.find("arrivals");
  if (arrivals) spec.count = arrivals->at("count").whole();
  if (const auto gang = job.find("gang"))
    spec.count = gang->is(Value::Kind::object) ? gang->at("size").whole() : gang->whole();
  std::int64_t parts = job.has("array") ? job.at("array").whole() : 1;
  const auto spread = arrivals ? arrivals->find("spread") : std::nullopt;
  if (!spec.counts.empty() && (spread || spec.count != 1 || job.has("gang")))
    job.fail("neither count, spread nor gang beside a trace that says how many replicas each arrival has",
             "one of them", "remove it");
  check_total(job, spec);
  if (spread && spec.count > 1) {
    if (parts > kMostJobReplicas / spec.count) too_many(job, fmt::format("an array of {} × {}", parts, spec.count));
    parts *= spec.count;
    spec.count = 1;
  }
  if (most_of(spec) > kMostReplicas / parts)
    job.fail(fmt::format("at most {} replicas at a moment", kMostReplicas),
             fmt::format("{} of up to {}", parts, most_of(spec)), "a smaller array, gang or count");
  take_apart(job, spread ? spread->duration() : Duration{0}, parts, spec);
  check_total(job, spec);
}

}  // namespace berth
