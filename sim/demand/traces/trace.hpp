// A trace file as the load of a run: what its numbers mean, which part, how gaps are read, scaled, shifted, repeated.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/demand/arrivals.hpp"

namespace berth {

/// What a missing line means.
enum class Gaps : std::uint8_t {
  error,  ///< the trace is incomplete: nobody guesses
  zero,   ///< there were no requests
  hold,   ///< as in the last line
};

/// What tells one series, row or pod of a file from the others: {"pod", "web-1"}.
using Label = std::pair<std::string, std::string>;

/// A column with what a request takes, and how long one of its unit is.
struct TimeColumn {
  std::string name;
  std::string unit;  ///< "ms"
};

struct TraceOptions {
  std::string file;
  std::string format;            ///< a name of trace_formats(); empty: by the file's content
  std::string column;            ///< of the values, in a CSV file; empty: count, rate, rps or value
  std::vector<Label> select;     ///< the series, rows, pods … that have all these labels; empty: any
  bool total = false;            ///< several series that are left are added up; else one must be left
  std::optional<Meaning> means;  ///< none: as the file says (a column named count, rate, rps); given: over it
  std::optional<Gaps> gaps;      ///< none: error
  std::optional<Instant> from;   ///< the moment of the file that is the start of the run; none: the first line
  std::optional<Instant> to;     ///< where the part ends; none: one interval after the last line
  double scale = 1;
  double stretch = 1;   ///< the part takes times as long: rates stay, counts are spread
  Duration shift{0};    ///< the part starts this much after the start of the run; before it nothing arrives
  bool repeat = false;  ///< the part starts again when it ends (and ends where it starts, with `shift`)
  // Of lists of requests:
  std::optional<TimeColumn> service_time;  ///< what each takes
  std::optional<Duration> interval;        ///< they are counted, and arrive as from a trace of counts
};

/// Reads the file. The interval is the most common step; only the part that the run uses has to be without gaps.
/// A part that begins inside an interval begins with what remains of it (LoadSeries::lead).
/// A repeated part has a whole number of intervals. Requests of a list arrive when the list says (Meaning::listed).
LoadSeries load_trace(const TraceOptions& options, Duration run_length);

/// `shop=FILE[,from=DAY][,to=…][,scale=K][,gaps=zero|hold|error][,means=count|rate|gauge][,shift=2 h][,repeat]…`:
/// the trace's name and its options, as given to --trace. The file's name has no comma.
std::pair<std::string, TraceOptions> trace_option(std::string_view text);
/// The options alone, as `trace show` and `trace fit` have them: `from=DAY,means=count`.
void set_trace_options(TraceOptions& options, std::string_view text);

}  // namespace berth
