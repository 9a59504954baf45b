// Which instance types share EC2's vCPU quota of standard instances.
#pragma once

#include "sim/catalog/catalog.hpp"

namespace berth {

/// A, C, D, H, I, M, R, T and Z (Amazon EC2 user guide, on-demand instance quotas). Others have quotas of their own,
/// which nothing in models/ tells.
bool is_standard(const InstanceType& type);

}  // namespace berth
