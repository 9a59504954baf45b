// A trace file as the load of a run: what its numbers mean, which part, how gaps are read, scaled, shifted, repeated.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/base/time.hpp"
#include "sim/demand/arrivals.hpp"

namespace berth {

/// What a missing line means.
enum class Gaps : std::uint8_t {
  error,  ///< the trace is incomplete: nobody guesses
  zero,   ///< there were no requests
  hold,   ///< as in the last line
};

struct TraceOptions {
  std::string file;
  std::optional<Meaning> means;  ///< none: by the column's name (count, rate, rps); given: over it
  std::optional<Gaps> gaps;      ///< none: error
  std::optional<Instant> from;   ///< the moment of the file that is the start of the run; none: the first line
  std::optional<Instant> to;     ///< where the part ends; none: one interval after the last line
  double scale = 1;
  Duration shift{0};    ///< the part starts this much after the start of the run; before it nothing arrives
  bool repeat = false;  ///< the part starts again when it ends (and ends where it starts, with `shift`)
};

/// Reads the file. The interval is the most common step; only the part that the run uses has to be without gaps.
/// A part that begins inside an interval begins with what remains of it (LoadSeries::lead).
/// A repeated part has a whole number of intervals.
LoadSeries load_trace(const TraceOptions& options, Duration run_length);

/// `shop=FILE[,from=DAY][,to=…][,scale=K][,gaps=zero|hold|error][,means=count|rate|gauge][,shift=2 h][,repeat]`:
/// the trace's name and its options, as given to --trace. The file's name has no comma.
std::pair<std::string, TraceOptions> trace_option(std::string_view text);

}  // namespace berth
