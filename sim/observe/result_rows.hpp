// A result file read back: rows by column name, cells in quotes as csv.hpp writes them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "sim/base/time.hpp"

namespace berth {

/// One row at a time.
class ResultRow {
 public:
  /// The cell; InputError when the file has no such column.
  const std::string& operator[](std::string_view column) const;
  /// A moment of the run; kNever where the cell is empty. InputError when it is neither.
  Time moment(std::string_view column) const;
  /// Throws InputError: the cell is not what it should be.
  [[noreturn]] void fail(std::string_view column, const std::string& expected) const;

 private:
  friend void read_result_rows(const std::string&, const std::function<void(const ResultRow&)>&);
  std::string path_;
  std::size_t line_ = 1;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::string> cells_;
};

/// Calls `visit` for each row. InputError when there is no such file, or a row has another number of cells than the
/// header.
void read_result_rows(const std::string& path, const std::function<void(const ResultRow&)>& visit);

}  // namespace berth
