// The openb pods: one by one for a study, or as jobs of a scenario.
#include <doctest/doctest.h>

#include "sim/importers/openb.hpp"
#include "tests/importers/scene.hpp"

namespace {

using berth::Time;
using std::chrono::seconds;

berth::InputError::Parts refusal(const std::string& rows) {
  const scene::Folder folder;
  const std::string file = folder.write("pods.csv", "name,cpu_milli,memory_mib,creation_time,deletion_time\n" + rows);
  return scene::error_of([&] { berth::read_openb_pods(file); });
}

}  // namespace

TEST_CASE("a pod that never ended runs to the end of the recording") {
  const auto pods = berth::read_openb_pods(scene::sample("openb_pods.sample.csv"));
  REQUIRE(pods.size() == 5);
  CHECK(pods[3].name == "pod-4");
  CHECK(pods[3].runs == seconds{900 - 60});
  CHECK(pods[0].runs == seconds{600});
  CHECK(pods[0].arrives == Time{});  // the first moment is the recording's 0
}

TEST_CASE("pods are taken in order of arrival, at one moment as listed") {
  const scene::Folder folder;
  const std::string file = folder.write("pods.csv",
                                        "name,cpu_milli,memory_mib,creation_time,deletion_time\n"
                                        "late,1,1,110,120\nfirst,1,1,100,120\nsecond,1,1,100,120\n");
  const auto pods = berth::read_openb_pods(file);
  CHECK(pods[0].name == "first");
  CHECK(pods[1].name == "second");
  CHECK(pods[2].arrives == Time{seconds{10}});
}

TEST_CASE("a wrong row is refused with its line and column") {
  CHECK(scene::has(refusal("p,8000,100,50,40\n").place, "line 2, column deletion_time"));
  CHECK(scene::has(refusal("p,8000,100,,40\n").place, "column creation_time"));
  CHECK(scene::has(refusal("p,many,100,0,40\n").place, "column cpu_milli"));
  CHECK(scene::has(refusal("p,99999999999,100,0,40\n").place, "column cpu_milli"));
  CHECK(scene::has(refusal("p,1,1,0,999999999999\n").expected, "days"));
  CHECK_FALSE(refusal("").expected.empty());
  CHECK(scene::has(scene::error_of([] { berth::read_openb_pods(scene::sample("openb_nodes.sample.csv")); }).expected,
                   "creation_time"));
}

TEST_CASE("pods of one size are one job, each with its own moment and run time") {
  const auto run = scene::run_of_import(scene::imported("openb", scene::sample("openb_pods.sample.csv")).scenario);
  const auto* small = scene::workload(run, "pod-8000m-30517Mi");
  REQUIRE(small != nullptr);
  CHECK(small->job->at == std::vector<Time>{Time{}, Time{}});
  CHECK(small->job->run_times == std::vector<berth::Duration>{seconds{600}, seconds{900}});
  CHECK(small->containers.front().amount.cpu == 8 * berth::kVcpu);
  std::size_t arrivals = 0;
  for (const auto& w : run.workloads) arrivals += w.job ? w.job->at.size() : 0;
  CHECK(arrivals == 5);
}

TEST_CASE("the whole list of 2,936 pods of 24 sizes becomes a scenario") {
  const std::string file = scene::real_trace("alibaba_openb_pods_cpu_only.csv");
  if (file.empty()) return;
  const auto run = scene::run_of_import(scene::imported("openb", file).scenario);
  std::size_t arrivals = 0, jobs = 0;
  for (const auto& w : run.workloads) {
    jobs += w.job ? 1 : 0;
    arrivals += w.job ? w.job->at.size() : 0;
  }
  CHECK(jobs == 24);
  CHECK(arrivals == 2936);
}
