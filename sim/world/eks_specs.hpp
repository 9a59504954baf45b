// What only EKS knows of a workload: how its pods are scaled, where they go, how few of them may be disrupted.
#pragma once

namespace berth {

struct EksSpec {};

}  // namespace berth
