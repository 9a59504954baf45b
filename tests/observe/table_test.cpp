// The comparison table and the figures behind it.
#include <doctest/doctest.h>

#include "sim/observe/summary.hpp"
#include "sim/observe/table.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

Summary full_summary(const std::string& architecture) {
  Summary s;
  s.scenario = "web shop";
  s.architecture = architecture;
  s.duration_s = 86'400;
  s.deploys = 412;
  s.deploy_p50_s = 41.2;
  s.deploy_p99_s = 187.5;
  s.deploy_max_s = 7200;
  s.deployments = {{"web", 2, 385.0, "completed"}, {"api", 2, std::nullopt, "in_progress"}};
  s.replicas_mean = 23.456;
  s.replicas_max = 112;
  s.nodes_mean = 12.3;
  s.nodes_max = 40;
  s.cpu_reserved_pct = 71.2;
  s.cpu_used_pct = 48.9;
  s.memory_reserved_pct = 33.3;
  s.requests_arrived = 75'000'123;
  s.requests_ok = 74'999'000;
  s.requests_late = 1000;
  s.requests_failed = 1123;
  s.request_p50_ms = 41.5;
  s.request_p99_ms = 309.25;
  s.pending_replica_minutes = 12.5;
  s.pending_minutes_by_reason = {{"capacity_on_its_way", 12.0}, {"cpu", 0.5}};
  s.costs = {{"compute", usd("12345.6789012345"), usd("12345.6789012345"), usd("382716.0459382695")},
             {"internet egress", usd("1"), usd("1"), usd("31")}};
  s.run = s.day = usd("12346.6789012345");
  s.month = usd("382747.0459382695");
  s.assumptions = {
      {"service web", "target tracking on reserved CPU at 60 %", "scale is neutral", "/services/web/scale"}};
  s.still_pending = {{"web", "pool_at_max", 3, 5400}};
  s.failed_upgrades = {{"pool workers", "1.34", "PodEvictionFailure"}};
  return s;
}

std::vector<Summary> five() {
  std::vector<Summary> all;
  for (const char* name : {"ecs-ec2", "ecs-fargate", "eks-ec2", "eks-fargate", "eks-mix"})
    all.push_back(full_summary(name));
  return all;
}

std::string line_with(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  REQUIRE_MESSAGE(at != std::string::npos, word << " in\n" << text);
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST_CASE("a summary is the same after it was written and read back") {
  Summary summary = full_summary("ecs-ec2");
  summary.seed = 18446744073709551615ull;
  summary.findings = {{"service web", "warning", "why, with \"quotes\"", ""}};
  const TemporaryFolder place;
  write_summary(summary, place.path());
  const Summary read = load_summary(place.path());
  CHECK(to_json(summary_value(read)) == to_json(summary_value(summary)));
  CHECK(read.run == summary.run);  // to the last digit
  CHECK(read.seed == summary.seed);
  CHECK(read.deployments.at(1).duration_s.has_value() == false);
  CHECK(read.memory_used_pct.has_value() == false);
  CHECK(read.deploy_p50_s == 41.2);
}

TEST_CASE("five architectures fit 100 columns") {
  std::vector<Summary> all = five();
  all[3].findings = {
      {"service with a very long name indeed", "no",
       "privileged containers do not run on Fargate, and neither do host ports, GPUs and many other things",
       "EC2 nodes, or a sidecar without privileges"}};
  all[3].hosted = false;
  std::istringstream lines(comparison_table(all));
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 100, line);
}

TEST_CASE("an architecture that cannot host it shows no, dashes, and a note with the nearest form") {
  std::vector<Summary> all = five();
  Summary& fargate = all[1];
  fargate = Summary{};
  fargate.architecture = "ecs-fargate";
  fargate.hosted = false;
  fargate.findings = {{"service web", "no", "privileged", "EC2"},
                      {"service web", "note", "daemons become sidecars", ""}};
  const std::string table = comparison_table(all);
  CHECK(line_with(table, "can it be hosted").find("no [1]") != std::string::npos);
  CHECK(line_with(table, "[1] service") == "[1] service web: privileged; nearest: EC2");
  CHECK(table.find("daemons become sidecars") == std::string::npos);
  const std::string total = line_with(table, "total a day");
  CHECK(total.find("12,346.68") != std::string::npos);
  CHECK(total.substr(26 + 14, 14) == "             -");
}

TEST_CASE("no difference seen: equal within one per cent, request latencies within their buckets") {
  std::vector<Summary> all = five();
  all[2].requests_ok = 74'500'000;  // 0.7 % less
  all[2].request_p99_ms = 309.25 * 1.02;
  all[2].deploy_p50_s = 41.2 * 1.02;  // more than 1 %
  all[4].nodes_mean.reset();          // one has no such figure
  const std::string table = comparison_table(all);
  const std::string seen = table.substr(table.find("No difference seen"));
  const std::string sentence = seen.substr(0, seen.find("Assumed"));
  CHECK(sentence.find("requests served") != std::string::npos);
  CHECK(sentence.find("p99 ms") != std::string::npos);
  CHECK(sentence.find("deploy p50") == std::string::npos);
  CHECK(sentence.find("EC2 nodes") == std::string::npos);
}

TEST_CASE("a run shorter than an hour says what it cost, not what a day or a month would") {
  std::vector<Summary> all = five();
  for (Summary& s : all) {
    s.duration_s = 3599;
    s.run = usd("0.42");
    s.costs.front().run = usd("0.37");
  }
  const std::string table = comparison_table(all);
  CHECK(line_with(table, "Cost in USD") == "Cost in USD of the run");
  CHECK(line_with(table, "compute").find("0.37") != std::string::npos);
  for (const char* label : {"total a day", "total a month"}) {
    CHECK(line_with(table, label).find("             -") != std::string::npos);
    CHECK(line_with(table, label).find_first_of("0123456789") == std::string::npos);
  }
  CHECK(line_with(table, "total of the run").find("0.42") != std::string::npos);
  CHECK(table.find("A day and a month are empty") != std::string::npos);
  const std::string json = to_json(summary_value(all[0]));
  CHECK(json.find("usd_month") == std::string::npos);
  CHECK(json.find("usd_day") == std::string::npos);
  const TemporaryFolder place;
  write_summary(all[0], place.path());
  CHECK(load_summary(place.path()).run == usd("0.42"));
  for (Summary& s : all) s.duration_s = 3600;
  CHECK(line_with(comparison_table(all), "total a day").find("12,346.68") != std::string::npos);
}

TEST_CASE("replicas that still wait at the end and upgrades that failed stand below the table") {
  const std::vector<Summary> one{full_summary("eks-ec2")};
  const std::string table = comparison_table(one);
  CHECK(line_with(table, "when the run ends 3 of web").find("up to 90.0 min so far") != std::string::npos);
  CHECK(line_with(table, "pool workers to 1.34").find("PodEvictionFailure") != std::string::npos);
}

TEST_CASE("one architecture alone is not compared") {
  const std::vector<Summary> one{full_summary("ecs-ec2")};
  CHECK(comparison_table(one).find("No difference") == std::string::npos);
  CHECK(comparison_table({}).empty());
}

TEST_CASE("deployments that did not end say so, and a run of another length shows its own total") {
  std::vector<Summary> all = five();
  for (Summary& s : all) s.duration_s = 7200;
  const std::string table = comparison_table(all);
  CHECK(line_with(table, "roll-out web r2").find("385.0 s") != std::string::npos);
  CHECK(line_with(table, "roll-out api r2").find("in_progress") != std::string::npos);
  CHECK(line_with(table, "total of the run").find("12,346.68") != std::string::npos);
  CHECK(table.find("berth validate startup") != std::string::npos);
}

TEST_CASE("a run that begins cold creates every service, and the new revision has its row all the same") {
  std::vector<Summary> one{full_summary("eks-ec2")};
  one.front().deployments.clear();
  for (const char* created : {"coredns", "metrics-server", "karpenter", "web", "api"})
    one.front().deployments.push_back({created, 1, 50, "completed"});
  one.front().deployments.push_back({"web", 2, 385, "completed"});
  const std::string table = comparison_table(one);
  CHECK(line_with(table, "roll-out web r2").find("385.0 s") != std::string::npos);
  CHECK(line_with(table, "roll-out coredns r1").find("50.0 s") != std::string::npos);
  CHECK(table.find("and 2 more in deployments.csv") != std::string::npos);
}

}  // namespace
}  // namespace berth::observe_test
