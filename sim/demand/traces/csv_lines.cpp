#include "sim/demand/traces/csv_lines.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/demand/traces/trace_content.hpp"

namespace berth {

namespace {

/// What a cell may hold at most before a message cuts it.
constexpr std::size_t kShownCell = 40;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The end of the cell that begins the line; a comma within quotes is none.
std::size_t cell_end(std::string_view line, bool quoted) {
  if (!quoted) return std::min(line.find(','), line.size());
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') inside = !inside;
    if (line[i] == ',' && !inside) return i;
  }
  return line.size();
}

std::string_view unquoted(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = trimmed(cell.substr(1, cell.size() - 2));
  return cell;
}

std::optional<std::string_view> cell_at(std::string_view line, std::size_t n, bool quoted) {
  for (; n > 0; --n) {
    const std::size_t end = cell_end(line, quoted);
    if (end == line.size()) return std::nullopt;
    line.remove_prefix(end + 1);
  }
  const std::string_view cell = line.substr(0, cell_end(line, quoted));
  return quoted ? unquoted(cell) : trimmed(cell);
}

bool has_quote(std::string_view line) { return line.find('"') != std::string_view::npos; }

std::string_view without_mark(std::string_view text) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  return text;
}

std::vector<std::string> lower_cells(std::string_view line) {
  std::vector<std::string> names;
  const bool quoted = has_quote(line);
  while (true) {
    const std::size_t end = cell_end(line, quoted);
    names.push_back(lower_case(unquoted(line.substr(0, end))));
    if (end == line.size()) return names;
    line.remove_prefix(end + 1);
  }
}

}  // namespace

std::string shown_cell(std::string_view cell) {
  if (cell.empty()) return "nothing";
  return fmt::format("\"{}{}\"", cell.substr(0, kShownCell), cell.size() > kShownCell ? "…" : "");
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::optional<Duration> unit_of_times(std::string_view word) {
  constexpr std::pair<std::string_view, Duration> kUnits[] = {
      {"us", 1us}, {"ms", 1ms}, {"s", 1s}, {"min", 1min}, {"h", 1h}};
  for (const auto& [name, unit] : kUnits)
    if (name == word) return unit;
  return std::nullopt;
}

std::vector<std::string> header_of(std::string_view text) {
  constexpr std::size_t kLongestHeader = 64 * 1024;
  text = without_mark(text).substr(0, kLongestHeader);
  return lower_cells(text.substr(0, text.find('\n')));
}

CsvLines::CsvLines(std::string_view text, const std::string& file) : rest_(without_mark(text)), file_(file) {
  while (!rest_.empty() && std::strchr(" \t\r\n", rest_.back()) != nullptr) rest_.remove_suffix(1);
}

void CsvLines::next() {
  ++line_;
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  text_ = rest_.substr(0, end);
  quoted_ = has_quote(text_);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
}

std::size_t CsvLines::lines_left() const {
  return static_cast<std::size_t>(std::count(rest_.begin(), rest_.end(), '\n')) + 1;
}

void CsvLines::take_header() { names_ = lower_cells(text_); }

std::optional<std::size_t> CsvLines::find_column(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), lower_case(name));
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

std::size_t CsvLines::column(std::string_view name) const {
  if (const auto n = find_column(name)) return *n;
  const std::string near = nearest(lower_case(name), names_);
  throw InputError({file_, "line 1", fmt::format("a column \"{}\"", name),
                    "columns " + shown_cell(fmt::format("{}", fmt::join(names_, ", "))),
                    near.empty() ? "name one of its columns" : fmt::format("did you mean \"{}\"?", near)});
}

std::optional<std::size_t> CsvLines::any_column(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names)
    if (const auto n = find_column(name)) return n;
  return std::nullopt;
}

std::optional<std::string_view> CsvLines::find_cell(std::size_t n) const { return cell_at(text_, n, quoted_); }

std::string_view CsvLines::cell(std::size_t n) const {
  const auto found = find_cell(n);
  if (!found)
    fail(fmt::format("a {} in column {}", n < names_.size() ? names_[n] : "value", n + 1), "a shorter line",
         "give the value, or remove the line");
  return *found;
}

Instant CsvLines::time(std::size_t n) const {
  const std::string_view text = cell(n);
  const std::optional<Instant> t = trace_time(text);
  if (!t)
    fail("a time such as 1998-06-30 12:00, or seconds or milliseconds since 1970", shown_cell(text),
         "mend or remove the line");
  return *t;
}

double CsvLines::number(std::size_t n) const {
  const std::string_view text = cell(n);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    fail("a number with a decimal point", shown_cell(text),
         "mend the value; for a missing one remove the line and say with `gaps` what that means");
  if (value < 0) fail("a number, 0 or more", std::string(text.substr(0, kShownCell)), "mend or remove the line");
  return value;
}

std::int64_t CsvLines::whole(std::size_t n, std::int64_t low, std::int64_t high) const {
  const std::string_view text = cell(n);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    fail(fmt::format("a whole number from {} to {} in column {}", low, high, n + 1), shown_cell(text),
         "mend or remove the line");
  return value;
}

void CsvLines::check_select(const std::vector<Label>& select) const {
  selected_.clear();
  for (const auto& [name, value] : select) selected_.push_back(column(name));
}

bool CsvLines::matches(const std::vector<Label>& select) const {
  for (std::size_t i = 0; i < select.size(); ++i)
    if (find_cell(selected_[i]) != std::optional<std::string_view>(select[i].second)) return false;
  return true;
}

void CsvLines::fail(std::string expected, std::string found, std::string cure) const {
  throw InputError(
      {file_, line_ == 0 ? "" : fmt::format("line {}", line_), std::move(expected), std::move(found), std::move(cure)});
}

}  // namespace berth
