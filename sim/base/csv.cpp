#include "sim/base/csv.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

#include "sim/base/check.hpp"
#include "sim/base/error.hpp"

namespace berth {

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

CsvRow::CsvRow(std::string& out, std::size_t columns, const std::vector<std::string>& leading)
    : out_(out), columns_(columns) {
  for (const std::string& cell : leading) leading_ += csv_cell(cell) + ",";
}

void CsvRow::next_cell() {
  if (cells_++ == 0) {
    out_ += leading_;
  } else {
    out_ += ',';
  }
}

CsvRow& CsvRow::text(std::string_view cell) {
  next_cell();
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out_ += cell;
  } else {
    out_ += csv_cell(cell);
  }
  return *this;
}

CsvRow& CsvRow::whole(std::int64_t cell) {
  next_cell();
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, cell).ptr;
  out_.append(digits, static_cast<std::size_t>(end - digits));
  return *this;
}

CsvRow& CsvRow::number(double cell, int decimals) {
  SIM_CHECK(std::isfinite(cell));
  SIM_CHECK(decimals >= 0 && decimals <= 12);
  next_cell();
  char digits[336];  // the largest double has 309 digits before the point
  const char* const end = std::to_chars(digits, digits + sizeof digits, cell, std::chars_format::fixed, decimals).ptr;
  const char* begin = digits;
  const bool zero = std::all_of(begin, end, [](char c) { return c == '-' || c == '0' || c == '.'; });
  if (zero && *begin == '-') ++begin;
  out_.append(begin, static_cast<std::size_t>(end - begin));
  return *this;
}

CsvRow& CsvRow::shortest(double cell) {
  SIM_CHECK(std::isfinite(cell));
  next_cell();
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, cell == 0 ? 0.0 : cell).ptr;
  out_.append(digits, static_cast<std::size_t>(end - digits));
  return *this;
}

CsvRow& CsvRow::flag(bool cell) {
  next_cell();
  out_ += cell ? '1' : '0';
  return *this;
}

CsvRow& CsvRow::empty() {
  next_cell();
  return *this;
}

void CsvRow::end() {
  SIM_CHECK(cells_ > 0);
  SIM_CHECK(columns_ == 0 || cells_ == columns_);
  out_ += '\n';
  cells_ = 0;
}

namespace {

std::vector<std::string> cells_of(const std::vector<CsvFile::LeadingCell>& leading) {
  std::vector<std::string> cells;
  for (const CsvFile::LeadingCell& l : leading) cells.push_back(l.cell);
  return cells;
}

}  // namespace

CsvFile::CsvFile(std::string path, const std::vector<LeadingCell>& leading, const std::vector<std::string>& columns)
    : path_(std::move(path)), row_(buffer_, columns.size(), cells_of(leading)) {
  SIM_CHECK(!columns.empty());
  buffer_.reserve(kBlock + 4096);
  file_ = std::fopen(path_.c_str(), "wb");
  if (file_ == nullptr) fail("open");
  std::setvbuf(file_, nullptr, _IONBF, 0);  // the rows are gathered here already
  for (const LeadingCell& l : leading) buffer_ += csv_cell(l.column) + ",";
  for (const std::string& column : columns) buffer_ += (&column == &columns.front() ? "" : ",") + csv_cell(column);
  buffer_ += '\n';
}

CsvFile::~CsvFile() {
  if (file_ != nullptr) std::fclose(file_);
}

void CsvFile::flush() {
  SIM_CHECK(file_ != nullptr);
  const std::size_t written = std::fwrite(buffer_.data(), 1, buffer_.size(), file_);
  if (written != buffer_.size()) fail("write");
  buffer_.clear();
}

void CsvFile::close() {
  if (file_ == nullptr) return;
  flush();
  std::FILE* const file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) fail("close");
}

void CsvFile::fail(const char* what) {
  throw RunError("cannot " + std::string(what) + " " + path_ + ": " + std::strerror(errno));
}

}  // namespace berth
