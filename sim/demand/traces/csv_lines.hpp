// A CSV text line by line: named columns, cells without blanks and quotes, and errors with their line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/demand/traces/trace.hpp"

namespace berth {

/// What is found in a cell, cut for a message; "nothing" when it is empty.
std::string shown_cell(std::string_view cell);
std::string lower_case(std::string_view text);

/// The first line of a text in lower case, and its cells: enough to tell formats apart.
std::vector<std::string> header_of(std::string_view text);

/// us, ms, s, min or h.
std::optional<Duration> unit_of_times(std::string_view word);

class CsvLines {
 public:
  /// A byte order mark and empty lines at the end are passed over.
  CsvLines(std::string_view text, const std::string& file);

  bool done() const { return rest_.empty(); }
  /// Goes to the next line, which there must be.
  void next();
  /// At least so many lines are left.
  std::size_t lines_left() const;
  std::size_t line() const { return line_; }
  std::string_view text() const { return text_; }

  /// Takes the present line as the names of the columns.
  void take_header();
  const std::vector<std::string>& names() const { return names_; }  ///< in lower case
  /// The column of that name (in any case); nothing when there is none.
  std::optional<std::size_t> find_column(std::string_view name) const;
  /// The same; InputError that lists the columns when there is none.
  std::size_t column(std::string_view name) const;
  /// The first of these that there is.
  std::optional<std::size_t> any_column(std::initializer_list<std::string_view> names) const;

  /// Cell `n` of the present line, without blanks and quotes around it; nothing when the line is shorter.
  std::optional<std::string_view> find_cell(std::size_t n) const;
  /// The same; InputError when the line is shorter.
  std::string_view cell(std::size_t n) const;
  Instant time(std::size_t n) const;
  /// A finite number, 0 or more.
  double number(std::size_t n) const;
  std::int64_t whole(std::size_t n, std::int64_t low, std::int64_t high) const;

  /// Whether the present line has these values in the columns of these names.
  bool matches(const std::vector<Label>& select) const;
  /// InputError for a label of `select` that is no column.
  void check_select(const std::vector<Label>& select) const;

  [[noreturn]] void fail(std::string expected, std::string found, std::string cure) const;

 private:
  std::string_view rest_;
  std::string_view text_;
  const std::string& file_;
  std::size_t line_ = 0;
  bool quoted_ = false;
  std::vector<std::string> names_;
  mutable std::vector<std::size_t> selected_;
};

}  // namespace berth
