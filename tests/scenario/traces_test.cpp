// Traces of a scenario: files of any format, sums and products, lists of requests that come alike everywhere.
#include <doctest/doctest.h>

#include "sim/demand/traces/trace_format.hpp"
#include "sim/scenario/grammar.hpp"
#include "sim/scenario/simulation.hpp"
#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

using scene::catalog_of;
using scene::Changes;
using scene::error_of;
using scene::has;
using scene::loaded;
using scene::run_of;

InputError::Parts refusal_of_traces(const std::string& traces) {
  return error_of([&] { load_traces(loaded({{"/traces", traces}})); });
}

/// The load of the trace that the shop's web service names.
std::shared_ptr<const LoadSeries> load_of(const Changes& changes) { return load_traces(loaded(changes)).at("load"); }

std::string sample_file(const std::string& name) {
  return "\"" + std::string(BERTH_SOURCE_DIR) + "/workloads/traces/" + name + "\"";
}

/// Requests that have arrived before that moment.
std::int64_t arrived(Simulation& simulation, Time t) {
  simulation.advance_to(t);
  simulation.lanes().settle(t);
  const World& world = simulation.world();
  for (std::size_t s = 0; s < world.service_count(); ++s)
    if (world[ServiceId{static_cast<std::uint32_t>(s)}].spec->name == "web")
      return simulation.lanes().lane(ServiceId{static_cast<std::uint32_t>(s)}).totals().arrived;
  return -1;
}

}  // namespace

TEST_CASE("the key format has the words of the registry of trace formats") {
  std::string words;
  for (const Key& key : object_type("trace")->keys)
    if (key.name == "format") words = key.type;
  CHECK(words == "one of " + trace_format_names());
}

TEST_CASE("a trace is a sum of others, a product, or scaled, whatever it is made of") {
  const std::string parts =
      R"("a": {"synthetic": {"base": "10 /s"}}, "b": {"synthetic": {"base": "5 /s"}, "scale": 2})";
  CHECK(load_of({{"/traces", "{" + parts + R"(, "load": {"sum": ["a", "b", "a"]}})"}})->values[0] == 10 + 5 * 2 + 10);
  CHECK(load_of({{"/traces", "{" + parts + R"(, "load": {"product": ["a", "b"], "scale": 0.5}})"}})->values[0] ==
        10 * (5 * 2) * 0.5);
}

TEST_CASE("traces that are made of themselves are refused with their path") {
  const auto parts = refusal_of_traces(R"({"load": {"sum": ["a"]}, "a": {"sum": ["b", "c"]}, "b": {"product": ["load"]},
                            "c": {"synthetic": {"base": "1 /s"}}})");
  CHECK(has(parts.found, "load → a → b → load"));
  CHECK(parts.place == "/traces/b/product/0");
  CHECK(has(refusal_of_traces(R"({"load": {"sum": ["load"]}})").found, "load → load"));
}

TEST_CASE("many ways through sums of sums are walked once") {
  std::string traces = R"({"t0": {"synthetic": {"base": "1 /s"}})";
  for (int i = 1; i <= 40; ++i)
    traces += ", \"t" + std::to_string(i) + "\": {\"sum\": [\"t" + std::to_string(i - 1) + "\", \"t" +
              std::to_string(i - 1) + "\"]}";
  CHECK(load_of({{"/traces", traces + R"(, "load": {"sum": ["t40"], "scale": 1e-12}})"}})->values[0] ==
        doctest::Approx(1.0995));
}

TEST_CASE("wrong traces are refused at their place") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"load": {"sum": []}})", "/traces/load/sum"},
      {R"({"load": {"sum": ["nobody"]}})", "/traces/load/sum/0"},
      {R"({"load": {"synthetic": {"base": "1 /s"}, "repeat": true}})", "/traces/load/repeat"},
      {R"({"load": {"synthetic": {"base": "1 /s"}, "sum": ["load"]}})", "/traces/load"},
      {R"({"load": {"file": "x.csv", "select": {"pod": 1}}})", "/traces/load/select/pod"},
      {R"({"load": {"file": "x.csv", "format": "cvs"}})", "/traces/load/format"},
      {R"({"load": {"file": "x.csv", "interval": "0 s"}})", "/traces/load/interval"},
      {R"({"load": {"file": "x.csv", "service_time": {"column": "d", "unit": "days"}}})",
       "/traces/load/service_time/unit"}};
  for (const auto& row : cases) {
    const char* const traces = row.first;
    CAPTURE(traces);
    CHECK(refusal_of_traces(traces).place == row.second);
  }
}

TEST_CASE("the same list of requests arrives alike under ECS and EKS, to the microsecond") {
  const LoadedScenario scenario =
      loaded({{"/traces/load", "{\"file\": " + sample_file("requests.sample.csv") + ", \"gaps\": \"zero\"}"},
              {"/engine", R"({"network": "fair_share"})"},
              {"/duration", "\"60 s\""}});
  const Catalog catalog = catalog_of(scenario);
  const Traces traces = load_traces(scenario);
  const std::vector<std::int64_t> moments = traces.at("load")->moments;
  REQUIRE(moments.size() == 9);
  for (const char* architecture : {"ecs-ec2", "ecs-fargate", "eks-ec2", "eks-fargate"}) {
    CAPTURE(architecture);
    const RunSpec run = run_of(scenario, architecture);
    Simulation simulation(run, catalog, traces, [](const World&) { return std::make_unique<Observer>(); });
    for (std::size_t i = 0; i < moments.size(); ++i) {
      if (i > 0 && moments[i] == moments[i - 1]) continue;
      const Time at{Duration{moments[i] / 1000}};
      const auto before = static_cast<std::int64_t>(i);
      const std::int64_t together = i + 1 < moments.size() && moments[i + 1] == moments[i] ? 2 : 1;
      CHECK(arrived(simulation, at) == before);
      CHECK(arrived(simulation, at + Duration{1}) == before + together);
    }
  }
}

TEST_CASE("requests of a list come once: no service has a share above 1") {
  const auto parts = error_of([] {
    load_traces(loaded({{"/traces/load", "{\"file\": " + sample_file("requests.sample.csv") + ", \"gaps\": \"zero\"}"},
                        {"/services/web/demand/requests", R"({"trace": "load", "share": 2})"}}));
  });
  CHECK(parts.place == "/services/web/demand/requests/share");
}

TEST_CASE("--trace takes all that a file may need, and the manifest lists the files of a sum") {
  LoadOptions options;
  options.traces = {"load=" + std::string(BERTH_SOURCE_DIR) +
                    "/workloads/traces/prometheus.sample.json,means=rate,select=service:web,total,gaps=zero"};
  const LoadedScenario scenario = loaded({{"/duration", "\"3 min\""}}, options);
  CHECK(load_traces(scenario).at("load")->values[0] == 10.5 + 9.5);
  const LoadedScenario sum =
      loaded({{"/duration", "\"3 min\""},
              {"/traces", R"({"load": {"sum": ["a", "b"]}, "a": {"file": )" + sample_file("series.sample.csv") +
                              R"(, "means": "count"}, "b": {"sum": ["a"]}})"}});
  REQUIRE(trace_files(sum).size() == 1);
  CHECK(has(trace_files(sum)[0], "series.sample.csv"));
}

TEST_CASE("a job's trace may be a list of jobs, a series, or made") {
  const auto jobs_of = [](const std::string& trace) {
    const LoadedScenario scenario = loaded({{"/traces/work", trace}});
    const Field root(scenario.effective, scenario.file);
    return job_trace(root, "work", 1, "report");
  };
  const auto listed = jobs_of("{\"file\": " + sample_file("jobs.sample.csv") + ", \"gaps\": \"zero\"}");
  REQUIRE(listed.size() == 4);
  CHECK(listed[1].replicas == 4);
  CHECK(listed[3].at == 10min);
  CHECK(jobs_of(R"({"synthetic": {"base": "0.01 /s"}})").size() > 20);
}

}  // namespace berth
