// When a job arrives, worked out before the run: every architecture sees the same arrivals.
#pragma once

#include <cstdint>

#include "sim/scenario/parts.hpp"

namespace berth {

/// The most replicas that the arrivals of one job may start.
inline constexpr std::int64_t kMostJobReplicas = 5'000'000;

/// Moments, replicas and indexes, and the run times that a recording or a trace brings. InputError for more than
/// kMostJobReplicas.
void build_job_arrivals(const Building& building, const Field& job, JobSpec& spec);

}  // namespace berth
