#include "sim/observe/result_rows.hpp"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/observe/text_file.hpp"

namespace berth {
namespace {

constexpr double kLatestSecond = 1e9;  // some thirty years

/// One line's cells; moves `at` behind it. A cell in quotes may hold commas, line breaks and doubled quotes.
std::vector<std::string> next_cells(std::string_view text, std::size_t& at) {
  std::vector<std::string> cells(1);
  for (bool quoted = false; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' && quoted && at + 1 < text.size() && text[at + 1] == '"') cells.back() += text[++at];
    else if (c == '"') quoted = !quoted;
    else if (c == ',' && !quoted) cells.emplace_back();
    else if (c == '\n' && !quoted) break;
    else cells.back() += c;
  }
  ++at;
  return cells;
}

}  // namespace

const std::string& ResultRow::operator[](std::string_view column) const {
  const auto known = columns_.find(column);
  if (known == columns_.end())
    throw InputError({path_, "line 1", fmt::format("a column \"{}\"", column), "none", "run the scenario again"});
  return cells_[known->second];
}

Time ResultRow::moment(std::string_view column) const {
  const std::string& cell = (*this)[column];
  if (cell.empty()) return kNever;
  double second = -1;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), second);
  const bool right = error == std::errc() && end == cell.data() + cell.size() && second >= 0 && second < kLatestSecond;
  if (!right) fail(column, "a moment in seconds, or nothing");
  return at_second(second);
}

void ResultRow::fail(std::string_view column, const std::string& expected) const {
  throw InputError({path_, fmt::format("line {}, {}", line_, column), expected, "\"" + (*this)[column] + "\"",
                    "run the scenario again"});
}

void read_result_rows(const std::string& path, const std::function<void(const ResultRow&)>& visit) {
  std::error_code missing;
  if (!std::filesystem::is_regular_file(path, missing))
    throw InputError({path, "", "a file of the results", "no such file", "run the scenario again"});
  const std::string text = read_text(path);
  ResultRow row;
  row.path_ = path;
  std::size_t at = 0;
  const std::vector<std::string> header = next_cells(text, at);
  for (std::size_t i = 0; i < header.size(); ++i) row.columns_.emplace(header[i], i);
  for (std::size_t line = 2; at < text.size(); ++line) {
    row.line_ = line;
    row.cells_ = next_cells(text, at);
    if (row.cells_.size() != header.size())
      throw InputError({path, fmt::format("line {}", line), fmt::format("{} cells", header.size()),
                        fmt::format("{}", row.cells_.size()), "run the scenario again"});
    visit(row);
  }
}

}  // namespace berth
