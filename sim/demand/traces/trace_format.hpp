// The formats of trace files: one a file, one line in the registry.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/demand/traces/trace_content.hpp"

namespace berth {

struct TraceFormat {
  const char* name;
  const char* reads;  ///< what it is, for help and errors
  /// Whether a text looks like it.
  bool (*recognises)(std::string_view text);
  TraceContent (*read)(std::string_view text, const TraceOptions& options);
};

/// In the order in which they are tried.
const std::vector<TraceFormat>& trace_formats();
/// "csv, requests, …", for messages.
std::string trace_format_names();

/// One series of several: its labels and what it holds.
struct LabelledRows {
  std::vector<Label> labels;
  TraceRows rows;
};
/// Whether all of `asked` are among the labels.
bool has_labels(const std::vector<Label>& labels, const std::vector<Label>& asked);
/// The one series that `select` leaves, or with `total` all that it leaves added up. Rows of each in any order.
/// `what` is the word of the format for a series.
TraceRows chosen_series(std::vector<LabelledRows> all, const TraceOptions& options, const char* what);

/// InputError when the format has no use for an option that is given.
void refuse_options(const TraceOptions& options, const char* format, bool select, bool column, bool service_time);

// The readers, one a file.
bool is_cloudwatch(std::string_view text);
TraceContent read_cloudwatch(std::string_view text, const TraceOptions& options);
bool is_prometheus(std::string_view text);
TraceContent read_prometheus(std::string_view text, const TraceOptions& options);
bool is_azure_functions(std::string_view text);
TraceContent read_azure_functions(std::string_view text, const TraceOptions& options);
bool is_openb(std::string_view text);
TraceContent read_openb(std::string_view text, const TraceOptions& options);
bool is_kubernetes(std::string_view text);
TraceContent read_kubernetes(std::string_view text, const TraceOptions& options);
bool is_ecs(std::string_view text);
TraceContent read_ecs(std::string_view text, const TraceOptions& options);
bool is_job_list(std::string_view text);
TraceContent read_job_list(std::string_view text, const TraceOptions& options);
bool is_request_list(std::string_view text);
TraceContent read_request_list(std::string_view text, const TraceOptions& options);
bool is_csv(std::string_view text);
TraceContent read_csv(std::string_view text, const TraceOptions& options);

}  // namespace berth
