// A trace on equal intervals, with what is missing: to be looked at, not to be simulated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/demand/traces/trace_content.hpp"

namespace berth {

struct TraceGrid {
  Instant start{};
  Duration interval{0};
  std::optional<Meaning> means;  ///< none: nobody has said
  std::vector<double> values;    ///< as the file has them; NaN where it has none
  std::string counts;            ///< "requests", "jobs": of a list that has been counted; empty: of a series

  Duration length() const { return static_cast<std::int64_t>(values.size()) * interval; }
  bool is_count() const { return means == Meaning::count; }
  /// Of a value: a count by its interval, anything else as it stands.
  double per_second(double value) const { return is_count() ? value / seconds(interval) : value; }
};

/// The part from `from` to `to`, scaled; gaps stay gaps unless `gaps` says zero or hold. Lists are counted in
/// `interval`, or in one that makes some hundreds of them.
TraceGrid trace_grid(const TraceOptions& options);

}  // namespace berth
