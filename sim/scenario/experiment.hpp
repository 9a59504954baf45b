// Several runs of one scenario, each in a process of its own, as many at a time as asked for.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/observe/result_folder.hpp"
#include "sim/scenario/feasibility.hpp"
#include "sim/scenario/simulation.hpp"

namespace berth {

/// One column of a comparison.
struct PlannedRun {
  RunSpec spec;
  std::vector<Finding> findings;
  bool even_if_refused = false;  ///< simulate what cannot be hosted too: its replicas stay pending, with the reason
};

struct ExperimentOptions {
  std::size_t jobs = 1;        ///< processes at a time
  bool show_progress = false;  ///< a line on stderr that is written over
};

/// Runs all, in any order in time; parts stand in the folder in order of `runs`, the same bytes for any number of
/// jobs. What cannot be hosted is only simulated on request. RunError when a process dies or cannot finish.
std::vector<Summary> run_all(const std::vector<PlannedRun>& runs, const Catalog& catalog, const Traces& traces,
                             ResultFolder& folder, const ExperimentOptions& options);

}  // namespace berth
