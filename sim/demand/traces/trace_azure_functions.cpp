// Azure's functions trace: a row a function, with 1,440 columns: its invocations in each minute of one day.
#include <fmt/format.h>

#include <charconv>

#include "sim/demand/traces/csv_lines.hpp"
#include "sim/demand/traces/trace_format.hpp"

namespace berth {

namespace {

constexpr std::size_t kMinutes = 1440;
/// The file does not tell its day (a number in its name does): the first of the trace, a Monday.
constexpr Instant kFirstDay = std::chrono::sys_days{std::chrono::year{2019} / 7 / 15};

/// Adds the cells from column `first` on to the minutes; all of them in one walk along the line.
void add_row(const CsvLines& lines, std::size_t first, std::vector<double>& minutes) {
  std::string_view rest = lines.text();
  while (!rest.empty() && (rest.back() == '\r' || rest.back() == ' ')) rest.remove_suffix(1);
  for (std::size_t i = 0; i < first; ++i) {
    const std::size_t comma = rest.find(',');
    if (comma == std::string_view::npos) (void)lines.cell(first);  // fails: a shorter line
    rest.remove_prefix(comma + 1);
  }
  for (std::size_t minute = 0; minute < minutes.size(); ++minute) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    const std::size_t used = static_cast<std::size_t>(end - rest.data());
    const bool last = minute + 1 == minutes.size();
    if (error != std::errc{} || (last ? used != rest.size() : used == rest.size() || rest[used] != ','))
      lines.fail(fmt::format("a whole number in the column of minute {}, and {} minutes in all", minute + 1, kMinutes),
                 shown_cell(rest.substr(0, std::min(rest.find(','), rest.size()))), "mend or remove the line");
    minutes[minute] += count;
    rest.remove_prefix(last ? used : used + 1);
  }
}

}  // namespace

bool is_azure_functions(std::string_view text) {
  const std::vector<std::string> names = header_of(text);
  return names.size() > kMinutes && names.front() == "hashowner";
}

TraceContent read_azure_functions(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "azure_functions", true, false, false);
  CsvLines lines(text, options.file);
  lines.next();
  lines.take_header();
  const std::size_t first = lines.column("1");
  if (lines.names().size() != first + kMinutes)
    lines.fail("1,440 columns, one a minute, behind the function's", fmt::format("{}", lines.names().size() - first),
               "take the file as Azure published it");
  lines.check_select(options.select);
  std::vector<double> minutes(kMinutes);
  std::size_t rows = 0;
  while (!lines.done()) {
    lines.next();
    if (!lines.matches(options.select)) continue;
    if (++rows == 2 && !options.total)
      lines.fail("one function", "a second row that is selected",
                 "choose by a column: select=HashFunction:VALUE, or add them up: total");
    add_row(lines, first, minutes);
  }
  if (rows == 0) lines.fail("a function that is selected", "none", "copy HashOwner, HashApp or HashFunction of a row");
  TraceRows trace;
  trace.means = Meaning::count;
  for (std::size_t minute = 0; minute < kMinutes; ++minute) {
    trace.times.push_back(kFirstDay + std::chrono::minutes{minute});
    trace.values.push_back(minutes[minute]);
  }
  return trace;
}

}  // namespace berth
