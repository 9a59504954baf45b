// The size and the storage that EKS on Fargate provisions for a pod, and which profile takes it.
#include <fmt/format.h>

#include "sim/policy/placement/fargate_profile.hpp"
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

Labels labels_of(const Field& object, std::string_view key) {
  Labels labels;
  if (has_value(object, key))
    for (const Field& label : object.at(key).members()) labels[label.key()] = label.text();
  return labels;
}

std::vector<PoolSpec> profiles_of(const Field& c) {
  std::vector<PoolSpec> pools;
  for (const Field& profile : c.at("profiles").items()) {
    pools.emplace_back().name = profile.at("name").text();
    pools.back().launch = Launch::fargate;
    for (const Field& selector : profile.at("selectors").items())
      pools.back().selectors.push_back({selector.at("namespace").text(), labels_of(selector, "labels")});
  }
  return pools;
}

void run_profiles(const Field& file, Tally& tally) {
  for (const Field& c : items_or_none(file, "wildcard_cases"))
    tally.expect(c.at("name").text(), c.at("expected_match").truth(),
                 matches_wildcards(c.at("pattern").text(), c.at("value").text()));
  for (const Field& c : items_or_none(file, "profile_cases")) {
    const std::vector<PoolSpec> pools = profiles_of(c);
    const PoolSpec* taken = profile_of(pools, c.at("pod_namespace").text(), labels_of(c, "pod_labels"));
    tally.expect(c.at("name").text(),
                 has_value(c, "expected_profile") ? c.at("expected_profile").text() : std::string("none"),
                 taken != nullptr ? taken->name : "none");
  }
}

/// Without a request a case is about the most that there is.
void run_storage(const Field& file, const Catalog& catalog, Tally& tally) {
  for (const Field& c : items_or_none(file, "ephemeral_storage_cases")) {
    const Bytes asked = kGiB * number_or(c, "request_gib", 0);
    const Bytes ours = has_value(c, "request_gib") ? catalog.fargate_storage_provisioned(asked, true)
                                                   : catalog.fargate_storage_limit(true);
    tally.expect(c.at("name").text(), number_at(c, "expected_provisioned_gib"), ours.count() / kGiB.count());
  }
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
  run_profiles(file, tally);
  run_storage(file, catalog, tally);
}

}  // namespace berth::conformance
