// Calls between services and to externals, as they are written: what is refused, and what becomes of the rest.
#include <doctest/doctest.h>

#include "sim/demand/answer_times.hpp"
#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

constexpr const char* kCatalog = R"({"containers": {"app": {"image": "web", "cpu": "0.25 vCPU", "memory": "512 MiB"}},
  "desired": 2, "demand": {"service_time": "40 ms", "cpu_per_request": "5 ms", "timeout": "3 s"}})";
constexpr const char* kDatabase = R"({"connections": 20, "service_time": "20 ms"})";

scene::Changes with_calls(const std::string& calls, const scene::Changes& more = {}) {
  scene::Changes changes = {{"/services/catalog", kCatalog},
                            {"/externals", "{\"database\": " + std::string(kDatabase) + "}"},
                            {"/services/web/calls", calls}};
  changes.insert(changes.end(), more.begin(), more.end());
  return changes;
}

InputError::Parts refused(const std::string& calls, const scene::Changes& more = {}) {
  return scene::error_of([&] { scene::loaded(with_calls(calls, more)); });
}

const std::vector<CallSpec>& calls_of(const RunSpec& run, const char* name) {
  for (const WorkloadSpec& workload : run.workloads)
    if (workload.name == name) return workload.calls;
  FAIL("no such service");
  return run.workloads.front().calls;
}

}  // namespace

TEST_CASE("calls are read with what they come after and how long they wait") {
  const auto scenario = scene::loaded(with_calls(
      R"([{"to": "catalog"}, {"to": "database", "parallel": true, "count": 3, "timeout": "1 s", "retries": 2},
          {"to": "catalog", "probability": "25 %", "optional": true}, {"to": "database", "after": "catalog"},
          {"to": "catalog", "async": true}])",
      {{"/services/catalog/calls", R"([{"to": "database"}])"}}));
  const RunSpec run = scene::run_of(scenario, "ecs-ec2");
  const std::vector<CallSpec>& calls = calls_of(run, "web");
  REQUIRE(calls.size() == 5);
  CHECK(calls[0].after == 0);
  CHECK(calls[0].timeout == 3s);  // as the callee's clients
  CHECK(calls[1].after == 0);
  CHECK(calls[1].count == 3);
  CHECK(calls[1].timeout == 1s);
  CHECK(calls[1].retries.max == 2);
  CHECK(calls[1].retries.covers(Failure::error));
  CHECK(calls[2].after == 0b11);
  CHECK(calls[2].probability == 0.25);
  CHECK(calls[2].optional);
  CHECK(calls[3].after == 0b101);
  CHECK(calls[4].async);
  CHECK(run.externals.front().connections == 20);
  // web 100 ms, and then: catalog 40 + 20, a quarter of that, 20.
  CHECK(answer_times(run).at("web") == doctest::Approx(0.100 + 0.060 + 0.25 * 0.060 + 0.020));
}

TEST_CASE("a circle of calls is refused with its way") {
  const auto error = refused(R"([{"to": "catalog"}])", {{"/services/catalog/calls", R"([{"to": "web"}])"}});
  CHECK(error.place == "/services/catalog/calls/0/to");
  CHECK(error.found == "web -> catalog -> web");
  const auto itself = refused(R"([{"to": "web", "async": true}])");
  CHECK(itself.found == "web -> web");
}

TEST_CASE("calls that cannot be are refused where they stand") {
  struct Case {
    const char* calls;
    const char* place;
    const char* words;
  };
  const Case cases[] = {
      {R"([{"to": "catalogue"}])", "/services/web/calls/0/to", "a service or an external"},
      {R"([{"to": "catalog", "parallel": true}])", "/services/web/calls/0/parallel", "a call before it"},
      {R"([{"to": "catalog", "after": "database"}])", "/services/web/calls/0/after", "no call stands before"},
      {R"([{"to": "catalog"}, {"to": "database", "after": "web"}])", "/services/web/calls/1/after", "catalog"},
      {R"([{"to": "catalog"}, {"to": "database", "after": "catalog", "parallel": true}])",
       "/services/web/calls/1/after", "either"},
      {R"([{"to": "catalog", "async": true, "timeout": "1 s"}])", "/services/web/calls/0/timeout", "nobody waits"},
      {R"([{"to": "catalog", "probability": "120 %"}])", "/services/web/calls/0/probability", "100 %"},
      {R"([{"to": "catalog", "timeout": "366 d"}])", "/services/web/calls/0/timeout", "365 d"},
      {R"([{"to": "catalog", "count": 0}])", "/services/web/calls/0/count", ""},
      {R"([{"to": "catalog", "count": 1000000}])", "/services/web/calls/0/count", "1000"},
      {R"([{"to": "catalog", "retries": 1000}])", "/services/web/calls/0/retries", "100"},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.calls));
    const auto error = refused(c.calls);
    CHECK(error.place == c.place);
    CHECK_MESSAGE(scene::has(error.expected, c.words), error.expected);
  }
}

TEST_CASE("one request cannot set going more than can be simulated") {
  const auto calls = refused(R"([{"to": "catalog", "count": 1000}])",
                             {{"/services/catalog/calls", R"([{"to": "database", "count": 1000}])"}});
  CHECK(scene::has(calls.expected, "at most 10000 calls"));
  const auto attempts = refused(R"([{"to": "catalog", "count": 100, "retries": 100}])",
                                {{"/services/catalog/calls", R"([{"to": "database", "retries": 100}])"}});
  CHECK(scene::has(attempts.expected, "at most 1000000 attempts"));
  std::string many;
  for (int i = 0; i < 33; ++i) many += std::string(i == 0 ? "" : ", ") + R"({"to": "database"})";
  CHECK(scene::has(refused("[" + many + "]").expected, "at most 32 calls"));
}

TEST_CASE("a demand without requests is for services that others call") {
  const auto error = scene::error_of([&] { scene::loaded({{"/services/catalog", kCatalog}}); });
  CHECK(error.place == "/services/catalog/demand");
  CHECK(scene::has(error.expected, "no service calls"));
  const auto mute = refused(R"([{"to": "catalog"}])",
                            {{"/services/catalog/demand", "{\"replicas\": [{\"at\": \"0 s\", \"count\": 2}]}"}});
  CHECK(scene::has(mute.expected, "what a request takes"));
}

TEST_CASE("an external has a name of its own, and a way that is there") {
  CHECK(scene::has(refused("[]", {{"/externals/web", kDatabase}}).expected, "a name of its own"));
  CHECK(refused("[]", {{"/externals/database/via", "\"nat\""}, {"/network", "{\"nat\": \"none\"}"}}).place ==
        "/externals/database/via");
  CHECK(refused("[]", {{"/externals/database/error_rate", "\"101 %\""}}).place == "/externals/database/error_rate");
}

TEST_CASE("a slow-down is of somebody who answers requests, for a while") {
  const auto fault = [](const std::string& rest) {
    return refused(R"([{"to": "catalog"}, {"to": "database"}])",
                   {{"/faults", R"([{"at": "10 min", "kind": "slow_down", )" + rest + "}]"}});
  };
  CHECK(scene::has(fault(R"("target": "database", "for": "5 min")").expected, "factor"));
  CHECK(scene::has(fault(R"("target": "database", "factor": 10)").expected, "for"));
  CHECK(scene::has(fault(R"("target": "databse", "for": "5 min", "factor": 10)").cure, "database"));
  CHECK(fault(R"("target": "database", "for": "5 min", "factor": 0.5)").place == "/faults/0/factor");
  const auto run = scene::run_of(
      scene::loaded(with_calls(
          R"([{"to": "catalog"}, {"to": "database"}])",
          {{"/faults", R"([{"at": "10 min", "kind": "slow_down", "target": "database", "for": "5 min", "factor": 10,
                            "error_rate": "5 %"}])"}})),
      "eks-fargate");
  REQUIRE(run.faults.size() == 1);
  CHECK(run.faults.front().service == "database");
  CHECK(run.faults.front().factor == 10);
  CHECK(run.faults.front().error_rate == 0.05);
}

}  // namespace berth
