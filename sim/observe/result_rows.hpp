// A result file read back: rows by column name, cells in quotes as csv.hpp writes them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace berth {

/// One row at a time.
class ResultRow {
 public:
  /// The cell; InputError when the file has no such column.
  const std::string& operator[](std::string_view column) const;

 private:
  friend void read_result_rows(const std::string&, const std::function<void(const ResultRow&)>&);
  std::string path_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::string> cells_;
};

/// Calls `visit` for each row. RunError when the file cannot be read; InputError when a row has another number of
/// cells than the header.
void read_result_rows(const std::string& path, const std::function<void(const ResultRow&)>& visit);

}  // namespace berth
