// engine.fidelity and demand.fidelity: who may be a flow, who must not, and what readers are told.
#include <doctest/doctest.h>

#include "sim/base/field.hpp"
#include "sim/scenario/fidelity.hpp"
#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

Fidelity built(const scene::Changes& changes) {
  const LoadedScenario scenario = scene::loaded(changes);
  const Catalog catalog = Catalog::load(models_folder(), catalog_key(scenario));
  for (const WorkloadSpec& w : build_run(scenario, "ecs-fargate", catalog).workloads)
    if (w.name == "web") return w.demand->fidelity;
  FAIL("no web");
  return {};
}

/// A service whose demand has one more key, as it stands in a completed scenario.
Value service_with(const std::string& more) {
  return parse_json(R"({ "web": { "demand": { "requests": "load", "service_time": "1 s", "cpu_per_request": "1 ms",
                         "balancing": "round_robin" )" +
                        more + "}}}",
                    "test");
}

}  // namespace

TEST_CASE("fidelity is that of the engine unless a service has its own") {
  CHECK(built({}) == Fidelity::automatic);
  CHECK(built({{"/engine", "{\"fidelity\": \"fluid\"}"}}) == Fidelity::fluid);
  CHECK(built({{"/engine", "{\"fidelity\": \"requests\"}"}}) == Fidelity::requests);
  CHECK(built({{"/engine", "{\"fidelity\": \"fluid\"}"}, {"/services/web/demand/fidelity", "\"requests\""}}) ==
        Fidelity::requests);
  CHECK(built({{"/services/web/demand/fidelity", "\"fluid\""}}) == Fidelity::fluid);
}

TEST_CASE("what the fluid approximation does not know is exact under auto and refused when asked for as fluid") {
  const Value engines = parse_json(R"({"auto": {"fidelity": "auto"}, "fluid": {"fidelity": "fluid"}})", "test");
  const Field engine(engines, "test");
  for (const char* more :
       {R"(, "retries": 3)", R"(, "memory_per_request": "1 MiB")", R"(}, "calls": [{"to": "db"}], "more": {)"}) {
    const Value services = service_with(more);
    const Field service = Field(services, "test").at("web");
    CHECK(build_fidelity(service, engine.at("auto")) == Fidelity::requests);
    const auto error = scene::error_of([&] { build_fidelity(service, engine.at("fluid")); });
    CHECK(scene::has(error.expected, "requests"));
    CHECK(scene::has(error.cure, "/web/demand"));
  }
  const Value plain = service_with(R"(, "slo": "1 s", "log_bytes": "1 KiB")");
  CHECK(build_fidelity(Field(plain, "test").at("web"), engine.at("fluid")) == Fidelity::fluid);
  CHECK(build_fidelity(Field(plain, "test").at("web"), engine.at("auto")) == Fidelity::automatic);
}

}  // namespace berth
