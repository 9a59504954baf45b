// A folder of models that lacks something is refused with the place and the cure.
#include <cstdlib>

#include "sim/catalog/catalog.hpp"
#include "tests/catalog/models.hpp"

namespace berth::testing {

TEST_CASE("a number without a source is refused") {
  SpoiltModels models;
  models.replace("constants.json", "\"source\": \"Amazon ECS developer guide, commit cf5e581\", ", "");
  const auto said = models.refusal();
  CHECK(said.file.find("constants.json") != std::string::npos);
  CHECK(said.place.rfind("/constants/", 0) == 0);
  CHECK(said.found == "no `source`");
}

TEST_CASE("a number without a day is refused") {
  SpoiltModels models;
  models.replace("latencies.json", ", \"day\": \"2026-11-20\"", "");
  CHECK(models.refusal().found == "no `day`");
}

TEST_CASE("a latency without the set that calibrated it is refused") {
  SpoiltModels models;
  models.replace("latencies.json", "\"set\": \"none\", ", "");
  CHECK(models.refusal().found == "no `set`");
}

TEST_CASE("a lognormal that is cut below its median is refused") {
  SpoiltModels models;
  models.replace("latencies.json", "\"most\": \"120 s\"", "\"most\": \"1 s\"");
  const auto said = models.refusal();
  CHECK(said.place == "/latencies/autoscaling.scheduled_action/lognormal");
  CHECK(said.expected == "most >= p50");
  CHECK(said.found == "\"1 s\"");
}

TEST_CASE("a guess that does not say why is refused") {
  SpoiltModels models;
  models.replace("constants.json", "\"guess\": true, \"why\"", "\"guess\": true, \"notes\"");
  CHECK(models.refusal().found == "no `why`");
}

TEST_CASE("a misspelt key of a row is refused with the nearest one") {
  SpoiltModels models;
  models.replace("quotas.json", "\"until\"", "\"untill\"");
  CHECK(models.refusal().cure == "write \"until\"");
}

TEST_CASE("two rows for one day are refused") {
  SpoiltModels models;
  models.replace("quotas.json", "\"until\": \"2025-01-01\"", "\"until\": \"2027-01-01\"");
  const auto said = models.refusal();
  CHECK(said.place.rfind("/quotas/ecs_provisioning_tasks", 0) == 0);
  CHECK(said.found == "two");
}

TEST_CASE("a price in a region other than the scenario's is checked too") {
  SpoiltModels models;
  models.replace("prices.json", "\"usd\": \"0.04656 USD\"", "\"usd\": \"-1 USD\"");
  CHECK(models.refusal().place == "/regions/ap-northeast-2/fargate:vcpu:x86/usd");
}

TEST_CASE("a column of the instance table without a source is refused") {
  SpoiltModels models;
  models.replace("instance_types.json", "eks_pods", "eks_pod");
  CHECK(models.refusal().found == "none for eks_pods");
}

TEST_CASE("a wrong cell of the instance table is named by line and column") {
  SpoiltModels models;
  models.replace("instance_types.csv", "a1.medium,1,2048", "a1.medium,1,two");
  const auto said = models.refusal();
  CHECK(said.place == "line 2, column mem_mib");
  CHECK(said.found == "\"two\"");
}

TEST_CASE("a line with a cell too many is named") {
  SpoiltModels models;
  models.replace("instance_types.csv", "a1.medium,1,", "a1.medium,1,,");
  CHECK(models.refusal().place == "line 2");
}

TEST_CASE("a missing file is named") {
  SpoiltModels models;
  models.remove("quotas.json");
  CHECK(models.refusal().file.find("quotas.json") != std::string::npos);
}

TEST_CASE("models are found beside the program, and BERTH_MODELS overrides") {
  unsetenv("BERTH_MODELS");
  CHECK(std::filesystem::exists(std::filesystem::path(models_folder()) / "prices.json"));
  setenv("BERTH_MODELS", "/elsewhere", 1);
  CHECK(models_folder() == "/elsewhere");
  unsetenv("BERTH_MODELS");
}

}  // namespace berth::testing
