// Every wrong input gets one message with its place, what was expected, what was found and the cure.
#include <doctest/doctest.h>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

struct BadInput {
  const char* what;
  const char* path;
  const char* json;
  const char* place;
  const char* says;  ///< in the expectation, the finding or the cure
};

const BadInput kBadInputs[] = {
    {"an unknown key at the top", "/servces", "{}", "/servces", "\"services\""},
    {"an unknown key of a service", "/services/web/desird", "3", "/services/web/desird", "\"desired\""},
    {"an unknown key of a container", "/services/web/containers/app/memry", "\"1 GiB\"",
     "/services/web/containers/app/memry", "\"memory\""},
    {"an unknown key of a pool", "/defaults/pool/instance_type", "[]", "/defaults/pool/instance_type",
     "\"instance_types\""},
    {"memory without a unit", "/services/web/containers/app/memory", "512", "/services/web/containers/app/memory",
     "512 MiB"},
    {"CPU without a unit", "/services/web/containers/app/cpu", "512", "/services/web/containers/app/cpu", "512 units"},
    {"a duration without a unit", "/duration", "24", "/duration", "24 s"},
    {"a negative duration", "/services/web/demand/timeout", "\"-3 s\"", "/services/web/demand/timeout", "-3 s"},
    {"more replicas than any cluster holds", "/services/web/desired", "1000000000", "/services/web/desired",
     "from 0 to 1000000"},
    {"a negative count", "/services/web/desired", "-1", "/services/web/desired", "-1"},
    {"a duration of zero", "/duration", "\"0 s\"", "/duration", "more than zero"},
    {"NaN for an amount", "/services/web/containers/app/cpu", "\"NaN vCPU\"", "/services/web/containers/app/cpu",
     "NaN"},
    {"a text for a number", "/services/web/desired", "\"3\"", "/services/web/desired", "without quotes"},
    {"a fraction for a count", "/services/web/scale/max", "2.5", "/services/web/scale/max", "2.5"},
    {"a list for an object", "/services/web/scale", "[]", "/services/web/scale", "an object"},
    {"an object for a list", "/services/web/deployments", "{}", "/services/web/deployments", "a list"},
    {"a text for an object", "/services", "\"web\"", "/services", "an object keyed by name"},
    {"a number for a date", "/start", "2026", "/start", "2026-03-02"},
    {"a wrong word", "/begin", "\"stedy\"", "/begin", "\"steady\""},
    {"another format", "/berth", "2", "/berth", "write 1"},
    {"a missing key", "/services/api", "{}", "/services/api", "\"containers\""},
    {"no demand of the three", "/services/web/demand", "{\"service_time\": \"1 s\", \"cpu_per_request\": \"1 s\"}",
     "/services/web/demand", "exactly one of requests, cores, replicas"},
    {"two distributions at once", "/services/web/demand/service_time",
     "{\"constant\": \"1 s\", \"exponential\": {\"mean\": \"1 s\"}}", "/services/web/demand/service_time",
     "exactly one of"},
    {"p99 below p50", "/services/web/demand/service_time", "{\"lognormal\": {\"p50\": \"2 s\", \"p99\": \"1 s\"}}",
     "/services/web/demand/service_time/lognormal/p99", "at least p50"},
    {"an image that is not there", "/services/web/containers/app/image", "\"wbe\"",
     "/services/web/containers/app/image", "write \"web\""},
    {"a trace that is not there", "/services/web/demand/requests", "\"laod\"", "/services/web/demand/requests",
     "write \"load\""},
    {"a trace share that is not there", "/services/web/demand/requests", "{\"trace\": \"laod\"}",
     "/services/web/demand/requests/trace", "write \"load\""},
    {"a load balancer that is not there", "/services/web/load_balancer", "\"publc\"", "/services/web/load_balancer",
     "write \"public\""},
    {"a new image that is not there", "/services/web/deployments",
     "[{\"at\": \"1 min\", \"change\": {\"containers\": {\"app\": {\"image\": \"web-3\"}}}}]",
     "/services/web/deployments/0/change/containers/app/image", "web-2"},
    {"a new container that is not there", "/services/web/deployments",
     "[{\"at\": \"1 min\", \"change\": {\"containers\": {\"ap\": {\"image\": \"web-2\"}}}}]",
     "/services/web/deployments/0/change/containers/ap", "write \"app\""},
    {"a name used twice", "/jobs/web",
     "{\"arrivals\": {\"poisson\": \"1 /min\"}, \"run_time\": \"1 s\", \"containers\": {\"m\": {\"image\": \"web\", "
     "\"cpu\": \"1 vCPU\", \"memory\": \"1 GiB\"}}}",
     "/jobs/web", "one space of names"},
    {"a name that the results use", "/services/idle",
     "{\"containers\": {\"m\": {\"image\": \"web\", \"cpu\": \"1 vCPU\", \"memory\": \"1 GiB\"}}}", "/services/idle",
     "results"},
    {"a minimum above the maximum", "/services/web/scale/min", "11", "/services/web/scale/max", "at least min"},
    {"a target per replica without unit", "/services/web/scale",
     "{\"max\": 3, \"metric\": \"requests_per_replica\", \"target\": 600}", "/services/web/scale/target", "/min"},
    {"a limit below the request", "/services/web/containers/app/memory",
     "{\"request\": \"1 GiB\", \"limit\": \"512 MiB\"}", "/services/web/containers/app/memory/limit",
     "at least the request"},
    {"only init containers", "/services/web/containers/app/init", "true", "/services/web/containers", "not init"},
    {"a wrong cron field", "/jobs/report/arrivals/cron", "\"61 0 * * *\"", "/jobs/report/arrivals/cron",
     "a minute from 0 to 59"},
    {"a need that does not exist", "/services/web/needs", "[\"privilged\"]", "/services/web/needs/0", "\"privileged\""},
    {"no zones", "/network/zones", "[]", "/network/zones", "at least one zone"},
    {"a registry that sends nothing", "/network/registry/ecr/per_connection", "\"0 MiB/s\"",
     "/network/registry/ecr/per_connection", "more than zero"},
    {"a bandwidth without a unit", "/network/registry/mirror/rate", "10", "/network/registry/mirror/rate", "Gbit/s"},
    {"a negative bandwidth", "/network/registry/public/per_client", "\"-1 MiB/s\"",
     "/network/registry/public/per_client", "-1 MiB/s"},
    {"a registry that is not there", "/images/web/registry", "\"dockerhub\"", "/images/web/registry", "pull_through"},
    {"a subnet of a third kind", "/network/subnets", "\"privat\"", "/network/subnets", "write \"private\""},
    {"a zone twice", "/network/zones", "[\"a\", \"b\", \"a\"]", "/network/zones/2", "every zone once"},
    {"a name with a slash", "/services/a~1b", "{}", "/services/a~1b", "another name"},
};

const BadInput kBadArchitectures[] = {
    {"a pool that is not there", "/runs_on", "{\"*\": \"ec\"}", "/architectures/mine/clusters/main/runs_on/*",
     "write \"ec2\""},
    {"a workload that is not there", "/runs_on", "{\"*\": \"ec2\", \"wbe\": \"ec2\"}",
     "/architectures/mine/clusters/main/runs_on/wbe", "write \"web\""},
    {"a workload without a place", "/runs_on", "{\"web\": \"ec2\"}", "/architectures/mine/clusters", "report"},
    {"an EC2 pool without maximum", "/pools/ec2", "{\"kind\": \"ec2\", \"instance_types\": [\"m6i.large\"]}",
     "/architectures/mine/clusters/main/pools/ec2", "max"},
    {"a Fargate pool with machines", "/pools/far", "{\"kind\": \"fargate\", \"min\": 2}",
     "/architectures/mine/clusters/main/pools/far/min", "AWS owns the machines"},
    {"Karpenter on ECS", "/pools/ec2/scaler", "{\"karpenter\": {}}",
     "/architectures/mine/clusters/main/pools/ec2/scaler/karpenter", "managed_scaling"},
    {"a zone that is not there", "/pools/ec2/zones", "[\"d\"]", "/architectures/mine/clusters/main/pools/ec2/zones/0",
     "/network/zones"},
    {"no zones of a pool", "/pools/ec2/zones", "[]", "/architectures/mine/clusters/main/pools/ec2/zones",
     "at least one zone"},
    {"a zone of a pool twice", "/pools/ec2/zones", "[\"a\", \"a\"]",
     "/architectures/mine/clusters/main/pools/ec2/zones/1", "every zone once"},
    {"an instance type that is not there", "/pools/ec2/instance_types", "[\"m6i.lrge\"]",
     "/architectures/mine/clusters/main/pools/ec2/instance_types/0", "m6i.large"},
    {"a kind that comes later", "/pools/ec2/kind", "\"auto_mode\"", "/architectures/mine/clusters/main/pools/ec2/kind",
     "not simulated yet"},
    {"a baked image that is not there", "/pools/ec2/baked_images", "[\"wbe\"]",
     "/architectures/mine/clusters/main/pools/ec2/baked_images/0", "write \"web\""},
    {"a kubelet on ECS", "/pools/ec2/kubelet", "{\"registry_qps\": 5}",
     "/architectures/mine/clusters/main/pools/ec2/kubelet", "ECS: it has no kubelet"},
    {"pulls of a Fargate pool", "/pools/far", "{\"kind\": \"fargate\", \"image_pull\": \"once\"}",
     "/architectures/mine/clusters/main/pools/far/image_pull", "AWS owns the machines"},
    {"a gp3 volume with too many IOPS for its size", "/pools/ec2/root_volume",
     "{\"size\": \"30 GiB\", \"iops\": 16000}", "/architectures/mine/clusters/main/pools/ec2/root_volume/iops",
     "3000 to 15000 IOPS"},
    {"a gp3 volume with fewer IOPS than are included", "/pools/ec2/root_volume",
     "{\"size\": \"30 GiB\", \"iops\": 100}", "/architectures/mine/clusters/main/pools/ec2/root_volume/iops",
     "3000 to 15000 IOPS"},
    {"a gp3 throughput that needs more IOPS", "/pools/ec2/root_volume",
     "{\"size\": \"30 GiB\", \"throughput\": \"1000 MiB/s\"}",
     "/architectures/mine/clusters/main/pools/ec2/root_volume/throughput", "125 to 750 whole MiB/s"},
    {"provisioned performance of gp2", "/pools/ec2/root_volume",
     "{\"kind\": \"gp2\", \"size\": \"30 GiB\", \"iops\": 4000}",
     "/architectures/mine/clusters/main/pools/ec2/root_volume/iops", "only gp3"},
    {"a gp2 volume that EC2 has not got", "/pools/ec2/root_volume", "{\"kind\": \"gp2\", \"size\": \"17000 GiB\"}",
     "/architectures/mine/clusters/main/pools/ec2/root_volume/size", "at most 16384 GiB, the largest gp2 volume"},
    {"a gp3 volume that EC2 has not got", "/pools/ec2/root_volume", "\"70000 GiB\"",
     "/architectures/mine/clusters/main/pools/ec2/root_volume", "the largest gp3 volume"},
    {"a volume without size", "/pools/ec2/root_volume", "{\"kind\": \"gp2\"}",
     "/architectures/mine/clusters/main/pools/ec2/root_volume", "\"size\""},
    {"local disks with a size", "/pools/ec2/root_volume", "{\"kind\": \"instance_store\", \"size\": \"30 GiB\"}",
     "/architectures/mine/clusters/main/pools/ec2/root_volume/size", "have their own"},
    {"local disks that the type has not got", "/pools/ec2/root_volume", "{\"kind\": \"instance_store\"}",
     "/architectures/mine/clusters/main/pools/ec2/instance_types/0", "NVMe"},
    {"no downloads at all", "/pools/ec2/pull", "{\"layers_in_parallel\": 0}",
     "/architectures/mine/clusters/main/pools/ec2/pull/layers_in_parallel", "0"},
    {"an orchestrator that comes later", "/orchestrator", "\"kubernetes\"",
     "/architectures/mine/clusters/main/orchestrator", "not simulated yet"},
};

const char* const kMine = R"({"orchestrator": "ecs", "runs_on": {"*": "ec2"},
  "pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "min": 1, "max": 4}}})";

void expect(const BadInput& bad, const berth::InputError::Parts& error, const std::string& file) {
  CAPTURE(bad.what);
  const std::string all = error.expected + " | " + error.found + " | " + error.cure;
  CHECK(error.file == file);
  CHECK(error.place == bad.place);
  CHECK_MESSAGE(scene::has(all, bad.says), all);
  CHECK_FALSE(error.expected.empty());
  CHECK_FALSE(error.found.empty());
  CHECK_FALSE(error.cure.empty());
}

}  // namespace

TEST_CASE("a wrong value is refused in its place, with the cure") {
  for (const BadInput& bad : kBadInputs) {
    const scene::Folder folder;
    const auto error = scene::error_of([&] { scene::load(folder, scene::shop({{bad.path, bad.json}})); });
    expect(bad, error, folder.path("shop.json"));
  }
}

TEST_CASE("a wrong architecture is refused in its place, with the cure") {
  for (const BadInput& bad : kBadArchitectures) {
    const scene::Folder folder;
    const std::string main = "/architectures/mine/clusters/main";
    const std::string text = scene::shop({{main, kMine}, {main + bad.path, bad.json}});
    const auto error = scene::error_of([&] { scene::run_of(scene::load(folder, text), "mine"); });
    expect(bad, error, folder.path("shop.json"));
  }
}

TEST_CASE("a layer that cannot be is refused in its place, with the cure") {
  const BadInput layers[] = {
      {"no size", "{\"compressed\": \"80 MiB\"}", "", "/images/web/layers/app", "unpacked"},
      {"of nothing", "{\"compressed\": \"0 B\", \"unpacked\": \"1 MiB\"}", "", "/images/web/layers/app/compressed",
       "more than zero"},
      {"larger than ECR takes", "{\"compressed\": \"43 GB\", \"unpacked\": \"90 GB\"}", "",
       "/images/web/layers/app/compressed", "42000 MB"},
      {"its sizes exchanged", "{\"compressed\": \"200 MiB\", \"unpacked\": \"80 MiB\"}", "",
       "/images/web/layers/app/unpacked", "exchange the two"},
      {"smaller than gzip can make it", "{\"compressed\": \"80 KiB\", \"unpacked\": \"80 GiB\"}", "",
       "/images/web/layers/app/unpacked", "1032"},
  };
  for (const BadInput& bad : layers) {
    const scene::Folder folder;
    const std::string text = scene::shop({{"/images/web/layers/app", bad.path}});
    const auto error = scene::error_of([&] { scene::run_of(scene::load(folder, text), "ecs-ec2"); });
    expect(bad, error, folder.path("shop.json"));
  }
  const auto twice = scene::error_of([&] {
    scene::run_of(scene::loaded({{"/images/web-2/layers/base/unpacked", "\"100 MiB\""}}), "ecs-ec2");
  });
  CHECK(twice.place == "/images/web-2/layers/base");
  CHECK(scene::has(twice.expected, "equal names are one layer"));
}

TEST_CASE("how nodes pull is read from the pool") {
  const scene::Changes changes = {{"/images/web/compression", "\"zstd\""},
                                  {"/images/web-2/compression", "\"zstd\""},
                                  {"/images/web/soci", "true"},
                                  {"/architectures/mine/clusters/main", kMine},
                                  {"/architectures/mine/clusters/main/pools/ec2/root_volume",
                                   R"({"size": "40 GiB", "iops": 4000, "throughput": "500 MiB/s"})"},
                                  {"/architectures/mine/clusters/main/pools/ec2/pull",
                                   R"({"layers_in_parallel": 20, "unpacks_in_parallel": 10, "lazy": true})"},
                                  {"/architectures/mine/clusters/main/pools/ec2/image_pull", "\"prefer_cached\""},
                                  {"/architectures/mine/clusters/main/pools/ec2/baked_images", "[\"web\"]"}};
  const berth::RunSpec run = scene::run_of(scene::loaded(changes), "mine");
  const berth::PoolSpec& pool = run.clusters[0].pools[0];
  CHECK(run.images[0].layers[0].compression == berth::Compression::zstd);
  CHECK(run.images[0].soci);
  CHECK(pool.root_volume == 40 * berth::kGiB);
  CHECK(pool.disk.iops == 4000);
  CHECK(pool.disk.mib_per_s == 500);
  CHECK(*pool.pull.layers_in_parallel == 20);
  CHECK(*pool.pull.unpacks_in_parallel == 10);
  CHECK(pool.pull.lazy);
  CHECK(pool.pull.behaviour == berth::ImagePull::prefer_cached);
  CHECK(pool.baked_images == std::vector<std::string>{"web"});
}

TEST_CASE("the zones of a pool are among those of the network, the default ones too") {
  const scene::Changes changes = {{"/architectures/mine/clusters/main", kMine},
                                  {"/architectures/mine/clusters/main/pools/ec2/zones", "[\"a\"]"}};
  CHECK(scene::run_of(scene::loaded(changes), "mine").clusters[0].pools[0].zones == std::vector<std::string>{"a"});
}

TEST_CASE("EKS has no Fargate Spot, ECS has") {
  const auto on = [](const char* orchestrator) {
    return scene::error_of([&] {
      scene::loaded({{"/architectures/mine/clusters/main",
                      std::string(R"({"runs_on": {"*": "far"}, "pools": {"far": {"kind": "fargate", )") +
                          R"("purchase": "spot"}}, "orchestrator": ")" + orchestrator + "\"}"}});
    });
  };
  CHECK(on("eks").place == "/architectures/mine/clusters/main/pools/far/purchase");
  CHECK(scene::has(on("eks").expected, "EKS has no Fargate Spot"));
  CHECK(on("ecs").place.empty());
}

TEST_CASE("a service of ECS runs on EC2 or on Fargate, one of EKS on both") {
  const auto split = [](const char* orchestrator, const char* second) {
    return scene::error_of([&] {
      scene::loaded(
          {{"/architectures/mine/clusters/main",
            std::string(R"({"pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "max": 4}, "far": )") +
                R"({"kind": "fargate"}, "spot": {"kind": "ec2", "instance_types": ["m6i.large"], "max": 4}},)" +
                R"("runs_on": {"*": "ec2", "web": [{"pool": "ec2"}, {"pool": ")" + second +
                R"("}]}, "orchestrator": ")" + orchestrator + "\"}"}});
    });
  };
  CHECK(split("ecs", "far").place == "/architectures/mine/clusters/main/runs_on/web/1/pool");
  CHECK(scene::has(split("ecs", "far").expected, "cannot mix"));
  CHECK(split("ecs", "spot").place.empty());
  CHECK(split("eks", "far").place.empty());
}

TEST_CASE("files that cannot be read name the file and the line") {
  const scene::Folder folder;
  berth::LoadOptions options;
  options.file = folder.path("none.json");
  CHECK(scene::error_of([&] { berth::load_scenario(options); }).file == options.file);
  const auto comma = scene::error_of([&] { scene::load(folder, "{\n\"berth\": 1,\n}"); });
  CHECK(scene::has(comma.place, "line 3"));
  const auto twice = scene::error_of([&] { scene::load(folder, "{\"seed\": 1, \"seed\": 2}"); });
  CHECK(scene::has(twice.found, "a second time"));
  CHECK(scene::has(scene::error_of([&] { scene::load(folder, "[]"); }).expected, "an object"));
}

TEST_CASE("a key whose behaviour comes later names the topic") {
  const std::pair<const char*, const char*> later[] = {
      {"/account/discounts", "[{\"match\": \"ec2:*\", \"percent\": 5}]"},
      {"/labour", "{\"wage\": \"100 USD\"}"},
      {"/services/web/availability", "{\"floor\": 2}"},
      {"/services/web/needs", "[\"kernel_parameters\"]"},
  };
  for (const auto& row : later) {
    const char* const path = row.first;
    CAPTURE(path);
    const auto error = scene::error_of([&] { scene::loaded({{path, row.second}}); });
    CHECK(scene::has(error.expected, "not simulated yet") + scene::has(error.expected, "not priced yet") == 1);
    CHECK(scene::has(error.cure, std::string("remove ") + path));
  }
}

TEST_CASE("a later key is still checked for type and unit") {
  const auto error = scene::error_of([] { scene::loaded({{"/services/web/demand/memory_per_request", "200"}}); });
  CHECK(scene::has(error.cure, "200 "));
}

TEST_CASE("free text is allowed under notes in every object") {
  const scene::Changes notes = {{"/notes", "\"a\""},
                                {"/services/notes", "\"b\""},
                                {"/services/web/notes", "[\"c\"]"},
                                {"/images/web/layers/base/notes", "\"d\""},
                                {"/what_if/notes", "\"e\""}};
  CHECK(scene::loaded(notes).architectures.size() == 5);
}
