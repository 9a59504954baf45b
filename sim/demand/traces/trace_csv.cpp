// A series as CSV: a time first, then a value; every line is checked.
#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/demand/traces/csv_lines.hpp"
#include "sim/demand/traces/trace_format.hpp"

namespace berth {

namespace {

constexpr const char* kNameThem =
    "name the column count (requests per interval), rate (requests per second) or value (and say `means`), or say "
    "column=NAME; of a list of requests or jobs say format=requests or format=jobs";

std::optional<Meaning> meaning_of_column(const std::string& name) {
  if (name == "count") return Meaning::count;
  if (name == "rate" || name == "rps") return Meaning::rate;
  return std::nullopt;
}

/// The column that is asked for, or the one that is named as values are.
std::size_t value_column(const CsvLines& lines, const TraceOptions& options) {
  if (!options.column.empty()) return lines.column(options.column);
  std::size_t column = 0;
  const std::vector<std::string>& names = lines.names();
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (!meaning_of_column(names[i]) && names[i] != "value") continue;
    if (column != 0)
      lines.fail("one column with values", fmt::format("\"{}\" and \"{}\"", names[column], names[i]),
                 "say which one is meant: column=" + names[i]);
    column = i;
  }
  if (column == 0) {
    std::string others;
    for (std::size_t i = 1; i < names.size(); ++i) others += (i > 1 ? ", " : "") + names[i].substr(0, 40);
    lines.fail("a time in the first column and then one named count, rate, rps or value",
               names.size() == 1 ? shown_cell(names.front()) : "columns " + others.substr(0, 200), kNameThem);
  }
  return column;
}

void take_column_names(CsvLines& lines) {
  lines.next();
  lines.take_header();
  if (trace_time(lines.names().front()))
    lines.fail("the names of the columns, such as \"timestamp,count\"", shown_cell(lines.text()),
               "put a first line with the names; the second column is count (requests per interval), rate (requests "
               "per second) or value (say `means`)");
}

}  // namespace

bool is_csv(std::string_view) { return true; }

TraceContent read_csv(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "csv", true, true, false);
  CsvLines lines(text, options.file);
  if (lines.done())
    lines.fail("a trace: a line that names the columns, then lines with a time and a value", "an empty file",
               "give a file with such lines");
  take_column_names(lines);
  const std::size_t column = value_column(lines, options);
  lines.check_select(options.select);
  TraceRows rows;
  rows.means = meaning_of_column(lines.names()[column]);
  rows.first_line = options.select.empty() ? 2 : 0;
  const std::size_t most = lines.lines_left();
  rows.times.reserve(most);
  rows.values.reserve(most);
  while (!lines.done()) {
    lines.next();
    if (!options.select.empty() && !lines.matches(options.select)) continue;
    const Instant t = lines.time(0);
    if (!rows.times.empty() && t <= rows.times.back())
      lines.fail(fmt::format("a time after the line before ({})", iso8601(rows.times.back())),
                 std::string(lines.cell(0)),
                 t == rows.times.back() ? "keep one line for each time" : "sort the lines by time");
    rows.times.push_back(t);
    rows.values.push_back(lines.number(column));
  }
  if (rows.times.size() < 2)
    lines.fail("at least two lines with a time and a value, to know the interval",
               rows.times.empty() ? "a line with the names of the columns and nothing else" : "one",
               "give a longer trace");
  return rows;
}

}  // namespace berth
