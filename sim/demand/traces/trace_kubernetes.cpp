// What kubectl get pods, or get jobs, tells as JSON: every pod or Job one arrival.
#include <algorithm>

#include <fmt/format.h>

#include "sim/demand/traces/job_rows.hpp"
#include "sim/demand/traces/trace_format.hpp"
#include "sim/demand/traces/trace_json.hpp"

namespace berth {

namespace {

template <class AnyField>
std::optional<Instant> object_time(const AnyField& object, const char* key) {
  const auto time = object.find(key);
  if (!time || time->is(Value::Kind::null)) return std::nullopt;
  return json_time(*time);
}

/// Its namespace, its name, and its own labels.
template <class AnyField>
std::vector<Label> labels_of_object(const AnyField& metadata) {
  std::vector<Label> labels;
  for (const char* key : {"namespace", "name"})
    if (const auto text = metadata.find(key)) labels.emplace_back(key, text->text());
  if (const auto own = metadata.find("labels"))
    for (Label& label : labels_of(*own)) labels.push_back(std::move(label));
  return labels;
}

/// From the start of its first container to the end of its last; nothing while one has not ended.
template <class AnyField>
std::optional<Duration> pod_run_time(const AnyField& status) {
  const auto containers = status.find("containerStatuses");
  if (!containers || containers->items().empty()) return std::nullopt;
  Instant first = Instant::max(), last = Instant::min();
  for (const AnyField& container : containers->items()) {
    const auto state = container.find("state");
    const auto ended = state ? state->find("terminated") : std::nullopt;
    const auto from = ended ? object_time(*ended, "startedAt") : std::nullopt;
    const auto to = ended ? object_time(*ended, "finishedAt") : std::nullopt;
    if (!from || !to) return std::nullopt;
    first = std::min(first, *from);
    last = std::max(last, *to);
  }
  return std::max(Duration{0}, Duration{last - first});
}

template <class AnyField>
std::optional<Duration> job_run_time(const AnyField& status) {
  const auto from = object_time(status, "startTime"), to = object_time(status, "completionTime");
  if (!from || !to) return std::nullopt;
  return std::max(Duration{0}, Duration{*to - *from});
}

template <class AnyField>
JobRow row_of_object(const AnyField& item) {
  JobRow row;
  row.at = json_time(item.at("metadata").at("creationTimestamp"));
  const auto status = item.find("status");
  const auto spec = item.find("spec");
  const bool job = item.has("kind") && item.at("kind").text() == "Job";
  if (status) row.run_time = job ? job_run_time(*status) : pod_run_time(*status);
  if (const auto pods = job && spec ? spec->find("parallelism") : std::nullopt)
    row.replicas = pods->whole(1, 1'000'000);
  return row;
}

}  // namespace

bool is_kubernetes(std::string_view text) { return is_json_with(text, "apiVersion") && is_json_with(text, "items"); }

TraceContent read_kubernetes(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "kubernetes", true, false, false);
  JobRows rows = read_json(text, options.file, [&](const auto& root) {
    JobRows chosen;
    for (const auto& item : root.at("items").items())
      if (has_labels(labels_of_object(item.at("metadata")), options.select)) chosen.jobs.push_back(row_of_object(item));
    return chosen;
  });
  return in_order_of_time(std::move(rows), options.file);
}

}  // namespace berth
