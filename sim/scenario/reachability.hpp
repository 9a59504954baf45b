// Whether the subnets of each pool can reach the registries of the images that it runs, and the place of their logs.
#pragma once

#include <vector>

#include "sim/base/field.hpp"
#include "sim/scenario/feasibility.hpp"

namespace berth {

/// InputError at `network` (/network of the scenario) for the first pool that has an image to pull in a zone whose
/// subnet has no way to the image's registry: it names pool, image, zones, what is missing and the cure.
void refuse_unreachable(const Field& network, const RunSpec& run);
/// The same of CloudWatch Logs, at the log_bytes of a service: its tasks would not start.
void refuse_unreachable_logs(const Field& scenario, const RunSpec& run);

/// What a pool refuses about the subnets, what is odd about the network, and what its engine may not carry.
void check_network(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings);

}  // namespace berth
