// Who calls whom: circles, what is joined, who comes before whom, and the longest way through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace berth {

/// Vertices are services and externals by number.
struct CallEdge {
  std::size_t caller = 0, callee = 0;
};

/// A circle of calls: the first is also the last; empty: there is none.
std::vector<std::size_t> circle_of_calls(std::size_t vertices, std::span<const CallEdge> calls);
/// By vertex: the number of the set that it is joined with, 0, 1, … in order of their first vertices.
std::vector<std::size_t> joined_by_calls(std::size_t vertices, std::span<const CallEdge> calls);
/// Every caller before those that it calls, else by number; without circles.
std::vector<std::size_t> callers_first(std::size_t vertices, std::span<const CallEdge> calls);

/// A step of a job that is done in steps: its length, and the earlier ones that must be over before it begins.
struct TimedStep {
  double length = 0;
  std::uint32_t after = 0;  ///< bits
};
/// How long all steps take together: the critical path.
double critical_path(std::span<const TimedStep> steps);

}  // namespace berth
