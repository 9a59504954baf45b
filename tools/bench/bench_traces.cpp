// Reading traces: lines of CSV beside a bare loop over the same bytes, gzip, lists of requests, JSON.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <string>

#include "sim/base/value.hpp"
#include "sim/demand/traces/trace_content.hpp"
#include "sim/demand/traces/trace_text.hpp"
#include "tests/support/gzipped.hpp"

namespace berth {

namespace {

constexpr int kLines = 3'000'000;

/// A line a minute as the World Cup's trace has them, 26 bytes or so.
std::string iso_lines() {
  std::string text = "minute,count\n";
  const Instant start{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}};
  for (int i = 0; i < kLines; ++i)
    text += fmt::format("{},{}\n", iso8601(start + i * 60s).substr(0, 19), i * 7919LL % 230'000);
  return text;
}

std::string epoch_lines() {
  std::string text = "time,rate\n";
  for (int i = 0; i < kLines; ++i)
    text += fmt::format("{},{:.3f}\n", 1'577'836'800LL + 60 * i, i * 7919LL % 230'000 / 7.0);
  return text;
}

std::string request_lines() {
  std::string text = "arrival,duration_ms\n";
  for (int i = 0; i < kLines; ++i)
    text += fmt::format("{}.{:06},{}\n", 1'577'836'800LL + i / 100, i % 100 * 10'000, i % 300);
  return text;
}

/// One answer of query_range: a day of 15 s of many series would be larger than Prometheus gives.
std::string prometheus_answer() {
  std::string text = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  for (int s = 0; s < 20; ++s) {
    text += fmt::format(R"({}{{"metric":{{"pod":"web-{}"}},"values":[)", s > 0 ? "," : "", s);
    for (int i = 0; i < 11'000; ++i)
      text += fmt::format(R"({}[{},"{:.3f}"])", i > 0 ? "," : "", 1'577'836'800LL + 15 * i, i * 7919LL % 1000 / 7.0);
    text += "]}";
  }
  return text + "]}}";
}

/// Pages of get-metric-data: of each of 20 metrics a minute's sums, the newest first.
std::string cloudwatch_answer() {
  constexpr int kMetrics = 20, kMinutes = 11'000;
  const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  std::string text = R"({"MetricDataResults":[)";
  for (int m = 0; m < kMetrics; ++m) {
    std::string times, values;
    for (int i = kMinutes; i > 0; --i) {
      times += fmt::format("{}\"{}+00:00\"", times.empty() ? "" : ", ", iso8601(start + i * 60s).substr(0, 19));
      values += fmt::format("{}{}.0", values.empty() ? "" : ", ", i * 7919LL % 10'000);
    }
    text += fmt::format(R"({}{{"Id":"m{}","Label":"shop","Timestamps":[{}],"Values":[{}],"StatusCode":"Complete"}})",
                        m > 0 ? "," : "", m, times, values);
  }
  return text + "]}";
}

/// What kubectl get pods tells: much of each pod is nothing that is looked for.
std::string kubernetes_answer() {
  const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  std::string text = R"({"apiVersion":"v1","kind":"List","items":[)";
  for (int i = 0; i < 50'000; ++i) {
    const Instant at = start + i * 3s;
    text += fmt::format(
        R"({}{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"etl-{}","namespace":"data","creationTimestamp":"{}",)"
        R"("annotations":{{"config":"{{\"a\":{},\"b\":\"c\"}}"}},"labels":{{"app":"etl"}}}},"spec":{{"nodeName":"n-{}"}},)"
        R"("status":{{"phase":"Succeeded","containerStatuses":[{{"restartCount":0,"state":{{"terminated":)"
        R"({{"exitCode":0,"startedAt":"{}","finishedAt":"{}"}}}}}}]}}}})",
        i > 0 ? "," : "", i, iso8601(at), i, i % 60, iso8601(at + 5s), iso8601(at + 65s));
  }
  return text + "]}";
}

std::string ecs_answer() {
  const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  std::string text = R"({"tasks":[)";
  for (int i = 0; i < 80'000; ++i) {
    const Instant at = start + i * 3s;
    text += fmt::format(
        R"({}{{"taskArn":"arn:aws:ecs:eu-west-1:111122223333:task/main/{:08x}","taskDefinitionArn":)"
        R"("arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:7","group":"family:etl","createdAt":"{}",)"
        R"("startedAt":"{}","stoppedAt":"{}"}})",
        i > 0 ? "," : "", i, iso8601(at), iso8601(at + 20s), iso8601(at + 90s));
  }
  return text + "]}";
}

/// Finds every line and its comma, and reads the number behind it: what nobody can leave out.
double bare_sum(const std::string& text) {
  double sum = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const char* line_end = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (line_end == nullptr) line_end = end;
    const char* comma = static_cast<const char*>(std::memchr(at, ',', static_cast<std::size_t>(line_end - at)));
    double value = 0;
    if (comma != nullptr) std::from_chars(comma + 1, line_end, value);
    sum += value;
    at = line_end + 1;
  }
  return sum;
}

void traces_bare_loop(benchmark::State& state, std::string (*make)()) {
  const std::string text = make();
  for (auto _ : state) benchmark::DoNotOptimize(bare_sum(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void traces_read(benchmark::State& state, std::string (*make)(), const char* options) {
  const std::string text = make();
  TraceOptions all;
  all.file = "bench";
  set_trace_options(all, options);
  for (auto _ : state) benchmark::DoNotOptimize(parse_trace(text, all).index());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

/// The same document as a tree of values with their places, which is how it is read when something in it is wrong.
void traces_as_tree(benchmark::State& state, std::string (*make)()) {
  const std::string text = make();
  for (auto _ : state) benchmark::DoNotOptimize(parse_json(text, "bench").items.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

/// Bytes are those of the unpacked text.
void traces_gunzip(benchmark::State& state) {
  const std::string text = iso_lines(), bytes = gzipped(text);
  for (auto _ : state) benchmark::DoNotOptimize(gunzip(bytes, "bench").size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

BENCHMARK_CAPTURE(traces_bare_loop, iso, &iso_lines)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_read, iso, &iso_lines, "")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_bare_loop, epoch, &epoch_lines)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_read, epoch, &epoch_lines, "")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_read, requests, &request_lines, "service_time=duration_ms:ms")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_as_tree, prometheus, &prometheus_answer)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_read, prometheus, &prometheus_answer, "total")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_as_tree, cloudwatch, &cloudwatch_answer)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_read, cloudwatch, &cloudwatch_answer, "total")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_as_tree, kubernetes, &kubernetes_answer)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_read, kubernetes, &kubernetes_answer, "")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_as_tree, ecs, &ecs_answer)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(traces_read, ecs, &ecs_answer, "")->Unit(benchmark::kMillisecond);
BENCHMARK(traces_gunzip)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace berth
