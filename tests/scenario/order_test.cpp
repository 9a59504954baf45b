// Read, include, defaults, --set, what-if, completion: each step over the one before.
#include <doctest/doctest.h>

#include "sim/base/field.hpp"
#include "tests/scenario/scene.hpp"

namespace {

berth::Field effective(const berth::LoadedScenario& scenario) { return {scenario.effective, scenario.file}; }

berth::LoadOptions with_sets(std::vector<std::string> sets) {
  berth::LoadOptions options;
  options.sets = std::move(sets);
  return options;
}

const char* const kSecond =
    R"({"containers": {"app": {"image": "web", "cpu": "1 vCPU", "memory": "1 GiB"}}, "scale": {"max": 5, "target": 50}})";

}  // namespace

TEST_CASE("an included file lies under the file that includes it") {
  const scene::Folder folder;
  folder.write("base.json", scene::shop({{"/seed", "7"}, {"/name", "\"base\""}}));
  const auto scenario = scene::load(folder, R"({"include": ["base.json"], "name": "mine"})");
  CHECK(effective(scenario).at("name").text() == "mine");
  CHECK(effective(scenario).at("seed").whole() == 7);
  CHECK(scenario.inputs.size() == 2);
}

TEST_CASE("files that include each other are refused") {
  const scene::Folder folder;
  folder.write("other.json", R"({"include": ["shop.json"]})");
  const auto error = scene::error_of([&] { scene::load(folder, R"({"include": ["other.json"]})"); });
  CHECK(error.file == folder.path("other.json"));
  CHECK(error.place == "/include/0");
  const auto missing = scene::error_of([&] { scene::load(folder, R"({"include": ["none.json"]})"); });
  CHECK(missing.place == "/include/0");
}

TEST_CASE("defaults lie under every entry, and what an entry says wins") {
  const auto scenario = scene::loaded({{"/services/api", kSecond},
                                       {"/defaults/service/scale", R"({"in_cooldown": "60 s", "target": 70})"},
                                       {"/defaults/container/start", "\"9 s\""}});
  const berth::Field services = effective(scenario).at("services");
  CHECK(services.at("web").at("scale").at("target").percent() == 60);
  CHECK(services.at("api").at("scale").at("in_cooldown").duration() == std::chrono::seconds{60});
  CHECK(services.at("api").at("containers").at("app").at("start").duration() == std::chrono::seconds{9});
  CHECK(effective(scenario).at("daemons").at("logs").at("containers").at("agent").at("start").text() == "9 s");
}

TEST_CASE("--set changes one path, or with * all names") {
  const auto scenario =
      scene::loaded({{"/services/api", kSecond}},
                    with_sets({"/services/*/scale/max=50", "/services/web/scale/target=45", "/begin=cold"}));
  const berth::Field services = effective(scenario).at("services");
  CHECK(services.at("web").at("scale").at("max").whole() == 50);
  CHECK(services.at("api").at("scale").at("max").whole() == 50);
  CHECK(services.at("web").at("scale").at("target").percent() == 45);
  CHECK_FALSE(scene::run_of(scenario, "ecs-ec2").steady);
}

TEST_CASE("a --set that means nothing is refused") {
  CHECK(scene::error_of([] { scene::loaded({}, with_sets({"services/web=1"})); }).place == "--set");
  CHECK(scene::error_of([] { scene::loaded({}, with_sets({"/defaults/pool/max=1"})); }).place == "--set");
  CHECK(scene::error_of([] { scene::loaded({}, with_sets({"/jobs/*/none/x=1"})); }).file == "--set");
  const auto typo = scene::error_of([] { scene::loaded({}, with_sets({"/services/web/scale/mx=50"})); });
  CHECK(typo.file == "--set");
  CHECK(typo.place == "/services/web/scale/mx");
  CHECK(scene::has(typo.cure, "\"max\""));
}

TEST_CASE("a misspelt name in a path makes no new thing, a whole object does") {
  const auto set = [](const char* text) { return scene::error_of([&] { scene::loaded({}, with_sets({text})); }); };
  CHECK(set("/services/wbe/desired=3").file == "--set");
  CHECK(set("/services/wbe/desired=3").place == "/services/wbe/desired");
  CHECK(set("/services/wbe/desired=3").cure == "write /services/web");
  CHECK(set("/images/wbe/layers/base/unpacked=1 GiB").cure == "write /images/web");
  CHECK(set("/services/web/containers/ap/cpu=1 vCPU").cure == "write /services/web/containers/app");
  CHECK(set("/architectures/ecs-ec3/clusters/main/pools/ec2/max=7").cure == "write /architectures/ecs-ec2");
  CHECK(set("/architectures/ecs-ec2/clusters/main/pools/ec3/instance_types=[\"m6i.large\"]").cure ==
        "write /architectures/ecs-ec2/clusters/main/pools/ec2");
  CHECK(set("/traces/other={\"synthetic\": {\"base\": \"1 /s\"}}").place.empty());
  CHECK(scene::error_of([] {
          scene::loaded({}, with_sets({"/traces/other={\"synthetic\": {}}", "/traces/other/synthetic/base=1 /s"}));
        }).place.empty());
  berth::LoadOptions options;
  options.what_if = "more";
  const auto variant = scene::error_of([&] {
    scene::loaded({{"/what_if/more", R"({"/services/wbe/desired": 3})"}}, options);
  });
  CHECK(scene::has(variant.file, "/what_if/more"));
  CHECK(variant.cure == "write /services/web");
}

TEST_CASE("any name of a variant makes one folder") {
  CHECK(berth::slug_of("more headroom") == "more-headroom");
  CHECK(berth::slug_of("../../up/Here!") == "up-here");
  CHECK(berth::slug_of("/..").empty());
}

TEST_CASE("--set reaches into an architecture that is completed later") {
  const auto scenario = scene::loaded({}, with_sets({"/architectures/ecs-ec2/clusters/main/pools/ec2/max=7"}));
  const berth::RunSpec run = scene::run_of(scenario, "ecs-ec2");
  CHECK(run.clusters[0].pools[0].max == 7);
  CHECK(run.clusters[0].pools[0].instance_types == std::vector<std::string>{"m6i.large"});
  for (const berth::Assumption& a : run.assumptions)
    CHECK(a.knob != "/architectures/ecs-ec2/clusters/main/pools/ec2/max");
}

TEST_CASE("a variant is a list of paths or a JSON Patch, and comes after --set") {
  const scene::Changes changes = {
      {"/what_if/wide", R"({"notes": "more", "/services/*/scale/max": 99})"},
      {"/what_if/patched", R"([{"op": "replace", "path": "/services/web/scale/max", "value": 33}])"}};
  berth::LoadOptions options = with_sets({"/services/web/scale/max=50"});
  options.what_if = "wide";
  CHECK(scene::run_of(scene::loaded(changes, options), "ecs-ec2").workloads[0].scale->max == 99);
  options.what_if = "patched";
  const auto patched = scene::loaded(changes, options);
  CHECK(scene::run_of(patched, "ecs-ec2").workloads[0].scale->max == 33);
  CHECK(scene::run_of(patched, "ecs-ec2").variant == "patched");
  CHECK(berth::changes_of(patched, "wide") ==
        std::vector<std::pair<std::string, std::string>>{{"/services/*/scale/max", "99"}});
  options.what_if = "wid";
  CHECK(scene::has(scene::error_of([&] { scene::loaded(changes, options); }).cure, "wide"));
}

TEST_CASE("variants are listed as written") {
  const scene::Folder folder;
  const std::string file =
      folder.write("shop.json", scene::shop({{"/what_if/b", "{}"}, {"/what_if/a", "{}"}, {"/what_if/notes", "\"x\""}}));
  CHECK(berth::variants(file) == std::vector<std::string>{"b", "a"});
}

TEST_CASE("--seed and --interval stand over the file") {
  berth::LoadOptions options;
  options.seed = 42;
  options.interval = "10 s";
  const berth::RunSpec run = scene::run_of(scene::loaded({}, options), "ecs-fargate");
  CHECK(run.seed == 42);
  CHECK(run.sample_interval == std::chrono::seconds{10});
}

TEST_CASE("--trace puts a file in a trace's place, read from the current folder") {
  const scene::Folder folder;
  const std::string csv = folder.write("other.csv", "timestamp,count\n2026-03-02T00:00Z,60\n2026-03-02T00:30Z,30\n");
  berth::LoadOptions options;
  options.traces = {"load=" + csv + ",scale=2"};
  const auto scenario = scene::load(folder, scene::shop(), options);
  const auto traces = berth::load_traces(scenario);
  REQUIRE(traces.count("load") == 1);
  CHECK(traces.at("load")->expected_total() == doctest::Approx(2 * (60 + 30)));
  CHECK(scenario.inputs.back() == csv);
  options.traces = {"laod=" + csv};
  CHECK(scene::has(scene::error_of([&] { scene::load(folder, scene::shop(), options); }).cure, "load="));
}

TEST_CASE("a trace file is found from the folder of the file that names it") {
  const scene::Folder folder;
  folder.write("load.csv", "timestamp,rate\n2026-03-02T00:00Z,5\n2026-03-02T00:30Z,5\n");
  const auto scenario = scene::load(folder, scene::shop({{"/traces/load", R"({"file": "load.csv"})"}}));
  CHECK(berth::load_traces(scenario).at("load")->expected_total() == doctest::Approx(5 * 3600));
}

TEST_CASE("the effective scenario tells where each value comes from") {
  const auto scenario = scene::loaded({}, with_sets({"/services/web/scale/max=50"}));
  const std::string text = berth::effective_text(scenario, "ecs-ec2");
  std::istringstream lines(text);
  std::string max, begin, kind;
  for (std::string line; std::getline(lines, line);) {
    if (scene::has(line, "/services/web/scale/max ")) max = line;
    if (scene::has(line, "/begin ")) begin = line;
    if (scene::has(line, "/pools/ec2/kind ")) kind = line;
  }
  CHECK(scene::has(max, "50"));
  CHECK(scene::has(max, "(--set)"));
  CHECK(scene::has(begin, "(default)"));
  CHECK(scene::has(kind, "architectures.json)"));
  CHECK_FALSE(scene::has(text, "/architectures/eks-ec2"));
}

TEST_CASE("where nodes pull by several ways the flow model is SimGrid, in every variant, and fair_share is refused") {
  const auto engine = [](scene::Changes changes, berth::LoadOptions options = {}) {
    changes.emplace_back("/services/web/scale/max", "4000");
    changes.emplace_back("/network", R"({"endpoints": ["s3"]})");
    return scene::run_of(scene::loaded(changes, options), "ecs-ec2").network_engine;
  };
  const char* const variant = R"({"/images/web/registry": "public"})";
  CHECK(engine({}) == berth::NetworkEngine::fair_share);
  CHECK(engine({{"/images/web/registry", "\"public\""}}) == berth::NetworkEngine::simgrid);
  CHECK(engine({{"/what_if/hub", variant}}) == berth::NetworkEngine::simgrid);
  berth::LoadOptions with_variant;
  with_variant.what_if = "back";
  CHECK(engine({{"/images/web/registry", "\"public\""}, {"/what_if/back", R"({"/images/web/registry": "ecr"})"}},
               with_variant) == berth::NetworkEngine::simgrid);
  const auto refused = scene::error_of([&] {
    engine(
        {{"/images/web/registry", "\"public\""},
         {"/images/web-2/layers", R"({"own": {"compressed": "1 MiB", "unpacked": "2 MiB"}})"},
         {"/services/web/deployments", R"([{"at": "1 min", "change": {"containers": {"app": {"image": "web-2"}}}}])"},
         {"/engine/network", "\"fair_share\""}});
  });
  CHECK(refused.place == "/engine/network");
  CHECK(scene::has(refused.expected, "several ways"));
  CHECK(scene::has(refused.cure, "simgrid"));
}

TEST_CASE("the flow model is chosen for the whole experiment by its largest variant") {
  const auto engine = [](const scene::Changes& changes) {
    return scene::run_of(scene::loaded(changes), "ecs-ec2").network_engine;
  };
  CHECK(engine({}) == berth::NetworkEngine::simgrid);
  CHECK(engine({{"/what_if/huge", R"({"/services/web/scale/max": 4000})"}}) == berth::NetworkEngine::fair_share);
  CHECK(engine({{"/services/web/scale/max", "4000"}, {"/engine/network", "\"simgrid\""}}) ==
        berth::NetworkEngine::simgrid);
}
