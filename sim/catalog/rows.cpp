// Rows of the files in models/: source, day, and which of several holds on a day.
#include "sim/catalog/rows.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::string_view kRowKeys[] = {
    "source", "day", "guess", "why", "from", "until", "notes", "kubernetes_from", "kubernetes_until"};

bool holds(const Field& row, Instant day) {
  const auto from = row.find("from");
  const auto until = row.find("until");
  if (from && until && from->instant() >= until->instant())
    until->fail("a day after `from`", until->shown(), "swap `from` and `until`");
  return (!from || from->instant() <= day) && (!until || day < until->instant());
}

void check_row_keys(const Field& row, std::initializer_list<std::string_view> keys) {
  for (const Field& member : row.members()) {
    if (std::find(std::begin(kRowKeys), std::end(kRowKeys), member.key()) != std::end(kRowKeys)) continue;
    if (std::find(keys.begin(), keys.end(), member.key()) != keys.end()) continue;
    std::vector<std::string> known(keys.begin(), keys.end());
    known.insert(known.end(), std::begin(kRowKeys), std::end(kRowKeys));
    const std::string near = nearest(member.key(), known);
    member.fail("a key of this row", member.key(), near.empty() ? "remove it" : "write \"" + near + "\"");
  }
}

}  // namespace

ModelFile::ModelFile(const std::string& folder, const std::string& name)
    : path(folder + "/" + name), root(load_json(path)), field(root, path) {}

Source read_source(const Field& row, std::initializer_list<std::string_view> keys) {
  check_row_keys(row, keys);
  for (const char* key : {"source", "day"})
    if (!row.has(key))
      row.fail("a row with its source and day", "no `" + std::string(key) + "`",
               "say where the number comes from and on which day it was read");
  Source source;
  source.text = row.at("source").text();
  source.day = row.at("day").text();
  row.at("day").instant();
  if (source.text.empty())
    row.at("source").fail("where the number comes from", "\"\"", "name the page, file or measurement");
  if (const auto guess = row.find("guess")) source.guess = guess->truth();
  if (const auto why = row.find("why")) source.why = why->text();
  if (source.guess && source.why.empty()) row.fail("a guess that says why", "no `why`", "say what the guess rests on");
  return source;
}

std::optional<Row> row_on(const Field& entry, Instant day, std::initializer_list<std::string_view> keys) {
  const std::vector<Field> rows = entry.is(Value::Kind::list) ? entry.items() : std::vector<Field>{entry};
  std::optional<Row> found;
  for (const Field& row : rows) {
    Source source = read_source(row, keys);
    if (!holds(row, day)) continue;
    if (found) row.fail("one row for " + iso8601(day), "two", "let `until` of the earlier row be `from` of this one");
    found = Row{row, std::move(source)};
  }
  return found;
}

Row row_required(const Field& entry, Instant day, std::initializer_list<std::string_view> keys) {
  std::optional<Row> row = row_on(entry, day, keys);
  if (!row) entry.fail("a row that holds on " + iso8601(day), "none", "add a row whose `from` lies before that day");
  return std::move(*row);
}

KubeVersion read_kube_version(const Field& field) {
  const std::optional<KubeVersion> version = parse_kube_version(field.text());
  if (!version) field.fail("a minor version of Kubernetes", field.shown(), "write \"1.34\"");
  return *version;
}

std::vector<VersionedRow> rows_by_version(const Field& entry, std::initializer_list<std::string_view> keys) {
  std::vector<VersionedRow> rows;
  std::optional<KubeVersion> until;
  for (const Field& row : entry.items()) {
    const auto from = row.find("kubernetes_from");
    const std::optional<KubeVersion> begins = from ? std::optional(read_kube_version(*from)) : std::nullopt;
    if (begins != until)
      row.fail(until ? "`kubernetes_from` of " + say(*until) + ", where the row before ends" : "no `kubernetes_from`",
               from ? from->shown() : "none", "let each row begin where the one before ends");
    rows.push_back({row, read_source(row, keys), begins.value_or(KubeVersion{})});
    const auto ends = row.find("kubernetes_until");
    until = ends ? std::optional(read_kube_version(*ends)) : std::nullopt;
    if (!until && rows.size() < entry.items().size())
      row.fail("`kubernetes_until`: another row follows", "none", "say until which version it holds");
  }
  if (until) entry.fail("a last row without an end", "until " + say(*until), "add the row that follows");
  return rows;
}

}  // namespace berth
