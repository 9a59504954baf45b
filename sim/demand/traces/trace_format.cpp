// The registry of trace formats, and what all of them share.
#include "sim/demand/traces/trace_format.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/demand/traces/trace_text.hpp"

namespace berth {

namespace {

/// How many series a message lists.
constexpr std::size_t kListed = 6;

std::string shown_labels(const std::vector<Label>& labels) {
  std::string text;
  for (const auto& [name, value] : labels) text += (text.empty() ? "" : ",") + name + ":" + value;
  return text.size() > 120 ? text.substr(0, 117) + "..." : text;
}

std::string shown_series(const std::vector<LabelledRows>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < kListed; ++i)
    text += (i == 0 ? "" : "; ") + shown_labels(all[i].labels);
  return all.size() > kListed ? text + fmt::format("; {} more", all.size() - kListed) : text;
}

/// By time; rows of one moment of one series are refused, those of several series added up.
TraceRows in_order(std::vector<LabelledRows> series, const TraceOptions& options) {
  struct Row {
    Instant time;
    std::size_t of;
    double value;
  };
  std::vector<Row> rows;
  for (std::size_t s = 0; s < series.size(); ++s)
    for (std::size_t i = 0; i < series[s].rows.times.size(); ++i)
      rows.push_back({series[s].rows.times[i], s, series[s].rows.values[i]});
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.time < b.time; });
  TraceRows sum;
  sum.means = series.front().rows.means;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (sum.times.empty() || sum.times.back() != rows[i].time) {
      sum.times.push_back(rows[i].time);
      sum.values.push_back(rows[i].value);
      continue;
    }
    if (rows[i].of == rows[i - 1].of)
      throw InputError({options.file, shown_labels(series[rows[i].of].labels), "one value for each time",
                        "two at " + iso8601(rows[i].time), "keep one of the two"});
    sum.values.back() += rows[i].value;
  }
  if (sum.times.size() < 2)
    throw InputError({options.file, shown_labels(series.front().labels), "at least two values, to know the interval",
                      fmt::format("{}", sum.times.size()), "ask for a longer time"});
  return sum;
}

const TraceFormat& format_of(std::string_view text, const TraceOptions& options) {
  const std::vector<TraceFormat>& all = trace_formats();
  if (options.format.empty()) {
    for (const TraceFormat& format : all)
      if (format.recognises(text)) return format;
    throw InputError({options.file, "", "a trace in one of the formats " + trace_format_names(),
                      "JSON that looks like none of them", "say which it is: format=NAME"});
  }
  std::vector<std::string> known;
  for (const TraceFormat& format : all) {
    known.emplace_back(format.name);
    if (options.format == format.name) return format;
  }
  const std::string near = nearest(options.format, known);
  throw InputError({options.file, "format", "one of " + trace_format_names(), "\"" + options.format + "\"",
                    near.empty() ? "choose one of those" : "did you mean " + near + "?"});
}

}  // namespace

const std::vector<TraceFormat>& trace_formats() {
  static const std::vector<TraceFormat> all = {
      {"cloudwatch", "JSON of aws cloudwatch get-metric-data or get-metric-statistics", &is_cloudwatch,
       &read_cloudwatch},
      {"prometheus", "JSON of Prometheus' query_range", &is_prometheus, &read_prometheus},
      {"kubernetes", "JSON of kubectl get pods or get jobs, as jobs", &is_kubernetes, &read_kubernetes},
      {"ecs", "JSON of aws ecs describe-tasks, or CloudTrail's RunTask records, as jobs", &is_ecs, &read_ecs},
      {"azure_functions", "CSV of Azure's functions trace: a row a function, a column a minute of one day",
       &is_azure_functions, &read_azure_functions},
      {"openb", "CSV list of pods of Alibaba's openb cluster, as jobs", &is_openb, &read_openb},
      {"jobs", "CSV with the columns arrival, run_time and replicas (one of these two may lack)", &is_job_list,
       &read_job_list},
      {"requests", "CSV with a request a line, its arrival in the first column", &is_request_list, &read_request_list},
      {"csv", "CSV with a time in the first column and a value", &is_csv, &read_csv},
  };
  return all;
}

std::string trace_format_names() {
  std::string names;
  for (const TraceFormat& format : trace_formats()) names += (names.empty() ? "" : ", ") + std::string(format.name);
  return names;
}

bool has_labels(const std::vector<Label>& labels, const std::vector<Label>& asked) {
  return std::all_of(asked.begin(), asked.end(),
                     [&](const Label& a) { return std::find(labels.begin(), labels.end(), a) != labels.end(); });
}

TraceRows chosen_series(std::vector<LabelledRows> all, const TraceOptions& options, const char* what) {
  std::vector<LabelledRows> chosen;
  for (const LabelledRows& series : all)
    if (has_labels(series.labels, options.select)) chosen.push_back(series);
  if (chosen.empty())
    throw InputError(
        {options.file, options.select.empty() ? "" : "select",
         fmt::format("a {}{}", what, options.select.empty() ? "" : " with " + shown_labels(options.select)),
         all.empty() ? "none" : shown_series(all),
         all.empty() ? "check the query that made the file" : "select one of those"});
  if (chosen.size() > 1 && !options.total)
    throw InputError({options.file, "select", fmt::format("one {}", what),
                      fmt::format("{}: {}", chosen.size(), shown_series(chosen)),
                      "choose by a label: select=NAME:VALUE, or add them up: total"});
  return in_order(std::move(chosen), options);
}

void refuse_options(const TraceOptions& options, const char* format, bool select, bool column, bool service_time) {
  const auto refuse = [&](const char* key, const char* cure) {
    throw InputError({options.file, key, fmt::format("no {} with the format {}", key, format), "one", cure});
  };
  if (!select && !options.select.empty()) refuse("select", "leave it out");
  if (!column && !options.column.empty()) refuse("column", "leave it out");
  if (!service_time && options.service_time)
    refuse("service_time", "leave it out, or say format=requests when each line is a request");
  if (!service_time && options.interval) refuse("interval", "leave it out: only lists of requests are counted");
}

TraceContent parse_trace(std::string_view text, const TraceOptions& options) {
  const std::size_t first = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (first == std::string_view::npos)
    throw InputError({options.file, "", "a trace: a line that names the columns, then lines with a time and a value",
                      "an empty file", "give a file with such lines"});
  return format_of(text, options).read(text, options);
}

TraceContent read_trace(const TraceOptions& options) { return parse_trace(read_trace_text(options.file), options); }

}  // namespace berth
