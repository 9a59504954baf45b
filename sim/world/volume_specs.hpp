// Disks of a replica as they were asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/quantity.hpp"

namespace berth {

enum class VolumeKind : std::uint8_t { gp3, gp2 };

/// An EBS volume that every replica has for itself.
struct EbsSpec {
  std::string name;
  Bytes size;
  VolumeKind kind = VolumeKind::gp3;
  std::int64_t extra_iops = 0;       ///< provisioned beyond what comes with gp3
  std::int64_t extra_mib_per_s = 0;  ///< likewise
  std::int64_t mib_per_s = 0;        ///< all that it can move
  Bytes snapshot;                    ///< restored from one; 0 = an empty volume
  Bytes read_at_start;               ///< of that, what the application reads before it can serve
};

/// A file system that all replicas of the workload share.
struct EfsSpec {
  std::string name;
  bool one_zone = false;
  Bytes stored;
  std::int64_t provisioned_mib_per_s = 0;  ///< 0 = bursting or elastic throughput, not priced
};

struct VolumeSpecs {
  std::vector<EbsSpec> ebs;
  bool keep = false;  ///< its EBS volumes outlive the replica
  std::vector<EfsSpec> efs;
  Bytes host_path;  ///< of the node's own disk; takes nothing
};

}  // namespace berth
