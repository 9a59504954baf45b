// Volumes as they are written: what EBS allows, what each platform hosts, and what it assumes.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

const char* const kData = "/services/web/volumes/data";

scene::Changes with_volume(const std::string& volume, const char* catalog = "2026-03") {
  return {{kData, volume}, {"/catalog", std::string("\"") + catalog + "\""}};
}

berth::InputError::Parts refusal(const std::string& volume, const char* catalog = "2026-03") {
  return scene::error_of([&] { scene::run_of(scene::loaded(with_volume(volume, catalog)), "eks-ec2"); });
}

std::vector<berth::Finding> findings_with(const scene::Changes& changes, const std::string& architecture) {
  const auto scenario = scene::loaded(changes);
  const auto catalog = scene::catalog_of(scenario);
  return berth::feasibility(scenario, berth::build_run(scenario, architecture, catalog), catalog);
}

berth::Finding finding_of(const std::vector<berth::Finding>& findings, berth::Verdict verdict) {
  for (const berth::Finding& f : findings)
    if (f.verdict == verdict && f.subject == "service web") return f;
  return {};
}

berth::VolumeSpecs volumes_on(const std::string& architecture, const std::string& volume) {
  return scene::workload(scene::run_of(scene::loaded(with_volume(volume)), architecture), "web")->volumes;
}

}  // namespace

TEST_CASE("a wrong volume is refused in its place, with what EBS allows") {
  struct Wrong {
    const char *volume, *place, *says;
  };
  const Wrong wrong[] = {
      {R"({"ebs": "0 GiB"})", "/ebs", "more than zero"},
      {R"({"ebs": "512 MiB"})", "/ebs", "1 GiB to 65536 GiB"},
      {R"({"ebs": "65537 GiB"})", "/ebs", "1 GiB to 65536 GiB"},
      {R"({"ebs": {"size": "16385 GiB", "kind": "gp2"}})", "/ebs/size", "16384 GiB"},
      {R"({"ebs": {"size": "10 GiB", "kind": "gp4"}})", "/ebs/kind", "gp3"},
      {R"({"ebs": {"kind": "gp3"}})", "/ebs", "\"size\""},
      {R"({"ebs": {"size": "10 GiB", "iops": 2999}})", "/ebs/iops", "3000 to 5000"},
      {R"({"ebs": {"size": "10 GiB", "iops": 5001}})", "/ebs/iops", "3000 to 5000"},
      {R"({"ebs": {"size": "10 GiB", "throughput": "100 MiB/s"}})", "/ebs/throughput", "125 to 750"},
      {R"({"ebs": {"size": "10 GiB", "throughput": "751 MiB/s"}})", "/ebs/throughput", "125 to 750"},
      {R"({"ebs": {"size": "10 GiB", "throughput": "250 MB/s"}})", "/ebs/throughput", "238 MiB/s"},
      {R"({"ebs": {"size": "10 GiB", "throughput": "0 MiB/s"}})", "/ebs/throughput", "MiB/s"},
      {R"({"ebs": {"size": "10 GiB", "kind": "gp2", "iops": 4000}})", "/ebs/iops", "follow from its size"},
      {R"({"ebs": {"size": "10 GiB", "snapshot": "11 GiB"}})", "/ebs/snapshot", "raise the size"},
      {R"({"ebs": {"size": "10 GiB", "read_at_start": "1 GiB"}})", "/ebs/read_at_start", "say what \"snapshot\""},
      {R"({"ebs": {"size": "10 GiB", "snapshot": "5 GiB", "read_at_start": "6 GiB"}})", "/ebs/read_at_start",
       "restores (5 GiB)"},
      {R"({"ebs": {"size": "10 GiB", "snapshot": true, "read_at_start": "101 %"}})", "/ebs/read_at_start", "100 %"},
      {R"({"ebs": {"size": "10 GiB", "keeps": true}})", "/ebs/keeps", "\"keep\""},
      {R"({"efs": "files"})", "/efs", "an object"},
      {R"({"efs": {"one_zone": true}})", "/efs", "\"stored\""},
      {R"({"efs": {"stored": "1 GiB", "provisioned_throughput": "1.5 MiB/s"}})", "/efs/provisioned_throughput",
       "whole"},
      {R"({"host_path": "0 GiB"})", "/host_path", "more than zero"},
      {R"({"ebs": "10 GiB", "ephemeral": "10 GiB"})", "", "exactly one of ephemeral, ebs, efs, host_path"},
      {R"({"nfs": "10 GiB"})", "/nfs", "efs"},
  };
  for (const Wrong& w : wrong) {
    CAPTURE(w.volume);
    const auto error = refusal(w.volume);
    CHECK(error.place == kData + std::string(w.place));
    const std::string all = error.expected + " | " + error.found + " | " + error.cure;
    CHECK_MESSAGE(scene::has(all, w.says), all);
    CHECK_FALSE(error.cure.empty());
  }
}

TEST_CASE("G62: 16,000 IOPS need 32 GiB, 1,000 MiB/s need 4,000 IOPS and so 8 GiB") {
  CHECK(refusal(R"({"ebs": {"size": "32 GiB", "iops": 16000}})").place.empty());
  CHECK(scene::has(refusal(R"({"ebs": {"size": "31 GiB", "iops": 16000}})").expected, "15500"));
  CHECK(refusal(R"({"ebs": {"size": "8 GiB", "iops": 4000, "throughput": "1000 MiB/s"}})").place.empty());
  CHECK_FALSE(refusal(R"({"ebs": {"size": "8 GiB", "iops": 3999, "throughput": "1000 MiB/s"}})").place.empty());
  CHECK_FALSE(refusal(R"({"ebs": {"size": "7 GiB", "iops": 4000, "throughput": "1000 MiB/s"}})").place.empty());
}

TEST_CASE("gp3 ends at 16,000 IOPS, 1,000 MiB/s and 16 TiB until autumn 2025, at 80,000 and 64 TiB after") {
  const char* fast = R"({"ebs": {"size": "200 GiB", "iops": 80000, "throughput": "2000 MiB/s"}})";
  CHECK(refusal(fast).place.empty());
  CHECK(scene::has(refusal(fast, "2025-06").expected, "3000 to 16000"));
  const char* wide = R"({"ebs": {"size": "200 GiB", "iops": 16000, "throughput": "1001 MiB/s"}})";
  CHECK(refusal(wide).place.empty());
  CHECK(scene::has(refusal(wide, "2025-06").expected, "125 to 1000"));
  CHECK(refusal(R"({"ebs": "64 TiB"})").place.empty());
  CHECK(scene::has(refusal(R"({"ebs": "64 TiB"})", "2025-06").expected, "16384 GiB"));
}

TEST_CASE("what is provisioned beyond gp3's own is what is billed") {
  const auto plain = volumes_on("eks-ec2", R"({"ebs": "40 GiB"})").ebs.at(0);
  CHECK(plain.extra_iops == 0);
  CHECK(plain.extra_mib_per_s == 0);
  const auto more = volumes_on("eks-ec2", R"({"ebs": {"size": "40 GiB", "iops": 4000, "throughput": "130 MiB/s"}})");
  CHECK(more.ebs.at(0).extra_iops == 1000);
  CHECK(more.ebs.at(0).extra_mib_per_s == 5);
  CHECK(volumes_on("eks-ec2", R"({"ebs": {"size": "40 GiB", "snapshot": true}})").ebs[0].snapshot == 40 * berth::kGiB);
}

TEST_CASE("of a snapshot nothing is read before serving unless the scenario says so, as bytes or as a part of it") {
  const auto read = [](const char* keys) {
    return volumes_on("eks-ec2", std::string(R"({"ebs": {"size": "40 GiB", )") + keys + "}}").ebs.at(0).read_at_start;
  };
  CHECK(read(R"("snapshot": true)") == berth::Bytes{});
  CHECK(read(R"("snapshot": true, "read_at_start": "3 GiB")") == 3 * berth::kGiB);
  CHECK(read(R"("snapshot": "20 GiB", "read_at_start": "25 %")") == 5 * berth::kGiB);
  CHECK(read(R"("snapshot": true, "read_at_start": "100 %")") == 40 * berth::kGiB);
  const auto run =
      scene::run_of(scene::loaded(with_volume(R"({"ebs": {"size": "40 GiB", "snapshot": "20 GiB"}})")), "eks-ec2");
  const auto said = std::find_if(run.assumptions.begin(), run.assumptions.end(), [](const berth::Assumption& a) {
    return scene::has(a.assumed, "of the 20 GiB that the snapshot of volume data restores, 0 B are read");
  });
  REQUIRE(said != run.assumptions.end());
  CHECK(said->knob == "/services/web/volumes/data/ebs/read_at_start");
}

TEST_CASE("a host path that the node's disk cannot hold is warned of, on a root volume without what the system takes") {
  const auto warning = [](const char* size) {
    return finding_of(findings_with(with_volume(std::string("{\"host_path\": \"") + size + "\"}"), "ecs-ec2"),
                      berth::Verdict::warning);
  };
  CHECK(warning("26 GiB").why.empty());  // 30 GiB less 4 GiB of the system
  CHECK(scene::has(warning("27 GiB").why, "host path of 27 GiB"));
  CHECK(scene::has(warning("27 GiB").nearest, "a root_volume of 31 GiB"));
}

TEST_CASE("a service of EKS keeps its volumes, one of ECS cannot, a job does as it is told") {
  CHECK(volumes_on("eks-ec2", R"({"ebs": "40 GiB"})").keep);
  CHECK_FALSE(volumes_on("eks-ec2", R"({"ebs": {"size": "40 GiB", "keep": false}})").keep);
  CHECK_FALSE(volumes_on("ecs-ec2", R"({"ebs": "40 GiB"})").keep);
  const auto told =
      scene::run_of(scene::loaded(with_volume(R"({"ebs": {"size": "40 GiB", "keep": true}})")), "ecs-ec2");
  CHECK_FALSE(scene::workload(told, "web")->volumes.keep);
  CHECK(std::any_of(told.assumptions.begin(), told.assumptions.end(),
                    [](const berth::Assumption& a) { return scene::has(a.assumed, "deleted with each task"); }));
  const auto job = [](const char* volume, const char* architecture) {
    const auto run = scene::run_of(scene::loaded({{"/jobs/report/volumes/data", volume}}), architecture);
    return scene::workload(run, "report")->volumes.keep;
  };
  CHECK_FALSE(job(R"({"ebs": "40 GiB"})", "eks-ec2"));
  CHECK(job(R"({"ebs": {"size": "40 GiB", "keep": true}})", "ecs-ec2"));
  const auto mixed = scene::error_of([] {
    scene::run_of(scene::loaded({{"/services/web/volumes", R"({"a": {"ebs": {"size": "4 GiB", "keep": false}},
                                                               "b": {"ebs": "4 GiB"}})"}}),
                  "eks-ec2");
  });
  CHECK(mixed.place == "/services/web/volumes/b/ebs");
}

TEST_CASE("EBS is for ECS since 2024-01, one volume a task of at most 16 TiB") {
  const auto no = [](const scene::Changes& changes, const char* architecture) {
    return finding_of(findings_with(changes, architecture), berth::Verdict::no);
  };
  for (const char* architecture : {"ecs-ec2", "ecs-fargate"}) {
    CAPTURE(architecture);
    CHECK(no(with_volume(R"({"ebs": "40 GiB"})"), architecture).why.empty());
    CHECK(no(with_volume(R"({"ebs": "40 GiB"})", "2024-01-11"), architecture).why.empty());
    const auto early = no(with_volume(R"({"ebs": "40 GiB"})", "2024-01-10"), architecture);
    CHECK_MESSAGE(scene::has(early.why, "2024-01-10"), early.why);
    CHECK_FALSE(early.nearest.empty());
    const auto two = no({{"/services/web/volumes", R"({"a": {"ebs": "4 GiB"}, "b": {"ebs": "4 GiB"}})"}}, architecture);
    CHECK(scene::has(two.why, "attaches 1 to a task"));
    CHECK(scene::has(no(with_volume(R"({"ebs": "20 TiB"})"), architecture).why, "up to 16"));
  }
  CHECK(no(with_volume(R"({"ebs": "40 GiB"})", "2023-09"), "eks-ec2").why.empty());
  CHECK(no({{"/services/web/volumes", R"({"a": {"ebs": "4 GiB"}, "b": {"ebs": "4 GiB"}})"}}, "eks-ec2").why.empty());
}

TEST_CASE("EKS on Fargate hosts no EBS and says EFS, whose volumes are made by hand") {
  const auto ebs = finding_of(findings_with(with_volume(R"({"ebs": "40 GiB"})"), "eks-fargate"), berth::Verdict::no);
  CHECK(scene::has(ebs.why, "EBS"));
  CHECK(scene::has(ebs.nearest, "EFS"));
  CHECK(ebs.pending_for_good);
  const auto findings = findings_with(with_volume(R"({"efs": {"stored": "40 GiB"}})"), "eks-fargate");
  CHECK(berth::can_host(findings));
  CHECK(scene::has(finding_of(findings, berth::Verdict::note).why, "statically"));
  CHECK(berth::can_host(findings_with(with_volume(R"({"efs": {"stored": "40 GiB"}})"), "ecs-fargate")));
}

TEST_CASE("a host path is for EC2, on both platforms") {
  for (const char* architecture : {"ecs-ec2", "eks-ec2"})
    CHECK(berth::can_host(findings_with(with_volume(R"({"host_path": "4 GiB"})"), architecture)));
  for (const char* architecture : {"ecs-fargate", "eks-fargate"}) {
    const auto no =
        finding_of(findings_with(with_volume(R"({"host_path": "4 GiB"})"), architecture), berth::Verdict::no);
    CHECK(scene::has(no.why, "no disk of a node"));
    CHECK(scene::has(no.nearest, "EC2 pool"));
  }
}

TEST_CASE("more volumes than the pool's types attach are told with a type that has a limit of its own") {
  std::string volumes;
  for (int i = 0; i < 25; ++i) volumes += (i ? ", " : "") + ("\"v" + std::to_string(i)) + R"(": {"ebs": "1 GiB"})";
  const auto no =
      finding_of(findings_with({{"/services/web/volumes", "{" + volumes + "}"}}, "eks-ec2"), berth::Verdict::no);
  CHECK(scene::has(no.why, "25 EBS volumes"));
  CHECK(scene::has(no.nearest, "m7i"));
}
