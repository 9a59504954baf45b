// `berth trace fit`: the parameters of a synthetic twin, and how like it is.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/demand/synthetic/twin.hpp"
#include "sim/observe/load_chart.hpp"
#include "sim/observe/text_file.hpp"
#include "tools/berth/terminal.hpp"
#include "tools/berth/trace_words.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

std::vector<double> rates_of(const TraceGrid& grid) {
  std::vector<double> rates;
  for (const double v : grid.values) rates.push_back(grid.per_second(v));
  return rates;
}

void print_pictures(const TraceGrid& grid, const TraceGrid& twin, double most, std::size_t width) {
  const std::vector<double> before = rates_of(grid), after = rates_of(twin);
  const bool unicode = terminal_knows_unicode();
  constexpr std::size_t kHeight = 9;
  fmt::print(stderr, "the trace\n{}", load_chart({before, grid.start, grid.interval, most}, unicode, width, kHeight));
  fmt::print(stderr, "its twin\n{}", load_chart({after, twin.start, twin.interval, most}, unicode, width, kHeight));
}

}  // namespace

int trace_fit_verb(const TraceFileRequest& request) {
  if (!request.out.empty() && std::filesystem::exists(request.out))
    throw InputError({"", "--out", "a file that does not exist yet", request.out, "remove it, or name another file"});
  check_width(request.width);
  const TraceGrid grid = trace_grid(trace_file_options(request.file, request.options));
  const SyntheticSpec spec = fit_twin(grid);
  const std::string json = to_json(synthetic_json(spec));
  // What is shown is made of the text that is handed out.
  const Value written = parse_json(json, "the twin");
  const TraceGrid twin = twin_grid(synthetic_spec(Field(written, "the twin")), grid);
  const TraceStatistics of_trace = trace_statistics(grid), of_twin = trace_statistics(twin);
  if (request.out.empty()) fmt::print("{}", json);
  else write_text(request.out, json);
  if (request.quiet) return kDone;
  fmt::print(stderr, "{}", trace_heading(request.file, grid, of_trace));
  print_pictures(grid, twin, std::max(of_trace.peak, of_twin.peak), request.width);
  fmt::print(stderr, "{}", twin_figures(grid, of_trace, of_twin));
  return kDone;
}

}  // namespace berth
