// What ticks while a replica's EBS volumes exist, and for file systems.
#pragma once

#include <string>
#include <vector>

#include "sim/observe/meters.hpp"

namespace berth {

/// EBS volumes of one replica: what they hold, and what is provisioned beyond what comes with gp3.
std::vector<Meter> meters_of(const World& world, const VolumeSetRow& volumes);
/// A file system: what is stored, and provisioned throughput.
std::vector<Meter> meters_of(const EfsSpec& efs);

/// From their creation on, attached or not.
BilledSeconds billed_volumes(const World& world, const VolumeSetRow& volumes, Time until);

/// Every sku that the volumes of a workload may be billed for.
void add_volume_skus(const VolumeSpecs& volumes, std::vector<std::string>& skus);

}  // namespace berth
