// The size that EKS on Fargate provisions for a pod.
#include <fmt/format.h>

#include "sim/policy/placement/fargate_refusal.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

void add_containers(const Field& c, std::string_view key, bool init, std::vector<ContainerSpec>& all) {
  for (const auto& container : items_or_none(c, key)) {
    ContainerSpec spec;
    spec.init = init;
    spec.amount.cpu = millicores(number_or(container, "cpu_request_millicores", 0));
    spec.amount.memory = Bytes{number_or(container, "memory_request_bytes", 0)};
    all.push_back(spec);
  }
}

/// The day of the user guide that the cases were read from.
Catalog catalog_of_the_cases() {
  using namespace std::chrono;
  return Catalog::load(models_folder(), CatalogKey{"us-east-1", sys_days{year{2024} / 12 / 18}});
}

}  // namespace

void run_fargate_size(const Field& file, Tally& tally) {
  const auto catalog = catalog_of_the_cases();
  for (const auto& c : file.at("cases").items()) {
    std::vector<ContainerSpec> containers;
    add_containers(c, "containers", false, containers);
    add_containers(c, "init_containers", true, containers);
    const auto size = fargate_size(containers, Orchestrator::eks, catalog);
    const bool schedulable = !has_value(c, "expected_schedulable") || c.at("expected_schedulable").truth();
    const auto expected = schedulable ? fmt::format("{} m {} MiB", number_at(c, "expected_vcpu_millicores"),
                                                    number_at(c, "expected_memory_mib"))
                                      : "no size";
    const auto ours =
        size ? fmt::format("{} m {} MiB", in_millicores(size->cpu), size->memory.count() / kMiB.count()) : "no size";
    tally.expect(c.at("name").text(), expected, ours);
  }
  tally.not_covered("profile and wildcard cases",
                    items_or_none(file, "profile_cases").size() + items_or_none(file, "wildcard_cases").size());
  tally.not_covered("ephemeral_storage_cases", items_or_none(file, "ephemeral_storage_cases").size());
}

}  // namespace berth::conformance
