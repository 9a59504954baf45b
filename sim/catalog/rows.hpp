// Rows of the files in models/: every one names its source and day, and the day decides which one holds.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/catalog/catalog.hpp"

namespace berth {

/// A JSON file of models/, kept alive for the Fields that look into it.
struct ModelFile {
  ModelFile(const std::string& folder, const std::string& name);
  ModelFile(const ModelFile&) = delete;

  std::string path;
  Value root;
  Field field;
};

/// A row that holds on the catalog's day.
struct Row {
  Field field;
  Source source;
};

/// Checks the row's keys against `keys` and the ones every row may have, and reads its source.
Source read_source(const Field& row, std::initializer_list<std::string_view> keys);

/// The row of an entry (one row, or a list of them with from/until) that holds on that day; `from` is inside, `until`
/// is not. All rows are checked. InputError when two hold at once.
std::optional<Row> row_on(const Field& entry, Instant day, std::initializer_list<std::string_view> keys);

/// The same for a value without a date: a row is required to hold.
Row row_required(const Field& entry, Instant day, std::initializer_list<std::string_view> keys);

/// A version of Kubernetes as models write it: "1.34".
KubeVersion read_kube_version(const Field& field);

/// A row that holds for versions of Kubernetes from `from` on, up to the next row's.
struct VersionedRow {
  Field field;
  Source source;
  KubeVersion from;  ///< of the first row: {0}, every one before the second
};

/// The rows of an entry with `kubernetes_from` and `kubernetes_until`: all but the first have the one, all but the last
/// the other. InputError where they overlap or leave a gap.
std::vector<VersionedRow> rows_by_version(const Field& entry, std::initializer_list<std::string_view> keys);

}  // namespace berth
