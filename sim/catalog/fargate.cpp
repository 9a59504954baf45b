// The sizes Fargate sells on a day, and how much storage comes with them.
#include <algorithm>

#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

/// Memory of one CPU row: listed, or from/to in steps.
std::vector<Bytes> memory_choices(const Field& row) {
  std::vector<Bytes> choices;
  if (const auto listed = row.find("memory")) {
    for (const Field& item : listed->items()) choices.push_back(item.bytes());
    return choices;
  }
  const Bytes last = row.at("memory_to").bytes();
  const Bytes step = row.at("memory_step").bytes();
  if (step.count() <= 0) row.at("memory_step").fail("a step above 0", row.at("memory_step").shown(), "write \"1 GiB\"");
  for (Bytes memory = row.at("memory_from").bytes(); memory <= last; memory += step) choices.push_back(memory);
  return choices;
}

bool sold(const Field& row, std::string_view orchestrator, Instant day) {
  const auto from = row.find(orchestrator);
  return from && (from->text() == "always" || from->instant() <= day);
}

}  // namespace

FargateSizes read_fargate(const std::string& folder, const CatalogKey& key) {
  const ModelFile file(folder, "fargate_sizes.json");
  FargateSizes sizes;
  for (const Field& row : file.field.at("sizes").items()) {
    read_source(row, {"cpu", "memory", "memory_from", "memory_to", "memory_step", "ecs", "eks"});
    const Cpu cpu = row.at("cpu").cpu();
    for (const Bytes memory : memory_choices(row)) {
      if (sold(row, "ecs", key.date)) sizes.ecs.push_back({cpu, memory});
      if (sold(row, "eks", key.date)) sizes.eks.push_back({cpu, memory});
    }
  }
  const auto smaller = [](const FargateSize& a, const FargateSize& b) {
    return a.cpu != b.cpu ? a.cpu < b.cpu : a.memory < b.memory;
  };
  std::sort(sizes.ecs.begin(), sizes.ecs.end(), smaller);
  std::sort(sizes.eks.begin(), sizes.eks.end(), smaller);

  const Field storage = file.field.at("storage");
  const auto bytes_on_day = [&](const char* name) {
    return row_required(storage.at(name), key.date, {"bytes"}).field.at("bytes").bytes();
  };
  sizes.storage_included = bytes_on_day("included");
  sizes.storage_ecs = bytes_on_day("ecs");
  sizes.storage_eks = bytes_on_day("eks");
  return sizes;
}

}  // namespace berth
