// Can it be hosted at all, and what is the nearest form that can?
#include <doctest/doctest.h>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

std::vector<berth::Finding> findings_of(const scene::Changes& changes, const std::string& architecture) {
  const auto scenario = scene::loaded(changes);
  const auto catalog = scene::catalog_of(scenario);
  return berth::feasibility(scenario, berth::build_run(scenario, architecture, catalog), catalog);
}

/// The first finding with that verdict; an empty one when there is none.
berth::Finding first(const std::vector<berth::Finding>& findings, berth::Verdict verdict) {
  for (const berth::Finding& f : findings)
    if (f.verdict == verdict) return f;
  return {};
}

}  // namespace

TEST_CASE("the plain shop can be hosted everywhere") {
  for (const std::string& name : scene::loaded().architectures) CHECK(berth::can_host(findings_of({}, name)));
}

TEST_CASE("what Fargate refuses is told with the nearest form") {
  struct Refusal {
    const char *path, *json, *why, *nearest;
  };
  const Refusal refusals[] = {
      {"/services/web/needs", "[\"privileged\"]", "privileged", "EC2 pool"},
      {"/services/web/needs", "[\"gpu:1\"]", "GPU", "g5.xlarge"},
      {"/services/web/needs", "[\"host_port:80\"]", "host", "address of its own"},
      {"/services/web/needs", "[\"host_network\"]", "host", "EC2 pool"},
      {"/services/web/network_mode", "\"host\"", "host", "EC2 pool"},
      {"/daemons/logs/on_fargate", "\"refuse\"", "DaemonSets", "sidecar"},
      {"/services/web/containers/app/cpu", "\"17 vCPU\"", "16 vCPU", "EC2 pool"},
  };
  for (const Refusal& r : refusals) {
    CAPTURE(r.json);
    const auto finding = first(findings_of({{r.path, r.json}}, "eks-fargate"), berth::Verdict::no);
    CHECK_MESSAGE(scene::has(finding.why, r.why), finding.why);
    CHECK_MESSAGE(scene::has(finding.nearest, r.nearest), finding.nearest);
  }
}

TEST_CASE("ECS takes ten containers in a task, the daemons that are sidecars among them, and a pod takes more") {
  const auto with = [](int containers, const char* architecture) {
    scene::Changes changes;
    for (int i = 1; i < containers; ++i)
      changes.push_back({"/services/web/containers/c" + std::to_string(i),
                         R"({"image": "web", "cpu": "0.05 vCPU", "memory": "64 MiB"})"});
    return findings_of(changes, architecture);
  };
  CHECK(berth::can_host(with(10, "ecs-ec2")));
  CHECK(berth::can_host(with(9, "ecs-fargate")));
  CHECK(berth::can_host(with(11, "eks-ec2")));
  CHECK(berth::can_host(with(11, "eks-fargate")));
  for (const auto& [containers, architecture] : {std::pair{11, "ecs-ec2"}, std::pair{10, "ecs-fargate"}}) {
    const auto findings = with(containers, architecture);
    CHECK_FALSE(berth::can_simulate(findings));  // no task definition: nothing could even wait
    const auto finding = first(findings, berth::Verdict::no);
    CHECK(finding.subject == "service web");
    CHECK_MESSAGE(scene::has(finding.why, "11 containers"), finding.why);
    CHECK(scene::has(finding.nearest, "EKS"));
  }
}

TEST_CASE("ephemeral storage ends at 200 GiB on ECS and 175 GiB on EKS, with what is possible instead") {
  const auto with = [](const char* size, const char* architecture) {
    return findings_of({{"/services/web/volumes/scratch", std::string("{\"ephemeral\": \"") + size + "\"}"}},
                       architecture);
  };
  CHECK(berth::can_host(with("200 GiB", "ecs-fargate")));
  CHECK_FALSE(berth::can_host(with("201 GiB", "ecs-fargate")));
  CHECK(berth::can_host(with("175 GiB", "eks-fargate")));
  const auto finding = first(with("176 GiB", "eks-fargate"), berth::Verdict::no);
  CHECK(scene::has(finding.why, "175 GiB"));
  CHECK(scene::has(finding.nearest, "EBS volume"));
}

TEST_CASE("the sizes of Fargate follow the catalog's day") {
  const auto hosted = [](const char* cpu, const char* memory, const char* day, const char* architecture) {
    return berth::can_host(
        findings_of({{"/services/web/containers/app",
                      std::string(R"({"image": "web", "cpu": ")") + cpu + R"(", "memory": ")" + memory + "\"}"},
                     {"/daemons", "{}"},
                     {"/catalog", std::string("\"") + day + "\""}},
                    architecture));
  };
  CHECK(hosted("4 vCPU", "30 GiB", "2021-09", "ecs-fargate"));
  CHECK_FALSE(hosted("5 vCPU", "30 GiB", "2021-09", "ecs-fargate"));
  CHECK_FALSE(hosted("4 vCPU", "31 GiB", "2021-09", "ecs-fargate"));
  CHECK(hosted("16 vCPU", "64 GiB", "2026-03", "eks-fargate"));
  CHECK_FALSE(hosted("17 vCPU", "64 GiB", "2026-03", "eks-fargate"));
  CHECK(hosted("32 vCPU", "120 GiB", "2026-03", "ecs-fargate"));
  CHECK_FALSE(hosted("33 vCPU", "120 GiB", "2026-03", "ecs-fargate"));
}

TEST_CASE("a replica that no instance type holds is told with a larger type") {
  const auto finding =
      first(findings_of({{"/services/web/containers/app/memory", "\"12 GiB\""}}, "ecs-ec2"), berth::Verdict::no);
  CHECK(scene::has(finding.why, "12 GiB"));
  CHECK(scene::has(finding.nearest, "use m6i.xlarge"));
}

TEST_CASE("a later revision that does not fit is told too") {
  const char* deployments = R"([{"at": "1 min", "change": {"containers": {"app": {"memory": "300 GiB"}}}}])";
  CHECK_FALSE(berth::can_host(findings_of({{"/services/web/deployments", deployments}}, "ecs-fargate")));
  CHECK_FALSE(berth::can_host(findings_of({{"/services/web/deployments", deployments}}, "ecs-ec2")));
}

TEST_CASE("concurrency beyond the CPU is a warning with both capacities") {
  // 8 requests of 100 ms: 80 per second; 0.25 vCPU ÷ 10 ms: 25 per second.
  const auto finding =
      first(findings_of({{"/services/web/demand/concurrency", "8"}}, "ecs-ec2"), berth::Verdict::warning);
  CHECK(scene::has(finding.why, "work on 80"));
  CHECK(scene::has(finding.why, "serve 25"));
  // 2 requests of 100 ms: 20 per second, less than 25.
  CHECK(
      first(findings_of({{"/services/web/demand/concurrency", "2"}}, "ecs-ec2"), berth::Verdict::warning).why.empty());
  // On Fargate the billed size counts, on slower cores: 0.5 vCPU ÷ (10 ms ÷ 0.87) = 43.5.
  const auto fargate =
      first(findings_of({{"/services/web/demand/concurrency", "8"}}, "ecs-fargate"), berth::Verdict::warning);
  CHECK_MESSAGE(scene::has(fargate.why, "serve 44"), fargate.why);
}

TEST_CASE("a pool whose maximum is below its services' is a warning") {
  const auto finding = first(findings_of({{"/services/web/scale/max", "5000"}}, "ecs-ec2"), berth::Verdict::warning);
  CHECK(finding.subject == "pool ec2");
  CHECK(scene::has(finding.why, "stays pending"));
}

TEST_CASE("blocks of the other orchestrator are noted") {
  const scene::Changes changes = {{"/services/web/ecs/placement", "[\"binpack(memory)\"]"}};
  CHECK(scene::has(first(findings_of(changes, "eks-ec2"), berth::Verdict::note).why, "ecs block is ignored by EKS"));
  CHECK(first(findings_of(changes, "ecs-ec2"), berth::Verdict::note).why.empty());
}

berth::InputError::Parts refusal(const scene::Changes& changes) {
  return scene::error_of([&] { findings_of(changes, "ecs-ec2"); });
}

TEST_CASE("a pool whose subnets have no way to the registry of an image is refused, with what is missing") {
  struct Case {
    const char* network;
    const char* registry;
    const char* why;  // empty: it can be pulled
    const char* cure;
  };
  const Case cases[] = {
      {R"({"nat": "none"})", "ecr", "private subnets of zones a, b, c with no way to ecr.api, ecr.dkr, s3",
       "add ecr.api, ecr.dkr, s3 to /network/endpoints, or write \"nat\": \"per_zone\""},
      {R"({"nat": "none", "zones": ["a"], "endpoints": ["s3"]})", "ecr",
       "private subnet of zone a with no way to ecr.api, ecr.dkr", "add ecr.api, ecr.dkr to /network/endpoints"},
      {R"({"nat": "none", "endpoints": ["ecr.api", "ecr.dkr"]})", "ecr", "no way to s3", "add s3"},
      {R"({"nat": "none", "endpoints": ["s3", "ecr.api", "ecr.dkr"]})", "ecr", "", ""},
      {R"({"nat": "single", "endpoints": ["s3"]})", "ecr", "", ""},
      {R"({"nat": "single"})", "public", "", ""},
      {R"({"nat": "none", "subnets": "public"})", "ecr_public", "", ""},
      {R"({"nat": "none", "endpoints": ["s3", "ecr.api", "ecr.dkr"]})", "public", "no way to the internet",
       "keep the image in ECR"},
      {R"({"nat": "none", "endpoints": ["s3", "ecr.api", "ecr.dkr"]})", "ecr_public", "no way to the internet",
       "keep the image in ECR"},
      {R"({"nat": "none", "endpoints": ["s3", "ecr.api", "ecr.dkr"]})", "pull_through", "no way to the internet",
       "the first pull goes to the registry behind the rule"},
      {R"({"nat": "none"})", "mirror", "", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.network);
    CAPTURE(c.registry);
    const std::string registry = "\"" + std::string(c.registry) + "\"";
    const auto refused =
        refusal({{"/network", c.network}, {"/images/web/registry", registry}, {"/images/web-2/registry", registry}});
    CHECK(scene::has(refused.found, c.why));
    CHECK(scene::has(refused.cure, c.cure));
    CHECK(refused.place == (*c.why == 0 ? "" : "/network"));
    if (*c.why == 0) continue;
    CHECK(refused.expected == "a way from the subnets of pool ec2 to the registry of image web");
  }
}

TEST_CASE("only the zones of a pool and the images that it runs must be reachable") {
  const auto hosts = [](const scene::Changes& changes) { return refusal(changes).place.empty(); };
  const char* const endpoints = R"({"nat": "none", "endpoints": ["s3", "ecr.api", "ecr.dkr"]})";
  CHECK(hosts({{"/network", endpoints}, {"/images/web-2/registry", "\"public\""}}));  // nobody runs it
  const char* const later = R"([{"at": "1 min", "change": {"containers": {"app": {"image": "web-2"}}}}])";
  CHECK_FALSE(
      hosts({{"/network", endpoints}, {"/images/web-2/registry", "\"public\""}, {"/services/web/deployments", later}}));
  berth::LoadOptions in_one_zone;
  in_one_zone.sets = {R"(/architectures/ecs-ec2/clusters/main/pools/ec2/zones=["b"])"};
  const auto refused = scene::error_of([&] {
    scene::run_of(scene::loaded({{"/network", R"({"nat": "none"})"}}, in_one_zone), "ecs-ec2");
  });
  CHECK(scene::has(refused.found, "the private subnet of zone b with no way"));
}

TEST_CASE("EKS on Fargate refuses public subnets, and NAT gateways that nobody uses are a warning") {
  const scene::Changes changes = {{"/network/subnets", "\"public\""}};
  CHECK(scene::has(first(findings_of(changes, "eks-fargate"), berth::Verdict::no).why, "private subnets only"));
  CHECK(berth::can_host(findings_of(changes, "ecs-fargate")));
  CHECK(berth::can_host(findings_of(changes, "eks-ec2")));
  const auto idle = [](const berth::Finding& f) { return scene::has(f.why, "nothing uses the NAT"); };
  const auto warned = findings_of(changes, "ecs-ec2");
  CHECK(std::any_of(warned.begin(), warned.end(), idle));
  const auto without = findings_of({{"/network", R"({"nat": "none", "subnets": "public"})"}}, "ecs-ec2");
  CHECK(std::none_of(without.begin(), without.end(), idle));
}

TEST_CASE("an image runs on the processors that it is built for") {
  const auto on = [](const char* platforms, const char* types) {
    return findings_of({{"/images/web/platforms", platforms},
                        {"/architectures/mine/clusters/main",
                         std::string(R"({"orchestrator": "ecs", "runs_on": {"*": "nodes"}, "pools": {"nodes": )") +
                             R"({"kind": "ec2", "max": 4, "instance_types": )" + types + "}}}"}},
                       "mine");
  };
  CHECK(berth::can_host(on(R"(["amd64"])", R"(["m6i.large"])")));
  CHECK(berth::can_host(on(R"(["amd64", "arm64"])", R"(["m6i.large", "m6g.large"])")));
  const auto refused = first(on(R"(["amd64"])", R"(["m6i.large", "m6g.large"])"), berth::Verdict::no);
  CHECK(scene::has(refused.why, "image web is not built for arm64, which nodes of pool nodes have"));
  CHECK_FALSE(berth::can_host(findings_of({{"/images/web/platforms", R"(["arm64"])"}}, "ecs-fargate")));
}

TEST_CASE("the advice for an image of another processor is one that Fargate has") {
  const auto no = first(findings_of({{"/images/web/platforms", R"(["arm64"])"}}, "ecs-fargate"), berth::Verdict::no);
  CHECK(scene::has(no.why, "not built for amd64, which Fargate"));
  CHECK_FALSE(scene::has(no.why + no.nearest, "nodes of pool"));
  CHECK_FALSE(scene::has(no.nearest, "choose other instance types"));
  CHECK(scene::has(no.nearest, "EC2 pool"));
}

TEST_CASE("more layers at once than SimGrid carries are warned of, with what makes another engine possible") {
  const auto warned = [](const char* replicas, const char* registry, const char* architecture = "ecs-fargate") {
    const auto findings = findings_of(
        {{"/services/web/scale/max", replicas},
         {"/images/web-2/registry", registry},
         {"/images/web-2/layers", R"({"own": {"compressed": "80 MiB", "unpacked": "200 MiB"}})"},
         {"/network/endpoints", R"(["s3"])"},
         {"/services/web/containers/beside", R"({"image": "web-2", "cpu": "0.25 vCPU", "memory": "512 MiB"})"}},
        architecture);
    for (const berth::Finding& f : findings)
      if (scene::has(f.why, "SimGrid")) return f;
    return berth::Finding{};
  };
  CHECK(warned("4096", "\"public\"").why.empty());  // an image of one layer
  const auto finding = warned("4097", "\"public\"");
  CHECK(finding.verdict == berth::Verdict::warning);
  CHECK_MESSAGE(scene::has(finding.why, "4097 layers"), finding.why);
  CHECK(scene::has(finding.nearest, "one registry for all images: ECR; its pull_through"));
  CHECK(warned("4097", "\"ecr\"").why.empty());                // then auto takes fair_share
  CHECK(warned("4097", "\"public\"", "ecs-ec2").why.empty());  // not so many nodes
}

TEST_CASE("a SOCI index on a small image is noted") {
  const scene::Changes changes = {{"/images/web/soci", "true"}};
  CHECK(scene::has(first(findings_of(changes, "ecs-fargate"), berth::Verdict::note).why, "above 250 MB"));
  CHECK(scene::has(first(findings_of(changes, "eks-fargate"), berth::Verdict::note).why, "EKS on Fargate"));
}

TEST_CASE("images and ephemeral storage must fit the disk of a node") {
  const auto of_web = [](const char* unpacked, const char* ephemeral, const char* architecture) {
    scene::Changes changes = {
        {"/images/web-2/layers/big", std::string(R"({"compressed": "1 GiB", "unpacked": ")") + unpacked + "\"}"},
        {"/services/web/containers/app/image", "\"web-2\""}};
    if (*ephemeral != 0)
      changes.push_back({"/services/web/volumes/scratch", std::string("{\"ephemeral\": \"") + ephemeral + "\"}"});
    return findings_of(changes, architecture);
  };
  // A root volume of 30 GiB: 4 GiB of system, 21 GiB + 200 MiB of the base layer, which the daemon shares, fit; beside
  // 5 GiB more they do not.
  CHECK(berth::can_host(of_web("21 GiB", "", "ecs-ec2")));
  CHECK(berth::can_host(of_web("21 GiB", "4 GiB", "ecs-ec2")));
  const auto node = first(of_web("21 GiB", "5 GiB", "ecs-ec2"), berth::Verdict::no);
  CHECK(scene::has(node.why, "the root volume of pool ec2 has 30 GiB, of which the system takes 4 GiB"));
  CHECK(scene::has(node.nearest, "a root_volume of 31 GiB"));
  const auto crowded = first(of_web("22 GiB", "", "eks-ec2"), berth::Verdict::warning);
  CHECK(scene::has(crowded.why, "the kubelet removes every image that does not run"));
  CHECK_FALSE(node.pending_for_good);
  // 20 GiB are included on Fargate: on EKS 18 GiB + 200 MiB fit, on ECS with the 1 GiB + 80 MiB as pulled 19.3 GiB.
  CHECK(berth::can_host(of_web("18 GiB", "", "eks-fargate")));
  CHECK(berth::can_host(of_web("18 GiB", "", "ecs-fargate")));
  CHECK_FALSE(berth::can_host(of_web("19 GiB", "", "ecs-fargate")));
  const auto fargate = first(of_web("25 GiB", "", "ecs-fargate"), berth::Verdict::no);
  CHECK(scene::has(fargate.nearest, "an ephemeral volume of 27 GiB (up to 200 GiB)"));
  CHECK(berth::can_host(of_web("25 GiB", "27 GiB", "ecs-fargate")));
  const auto eks = first(of_web("25 GiB", "", "eks-fargate"), berth::Verdict::no);
  CHECK(scene::has(eks.nearest, "an ephemeral volume of 26 GiB (up to 175 GiB)"));
  CHECK(scene::has(first(of_web("190 GiB", "", "eks-fargate"), berth::Verdict::no).nearest, "EC2 pool"));
}

TEST_CASE("a run simulates a refusal only when it leaves replicas pending") {
  const auto simulates = [](const scene::Changes& changes, const char* architecture) {
    const auto findings = findings_of(changes, architecture);
    CHECK_FALSE(berth::can_host(findings));
    return berth::can_simulate(findings);
  };
  CHECK(simulates({{"/services/web/needs", "[\"privileged\"]"}}, "eks-fargate"));
  CHECK(simulates({{"/services/web/containers/app/cpu", "\"40 vCPU\""}}, "ecs-fargate"));
  CHECK(simulates({{"/services/web/containers/app/memory", "\"12 GiB\""}}, "ecs-ec2"));
  CHECK_FALSE(simulates({{"/services/web/needs", "[\"gpu:1\"]"}}, "ecs-ec2"));
  CHECK_FALSE(simulates({{"/daemons/logs/on_fargate", "\"refuse\""}}, "eks-fargate"));
  // One that a run cannot show is enough.
  CHECK_FALSE(
      simulates({{"/services/web/needs", "[\"privileged\"]"}, {"/network/subnets", "\"public\""}}, "eks-fargate"));
}

TEST_CASE("CPU work beyond the service time is a warning, because it is cut") {
  const auto warning = [](const char* cpu, const char* service_time) {
    return first(findings_of({{"/services/web/demand/cpu_per_request", cpu},
                              {"/services/web/demand/service_time", service_time}},
                             "ecs-ec2"),
                 berth::Verdict::warning)
        .why;
  };
  CHECK(scene::has(warning("\"101 ms\"", "\"100 ms\""), "cut to its service time"));
  CHECK(warning("\"100 ms\"", "\"100 ms\"").empty());
  const char* skewed = R"({"lognormal": {"p50": "40 ms", "p99": "300 ms"}})";
  CHECK(scene::has(warning("\"42 ms\"", skewed), "median of service_time"));
  CHECK(warning("\"39 ms\"", skewed).empty());
}
