// The result files and their columns: the one place where they are named, in the order in which they are written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/world/specs.hpp"

namespace berth {

struct ResultFile {
  std::string name;                  ///< "services", without .csv
  std::vector<std::string> columns;  ///< after the four keys
};
/// All CSV files of a result folder.
const std::vector<ResultFile>& result_files();

/// One part's file, begun: the four key columns are the same in every row.
std::unique_ptr<CsvFile> open_results(const std::string& folder, const RunSpec& spec, std::string_view file);

/// Seconds since the start of the run: a plain number, milliseconds where it is not whole. kNever is empty.
CsvRow& put_seconds(CsvRow& row, Time t);
CsvRow& put_seconds(CsvRow& row, Duration d);
/// An amount of USD with all its decimals.
CsvRow& put_usd(CsvRow& row, Usd usd);

}  // namespace berth
