// Every format of trace files by its sample, what is chosen of it, and what is refused.
#include <set>

#include "sim/demand/traces/trace_format.hpp"
#include "sim/demand/traces/trace_text.hpp"
#include "tests/demand/scene.hpp"
#include "tests/support/gzipped.hpp"

namespace berth::demand_test {

namespace {

TraceOptions sample(const std::string& name, const std::string& options = "") {
  TraceOptions all;
  all.file = std::string(BERTH_SOURCE_DIR) + "/workloads/traces/" + name;
  set_trace_options(all, options);
  return all;
}

TraceRows rows_of_sample(const std::string& name, const std::string& options = "") {
  return std::get<TraceRows>(read_trace(sample(name, options)));
}

JobRows jobs_of_sample(const std::string& name, const std::string& options = "") {
  return std::get<JobRows>(read_trace(sample(name, options)));
}

InputError::Parts refusal_of_sample(const std::string& name, const std::string& options) {
  return refusal_of([&] { read_trace(sample(name, options)); });
}

InputError::Parts refusal_of_content(const std::string& text, const std::string& format = "") {
  TraceOptions options;
  options.file = "test";
  options.format = format;
  return refusal_of([&] { parse_trace(text, options); });
}

using Values = std::vector<double>;

const Instant kMonday{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

}  // namespace

TEST_CASE("every format is known by its sample's content") {
  const std::pair<const char*, const char*> samples[] = {{"series.sample.csv", "csv"},
                                                         {"cloudwatch.sample.json", "cloudwatch"},
                                                         {"prometheus.sample.json", "prometheus"},
                                                         {"requests.sample.csv", "requests"},
                                                         {"jobs.sample.csv", "jobs"},
                                                         {"kubernetes_jobs.sample.json", "kubernetes"},
                                                         {"ecs_tasks.sample.json", "ecs"},
                                                         {"ecs_run_task.sample.json", "ecs"},
                                                         {"openb_pods.sample.csv", "openb"},
                                                         {"azure_functions.sample.csv", "azure_functions"}};
  std::set<std::string> seen;
  for (const auto& row : samples) {
    const char* const file = row.first;
    const char* const format = row.second;
    const std::string text = read_trace_text(sample(file).file);
    CAPTURE(file);
    for (const TraceFormat& f : trace_formats())
      if (f.recognises(text)) {
        CHECK(std::string(f.name) == format);
        seen.insert(f.name);
        break;
      }
  }
  CHECK(seen.size() == trace_formats().size());
  CHECK(has_text(refusal_of_sample("series.sample.csv", "format=csvv").cure, "csv"));
  CHECK(has_text(refusal_of_content("{\"a\": 1}", "cloudwatch").expected, "MetricDataResults"));
}

TEST_CASE("CloudWatch: pages are joined, newest first is put in order, a metric is chosen by id or label") {
  const TraceRows rows = rows_of_sample("cloudwatch.sample.json", "select=id:requests");
  CHECK(rows.values == Values{571, 588, 615, 640});
  CHECK(rows.times.front() == kMonday + 1min);
  CHECK_FALSE(rows.means);
  CHECK(rows_of_sample("cloudwatch.sample.json", "select=label:HTTPCode_Target_5XX_Count").values == Values{1, 2});
  const auto parts = refusal_of_sample("cloudwatch.sample.json", "");
  CHECK(has_text(parts.found, "id:requests"));
  CHECK(has_text(parts.found, "id:errors"));
  CHECK(has_text(parts.cure, "total"));
  CHECK(has_text(refusal_of_sample("cloudwatch.sample.json", "select=id:request").found, "id:requests"));
}

TEST_CASE("CloudWatch: the sums of get-metric-statistics are counts, its means say nothing") {
  const std::string text = R"({"Label": "RequestCount", "Datapoints": [
    {"Timestamp": "2026-03-02T00:01:00+00:00", "Sum": 7.0, "Average": 3.5, "Unit": "Count"},
    {"Timestamp": "2026-03-02T00:00:00+00:00", "Sum": 5.0, "Average": 2.5, "Unit": "Count"}]})";
  TraceOptions options;
  options.select = {{"statistic", "Sum"}};
  const auto sum = std::get<TraceRows>(parse_trace(text, options));
  CHECK(sum.values == Values{5, 7});
  CHECK(sum.means == Meaning::count);
  options.select = {{"statistic", "Average"}};
  CHECK_FALSE(std::get<TraceRows>(parse_trace(text, options)).means);
}

TEST_CASE("Prometheus: series by label or added up, values are texts, NaN is a missing line") {
  const TraceRows one = rows_of_sample("prometheus.sample.json", "select=pod:web-1");
  CHECK(one.values == Values{10.5, 11.25, 12});
  CHECK(one.times.back() - one.times.front() == 3min);
  const TraceRows web = rows_of_sample("prometheus.sample.json", "select=service:web,total");
  CHECK(web.values == Values{10.5 + 9.5, 11.25 + 8.75, 9, 12 + 10});
  CHECK(has_text(refusal_of_sample("prometheus.sample.json", "select=service:web").found, "pod:web-2"));
  const auto answer = [](const char* type, const char* value) {
    return std::string(R"({"status": "success", "data": {"resultType": ")") + type +
           R"(", "result": [{"metric": {}, "values": [[0, ")" + value + R"("], [60, "1"]]}]}})";
  };
  CHECK(has_text(refusal_of_content(answer("vector", "1")).cure, "query_range"));
  for (const char* wrong : {"-1", "+Inf", "many", ""})
    CHECK(has_text(refusal_of_content(answer("matrix", wrong)).expected, "0 or more"));
}

TEST_CASE("two values of one series at one moment are refused") {
  const std::string twice = R"({"status": "success", "data": {"resultType": "matrix",
    "result": [{"metric": {"pod": "a"}, "values": [[0, "1"], [0, "2"], [60, "1"]]}]}})";
  CHECK(has_text(refusal_of_content(twice).found, "two at 1970"));
}

TEST_CASE("Azure functions: a row by its hashes, or rows added up, a count a minute of one day") {
  const TraceRows timer = rows_of_sample("azure_functions.sample.csv", "select=HashFunction:f2");
  REQUIRE(timer.values.size() == 1440);
  CHECK(timer.means == Meaning::count);
  CHECK(timer.values[0] == 1);
  CHECK(timer.values[1] == 0);
  CHECK(timer.values[15] == 1);
  const TraceRows app = rows_of_sample("azure_functions.sample.csv", "select=HashApp:a1,total");
  const TraceRows http = rows_of_sample("azure_functions.sample.csv", "select=HashFunction:f1");
  CHECK(app.values[15] == http.values[15] + 1);
  CHECK(has_text(refusal_of_sample("azure_functions.sample.csv", "").cure, "HashFunction"));
  CHECK(has_text(refusal_of_sample("azure_functions.sample.csv", "select=HashFunction:f9").found, "none"));
}

TEST_CASE("a CSV column that is no count or rate is named, lines are chosen by another column") {
  const std::string text = "time,host,busy\n0,a,1\n0,b,2\n60,a,3\n60,b,4\n";
  TraceOptions options;
  options.file = "test";
  options.column = "busy";
  options.select = {{"host", "b"}};
  CHECK(std::get<TraceRows>(parse_trace(text, options)).values == Values{2, 4});
  options.column = "bussy";
  CHECK(has_text(refusal_of([&] { parse_trace(text, options); }).cure, "busy"));
}

TEST_CASE("cells in quotes may hold commas") {
  const std::string text =
      "\"time\",\"host\",\"count\"\n\"2026-03-02 00:00\",\"a, b\",\"1\"\n\"2026-03-02 00:01\",x,2\n";
  TraceOptions options;
  CHECK(std::get<TraceRows>(parse_trace(text, options)).values == Values{1, 2});
}

TEST_CASE("a list of requests keeps each moment and what each takes, in order of time") {
  const auto all = std::get<RequestRows>(read_trace(sample("requests.sample.csv", "service_time=duration_ms:ms")));
  REQUIRE(all.times.size() == 9);
  CHECK(all.times[0] == kMonday + 125ms);
  CHECK(all.times[3] == kMonday + 2900ms);  // the list has it after the next one
  CHECK(all.times[4] == kMonday + 3042501us);
  CHECK(all.service_ns[4] == 230'250'000);
  CHECK(all.service_ns[1] == 48'000'000);  // two of one moment stay in order
  const auto carts = std::get<RequestRows>(read_trace(sample("requests.sample.csv", "select=path:/cart")));
  CHECK(carts.times.size() == 2);
  CHECK(has_text(refusal_of_sample("requests.sample.csv", "means=count").expected, "no means"));
  CHECK(has_text(refusal_of_sample("requests.sample.csv", "service_time=duration:ms").found, "duration_ms"));
}

TEST_CASE("lists of jobs: arrivals, run times, replicas") {
  const JobRows jobs = jobs_of_sample("jobs.sample.csv");
  REQUIRE(jobs.jobs.size() == 4);
  CHECK(jobs.jobs[0].run_time == 5min);
  CHECK(jobs.jobs[1].run_time == 45500ms);
  CHECK(jobs.jobs[1].replicas == 4);
  CHECK_FALSE(jobs.jobs[2].run_time);
  CHECK(jobs_of_sample("jobs.sample.csv", "select=queue:nightly").jobs.size() == 2);
}

TEST_CASE("Kubernetes: a Job runs from start to completion with its parallelism, a pod as its containers do") {
  const JobRows all = jobs_of_sample("kubernetes_jobs.sample.json");
  REQUIRE(all.jobs.size() == 3);
  CHECK(all.jobs[0].at == kMonday);
  CHECK(all.jobs[0].run_time == 5min);
  CHECK(all.jobs[0].replicas == 3);
  CHECK(all.jobs[1].run_time == 2min);
  CHECK(all.jobs[1].replicas == 1);
  CHECK_FALSE(all.jobs[2].run_time);  // it still ran
  CHECK(jobs_of_sample("kubernetes_jobs.sample.json", "select=app:etl").jobs.size() == 2);
}

TEST_CASE("ECS: tasks run from start to stop, RunTask calls start their count, refused ones nothing") {
  const JobRows tasks = jobs_of_sample("ecs_tasks.sample.json");
  REQUIRE(tasks.jobs.size() == 2);
  CHECK(tasks.jobs[0].at == kMonday);  // in order of time
  CHECK_FALSE(tasks.jobs[0].run_time);
  CHECK(tasks.jobs[1].run_time == 5min);
  const JobRows calls = jobs_of_sample("ecs_run_task.sample.json");
  REQUIRE(calls.jobs.size() == 2);
  CHECK(calls.jobs[0].replicas == 3);
  CHECK(calls.jobs[1].replicas == 1);
  CHECK(jobs_of_sample("ecs_run_task.sample.json", "select=family:etl").jobs.size() == 1);
}

TEST_CASE("openb pods run from being scheduled to their deletion") {
  const JobRows pods = jobs_of_sample("openb_pods.sample.csv");
  CHECK(pods.jobs.size() == 5);
  const auto text = "name,creation_time,scheduled_time,deletion_time\na,10,13,20\nb,5,,25\nc,7,8,\n";
  const auto jobs = std::get<JobRows>(parse_trace(text, {})).jobs;
  CHECK(jobs[0].run_time == 20s);
  CHECK_FALSE(jobs[1].run_time);
  CHECK(jobs[2].run_time == 7s);
}

TEST_CASE("a list of jobs is no load of requests") {
  CHECK(has_text(refusal_of([] { load_trace(sample("jobs.sample.csv"), 1min); }).cure, "arrivals of a job"));
}

TEST_CASE("gzip is unpacked, several members too, and what unpacks to more than the limit is refused") {
  const std::string text = "time,count\n0,1\n60,2\n";
  const TemporaryFile file(gzipped(text));
  CHECK(read_trace_text(file.path()) == text);
  CHECK(gunzip(gzipped("time,count\n0,1\n") + gzipped("60,2\n"), "test") == text);
  const std::string bomb = gzipped(std::string(4 << 20, '0'));
  CHECK(has_text(refusal_of([&] { gunzip(bomb, "test", 1 << 20); }).expected, "at most 1 MiB when it is unpacked"));
  CHECK(gunzip(bomb, "test", 4 << 20).size() == 4 << 20);
}

TEST_CASE("a gzip file that is cut off anywhere, or damaged, is refused and never read") {
  std::string rows = "time,count\n";
  for (int i = 0; i < 300; ++i) rows += std::to_string(60 * i) + "," + std::to_string(i * 7919 % 1000) + "\n";
  const std::string whole = gzipped(rows);
  for (std::size_t length = 2; length < whole.size(); ++length)
    CHECK(has_text(refusal_of([&] { gunzip(whole.substr(0, length), "test"); }).expected, "whole gzip file"));
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 0x55);
  CHECK(has_text(refusal_of([&] { gunzip(damaged, "test"); }).found, "damaged"));
}

TEST_CASE("what is wrong in a trace of JSON is told with its line and column, or its path, whatever reads it first") {
  const std::string answer = read_trace_text(sample("prometheus.sample.json").file);
  for (std::size_t length = answer.find("resultType") + 12; length + 2 < answer.size(); ++length) {
    const auto refusal = refusal_of_content(answer.substr(0, length));
    CHECK(has_text(refusal.place, "line "));
    CHECK(has_text(refusal.place, ", column "));
  }
  const auto with = [](const std::string& sample) {
    return refusal_of_content(
        "{\"data\":{\"resultType\":\"matrix\",\n \"result\":[{\"metric\":{},\"values\":[[60,\"1\"]," + sample +
        "]}]}}");
  };
  CHECK(with("[120,1e999]").place == "line 2, column 49");
  CHECK(with("[120,1e999]").expected == "a number below 1.8e308");
  CHECK(with("[120,\"1e999\"]").place == "/data/result/0/values/1");
  CHECK(with("[120,\"-1\"]").place == "/data/result/0/values/1");
  CHECK(with("[120,\"\xff\"]").expected == "UTF-8 text");
  CHECK(with("{\"a\":1,\"a\":2}").expected == "every key of an object once");
  CHECK(with(std::string(1000, '[')).expected == "at most 64 levels of objects and lists");
  CHECK(with("[120]").found == "a list");
  CHECK(with("120").found == "120");
}

TEST_CASE("no bytes crash a reader: each is read or refused with a cure") {
  std::vector<std::string> seeds;
  for (const char* name : {"series.sample.csv", "cloudwatch.sample.json", "prometheus.sample.json",
                           "requests.sample.csv", "jobs.sample.csv", "kubernetes_jobs.sample.json",
                           "ecs_tasks.sample.json", "ecs_run_task.sample.json", "openb_pods.sample.csv"})
    seeds.push_back(read_trace_text(sample(name).file));
  seeds.push_back(read_trace_text(sample("azure_functions.sample.csv").file).substr(0, 9000));
  const char* const odd[] = {"99999999999999999999999",
                             "-1",
                             "1e308",
                             "NaN",
                             "\"",
                             ",,",
                             "[[",
                             "{",
                             "null",
                             "2026-02-30",
                             "253402300799",
                             "9999-12-31T23:59:59Z",
                             "\xff\xfe",
                             "0.0000000001"};
  const Draws draws(7, Purpose::trace_shape, name_hash("fuzz"));
  int refused = 0, read = 0;
  for (std::uint64_t n = 0; n < 4000; ++n) {
    const auto luck = draws.four(n);
    std::string text = seeds[below(luck[0], seeds.size())];
    for (std::uint64_t k = 0; k <= below(luck[1], 4); ++k) {
      const auto more = draws.four((n + 1) << 20 | k);
      const std::size_t at = below(more[0], text.size());
      if (more[1] % 3 == 0) text.insert(at, odd[below(more[2], std::size(odd))]);
      else if (more[1] % 3 == 1) text.erase(at, 1 + below(more[2], 30));
      else text[at] = static_cast<char>(more[2]);
    }
    TraceOptions options;
    options.file = "fuzz";
    options.means = luck[2] % 2 == 0 ? std::optional(Meaning::count) : std::nullopt;
    options.gaps = Gaps::zero;
    options.total = luck[3] % 2 == 0;
    if (luck[3] % 5 == 0) options.format = trace_formats()[below(luck[2], trace_formats().size())].name;
    try {
      load_content(parse_trace(text, options), options, 1min);
      ++read;
    } catch (const InputError& e) {
      CHECK(!e.parts().cure.empty());
      ++refused;
    }
  }
  CHECK(read > 10);
  CHECK(refused > 2000);
}

}  // namespace berth::demand_test
