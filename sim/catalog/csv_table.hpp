// A plain CSV file (no quotes) read by column name, with errors that name the line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

class CsvTable {
 public:
  /// InputError when the file cannot be read, has no rows though they are needed, or a line has another number of
  /// cells than the first.
  static CsvTable load(const std::string& path, bool rows_needed = true);

  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t rows() const { return cells_.size() / columns_.size(); }
  bool has(std::string_view column) const { return position_.find(column) != position_.end(); }

  /// The cell's text; "" where it is empty. InputError when there is no such column.
  std::string_view text(std::size_t row, std::string_view column) const;
  /// Empty when the cell is; InputError when it is not a number. `suffix` is expected behind it and cut off.
  std::optional<double> number(std::size_t row, std::string_view column) const;
  std::optional<std::int64_t> whole(std::size_t row, std::string_view column, std::string_view suffix = "") const;
  bool truth(std::size_t row, std::string_view column) const;
  [[noreturn]] void fail(std::size_t row, std::string_view column, std::string expected, std::string cure) const;

 private:
  std::string path_;
  std::string content_;
  std::vector<std::string> columns_;
  std::map<std::string, std::size_t, std::less<>> position_;
  std::vector<std::pair<std::size_t, std::size_t>> cells_;  // offset and length in content_, row by row
};

}  // namespace berth
