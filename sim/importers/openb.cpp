#include "sim/importers/openb.hpp"

#include <algorithm>

#include "sim/catalog/csv_table.hpp"
#include "sim/importers/importer.hpp"

namespace berth {
namespace {

constexpr std::int64_t kMostMilli = 1'000'000;       // 1,000 vCPU
constexpr std::int64_t kMostMib = 64 * 1024 * 1024;  // 64 TiB
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

PodRecording read_openb(const std::string& pods_csv, const std::string& nodes_csv) {
  PodRecording recording;
  const CsvTable nodes = CsvTable::load(nodes_csv);
  check_rows(nodes, nodes_csv);
  for (std::size_t row = 0; row < nodes.rows(); ++row)
    recording.nodes.push_back(
        {millicores(cell(nodes, row, "cpu_milli", 1, kMostMilli)), kMiB * cell(nodes, row, "memory_mib", 1, kMostMib)});

  const CsvTable pods = CsvTable::load(pods_csv);
  check_rows(pods, pods_csv);
  std::int64_t first = kLatestSecond, last = 0;
  for (std::size_t row = 0; row < pods.rows(); ++row) {
    const std::int64_t created = cell(pods, row, "creation_time", 0, kLatestSecond);
    first = std::min(first, created);
    last = std::max({last, created, pods.whole(row, "deletion_time").value_or(0)});
  }
  if (last > kLatestSecond)
    throw InputError({pods_csv, "column deletion_time", "seconds up to " + std::to_string(kLatestSecond),
                      std::to_string(last), "correct the cell"});
  for (std::size_t row = 0; row < pods.rows(); ++row) {
    const std::int64_t created = *pods.whole(row, "creation_time");
    const std::int64_t deleted = pods.whole(row, "deletion_time").value_or(last);
    if (deleted < created) pods.fail(row, "deletion_time", "a moment after its creation", "correct the cell");
    recording.pods.push_back({std::string(pods.text(row, "name")),
                              millicores(cell(pods, row, "cpu_milli", 0, kMostMilli)),
                              kMiB * cell(pods, row, "memory_mib", 0, kMostMib),
                              Time{std::chrono::seconds{created - first}}, std::chrono::seconds{deleted - created}});
  }
  std::stable_sort(recording.pods.begin(), recording.pods.end(),
                   [](const RecordedPod& a, const RecordedPod& b) { return a.arrives < b.arrives; });
  return recording;
}

}  // namespace berth
