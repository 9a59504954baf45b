#include "sim/importers/openb.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/catalog/csv_table.hpp"
#include "sim/importers/importer.hpp"

namespace berth {
namespace {

constexpr std::int64_t kMostMilli = 1'000'000;       // 1,000 vCPU
constexpr std::int64_t kMostMib = 64 * 1024 * 1024;  // 64 TiB
constexpr std::int64_t kLongest_s = 3'650 * 86'400;  // ten years
constexpr std::int64_t kLatestSecond = 1'000'000'000'000;

std::int64_t cell(const CsvTable& table, std::size_t row, const char* column, std::int64_t least, std::int64_t most) {
  const auto value = table.whole(row, column);
  if (!value || *value < least || *value > most)
    table.fail(row, column, "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
               "correct the cell");
  return *value;
}

void check_rows(const CsvTable& table, const std::string& file) {
  if (static_cast<std::int64_t>(table.rows()) > kMostImported)
    throw InputError(
        {file, "", "at most " + std::to_string(kMostImported) + " rows", std::to_string(table.rows()), "cut the file"});
}

}  // namespace

std::vector<RecordedNode> read_openb_nodes(const std::string& file) {
  const CsvTable table = CsvTable::load(file);
  check_rows(table, file);
  std::vector<RecordedNode> nodes;
  for (std::size_t row = 0; row < table.rows(); ++row)
    nodes.push_back(
        {millicores(cell(table, row, "cpu_milli", 1, kMostMilli)), kMiB * cell(table, row, "memory_mib", 1, kMostMib)});
  return nodes;
}

std::vector<RecordedPod> read_openb_pods(const std::string& file) {
  const CsvTable table = CsvTable::load(file);
  check_rows(table, file);
  std::int64_t first = kLatestSecond, last = 0;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::int64_t created = cell(table, row, "creation_time", 0, kLatestSecond);
    first = std::min(first, created);
    last = std::max(last, created);
    if (!table.text(row, "deletion_time").empty())
      last = std::max(last, cell(table, row, "deletion_time", created, kLatestSecond));
  }
  if (last - first > kLongest_s)
    throw InputError({file, "column deletion_time", fmt::format("a recording of at most {} days", kLongest_s / 86'400),
                      fmt::format("{} days", (last - first) / 86'400), "correct the moments, or cut the file"});
  std::vector<RecordedPod> pods;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::int64_t created = *table.whole(row, "creation_time");
    const std::int64_t deleted = table.whole(row, "deletion_time").value_or(last);
    pods.push_back({std::string(table.text(row, "name")), millicores(cell(table, row, "cpu_milli", 0, kMostMilli)),
                    kMiB * cell(table, row, "memory_mib", 0, kMostMib), Time{std::chrono::seconds{created - first}},
                    std::chrono::seconds{deleted - created}});
  }
  std::stable_sort(pods.begin(), pods.end(),
                   [](const RecordedPod& a, const RecordedPod& b) { return a.arrives < b.arrives; });
  return pods;
}

}  // namespace berth
