// What follows a recording: scripted counts of a service's replicas, and arrivals of a job one by one.
#pragma once

#include "sim/scenario/parts.hpp"

namespace berth {

/// A demand of requests says what a request takes; a scripted count has nothing beside it that would scale too.
void check_demand(const Field& service);
/// Run times are the job's, or each arrival's own; recorded moments are in order of time.
void check_run_times(const Field& job);

/// The steps of a demand of replicas, written or as a trace changes; empty: it is one of requests.
std::vector<CountSpec> build_counts(const Building& building, const Field& demand);
/// Moments and run times of a job's recorded arrivals.
void build_recorded(const Field& recorded, JobSpec& job);

}  // namespace berth
