// What a scenario may say of an HPA, what the API server or nobody's metric refuses, and what a neutral scale becomes.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace hpa_keys {
namespace {

using namespace std::chrono_literals;
using berth::HpaMeasure;
using berth::HpaSource;
using berth::HpaTarget;

const std::string kScale = "/services/web/scale";
const std::string kEks = "/services/web/eks";

scene::Changes hpa(const std::string& body) { return {{kEks, R"({"hpa": {)" + body + "}}"}}; }

berth::RunSpec run_on_eks(const scene::Changes& changes) {
  return scene::run_of(scene::loaded(changes), "eks-fargate");
}

berth::WorkloadSpec web_with(const scene::Changes& changes) { return *scene::workload(run_on_eks(changes), "web"); }

berth::InputError::Parts refusal_of(const scene::Changes& changes) {
  return scene::error_of([&] { web_with(changes); });
}

berth::InputError::Parts refused_metric(const std::string& metric) {
  return refusal_of(hpa(R"("max": 5, "metrics": {"m": {)" + metric + "}}"));
}

bool assumes(const berth::RunSpec& run, const std::string& assumed) {
  return std::any_of(run.assumptions.begin(), run.assumptions.end(),
                     [&](const berth::Assumption& a) { return scene::has(a.assumed, assumed); });
}

}  // namespace

TEST_CASE("an HPA has its own bounds, metrics and behavior, and that it takes the place of scale is written down") {
  const scene::Changes changes = hpa(R"("min": 3, "max": 30, "metrics": {
      "cpu": {"resource": "cpu", "utilisation": 70},
      "cores": {"resource": "cpu", "container": "app", "average_value": "200m"},
      "each": {"pods": "in_flight", "average_value": 12.5},
      "all": {"object": "requests_per_second", "value": "300 /min"},
      "queue": {"external": "load", "average_value": 30}},
    "behavior": {"up": {"stabilisation": "1 min", "select": "min", "policies": [
      {"pods": 4, "period": "60 s"}, {"percent": "50 %", "period": "2 min"}]}, "down": {"tolerance": "5 %"}})");
  const berth::RunSpec run = run_on_eks(changes);
  const berth::WorkloadSpec& web = *scene::workload(run, "web");
  CHECK(web.scale->min == 3);
  CHECK(web.scale->max == 30);
  CHECK(web.desired == 3);
  const auto& metrics = web.eks.hpa->metrics;
  REQUIRE(metrics.size() == 5);
  CHECK(metrics[0].aim == HpaTarget::utilisation);
  CHECK(metrics[0].target == 70);
  CHECK(metrics[1].source == HpaSource::container);
  CHECK(metrics[1].target == 200);
  CHECK(metrics[2].measure == HpaMeasure::in_flight);
  CHECK(metrics[2].target == 12'500);
  CHECK(metrics[3].aim == HpaTarget::value);
  CHECK(metrics[3].target == 5'000);
  CHECK(metrics[4].trace == "load");
  const berth::HpaBehaviour& behaviour = *web.eks.hpa->behaviour;
  CHECK(behaviour.up.stabilisation == 60s);
  CHECK(behaviour.up.select == berth::HpaRules::Select::least);
  REQUIRE(behaviour.up.policies.size() == 2);
  CHECK(behaviour.up.policies[1].kind == berth::HpaPolicy::Kind::percent);
  CHECK(behaviour.up.policies[1].value == 50);
  CHECK(behaviour.down.tolerance == 0.05);
  CHECK(behaviour.down.stabilisation == 300s);  // as Kubernetes fills it in
  CHECK(behaviour.down.policies.size() == 1);
  CHECK(assumes(run, "in place of the one of scale"));
  CHECK(assumes(run, "1.35"));
}

TEST_CASE("an HPA without metrics is on cpu at 80 %, bounds that it leaves out are those of scale") {
  const berth::RunSpec run = run_on_eks(hpa(""));
  const berth::WorkloadSpec& web = *scene::workload(run, "web");
  CHECK(web.scale->max == 10);
  CHECK(web.eks.hpa->metrics.at(0).target == 80);
  CHECK_FALSE(web.eks.hpa->behaviour);
  CHECK(assumes(run, "cpu at 80 %"));
}

TEST_CASE("ECS knows nothing of an HPA") {
  const auto changes = hpa(R"("max": 30)");
  const auto web = *scene::workload(scene::run_of(scene::loaded(changes), "ecs-fargate"), "web");
  CHECK_FALSE(web.eks.hpa);
  CHECK(web.scale->max == 10);
}

TEST_CASE("an HPA never goes to zero on EKS, neither its own nor that of a scale") {
  const auto own = refusal_of(hpa(R"("min": 0, "max": 5)"));
  CHECK(own.place == "/services/web/eks/hpa/min");
  CHECK(scene::has(own.expected, "HPAScaleToZero"));
  const auto neutral = refusal_of({{kScale + "/min", "0"}});
  CHECK(neutral.place == kScale + "/min");
  CHECK(scene::has(neutral.expected, "HPAScaleToZero"));
}

TEST_CASE("contradictions in an HPA are refused with a cure") {
  CHECK(scene::has(refusal_of(hpa(R"("min": 6, "max": 5)")).expected, "at least min"));
  CHECK(scene::has(refusal_of(hpa(R"("min": 12)")).found, "min 12 and max 10"));
  CHECK(scene::has(refusal_of(hpa(R"("max": 5, "metrics": {})")).expected, "one metric"));
  CHECK(scene::has(refused_metric(R"("resource": "cpu")").cure, "utilisation"));
  CHECK(scene::has(refused_metric(R"("resource": "cpu", "utilisation": 60, "average_value": "1 vCPU")").found, "and"));
  CHECK(scene::has(refused_metric(R"("resource": "cpu", "value": 3)").expected, "object"));
  CHECK(scene::has(refused_metric(R"("resource": "cpu", "utilisation": 60.5)").expected, "whole"));
  CHECK(scene::has(refused_metric(R"("pods": "in_flight", "utilisation": 60)").cure, "average_value"));
  CHECK(scene::has(refused_metric(R"("pods": "in_flight", "average_value": 0)").expected, "zero"));
  CHECK(scene::has(refused_metric(R"("pods": "in_flight", "container": "app", "average_value": 1)").cure, "remove"));
  CHECK(scene::has(refused_metric(R"("resource": "cpu", "container": "ap", "utilisation": 60)").cure, "\"app\""));
  CHECK(scene::has(refused_metric(R"("pods": "in_flight", "object": "requests_per_second", "value": "1 /s")").expected,
                   "exactly one"));
  const scene::Changes no_scale = {{kEks, R"({"hpa": {"min": 2}})"}, {kScale, R"({"max": 3, "target": 60})"}};
  CHECK(web_with(no_scale).scale->max == 3);
}

TEST_CASE("behavior keeps to the API's bounds") {
  const auto refused = [](const std::string& up) {
    return refusal_of(hpa(R"("max": 5, "behavior": {"up": {)" + up + "}}"));
  };
  CHECK(scene::has(refused(R"("stabilisation": "2 h")").expected, "1 h"));
  CHECK(scene::has(refused(R"("stabilisation": "1500 ms")").expected, "whole seconds"));
  CHECK(scene::has(refused(R"("policies": [])").cure, "disabled"));
  CHECK(scene::has(refused(R"("policies": [{"pods": 1, "period": "31 min"}])").expected, "30 min"));
  CHECK(scene::has(refused(R"("policies": [{"pods": 1, "percent": 10, "period": "1 min"}])").expected, "exactly one"));
}

TEST_CASE("a metric that nobody would measure is refused") {
  CHECK(scene::has(refused_metric(R"("resource": "memory", "utilisation": 60)").cure, "memory_use"));
  auto proxy = hpa(R"("max": 5, "metrics": {"m": {"resource": "cpu", "container": "proxy", "utilisation": 60}})");
  proxy.emplace_back("/services/web/containers/proxy", R"({"image": "web", "cpu": "0.1 vCPU", "memory": "128 MiB"})");
  const auto other = refusal_of(proxy);
  CHECK(other.place == "/services/web/eks/hpa/metrics/m/container");
  CHECK(scene::has(other.cure, "\"app\""));
  CHECK(scene::has(refused_metric(R"("external": "loud", "value": 5)").cure, "\"load\""));
}

TEST_CASE("an external metric is a gauge, not a trace of requests") {
  const scene::Folder folder;
  const std::string file = folder.write("queue.csv", "timestamp,rate\n0,5\n1800,5\n3600,5\n");
  const auto traces_of = [&](const std::string& means) {
    scene::Changes changes = hpa(R"("max": 5, "metrics": {"m": {"external": "queue", "value": 5}})");
    changes.emplace_back("/traces/queue", R"({"file": ")" + file + "\"" + means + "}");
    return berth::load_traces(scene::loaded(changes));
  };
  CHECK(traces_of(R"(, "means": "gauge")").count("queue") == 1);
  const auto refused = scene::error_of([&] { traces_of(""); });
  CHECK(refused.place == "/services/web/eks/hpa/metrics/m/external");
  CHECK(scene::has(refused.cure, "gauge"));
}

TEST_CASE("metrics-server scrapes no more often than every 10 s, and ECS has none") {
  const auto with = [](const std::string& resolution, const std::string& architecture) {
    berth::LoadOptions options;
    options.sets = {"/architectures/" + architecture + "/clusters/main/metrics_resolution=" + resolution};
    return scene::error_of([&] { scene::run_of(scene::loaded({}, options), architecture); });
  };
  CHECK(scene::has(with("5 s", "eks-fargate").cure, "10 s"));
  CHECK(scene::has(with("30 s", "ecs-fargate").expected, "metrics-server"));
}

TEST_CASE("a neutral scale becomes an HPA without behavior, its policies with a target one of several metrics") {
  const auto plain = web_with({});
  CHECK_FALSE(plain.eks.hpa);
  CHECK(berth::hpa_of(plain).metrics.at(0).target == 60);
  const berth::RunSpec run = run_on_eks({{kScale, R"({"min": 2, "max": 10, "policies": {
      "cpu": {"metric": "cpu", "target": 60}, "requests": {"metric": "requests_per_replica", "target": "600 /min"},
      "burst": {"steps": [{"change": 1}], "threshold": "70 %"}}})"}});
  const berth::HpaSpec made = *scene::workload(run, "web")->eks.hpa;
  REQUIRE(made.metrics.size() == 2);
  CHECK(made.metrics[1].name == "requests");
  CHECK(made.metrics[1].source == HpaSource::object);
  CHECK(made.metrics[1].target == 10'000);  // thousandths of a request per second
  CHECK_FALSE(made.behaviour);
  CHECK(assumes(run, "an HPA on cpu at 60, requests_per_replica at 600"));
}

TEST_CASE("on EKS steps and the clock alone are refused, and memory that nobody says") {
  const auto at = [](const std::string& more) {
    return refusal_of({{kScale, R"({"min": 2, "max": 10, )" + more + "}"}});
  };
  CHECK(scene::has(at(R"("policies": {"a": {"threshold": 50, "steps": [{"change": 1}]}})").expected, "HPA"));
  CHECK(scene::has(at(R"("scheduled": {"a": {"at": "1 min", "min": 4}})").cure, "target"));
  CHECK(scene::has(at(R"("metric": "memory", "target": 60)").cure, "memory_use"));
  const auto memory = web_with({{kScale, R"({"max": 10, "metric": "memory", "target": 60})"},
                                {"/services/web/containers/app/memory_use", R"({"idle": "200 MiB"})"}});
  CHECK(berth::hpa_of(memory).metrics.at(0).measure == HpaMeasure::memory);
}

TEST_CASE("a target that limits keep out of reach is warned of") {
  const auto findings_at = [](const std::string& limit) {
    const auto scenario =
        scene::loaded({{"/services/web/containers/app/cpu", R"({"request": "0.25 vCPU", "limit": ")" + limit + "\"}"},
                       {kScale, R"({"max": 10, "target": 110})"}});
    const berth::Catalog catalog = scene::catalog_of(scenario);
    const auto found = berth::feasibility(scenario, berth::build_run(scenario, "eks-ec2", catalog), catalog);
    return std::count_if(found.begin(), found.end(), [](const berth::Finding& f) {
      return f.verdict == berth::Verdict::warning && scene::has(f.why, "never scales up");
    });
  };
  CHECK(findings_at("0.3 vCPU") == 1);  // at most 120 %, and 110 % with its tolerance is 121 %
  CHECK(findings_at("0.5 vCPU") == 0);
}

}  // namespace hpa_keys
