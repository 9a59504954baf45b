// Jobs as a trace brings them.
#include "sim/demand/job_list.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

std::vector<JobArrival> jobs_of_text(const std::string& text, TraceOptions options = {}, Duration run_length = 2min,
                                     std::uint64_t seed = 1, const std::string& job = "etl") {
  const TemporaryFile file(text);
  options.file = file.path();
  return load_job_arrivals(options, run_length, seed, job);
}

}  // namespace

TEST_CASE("a trace of counts starts as many jobs in each interval, one replica each, drawn by seed and name") {
  const std::string counts = "minute,count\n2026-03-02 00:00,3\n2026-03-02 00:01,2\n";
  const auto jobs = jobs_of_text(counts);
  REQUIRE(jobs.size() == 3 + 2);
  CHECK(jobs[2].at < 1min);
  CHECK(jobs[3].at >= 1min);
  CHECK(jobs[4].at < 2min);
  CHECK_FALSE(jobs[0].run_time);
  CHECK(jobs[0].replicas == 1);
  const auto moments_of = [&](std::uint64_t seed, const std::string& job) {
    std::vector<Duration> all;
    for (const JobArrival& j : jobs_of_text(counts, {}, 2min, seed, job)) all.push_back(j.at);
    return all;
  };
  CHECK(moments_of(1, "etl") == moments_of(1, "etl"));
  CHECK(moments_of(1, "etl") != moments_of(2, "etl"));
  CHECK(moments_of(1, "etl") != moments_of(1, "report"));
}

TEST_CASE("a list of jobs gives its own moments, run times and replicas, cut and shifted as a list of requests") {
  const std::string list = "arrival,run_time,replicas\n60,300,2\n90,,1\n100,5,3\n";
  TraceOptions options;
  options.gaps = Gaps::zero;
  const auto jobs = jobs_of_text(list, options);
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0].at == 0s);
  CHECK(jobs[0].run_time == 5min);
  CHECK(jobs[0].replicas == 2);
  CHECK(jobs[1].at == 30s);
  CHECK_FALSE(jobs[1].run_time);
  options.from = Instant{70s};
  options.shift = 1min;
  const auto later = jobs_of_text(list, options);
  REQUIRE(later.size() == 2);
  CHECK(later[0].at == 1min + 20s);
  CHECK(later[1].replicas == 3);
}

TEST_CASE("requests of a list are jobs of one replica that run as long as they took") {
  TraceOptions options;
  options.gaps = Gaps::zero;
  options.service_time = TimeColumn{"took", "s"};
  const auto jobs = jobs_of_text("arrival,took\n0,1.5\n2,0.25\n", options);
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[1].at == 2s);
  CHECK(jobs[1].run_time == 250ms);
}

TEST_CASE("more jobs than a run can hold are refused before any is made") {
  TraceOptions options;
  options.scale = 1e9;
  CHECK(has_text(
      refusal_of([&] { jobs_of_text("minute,count\n2026-03-02 00:00,3\n2026-03-02 00:01,2\n", options); }).expected,
      "at most 5000000 jobs"));
}

}  // namespace berth::demand_test
