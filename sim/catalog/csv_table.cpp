// A plain CSV file read by column name.
#include "sim/catalog/csv_table.hpp"

#include <charconv>
#include <fstream>
#include <sstream>

#include "sim/base/error.hpp"

namespace berth {
namespace {

template <class T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

CsvTable CsvTable::load(const std::string& path, bool rows_needed) {
  CsvTable table;
  table.path_ = path;
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw InputError({path, "", "a readable CSV file", "no such file, or no permission",
                      "point BERTH_MODELS at the folder models/ of the source tree"});
  std::ostringstream content;
  content << in.rdbuf();
  table.content_ = content.str();

  const std::string_view all = table.content_;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < all.size(); ++line_number) {
    std::size_t end = std::min(all.find('\n', begin), all.size());
    const std::size_t next = end + 1;
    if (end > begin && all[end - 1] == '\r') --end;
    std::size_t cells = 0;
    for (std::size_t at = begin; at <= end; ++cells) {
      const std::size_t comma = std::min(all.find(',', at), end);
      if (line_number == 0) {
        table.columns_.emplace_back(all.substr(at, comma - at));
        table.position_.emplace(table.columns_.back(), cells);
      } else {
        table.cells_.emplace_back(at, comma - at);
      }
      at = comma + 1;
    }
    if (cells != table.columns_.size())
      throw InputError({path, "line " + std::to_string(line_number + 1),
                        std::to_string(table.columns_.size()) + " cells, as the first line has", std::to_string(cells),
                        "add or remove commas; unknown cells stay empty"});
    begin = next;
  }
  if (table.columns_.empty() || (rows_needed && table.cells_.empty()))
    throw InputError({path, "", "a line of column names and rows", "none", "restore the file"});
  return table;
}

std::string_view CsvTable::text(std::size_t row, std::string_view column) const {
  const auto found = position_.find(column);
  if (found == position_.end())
    throw InputError({path_, "line 1", "a column " + std::string(column), "none of that name", "restore the column"});
  const auto [offset, length] = cells_[row * columns_.size() + found->second];
  return std::string_view(content_).substr(offset, length);
}

std::optional<double> CsvTable::number(std::size_t row, std::string_view column) const {
  const std::string_view cell = text(row, column);
  if (cell.empty()) return std::nullopt;
  const auto value = parsed<double>(cell);
  if (!value || !(*value >= 0)) fail(row, column, "a number, not negative", "correct the cell");
  return value;
}

std::optional<std::int64_t> CsvTable::whole(std::size_t row, std::string_view column, std::string_view suffix) const {
  std::string_view cell = text(row, column);
  if (cell.empty()) return std::nullopt;
  const bool ends = cell.size() > suffix.size() && cell.substr(cell.size() - suffix.size()) == suffix;
  const auto value = ends ? parsed<std::int64_t>(cell.substr(0, cell.size() - suffix.size())) : std::nullopt;
  if (!value || *value < 0)
    fail(row, column, "a whole number" + (suffix.empty() ? "" : " ending in " + std::string(suffix)),
         "correct the cell");
  return value;
}

bool CsvTable::truth(std::size_t row, std::string_view column) const {
  const std::string_view cell = text(row, column);
  if (cell == "true") return true;
  if (cell != "false" && !cell.empty()) fail(row, column, "true or false", "correct the cell");
  return false;
}

void CsvTable::fail(std::size_t row, std::string_view column, std::string expected, std::string cure) const {
  throw InputError({path_, "line " + std::to_string(row + 2) + ", column " + std::string(column), std::move(expected),
                    "\"" + std::string(text(row, column)) + "\"", std::move(cure)});
}

}  // namespace berth
