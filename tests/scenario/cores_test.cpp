// The key demand/cores: what it becomes, and what cannot stand beside it.
#include <doctest/doctest.h>

#include "tests/scenario/scene.hpp"

namespace {

const std::string kCoresWeb = "/services/web";

/// The shop with a load in cores in place of its requests.
scene::Changes shop_in_cores(scene::Changes more = {}, const std::string& cores = R"("load")") {
  more.insert(more.begin(), {kCoresWeb + "/demand", R"({"cores": )" + cores + "}"});
  return more;
}

berth::InputError::Parts refused_cores(const scene::Changes& changes, const std::string& architecture = "eks-ec2") {
  return scene::error_of([&] {
    const berth::LoadedScenario scenario = scene::loaded(changes);
    scene::run_of(scenario, architecture);
    berth::load_traces(scenario);
  });
}

}  // namespace

TEST_CASE("a load in cores is a trace, or a share of one, on every architecture") {
  for (const char* architecture : {"ecs-ec2", "ecs-fargate", "eks-ec2", "eks-fargate"}) {
    const auto scenario = scene::loaded(shop_in_cores({}, R"({"trace": "load", "share": 0.25})"));
    const auto run = scene::run_of(scenario, architecture);
    const auto* web = scene::workload(run, "web");
    REQUIRE(web->demand.has_value());
    CHECK(web->demand->in_cores);
    CHECK(web->demand->trace == "load");
    CHECK(web->demand->share == 0.25);
    CHECK(berth::load_traces(scenario).count("load") == 1);
  }
  CHECK_FALSE(scene::workload(scene::run_of(scene::loaded(), "eks-ec2"), "web")->demand->in_cores);
}

TEST_CASE("keys of requests are refused beside a load in cores, each by its name") {
  for (const char* key : {"service_time", "cpu_per_request", "timeout", "slo"}) {
    CAPTURE(key);
    const auto parts = refused_cores(shop_in_cores({{kCoresWeb + "/demand/" + key, R"("5 ms")"}}));
    CHECK(parts.place == kCoresWeb + "/demand/" + key);
    CHECK(scene::has(parts.expected, "nothing beside \"cores\""));
  }
  for (const auto& [key, json] :
       scene::Changes{{"requests", R"("load")"}, {"replicas", R"([{"at": "0 s", "count": 1}])"}})
    CHECK(scene::has(refused_cores(shop_in_cores({{kCoresWeb + "/demand/" + key, json}})).expected,
                     "exactly one of requests, cores"));
  CHECK(refused_cores(shop_in_cores({{kCoresWeb + "/demand/fidelity", R"("fluid")"}})).place ==
        kCoresWeb + "/demand/fidelity");
}

TEST_CASE("scalers on requests, calls, slow start and slow-downs are refused of a load in cores") {
  const auto metric = refused_cores(
      shop_in_cores({{kCoresWeb + "/scale", R"({"max": 4, "metric": "requests_per_replica", "target": "60 /min"})"}}));
  CHECK(metric.place == kCoresWeb + "/scale/metric");
  const auto policy = refused_cores(
      shop_in_cores({{kCoresWeb + "/scale", R"({"max": 4, "policies": {"p": {"metric": "requests_per_replica",
      "target": "60 /min"}}})"}}),
      "ecs-ec2");
  CHECK(policy.place == kCoresWeb + "/scale/policies/p/metric");
  const auto pods = refused_cores(shop_in_cores(
      {{kCoresWeb + "/eks", R"({"hpa": {"metrics": {"m": {"pods": "in_flight", "average_value": 5}}}})"}}));
  CHECK(pods.place == kCoresWeb + "/eks/hpa/metrics/m/pods");
  CHECK(refused_cores(shop_in_cores({{kCoresWeb + "/health", R"({"slow_start": "30 s"})"}})).place ==
        kCoresWeb + "/health/slow_start");
  const std::string other = R"({"containers": {"app": {"image": "web", "cpu": "0.25 vCPU", "memory": "512 MiB"}},
      "demand": {"requests": "load", "service_time": "5 ms", "cpu_per_request": "1 ms"}, "calls": [{"to": "web"}]})";
  CHECK(refused_cores(shop_in_cores({{"/services/api", other}})).place == "/services/api/calls/0/to");
  const std::string callee = R"({"containers": {"app": {"image": "web", "cpu": "0.25 vCPU", "memory": "512 MiB"}},
      "demand": {"service_time": "5 ms", "cpu_per_request": "1 ms"}})";
  CHECK(refused_cores(shop_in_cores({{"/services/api", callee}, {kCoresWeb + "/calls", R"([{"to": "api"}])"}})).place ==
        kCoresWeb + "/calls");
  CHECK(
      refused_cores(
          shop_in_cores(
              {{"/faults", R"([{"kind": "slow_down", "target": "web", "at": "5 min", "for": "5 min", "factor": 2}])"}}))
          .place == "/faults/0/target");
}

TEST_CASE("a load in cores is no count of requests and no list of them, and has an end") {
  const scene::Folder folder;
  const std::string file =
      folder.write("load.csv", "minute,value\n2026-03-02 00:00,1\n2026-03-02 00:20,2\n2026-03-02 00:40,3\n");
  const auto with = [&](const std::string& means) {
    return shop_in_cores({{"/traces/load", R"({"file": ")" + file + R"(", "means": ")" + means + "\"}"}});
  };
  CHECK(refused_cores(with("count")).place == kCoresWeb + "/demand/cores");
  CHECK(scene::has(refused_cores(with("count")).cure, "\"gauge\" or \"rate\" in /traces/load"));
  CHECK(refused_cores(with("rate")).place.empty());
  CHECK(refused_cores(with("gauge")).place.empty());
  const auto huge = refused_cores(shop_in_cores({}, R"({"trace": "load", "share": 1000000})"));
  CHECK(huge.expected == "at most a million cores");
}
