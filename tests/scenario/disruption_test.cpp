// Disruption budgets and the settings of controllers, as the scenario says them.
#include <doctest/doctest.h>

#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPdb = "/services/web/eks/pdb";

RunSpec run_with(const std::string& path, const std::string& value, const std::string& architecture = "eks-ec2") {
  return scene::run_of(scene::loaded({{path, value}}), architecture);
}

InputError::Parts refused(const std::string& path, const std::string& value) {
  return scene::error_of([&] { run_with(path, value); });
}

TEST_CASE("a disruption budget is a number or a part of the pods, those that stay or those that may be missing") {
  const auto pdb_of = [](const std::string& written) {
    return scene::workload(run_with(kPdb, written), "web")->eks.pdb;
  };
  const auto least = pdb_of(R"({"min_available": 2})");
  REQUIRE(least);
  CHECK(least->keeps == PdbSpec::Keeps::min_available);
  CHECK(least->value == 2);
  CHECK_FALSE(least->is_percent);
  const auto most = pdb_of(R"({"max_unavailable": "25 %"})");
  REQUIRE(most);
  CHECK(most->keeps == PdbSpec::Keeps::max_unavailable);
  CHECK(most->value == 25);
  CHECK(most->is_percent);
}

TEST_CASE("ECS has no disruption budgets") {
  CHECK_FALSE(scene::workload(run_with(kPdb, R"({"min_available": 2})", "ecs-ec2"), "web")->eks.pdb);
}

TEST_CASE("a disruption budget says one of the two, and no more than all") {
  CHECK(refused(kPdb, R"({"min_available": 2, "max_unavailable": 1})").place == kPdb);
  CHECK(refused(kPdb, "{}").place == kPdb);
  CHECK(refused(kPdb, R"({"min_available": "120 %"})").place == std::string(kPdb) + "/min_available");
}

}  // namespace
}  // namespace berth
