// replicas.csv as `berth explain` reads it, and how wide its answers may be.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

inline constexpr Duration kRounding{1000};  ///< moments stand in result files with milliseconds

/// A row, as far as it is needed here.
struct Recorded {
  std::string replica, service;
  bool initial = false;
  Time decided{}, placed = kNever, healthy = kNever, stopped = kNever;
  bool no_capacity = false;  ///< that is why it was stopped

  Duration latency() const { return healthy - decided; }
  /// When its start was over; kNever: not within the run.
  Time over() const { return std::min(healthy, stopped); }
};

std::vector<Recorded> recorded_replicas(const std::string& folder, const std::string& architecture);
/// Of "web/17" 17; 0 where there is none.
std::uint64_t number_of(const std::string& replica);
/// Names what there is: the service's numbers, or the nearest service. `place`: the option that was given.
[[noreturn]] void refuse_unknown(const std::vector<Recorded>& all, const std::string& place,
                                 const std::string& replica);
/// The results were made by this very program, or what is shown here is not what happened there.
[[noreturn]] void refuse_other_run(const std::string& replica);
/// Of the terminal, at most 100.
std::size_t columns_to_use();

}  // namespace berth
