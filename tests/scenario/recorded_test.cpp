// Keys of recordings: a scripted count in place of requests, arrivals of a job one by one.
#include <doctest/doctest.h>

#include "tests/scenario/scene.hpp"

namespace {

const std::string kDemand = "/services/web/demand";
const std::string kReport = "/jobs/report";

/// The shop without its scaler, so that a script may set the number of replicas.
scene::Changes scripted(const std::string& counts) {
  return {{"/services/web", R"({"desired": 0, "containers": {"app": {"image": "web", "cpu": "0.25 vCPU",
            "memory": "512 MiB"}}, "demand": {"replicas": )" +
                                counts + "}}"}};
}

berth::InputError::Parts refused_script(const scene::Changes& changes) {
  return scene::error_of([&] { scene::run_of(scene::loaded(changes), "eks-ec2"); });
}

std::string report(const std::string& arrivals, const std::string& more = "") {
  return R"({"arrivals": )" + arrivals + R"(, "containers": {"main": {"image": "web", "cpu": "1 vCPU",
            "memory": "2 GiB"}})" +
         more + "}";
}

}  // namespace

TEST_CASE("a scripted count becomes steps, and no lane of requests") {
  const auto run =
      scene::run_of(scene::loaded(scripted(R"([{"at": "0 s", "count": 1}, {"at": "7 min", "count": 3}])")), "eks-ec2");
  const auto* web = scene::workload(run, "web");
  REQUIRE(web->counts.size() == 2);
  CHECK(web->counts[1].at == berth::Time{std::chrono::minutes{7}});
  CHECK(web->counts[1].count == 3);
  CHECK(web->desired == 0);
  CHECK_FALSE(web->demand.has_value());
}

TEST_CASE("a scripted count may be a trace of gauges: a step where the nearest whole number changes") {
  const scene::Folder folder;
  const std::string file = folder.write("count.csv",
                                        "minute,value\n2026-03-02 00:00,1\n2026-03-02 00:20,1.4\n"
                                        "2026-03-02 00:40,3.6\n");
  auto changes = scripted(R"("pods")");
  changes.push_back({"/traces/pods", R"({"file": ")" + file + R"(", "means": "gauge"})"});
  const auto run = scene::run_of(scene::loaded(changes), "eks-ec2");
  const auto* web = scene::workload(run, "web");
  REQUIRE(web->counts.size() == 2);
  CHECK(web->counts[0].count == 1);
  CHECK(web->counts[1].at == berth::Time{std::chrono::minutes{40}});
  CHECK(web->counts[1].count == 4);
  CHECK_FALSE(web->demand.has_value());
  CHECK(berth::trace_files(scene::loaded(changes)).size() == 1);
  changes.back().second = R"({"file": ")" + file + R"(", "means": "count"})";
  CHECK(scene::has(refused_script(changes).cure, "gauge"));
}

TEST_CASE("a scripted count is refused where it cannot be followed") {
  auto changes = scripted(R"([{"at": "7 min", "count": 1}, {"at": "0 s", "count": 3}])");
  CHECK(refused_script(changes).place == "/services/web/demand/replicas/1/at");
  changes = scripted(R"([{"at": "0 s", "count": 1}])");
  changes.push_back({"/services/web/scale", R"({"max": 4, "target": 60})"});
  CHECK(scene::has(refused_script(changes).expected, "either a scripted count or a scaler"));
  changes.back() = {"/services/web/eks", R"({"hpa": {"max": 4}})"};
  CHECK(refused_script(changes).place == "/services/web/eks/hpa");
  changes.back() = {kDemand + "/timeout", R"("3 s")"};
  CHECK(refused_script(changes).place == kDemand + "/timeout");
  CHECK(refused_script(scripted("[]")).place == kDemand + "/replicas");
}

TEST_CASE("requests still say what one of them takes") {
  const auto parts = refused_script({{kDemand, R"({"requests": "load", "cpu_per_request": "10 ms"})"}});
  CHECK(parts.place == kDemand);
  CHECK(scene::has(parts.expected, "service_time"));
}

TEST_CASE("recorded arrivals carry their own run times, or share the job's") {
  const auto job_of = [](const std::string& text) {
    return *scene::workload(scene::run_of(scene::loaded({{kReport, text}}), "eks-ec2"), "report")->job;
  };
  const auto own =
      job_of(report(R"({"recorded": [{"at": "1 s", "run_time": "5 min"}, {"at": "1 s", "run_time": "2 s"}]})"));
  CHECK(own.at.size() == 2);
  CHECK(own.run_times == std::vector<berth::Duration>{std::chrono::minutes{5}, std::chrono::seconds{2}});
  const auto shared = job_of(report(R"({"recorded": [{"at": "1 s"}]})", R"(, "run_time": "9 s")"));
  CHECK(shared.at.size() == 1);
  CHECK(shared.run_times.empty());
}

TEST_CASE("a job without a run time is refused, and one with two") {
  const std::string own = R"({"recorded": [{"at": "1 s", "run_time": "5 min"}]})";
  CHECK(scene::has(refused_script({{kReport, report(R"({"recorded": [{"at": "1 s"}]})")}}).expected, "run_time"));
  CHECK(scene::has(refused_script({{kReport, report(R"({"cron": "30 0 * * *"})")}}).expected, "run_time"));
  CHECK(refused_script({{kReport, report(own, R"(, "run_time": "9 s")")}}).place == kReport);
  CHECK(refused_script({{kReport, report(R"({"recorded": []})", R"(, "run_time": "9 s")")}}).place ==
        kReport + "/arrivals/recorded");
}
