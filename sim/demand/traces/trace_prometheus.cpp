// Prometheus' query_range as JSON: several series, each with labels; NaN is a missing value.
#include <cmath>

#include "sim/demand/traces/trace_format.hpp"
#include "sim/demand/traces/trace_json.hpp"

namespace berth {

namespace {

std::vector<Label> labels_of_metric(const Field& metric) {
  std::vector<Label> labels;
  for (const auto& [name, value] : metric.value().members) labels.emplace_back(name, value.text);
  return labels;
}

/// Adds a sample [time, "value"]; false when it is none.
bool add_sample(const Value& sample, TraceRows& rows) {
  if (!sample.is(Value::Kind::list) || sample.items.size() != 2) return false;
  const Value& at = sample.items[0];
  double value = 0;
  if (!json_value(sample.items[1], value)) return true;  // NaN: as if there were no line
  const auto time = at.is(Value::Kind::number) ? trace_time(at.text) : std::nullopt;
  if (!time || !(value >= 0) || !std::isfinite(value)) return false;
  rows.times.push_back(*time);
  rows.values.push_back(value);
  return true;
}

/// There may be hundreds of thousands: a path is only made for the one that is wrong.
void add_samples(const Field& values, TraceRows& rows) {
  const std::vector<Value>& samples = values.value().items;
  if (!values.is(Value::Kind::list)) (void)values.items();  // fails: a list
  for (std::size_t i = 0; i < samples.size(); ++i)
    if (!add_sample(samples[i], rows)) {
      const Field wrong = values.items()[i];
      wrong.fail("a sample [seconds since 1970, \"value\"] with a number of 0 or more", wrong.shown(),
                 "mend the query, or remove the sample");
    }
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
    add_samples(result.at("values"), series.rows);
    all.push_back(std::move(series));
  }
  return chosen_series(std::move(all), options, "series");
}

}  // namespace berth
