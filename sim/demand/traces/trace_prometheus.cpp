// Prometheus' query_range as JSON: several series, each with labels; NaN is a missing value.
#include <cmath>

#include "sim/demand/traces/trace_format.hpp"
#include "sim/demand/traces/trace_json.hpp"

namespace berth {

namespace {

/// Adds a sample [time, "value"]; false when it is none.
template <class AnyField>
bool add_sample(const AnyField& sample, TraceRows& rows) {
  if (!sample.is(Value::Kind::list)) return false;
  const auto parts = sample.items();
  if (parts.size() != 2) return false;
  auto part = parts.begin();
  const AnyField at = *part;
  ++part;
  const AnyField written = *part;
  std::string buffer;
  double value = 0;
  const Value::Kind kind = written.is(Value::Kind::number) ? Value::Kind::number
                           : written.is(Value::Kind::text) ? Value::Kind::text
                                                           : Value::Kind::null;
  if (!json_value(kind, spelling(written, buffer), value)) return true;  // NaN: as if there were no line
  const auto time = at.is(Value::Kind::number) ? trace_time(spelling(at, buffer)) : std::nullopt;
  if (!time || !(value >= 0) || !std::isfinite(value)) return false;
  rows.times.push_back(*time);
  rows.values.push_back(value);
  return true;
}

template <class AnyField>
void add_samples(const AnyField& values, TraceRows& rows) {
  for (const AnyField& sample : values.items())
    if (!add_sample(sample, rows))
      sample.fail("a sample [seconds since 1970, \"value\"] with a number of 0 or more", sample.shown(),
                  "mend the query, or remove the sample");
}

template <class AnyField>
std::vector<LabelledRows> series_of_answer(const AnyField& root) {
  if (const auto status = root.find("status"); status && status->text() != "success")
    status->fail("the status success", status->shown(), "mend the query");
  const AnyField data = root.has("data") ? root.at("data") : root;
  const AnyField type = data.at("resultType");
  if (type.text() != "matrix") type.fail("a matrix: values over time", type.shown(), "ask query_range, not query");
  std::vector<LabelledRows> all;
  for (const AnyField& result : data.at("result").items()) {
    LabelledRows series{labels_of(result.at("metric")), {}};
    add_samples(result.at("values"), series.rows);
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace

bool is_prometheus(std::string_view text) { return is_json_with(text, "resultType"); }

TraceContent read_prometheus(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "prometheus", true, false, false);
  auto all = read_json(text, options.file, [](const auto& root) { return series_of_answer(root); });
  return chosen_series(std::move(all), options, "series");
}

}  // namespace berth
