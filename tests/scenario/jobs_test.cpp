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

TEST_CASE("a deadline is Kubernetes' on EKS and the caller's on ECS, and only EKS deletes what is finished") {
  const scene::Changes changes = {{"/jobs/report/deadline", R"("1 h")"},
                                  {"/jobs/report/ttl_after_finish", R"("10 min")"}};
  const JobSpec& eks = *built(job_run(changes, "eks-ec2"), "report").job;
  CHECK(eks.deadline == Duration{1h});
  CHECK(eks.ttl_after_finish == Duration{10min});
  const RunSpec ecs = job_run(changes, "ecs-ec2");
  CHECK(built(ecs, "report").job->deadline == Duration{1h});
  CHECK_FALSE(built(ecs, "report").job->ttl_after_finish);
  CHECK(assumes(ecs, "job report", "stops its tasks at the deadline"));
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

/// Beside the report, of which it is a copy with other keys.
scene::Changes with_job(const std::string& name, const std::string& keys) {
  return {{"/jobs/" + name, R"({"run_time": "5 min", "containers": {"main": {"image": "web", "cpu": "1 vCPU", )"
                            R"("memory": "2 GiB"}}, )" +
                                keys + "}"}};
}

scene::Changes operator+(scene::Changes a, const scene::Changes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string found_in(const scene::Changes& changes) {
  return scene::error_of([&] { job_run(changes, "eks-ec2"); }).found;
}

TEST_CASE("jobs that come after each other in a circle are refused with the way round") {
  const auto circle = with_job("a", R"("after": ["c"])") + with_job("b", R"("after": ["a"])") +
                      with_job("c", R"("after": ["b"], "arrivals": {"as": "report"})");
  CHECK(found_in(circle) == "a -> c -> b -> a");
  CHECK(found_in(with_job("a", R"("after": ["a"])")) == "a -> a");
  CHECK(refused_at(with_job("a", R"("after": ["nobody"])")) == "/jobs/a/after/0");
  CHECK(refused_at(with_job("a", R"("retries": 1)")) == "/jobs/a");
  CHECK(found_in({{"/queues", R"({"x": {"within": "y"}, "y": {"within": "x"}})"}}) == "x -> y -> x");
}

TEST_CASE("a job without arrivals of its own arrives with the first job that it comes after") {
  const RunSpec run = job_run(with_job("load", R"("after": ["report"])") +
                                  with_job("tell", R"("after": ["load"], "arrivals": {"as": "load", "count": 3})"),
                              "ecs-ec2");
  const std::vector<Time> at = built(run, "report").job->at;
  REQUIRE(at.size() == 1);
  CHECK(built(run, "load").job->at == at);
  CHECK(built(run, "tell").job->at == at);
  CHECK(built(run, "tell").job->count == 3);
  CHECK(assumes(run, "job load", "waits for the jobs that it comes after"));
}

TEST_CASE("an array is as many arrivals, and a spread divides them over its time") {
  const RunSpec run = job_run({{"/jobs/report/array", "4"},
                               {"/jobs/report/arrivals", R"({"cron": "30 0 * * *", "spread": "8 min", "count": 2})"}},
                              "eks-ec2");
  const JobSpec& spec = *built(run, "report").job;
  CHECK(spec.parts == 8);
  CHECK(spec.count == 1);
  REQUIRE(spec.at.size() == 8);
  for (std::int64_t i = 0; i < 8; ++i) CHECK(spec.at[static_cast<std::size_t>(i)] == Time{30min + i * 1min});
  CHECK(assumes(run, "job report", "Indexed Job"));
}

TEST_CASE("more replicas of a job than a run can hold are refused, however they come about") {
  CHECK(refused_at({{"/jobs/report/array", "1000000000"}}) == "/jobs/report");
  CHECK(refused_at({{"/jobs/report/arrivals/count", "1000000000"}}) == "/jobs/report");
  CHECK(refused_at({{"/jobs/report/gang", "1000000000"}}) == "/jobs/report");
  CHECK(refused_at({{"/jobs/report/array", "1000001"}}) == "/jobs/report");
  CHECK(refused_at({{"/jobs/report/array", "100000"}, {"/jobs/report/arrivals/count", "100000"}}) == "/jobs/report");
  CHECK(refused_at({{"/jobs/report/arrivals", R"({"poisson": "1000000 /s"})"}}) == "/jobs/report/arrivals/poisson");
  CHECK(refused_at({{"/jobs/report/arrivals", R"({"cron": "30 0 * * *", "spread": "1 min", "count": 900000})"},
                    {"/jobs/report/array", "900000"}}) == "/jobs/report");
}

TEST_CASE("a gang says how many replicas there are, and they do not come one by one") {
  CHECK(built(job_run({{"/jobs/report/gang", "4"}}, "eks-ec2"), "report").job->count == 4);
  const RunSpec run = job_run({{"/jobs/report/gang", R"({"size": 4, "wait": "10 min"})"}}, "ecs-ec2");
  REQUIRE(built(run, "report").job->gang);
  CHECK(built(run, "report").job->gang->wait == Duration{10min});
  CHECK(assumes(run, "job report", "all at once or not at all"));
  CHECK(assumes(job_run({{"/jobs/report/gang", "4"}}, "ecs-fargate"), "job report", "quota has room for all"));
  CHECK(refused_at({{"/jobs/report/gang", "4"}, {"/jobs/report/arrivals/count", "3"}}) == "/jobs/report/gang");
  CHECK(refused_at({{"/jobs/report/gang", "4"}, {"/jobs/report/arrivals/spread", R"("1 min")"}}) ==
        "/jobs/report/arrivals/spread");
}

TEST_CASE("a gang that its pool could never hold is warned of") {
  CHECK(warns({{"/jobs/report/gang", "1000"}}, "eks-ec2", "never has room: the 100 nodes"));
  CHECK_FALSE(warns({{"/jobs/report/gang", "10"}}, "eks-ec2", "never has room"));
}

TEST_CASE("an arrival that its queue could never let in is refused") {
  const auto in = [](const char* queues) {
    return scene::Changes{{"/queues", queues}, {"/jobs/report/queue", R"("q")"}, {"/jobs/report/arrivals/count", "3"}};
  };
  CHECK(built(job_run(in(R"({"q": {"max_replicas": 3, "max_cpu": "3 vCPU"}})"), "eks-ec2"), "report").job->queue ==
        "q");
  CHECK(refused_at(in(R"({"q": {"max_replicas": 2}})")) == "/jobs/report/queue");
  CHECK(refused_at(in(R"({"q": {"max_cpu": "2.9 vCPU"}})")) == "/jobs/report/queue");
  CHECK(refused_at(in(R"({"q": {"within": "all"}, "all": {"max_replicas": 2}})")) == "/jobs/report/queue");
  CHECK(refused_at(in(R"({"other": {}})")) == "/jobs/report/queue");
}

TEST_CASE("a checkpoint and what is done at an interruption go together") {
  const scene::Changes saves = {
      {"/jobs/report/on_interruption", R"("checkpoint")"},
      {"/jobs/report/checkpoint", R"({"every": "5 min", "cost": "20 s", "on_notice": true})"}};
  const JobSpec& spec = *built(job_run(saves, "ecs-ec2"), "report").job;
  REQUIRE(spec.checkpoint);
  CHECK(spec.checkpoint->every == Duration{5min});
  CHECK(spec.checkpoint->cost == Duration{20s});
  CHECK(spec.checkpoint->on_notice);
  CHECK(refused_at({saves[0]}) == "/jobs/report/on_interruption");
  CHECK(refused_at({saves[1]}) == "/jobs/report/checkpoint");
  CHECK(refused_at({saves[0], {"/jobs/report/checkpoint", R"({"every": "0 s"})"}}) == "/jobs/report/checkpoint/every");
}

TEST_CASE("CPU work stands in place of a run time, and Fargate's processors are taken to be the reference's") {
  const auto text = scene::Changes{{"/jobs/report/cpu_work", R"("10 min")"}};
  CHECK(refused_at(text) == "/jobs/report/cpu_work");
  const char* const job = R"({"arrivals": {"cron": "30 0 * * *"}, "cpu_work": "10 min", "containers": {"main": )"
                          R"({"image": "web", "cpu": "2 vCPU", "memory": "4 GiB"}}})";
  const RunSpec run = job_run({{"/jobs/report", job}}, "ecs-fargate");
  CHECK(built(run, "report").job->cpu_work);
  CHECK(built(run, "report").job->cpu == 2 * kVcpu);  // without the sidecar of the daemon
  CHECK(assumes(run, "job report", "as fast as one of m6i"));
}

TEST_CASE("a trace of counts brings as many arrivals, the same ones on every architecture") {
  const scene::Changes changes = {{"/jobs/report/arrivals", R"({"trace": "load"})"}};
  const std::vector<Time> ecs = built(job_run(changes, "ecs-ec2"), "report").job->at;
  CHECK(ecs.size() > 34'000);
  CHECK(ecs.size() < 38'000);  // 10 a second
  CHECK(ecs == built(job_run(changes, "eks-fargate"), "report").job->at);
  CHECK(std::is_sorted(ecs.begin(), ecs.end()));
}

TEST_CASE("a job falls back from pool to pool by waits, in every pool but the last, and nothing else does") {
  const auto pools = [](const char* shares, const char* key = "report") {
    return scene::Changes{
        {"/architectures", std::string(R"({"mine": {"clusters": {"main": {"orchestrator": "ecs", "pools": )"
                                       R"({"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "max": 4}, )"
                                       R"("fargate": {"kind": "fargate"}}, "runs_on": {"*": "ec2", ")") +
                               key + "\": " + shares + "}}}}}"}};
  };
  const auto place = [&](const char* shares, const char* key = "report") {
    return scene::error_of([&] { job_run(pools(shares, key), "mine"); }).place;
  };
  const char* const right = R"([{"pool": "ec2", "wait": "5 min"}, {"pool": "fargate"}])";
  const RunSpec run = job_run(pools(right), "mine");
  CHECK(built(run, "report").pools.front().wait == Duration{5min});
  CHECK(assumes(run, "job report", "submits it for the next pool"));
  const std::string here = "/architectures/mine/clusters/main/runs_on/";
  CHECK(place(R"([{"pool": "ec2"}, {"pool": "fargate", "wait": "5 min"}])") == here + "report/0");
  CHECK(place(R"([{"pool": "ec2", "wait": "5 min", "weight": 2}, {"pool": "fargate"}])") == here + "report/0/weight");
  CHECK(place(right, "web") == here + "web/0/wait");
}

}  // namespace
}  // namespace berth
