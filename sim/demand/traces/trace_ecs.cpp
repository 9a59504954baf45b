// Tasks of ECS as JSON: what describe-tasks tells of them, or the RunTask calls that CloudTrail recorded.
#include <algorithm>

#include "sim/demand/traces/job_rows.hpp"
#include "sim/demand/traces/trace_format.hpp"
#include "sim/demand/traces/trace_json.hpp"

namespace berth {

namespace {

/// "arn:aws:ecs:us-east-1:111122223333:task-definition/etl:7" → "etl"; "etl:7" → "etl".
std::string family_of(const std::string& task_definition) {
  const std::size_t slash = task_definition.rfind('/');
  const std::string name = slash == std::string::npos ? task_definition : task_definition.substr(slash + 1);
  return name.substr(0, name.find(':'));
}

template <class AnyField>
std::vector<Label> labels_of_task(const AnyField& task, const char* definition) {
  std::vector<Label> labels;
  for (const char* key : {"group", "startedBy", "cluster"})
    if (const auto text = task.find(key); text && text->is(Value::Kind::text)) labels.emplace_back(key, text->text());
  if (const auto arn = task.find(definition)) labels.emplace_back("family", family_of(arn->text()));
  return labels;
}

template <class AnyField>
std::optional<Instant> task_time(const AnyField& task, const char* key) {
  const auto time = task.find(key);
  if (!time || time->is(Value::Kind::null)) return std::nullopt;
  return json_time(*time);
}

template <class AnyField>
void add_task(const AnyField& task, const std::vector<Label>& select, JobRows& rows) {
  if (!has_labels(labels_of_task(task, "taskDefinitionArn"), select)) return;
  JobRow row;
  row.at = json_time(task.at("createdAt"));
  const auto from = task_time(task, "startedAt");
  auto to = task_time(task, "executionStoppedAt");
  if (!to) to = task_time(task, "stoppedAt");
  if (from && to) row.run_time = std::max(Duration{0}, Duration{*to - *from});
  rows.jobs.push_back(row);
}

/// A call that was refused started nothing; other calls than RunTask are passed over.
template <class AnyField>
void add_call(const AnyField& record, const std::vector<Label>& select, JobRows& rows) {
  if (record.at("eventName").text() != "RunTask" || record.has("errorCode")) return;
  const AnyField request = record.at("requestParameters");
  if (!has_labels(labels_of_task(request, "taskDefinition"), select)) return;
  JobRow row;
  row.at = json_time(record.at("eventTime"));
  if (const auto count = request.find("count")) row.replicas = count->whole(1, 10);  // as the API takes it
  rows.jobs.push_back(row);
}

template <class AnyField>
void add_all(const AnyField& answer, const TraceOptions& options, JobRows& rows) {
  if (const auto tasks = answer.find("tasks")) {
    for (const AnyField& task : tasks->items()) add_task(task, options.select, rows);
    return;
  }
  for (const AnyField& record : answer.at("Records").items()) add_call(record, options.select, rows);
}

}  // namespace

bool is_ecs(std::string_view text) {
  return (is_json_with(text, "tasks") && is_json_with(text, "createdAt")) ||
         (is_json_with(text, "Records") && is_json_with(text, "eventName"));
}

TraceContent read_ecs(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "ecs", true, false, false);
  JobRows rows = read_json(text, options.file, [&](const auto& root) {
    JobRows chosen;
    if (root.is(Value::Kind::list))
      for (const auto& answer : root.items()) add_all(answer, options, chosen);
    else add_all(root, options, chosen);
    return chosen;
  });
  return in_order_of_time(std::move(rows), options.file);
}

}  // namespace berth
