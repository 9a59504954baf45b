// What a scenario says of the end of jobs, of CronJobs, and of the roll-out of daemons.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

const WorkloadSpec& built(const RunSpec& run, const char* name) {
  const WorkloadSpec* const workload = scene::workload(run, name);
  REQUIRE(workload != nullptr);
  return *workload;
}

RunSpec job_run(const scene::Changes& changes, const std::string& architecture) {
  return scene::run_of(scene::loaded(changes), architecture);
}

std::string refused_at(const scene::Changes& changes) {
  return scene::error_of([&] { job_run(changes, "eks-ec2"); }).place;
}

bool assumes(const RunSpec& run, const std::string& subject, const std::string& part) {
  return std::any_of(run.assumptions.begin(), run.assumptions.end(),
                     [&](const Assumption& a) { return a.subject == subject && scene::has(a.assumed, part); });
}

bool warns(const scene::Changes& changes, const std::string& architecture, const std::string& part) {
  const LoadedScenario scenario = scene::loaded(changes);
  const Catalog catalog = scene::catalog_of(scenario);
  const auto findings = feasibility(scenario, build_run(scenario, architecture, catalog), catalog);
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& f) {
    return f.subject == "job report" && f.verdict == Verdict::warning && scene::has(f.why, part);
  });
}

TEST_CASE("a job's deadline and the life of what is finished are EKS's, and ECS says that it knows no deadline") {
  const scene::Changes changes = {{"/jobs/report/deadline", R"("1 h")"},
                                  {"/jobs/report/ttl_after_finish", R"("10 min")"}};
  const JobSpec& eks = *built(job_run(changes, "eks-ec2"), "report").job;
  CHECK(eks.deadline == Duration{1h});
  CHECK(eks.ttl_after_finish == Duration{10min});
  const RunSpec ecs = job_run(changes, "ecs-ec2");
  CHECK_FALSE(built(ecs, "report").job->deadline);
  CHECK(assumes(ecs, "job report", "run to their end"));
}

TEST_CASE("a job on Fargate of EKS that does not say when it is deleted is warned of, for its pods go on costing") {
  CHECK(warns({}, "eks-fargate", "keep their Fargate machines"));
  CHECK(assumes(job_run({}, "eks-fargate"), "job report", "stay when they have ended"));
  CHECK_FALSE(warns({{"/jobs/report/ttl_after_finish", R"("0 s")"}}, "eks-fargate", "keep their Fargate machines"));
  CHECK_FALSE(warns({{"/jobs/report/eks", R"({"successful_history": 0})"}}, "eks-fargate", "Fargate machines"));
  CHECK_FALSE(warns({}, "eks-ec2", "Fargate machines"));
  CHECK_FALSE(warns({}, "ecs-fargate", "Fargate machines"));
}

TEST_CASE("a CronJob keeps the last three Jobs that were complete and one that failed, where nothing else is written") {
  const CronJobSpec none = *built(job_run({}, "eks-ec2"), "report").job->cron;
  CHECK(none.concurrency == Concurrency::allow);
  CHECK(none.successful_history == 3);
  CHECK(none.failed_history == 1);
  CHECK_FALSE(none.starting_deadline);
  const char* const text = R"({"concurrency": "forbid", "starting_deadline": "5 min", "failed_history": 0})";
  const CronJobSpec written = *built(job_run({{"/jobs/report/eks", text}}, "eks-ec2"), "report").job->cron;
  CHECK(written.concurrency == Concurrency::forbid);
  CHECK(written.starting_deadline == Duration{5min});
  CHECK(written.failed_history == 0);
}

TEST_CASE("what only a CronJob has is refused for a job that arrives otherwise") {
  for (const char* key : {"concurrency", "starting_deadline", "successful_history", "failed_history"}) {
    const std::string value = key[0] == 'c' ? R"("forbid")" : key[1] == 't' ? R"("1 min")" : "1";
    CHECK(refused_at({{"/jobs/report/arrivals", R"({"poisson": "1 /h"})"},
                      {"/jobs/report/eks", "{\"" + std::string(key) + "\": " + value + "}"}}) ==
          "/jobs/report/eks/" + std::string(key));
  }
}

TEST_CASE("a daemon is deployed anew like a service, by one of two bounds on EKS") {
  const char* const deployments = R"([{"at": "10 min", "change": {"containers": {"agent": {"image": "web-2"}}}}])";
  const scene::Changes changes = {{"/daemons/logs/deployments", deployments},
                                  {"/daemons/logs/eks", R"({"rollout": {"max_surge": "25 %"}})"}};
  const WorkloadSpec eks = built(job_run(changes, "eks-ec2"), "logs");
  REQUIRE(eks.deployments.size() == 1);
  CHECK(eks.deployments[0].containers.at("agent").image == "web-2");
  REQUIRE(eks.eks.daemon_rollout);
  CHECK(eks.eks.daemon_rollout->surges);
  CHECK(eks.eks.daemon_rollout->value == 25);
  CHECK_FALSE(built(job_run(changes, "ecs-ec2"), "logs").eks.daemon_rollout);
  CHECK(assumes(job_run(changes, "eks-fargate"), "service web", "stays as it begins"));
  const auto rollout = [](const char* text) { return scene::Changes{{"/daemons/logs/eks/rollout", text}}; };
  CHECK(refused_at(rollout(R"({"max_surge": 0})")) == "/daemons/logs/eks/rollout/max_surge");
  CHECK(refused_at(rollout(R"({"max_unavailable": "120 %"})")) == "/daemons/logs/eks/rollout/max_unavailable");
  CHECK(scene::has(refused_at(rollout(R"({"max_unavailable": 1, "max_surge": 1})")), "/daemons/logs/eks/rollout"));
  CHECK(refused_at({{"/daemons/logs/deployments",
                     R"([{"at": "10 min", "change": {"containers": {"other": {"image": "web-2"}}}}])"}}) ==
        "/daemons/logs/deployments/0/change/containers/other");
}

TEST_CASE("the patching of Fargate pods is EKS's, and ignored on ECS") {
  const scene::Changes changes = {{"/faults", R"([{"at": "10 min", "kind": "fargate_patching", "target": "web"}])"}};
  CHECK(job_run(changes, "eks-fargate").faults.size() == 1);
  CHECK(assumes(job_run(changes, "eks-fargate"), "patching of Fargate pods", "zone by zone"));
  const RunSpec ecs = job_run(changes, "ecs-fargate");
  CHECK(ecs.faults.empty());
  CHECK(assumes(ecs, "fault fargate_patching of web", "ignored"));
}

}  // namespace
}  // namespace berth
