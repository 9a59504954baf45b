// CloudWatch as JSON: get-metric-data (ids and labels, newest first, pages) and get-metric-statistics (Datapoints).
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "sim/demand/traces/trace_format.hpp"
#include "sim/demand/traces/trace_json.hpp"

namespace berth {

namespace {

template <class AnyField>
double metric_value(const AnyField& field) {
  double value = 0;
  std::string buffer;
  if (!field.is(Value::Kind::number) || !json_value(Value::Kind::number, spelling(field, buffer), value) || value < 0 ||
      !std::isfinite(value))
    field.fail("a number, 0 or more", field.shown(), "mend or remove the value");
  return value;
}

/// One entry of MetricDataResults: Timestamps and Values side by side.
template <class AnyField>
void add_result(const AnyField& result, LabelledRows& into) {
  const auto times = result.at("Timestamps").items();
  const auto values = result.at("Values").items();
  if (times.size() != values.size())
    result.fail("as many Values as Timestamps", fmt::format("{} and {}", values.size(), times.size()),
                "ask CloudWatch again");
  auto value = values.begin();
  for (const AnyField& time : times) {
    into.rows.times.push_back(json_time(time));
    into.rows.values.push_back(metric_value(*value));
    ++value;
  }
}

/// Every page of an answer has some entries of each id.
template <class AnyField>
void add_page(const AnyField& page, std::vector<LabelledRows>& all) {
  for (const AnyField& result : page.at("MetricDataResults").items()) {
    std::vector<Label> labels = {{"id", result.at("Id").text()}};
    if (const auto label = result.find("Label")) labels.emplace_back("label", label->text());
    if (const auto status = result.find("StatusCode"); status && status->text() == "InternalError")
      status->fail("Complete or PartialData", status->shown(), "ask CloudWatch again");
    LabelledRows* known = nullptr;
    for (LabelledRows& other : all)
      if (other.labels == labels) known = &other;
    if (known == nullptr) known = &all.emplace_back(LabelledRows{std::move(labels), {}});
    add_result(result, *known);
  }
}

/// One series a statistic: a Sum is what there was in its interval, a mean needs its meaning said.
template <class AnyField>
void add_statistics(const AnyField& answer, std::vector<LabelledRows>& all) {
  std::map<std::string, LabelledRows> by_statistic;
  for (const AnyField& point : answer.at("Datapoints").items()) {
    const Instant time = json_time(point.at("Timestamp"));
    for (const char* statistic : {"Average", "Maximum", "Minimum", "SampleCount", "Sum"})
      if (const auto value = point.find(statistic)) {
        LabelledRows& series = by_statistic[statistic];
        series.rows.times.push_back(time);
        series.rows.values.push_back(metric_value(*value));
      }
    if (const auto more = point.find("ExtendedStatistics"))
      for (const AnyField& value : more->members()) {
        by_statistic[value.key()].rows.times.push_back(time);
        by_statistic[value.key()].rows.values.push_back(metric_value(value));
      }
  }
  for (auto& [statistic, series] : by_statistic) {
    series.labels = {{"statistic", statistic}};
    if (const auto label = answer.find("Label")) series.labels.emplace_back("label", label->text());
    if (statistic == "Sum" || statistic == "SampleCount") series.rows.means = Meaning::count;
    all.push_back(std::move(series));
  }
}

}  // namespace

bool is_cloudwatch(std::string_view text) {
  return is_json_with(text, "MetricDataResults") || is_json_with(text, "Datapoints");
}

TraceContent read_cloudwatch(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "cloudwatch", true, false, false);
  auto all = read_json(text, options.file, [](const auto& root) {
    std::vector<LabelledRows> series;
    if (root.is(Value::Kind::list))
      for (const auto& page : root.items()) add_page(page, series);
    else if (root.has("Datapoints")) add_statistics(root, series);
    else add_page(root, series);
    return series;
  });
  return chosen_series(std::move(all), options, "metric");
}

}  // namespace berth
