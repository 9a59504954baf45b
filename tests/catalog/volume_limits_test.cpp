// How many EBS volumes types attach, and what Fargate provisions.
#include "tests/catalog/models.hpp"

namespace berth::testing {

TEST_CASE("newer types have a limit of their own, older Nitro types share it with interfaces and local disks") {
  const auto limit = [](const char* type) { return catalog_2026().instance(type)->ebs_volumes; };
  CHECK(limit("m7i.large") == 32 - 1);
  CHECK(limit("m7i.48xlarge") == 128 - 1);
  CHECK(limit("m6i.large") == 28 - 3 - 1);
  CHECK(limit("m6id.large") == 28 - 3 - 1 - 1);
  CHECK(limit("m4.large") == 39 - 1);
  for (const InstanceType& type : catalog_2026().instances()) CHECK(type.ebs_volumes >= 0);
}

TEST_CASE("EKS on Fargate provisions 10 % and 5 GiB more than is asked for, since 2023-08-02") {
  CHECK(catalog_2026().fargate_storage_provisioned(100 * kGiB, true) == 115 * kGiB);
  CHECK(catalog_2026().fargate_storage_provisioned(100 * kGiB, false) == 100 * kGiB);
  CHECK(catalog_2026().fargate_storage_provisioned({}, true) == 20 * kGiB);
  CHECK(catalog_2021().fargate_storage_provisioned(20 * kGiB, true) == 20 * kGiB);
}

TEST_CASE("volume limits without a source are refused") {
  SpoiltModels models;
  models.replace("volume_limits.json", "\"source\": \"aws-ebs-csi-driver#289: maxVolumesPerNode\", ", "");
  CHECK(models.refusal().place == "/xen");
}

}  // namespace berth::testing
