// What of jobs no single key can show: which of them wait for which, what goes together, and where they fall back to.
#pragma once

#include "sim/base/field.hpp"

namespace berth {

/// Arrays, gangs, spreads and checkpoints of one job.
void check_job_parts(const Field& job);
/// InputError with the path of a circle of jobs that come after each other.
void check_job_order(const Field& scenario);
/// Queues within queues, without a circle.
void check_queues(const Field& scenario);
/// Whether an entry of runs_on, a list, says how long a job waits in each of its pools; then all but the last do.
bool check_fallback(const Field& entry);

}  // namespace berth
