// The calendar of Kubernetes versions on EKS, the tiers of its control plane, and numbers that go by version.
#include "tests/catalog/models.hpp"

namespace berth::testing {
namespace {

Support support_of(int minor, Instant t) { return catalog_2026().eks_version(KubeVersion{minor})->support_on(t); }

TEST_CASE("support changes at the beginning of its day, in UTC") {
  const Instant standard_end = on_day(2026, 3, 23);
  CHECK(support_of(32, standard_end - 1us) == Support::standard);
  CHECK(support_of(32, standard_end) == Support::extended);
  CHECK(support_of(32, on_day(2025, 1, 23) - 1us) == Support::upcoming);
  CHECK(support_of(32, on_day(2025, 1, 23)) == Support::standard);
  CHECK(support_of(32, on_day(2027, 3, 23)) == Support::ended);
}

TEST_CASE("before extended support a version was over with its standard support") {
  CHECK(support_of(20, on_day(2022, 10, 31)) == Support::standard);
  CHECK(support_of(20, on_day(2022, 11, 1)) == Support::ended);
}

TEST_CASE("a new cluster has the newest version in standard support, outside of the calendar the nearest") {
  const Catalog& catalog = catalog_2026();
  CHECK(catalog.default_eks_version(on_day(2026, 1, 26)) == KubeVersion{34});
  CHECK(catalog.default_eks_version(on_day(2026, 1, 27)) == KubeVersion{35});
  CHECK(catalog.default_eks_version(on_day(2021, 9, 1)) == KubeVersion{21});
  CHECK(catalog.default_eks_version(on_day(1998, 6, 30)) == catalog.eks_versions().front().version);
  CHECK(catalog.default_eks_version(on_day(2040, 1, 1)) == catalog.eks_versions().back().version);
}

TEST_CASE("a number that goes by version is the cluster's, and without one the default version's of the day") {
  const Catalog& catalog = catalog_2026();
  CHECK(catalog.constant("kube.node_lost_after_s", KubeVersion{31}) == 40);
  CHECK(catalog.constant("kube.node_lost_after_s", KubeVersion{32}) == 50);
  CHECK(catalog.constant("kube.node_lost_after_s") == 50);
  CHECK(catalog_2021().constant("kube.node_lost_after_s") == 40);
  CHECK(catalog.constant("hpa.period_s", KubeVersion{31}) == catalog.constant("hpa.period_s"));
}

TEST_CASE("a tier of the control plane has more seats from 1.34 on, and the standard one promises nothing") {
  const Catalog& catalog = catalog_2026();
  CHECK(catalog.control_plane_tier("xl", KubeVersion{33})->seats == 1700);
  CHECK(catalog.control_plane_tier("xl", KubeVersion{34})->seats == 2000);
  CHECK(catalog.control_plane_tier("4xl", KubeVersion{34})->pods_per_s == 400);
  CHECK(catalog.control_plane_tier("standard", KubeVersion{34}) == nullptr);
}

TEST_CASE("a calendar that leaves a version out, or whose days are in disorder, is refused") {
  SpoiltModels gap;
  gap.replace("eks_versions.json", "\"1.33\": {", "\"1.43\": {");
  CHECK(gap.refusal().expected == "1.33 after 1.32");
  SpoiltModels disorder;
  disorder.replace("eks_versions.json", "\"standard_end\": \"2026-03-23\"", "\"standard_end\": \"2024-03-23\"");
  CHECK(disorder.refusal().place == "/versions/1.32");
}

TEST_CASE("a number with a gap between its versions is refused") {
  SpoiltModels models;
  models.replace("constants.json", "{\"value\": 50, \"kubernetes_from\": \"1.32\"",
                 "{\"value\": 50, \"kubernetes_from\": \"1.33\"");
  const auto said = models.refusal();
  CHECK(said.place == "/constants/kube.node_lost_after_s/1");
  CHECK(said.found == "\"1.33\"");
}

}  // namespace
}  // namespace berth::testing
