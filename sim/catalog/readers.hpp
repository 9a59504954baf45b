// One reader for each file of models/; Catalog::load calls them in this order.
#pragma once

#include <string>
#include <vector>

#include "sim/catalog/catalog.hpp"

namespace berth {

std::vector<InstanceType> read_instances(const std::string& folder, const CatalogKey& key);

/// How many EBS volumes each type takes for replicas, by models/volume_limits.json.
void read_volume_limits(const std::string& folder, std::vector<InstanceType>& instances);

/// How much work a vCPU does, by models/cpu_speed.json, and which types have CPU credits, by models/cpu_credits.json;
/// returns the speed on Fargate.
double read_cpu_speeds(const std::string& folder, std::vector<InstanceType>& instances);
void read_cpu_credits(const std::string& folder, std::vector<InstanceType>& instances);

struct FargateSizes {
  std::vector<FargateSize> ecs, eks;  ///< by CPU, then memory
  Bytes storage_included, storage_ecs, storage_eks;
};
FargateSizes read_fargate(const std::string& folder, const CatalogKey& key);

/// Sorted by sku; EC2 prices and the fees on them are made from the instance types.
std::vector<Price> read_prices(const std::string& folder, const CatalogKey& key,
                               const std::vector<InstanceType>& instances);

/// Sorted by name.
std::vector<Latency> read_latencies(const std::string& folder, const CatalogKey& key);

Numbers read_quotas(const std::string& folder, const CatalogKey& key);
/// With the numbers that the profile replaces.
Numbers read_constants(const std::string& folder, const CatalogKey& key);

/// Those whose rows go by the version of Kubernetes: without gaps, ascending.
VersionedNumbers read_versioned_constants(const std::string& folder);

struct EksCalendar {
  std::vector<EksVersion> versions;     ///< ascending
  std::vector<ControlPlaneTier> tiers;  ///< as written, each by version
};
EksCalendar read_eks_versions(const std::string& folder);

std::vector<SystemWorkload> read_system_workloads(const std::string& folder);

/// Where a column of instance_types.csv comes from.
Source column_source(const std::string& folder, const std::string& column);
/// "usd_h" and "us-east-1" → "usd_h_us_east_1".
std::string regional_column(std::string_view name, std::string_view region);

}  // namespace berth
