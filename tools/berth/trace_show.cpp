// `berth trace show`: a trace as a picture, with its figures.
#include <fmt/format.h>

#include "sim/observe/load_chart.hpp"
#include "tools/berth/terminal.hpp"
#include "tools/berth/trace_words.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {

int trace_show_verb(const TraceFileRequest& request) {
  check_width(request.width);
  const TraceGrid grid = trace_grid(trace_file_options(request.file, request.options));
  const TraceStatistics statistics = trace_statistics(grid);
  std::vector<double> shown;
  for (const double v : grid.values) shown.push_back(grid.per_second(v));
  fmt::print("{}{}{}", trace_heading(request.file, grid, statistics),
             load_chart({shown, grid.start, grid.interval}, terminal_knows_unicode(), request.width),
             trace_figures(grid, statistics));
  return kDone;
}

}  // namespace berth
