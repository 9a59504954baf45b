// Rows of the result files: numbers without locale, quotes only where they are needed, a full disk is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

/// Appends one row at a time to a text. Cells in order of the columns, then end().
class CsvRow {
 public:
  /// `leading` cells begin every row; `columns` counts the others, 0 means any number.
  explicit CsvRow(std::string& out, std::size_t columns = 0, const std::vector<std::string>& leading = {});

  CsvRow& text(std::string_view cell);
  CsvRow& whole(std::int64_t cell);
  /// With that many decimals (0 … 12), never "-0"; what is no finite number is a bug.
  CsvRow& number(double cell, int decimals = 3);
  /// With as many digits as needed to read the same double back.
  CsvRow& shortest(double cell);
  CsvRow& flag(bool cell);  ///< 1 or 0
  CsvRow& empty();          ///< not applicable
  /// A number, or empty when there is none.
  CsvRow& number_if(bool applies, double cell, int decimals = 3) { return applies ? number(cell, decimals) : empty(); }
  void end();

 private:
  void next_cell();

  std::string& out_;
  std::size_t columns_;
  std::size_t cells_ = 0;
  std::string leading_;
};

/// A cell as RFC 4180 writes it: in quotes when it holds a comma, a quote or a line break.
std::string csv_cell(std::string_view text);

/// A result file: the header, then rows. A write that fails is a RunError; close() to be sure that all is on disk.
class CsvFile {
 public:
  struct LeadingCell {
    std::string column;
    std::string cell;
  };
  /// `leading` are the columns whose cell is the same in every row.
  CsvFile(std::string path, const std::vector<LeadingCell>& leading, const std::vector<std::string>& columns);
  ~CsvFile();
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  /// Where the next row is written.
  CsvRow& row() {
    if (buffer_.size() >= kBlock) flush();
    return row_;
  }
  void close();

 private:
  static constexpr std::size_t kBlock = 64 * 1024;
  void flush();
  [[noreturn]] void fail(const char* what);

  std::string path_;
  std::FILE* file_ = nullptr;
  std::string buffer_;
  CsvRow row_;
};

}  // namespace berth
