// Prometheus' query_range as JSON: several series, each with labels; NaN is a missing value.
#include <cmath>

#include "sim/demand/trace_format.hpp"
#include "sim/demand/trace_json.hpp"

namespace berth {

namespace {

std::vector<Label> labels_of_metric(const Field& metric) {
  std::vector<Label> labels;
  for (const auto& [name, value] : metric.value().members) labels.emplace_back(name, value.text);
  return labels;
}

void add_sample(const Field& sample, TraceRows& rows) {
  const auto refuse = [&](const char* found) {
    sample.fail("a sample [time, \"value\"] with a number of 0 or more", found, "mend the query, or remove the sample");
  };
  if (!sample.is(Value::Kind::list) || sample.value().items.size() != 2) refuse("something else");
  double value = 0;
  if (!json_value(sample.value().items[1], value)) return;  // as if there were no line
  if (!(value >= 0) || !std::isfinite(value)) refuse(value < 0 ? "no number of 0 or more" : "an infinite value");
  rows.times.push_back(json_time(sample.items()[0]));
  rows.values.push_back(value);
}

}  // namespace

bool is_prometheus(std::string_view text) { return is_json_with(text, "resultType"); }

TraceContent read_prometheus(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "prometheus", true, false, false);
  const Value document = parse_json(text, options.file);
  const Field root(document, options.file);
  if (const auto status = root.find("status"); status && status->text() != "success")
    status->fail("the status success", status->shown(), "mend the query");
  const Field data = root.has("data") ? root.at("data") : root;
  const Field type = data.at("resultType");
  if (type.text() != "matrix") type.fail("a matrix: values over time", type.shown(), "ask query_range, not query");
  std::vector<LabelledRows> all;
  for (const Field& result : data.at("result").items()) {
    LabelledRows series{labels_of_metric(result.at("metric")), {}};
    for (const Field& sample : result.at("values").items()) add_sample(sample, series.rows);
    all.push_back(std::move(series));
  }
  return chosen_series(std::move(all), options, "series");
}

}  // namespace berth
