#include "sim/demand/trace_rows.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace berth {

namespace {

/// What a cell may hold at most before a message cuts it.
constexpr std::size_t kShownCell = 40;

std::string shown_cell(std::string_view cell) {
  if (cell.empty()) return "nothing";
  return fmt::format("\"{}{}\"", cell.substr(0, kShownCell), cell.size() > kShownCell ? "…" : "");
}

std::string_view without_spaces(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Cell number `n` of a line, without blanks around it; nothing when the line is shorter.
std::optional<std::string_view> cell_of(std::string_view line, std::size_t n) {
  for (; n > 0; --n) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    line.remove_prefix(comma + 1);
  }
  return without_spaces(line.substr(0, line.find(',')));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// Reads line by line and says where it is.
class TraceReader {
 public:
  TraceReader(std::string_view text, const std::string& file) : rest_(text), file_(file) {
    if (rest_.substr(0, 3) == "\xEF\xBB\xBF") rest_.remove_prefix(3);
    while (!rest_.empty() && std::strchr(" \t\r\n", rest_.back()) != nullptr) rest_.remove_suffix(1);
  }

  TraceRows read() {
    if (rest_.empty())
      fail("a trace: a line that names the columns, then lines with a time and a value", "an empty file",
           "give a file with such lines");
    header(next_line());
    while (!rest_.empty()) row(next_line());
    if (rows_.times.size() < 2)
      fail("at least two lines with a time and a value, to know the interval",
           rows_.times.empty() ? "a line with the names of the columns and nothing else" : "one",
           "give a longer trace");
    return std::move(rows_);
  }

 private:
  [[noreturn]] void fail(std::string expected, std::string found, std::string cure) const {
    throw InputError({file_, line_ == 0 ? "" : fmt::format("line {}", line_), std::move(expected), std::move(found),
                      std::move(cure)});
  }

  std::string_view next_line() {
    ++line_;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  void header(std::string_view line) {
    const std::string_view first = *cell_of(line, 0);
    if (trace_time(first))
      fail("the names of the columns, such as \"timestamp,count\"", shown_cell(without_spaces(line)),
           "put a first line with the names; the second column is count (requests per interval), rate (requests per "
           "second) or value (say `means`)");
    std::string names;
    for (std::size_t i = 1; const auto cell = cell_of(line, i); ++i) {
      const std::string name = lower_case(*cell);
      names += (names.empty() ? "" : ", ") + name;
      if (name != "count" && name != "rate" && name != "rps" && name != "value") continue;
      if (column_ != 0)
        fail("one column with values", fmt::format("\"{}\" and \"{}\"", rows_.value_column, name),
             "leave the column in that is meant");
      column_ = i;
      rows_.value_column = name;
    }
    if (column_ == 0)
      fail("a time in the first column and then one named count, rate, rps or value",
           names.empty() ? shown_cell(without_spaces(line)) : "columns " + names,
           "name the column count (requests per interval) or rate (requests per second)");
    const auto lines = static_cast<std::size_t>(std::count(rest_.begin(), rest_.end(), '\n')) + 1;
    rows_.times.reserve(lines);
    rows_.values.reserve(lines);
  }

  void row(std::string_view line) {
    const std::string_view time = *cell_of(line, 0);
    const std::optional<Instant> t = trace_time(time);
    if (!t) fail("a time such as 1998-06-30 12:00, or seconds since 1970", shown_cell(time), "mend or remove the line");
    if (!rows_.times.empty() && *t <= rows_.times.back())
      fail(fmt::format("a time after the line before ({})", iso8601(rows_.times.back())), std::string(time),
           *t == rows_.times.back() ? "keep one line for each time" : "sort the lines by time");
    rows_.times.push_back(*t);
    rows_.values.push_back(number(line));
  }

  double number(std::string_view line) const {
    const std::optional<std::string_view> cell = cell_of(line, column_);
    if (!cell)
      fail(fmt::format("a {} in column {}", rows_.value_column, column_ + 1), "a shorter line",
           "give the value, or remove the line");
    double value = 0;
    const auto [end, error] = std::from_chars(cell->data(), cell->data() + cell->size(), value);
    if (cell->empty() || error != std::errc{} || end != cell->data() + cell->size() || !std::isfinite(value))
      fail("a number with a decimal point", shown_cell(*cell),
           "mend the value; for a missing one remove the line and say with `gaps` what that means");
    if (value < 0) fail("a number of requests, 0 or more", std::string(*cell), "mend or remove the line");
    return value;
  }

  std::string_view rest_;
  const std::string& file_;
  std::size_t line_ = 0;
  std::size_t column_ = 0;
  TraceRows rows_;
};

std::string whole_file(const std::string& file) {
  const auto unreadable = [&](int error) {
    return InputError({file, "", "a readable CSV file with a trace", std::strerror(error),
                       "check the path; in a scenario it is relative to the scenario's folder"});
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!in) throw unreadable(errno);
  std::string text;
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::size_t got = 0;
  do {
    const std::size_t size = text.size();
    text.resize(size + kBlock);
    got = std::fread(text.data() + size, 1, kBlock, in.get());
    text.resize(size + got);
  } while (got == kBlock);
  if (std::ferror(in.get()) != 0) throw unreadable(errno);
  return text;
}

}  // namespace

TraceRows parse_trace_rows(std::string_view text, const std::string& file) { return TraceReader(text, file).read(); }

TraceRows read_trace_rows(const std::string& file) { return parse_trace_rows(whole_file(file), file); }

}  // namespace berth
