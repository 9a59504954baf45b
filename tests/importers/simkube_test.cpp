// SimKube traces: Deployments over time become services with scripted counts.
#include <doctest/doctest.h>

#include "sim/importers/kube_quantity.hpp"
#include "tests/importers/scene.hpp"

namespace {

using berth::Time;
using std::chrono::seconds;

const std::string kObject = "/events/0/applied_objs/0";
const std::string kContainer = kObject + "/spec/template/spec/containers/0";
const std::string kLater = "/events/1/applied_objs/0/spec/template/spec/containers";

std::int64_t milli(const std::string& json) {
  const berth::Value value = berth::parse_json(json, "q");
  return berth::kube_quantity_milli(berth::Field(value, "q"));
}

}  // namespace

TEST_CASE("amounts of Kubernetes are read as the API server reads them") {
  struct {
    const char* json;
    std::int64_t milli;
  } const rows[] = {{R"("1")", 1000},
                    {R"("250m")", 250},
                    {R"("0.5")", 500},
                    {R"("1Gi")", 1024LL * 1024 * 1024 * 1000},
                    {R"("1.5k")", 1'500'000},
                    {R"("2e3")", 2'000'000},
                    {R"("1E")", -1},
                    {R"("129M")", 129'000'000'000},
                    {"2", 2000},
                    {R"("0.0001")", 1}};
  for (const auto& row : rows) {
    if (row.milli >= 0) CHECK_MESSAGE(milli(row.json) == row.milli, row.json);
    else CHECK_MESSAGE(!scene::error_of([&] { milli(row.json); }).expected.empty(), row.json);
  }
}

TEST_CASE("what is no amount of Kubernetes is refused") {
  for (const char* json : {R"("")", R"("-1")", R"("1 Gi")", R"("nan")", R"("0x10")", R"("1GiB")", R"("1..5")", "true",
                           R"("1e999")", R"("m")", R"("999999999999999999999999")"})
    CHECK_MESSAGE(!scene::error_of([&] { milli(json); }).expected.empty(), json);
}

TEST_CASE("a Deployment has the replicas that the trace had, moment by moment, and none once it is deleted") {
  const auto run = scene::run_of_import(scene::imported("simkube", scene::sample("simkube.sample.json")).scenario);
  const auto* web = scene::workload(run, "web");
  REQUIRE(web->counts.size() == 3);
  CHECK(web->desired == 0);
  CHECK(web->counts[0].count == 2);
  CHECK(web->counts[1].at == Time{seconds{300}});
  CHECK(web->counts[1].count == 6);
  CHECK(web->counts[2].at == Time{seconds{900}});
  CHECK(web->counts[2].count == 0);
  CHECK(web->containers.front().amount.cpu == berth::millicores(500));
  CHECK(web->containers.front().amount.memory == berth::kGiB);
  CHECK(web->eks.name_space == "shop");
  CHECK(run.duration > seconds{900});
}

TEST_CASE("copies are services of their own with names that stay") {
  const auto run = scene::run_of_import(scene::imported("simkube", scene::sample("simkube.sample.json"), 3).scenario);
  for (const char* name : {"web", "web.2", "web.3"}) {
    REQUIRE(scene::workload(run, name) != nullptr);
    CHECK(scene::workload(run, name)->counts.size() == 3);
  }
  CHECK(scene::workload(run, "web.4") == nullptr);
}

TEST_CASE("a new image or request in the trace is a new revision") {
  const auto run =
      scene::run_of_import(scene::simkube_with({{kLater + "/0/image", R"("docker.io/example/web:2")"}}).scenario);
  const auto* web = scene::workload(run, "web");
  REQUIRE(web->deployments.size() == 1);
  CHECK(web->deployments[0].at == Time{seconds{300}});
  CHECK(web->deployments[0].containers.at("app").image == "web:2");
}

TEST_CASE("a limit without a request is the request too, and no request at all takes nothing") {
  const auto resources = kContainer + "/resources";
  auto run = scene::run_of_import(scene::simkube_with({{resources, R"({"limits": {"cpu": "2"}})"}}).scenario);
  const auto limited = scene::workload(run, "web")->containers.front().amount;
  CHECK(limited.cpu == 2 * berth::kVcpu);
  CHECK(limited.cpu_limit == 2 * berth::kVcpu);
  CHECK(limited.memory == berth::Bytes{0});
  run = scene::run_of_import(scene::simkube_with({{resources, "{}"}}).scenario);
  CHECK(scene::workload(run, "web")->containers.front().amount.cpu == berth::Cpu{});
}

TEST_CASE("replicas that are not written are one, as in Kubernetes") {
  auto without = scene::simkube_with({{kObject + "/spec", R"({"template": {"spec": {"containers": [
      {"name": "app", "image": "docker.io/example/web:1",
       "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}]}}})"}});
  CHECK(scene::workload(scene::run_of_import(without.scenario), "web")->counts.front().count == 1);
}

TEST_CASE("what a scenario cannot have is told, not dropped in silence") {
  const auto imported = scene::simkube_with(
      {{"/events/1/applied_objs/-", R"({"kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {}})"},
       {kObject + "/spec/template/spec/nodeSelector", R"({"disk": "ssd"})"}});
  REQUIRE(imported.left_out.size() == 2);
  CHECK(scene::has(imported.left_out[0], "nodeSelector"));
  CHECK(scene::has(imported.left_out[1], "StatefulSet"));
  CHECK(scene::has(imported.scenario.find("notes")->text, "StatefulSet"));
}

TEST_CASE("a trace that is none is refused with its place") {
  CHECK(scene::simkube_refusal({{"/version", "1"}}).place == "/version");
  CHECK(scene::simkube_refusal({{"/events", "[]"}}).place == "/events");
  CHECK(scene::simkube_refusal({{"/events/0/ts", "-1"}}).place == "/events/0/ts");
  CHECK(scene::simkube_refusal({{"/events/1/ts", "1772409599"}}).place == "/events/1/ts");
  CHECK(scene::simkube_refusal({{kObject + "/metadata/name", R"("a/b")"}}).place == kObject + "/metadata/name");
  CHECK(scene::simkube_refusal({{kObject + "/spec/replicas", "1e30"}}).place == kObject + "/spec/replicas");
  CHECK(scene::simkube_refusal({{kObject + "/spec/template", "3"}}).expected != "");
  CHECK(scene::simkube_refusal({{kContainer + "/resources/requests/cpu", R"("much")"}}).place ==
        kContainer + "/resources/requests/cpu");
  CHECK(scene::simkube_refusal({{"/events/0/applied_objs", "{}"}}).place == "/events/0/applied_objs");
}

TEST_CASE("more copies than a scenario may have are refused, and none") {
  CHECK(scene::simkube_refusal({}, berth::kMostImported + 1).place == "--copies");
  CHECK(scene::simkube_refusal({}, 0).place == "--copies");
}

TEST_CASE("an unknown format names the known ones, the wrong number of files what is read") {
  CHECK(scene::has(scene::error_of([] { berth::importer_named("simcube", 1); }).cure, "simkube"));
  CHECK(scene::has(scene::error_of([] { berth::importer_named("kubernetes", 1); }).expected, "simkube, openb"));
  CHECK(scene::error_of([] { berth::importer_named("simkube", 2); }).found == "2");
}

TEST_CASE("the DeathStarBench trace has 27 Deployments and goes from 27 over 52 to 41 replicas") {
  const std::string file = scene::real_trace("simkube_dsb_social_trace.json");
  if (file.empty()) return;
  for (const std::int64_t copies : {1, 100}) {
    const auto run = scene::run_of_import(scene::imported("simkube", file, copies).scenario);
    const auto replicas_at = [&](std::int64_t s) {
      std::int64_t all = 0;
      for (const auto& w : run.workloads) {
        std::int64_t now = 0;
        for (const auto& step : w.counts)
          if (step.at <= Time{seconds{s}}) now = step.count;
        all += now;
      }
      return all;
    };
    CHECK(replicas_at(0) == 27 * copies);
    CHECK(replicas_at(827) == 52 * copies);
    CHECK(replicas_at(1164) == 41 * copies);
  }
}
