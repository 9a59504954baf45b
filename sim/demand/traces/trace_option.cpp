// --trace shop=FILE,from=1998-06-30,scale=2: a trace as the command line gives it.
#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/base/units.hpp"
#include "sim/demand/traces/trace.hpp"
#include "sim/demand/traces/csv_lines.hpp"
#include "sim/demand/traces/trace_content.hpp"

namespace berth {

namespace {

[[noreturn]] void refuse_option(std::string expected, std::string_view found, std::string cure) {
  throw InputError(
      {"", "--trace", std::move(expected), found.empty() ? "nothing" : fmt::format("\"{}\"", found), std::move(cure)});
}

Instant option_time(const std::string& key, std::string_view text) {
  const auto t = trace_time(text);
  if (!t)
    refuse_option(fmt::format("{}= with a day or a time", key), text,
                  fmt::format("write {}=1998-06-30 or {}=1998-06-30T12:00", key, key));
  return *t;
}

double option_factor(const char* key, std::string_view text, const char* cure) {
  double scale = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), scale);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(scale) || !(scale > 0))
    refuse_option(fmt::format("{}= with a number above 0", key), text, cure);
  return scale;
}

Duration option_duration(const char* key, std::string_view text, const char* cure) {
  std::int64_t us = 0;
  if (read_amount(text, duration_kind(), us)) refuse_option(fmt::format("{}= with a duration", key), text, cure);
  return Duration{us};
}

Duration option_interval(std::string_view text) {
  const Duration interval = option_duration("interval", text, "write interval=60s");
  if (interval == Duration{0}) refuse_option("interval= with a duration above 0", text, "write interval=60s");
  return interval;
}

/// NAME:VALUE; a value may have colons.
Label option_label(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos)
    refuse_option("select= with a label's name and value", text, "write select=pod:web-1");
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

/// NAME:UNIT.
TimeColumn option_time_column(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view unit = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (colon == 0 || !unit_of_times(unit))
    refuse_option("service_time= with a column and the unit of its numbers", text, "write service_time=duration:ms");
  return {std::string(text.substr(0, colon)), std::string(unit)};
}

Gaps option_gaps(std::string_view text) {
  if (text == "error") return Gaps::error;
  if (text == "zero") return Gaps::zero;
  if (text == "hold") return Gaps::hold;
  refuse_option("gaps= with zero, hold or error", text, "write gaps=zero when a missing line means no requests");
}

Meaning option_means(std::string_view text) {
  if (text == "count") return Meaning::count;
  if (text == "rate") return Meaning::rate;
  if (text == "gauge") return Meaning::gauge;
  refuse_option("means= with count, rate or gauge", text,
                "write means=count when a number is the requests in its interval");
}

[[noreturn]] void refuse_key(const std::string& key) {
  const std::string near = nearest(key, {"from", "to", "scale", "stretch", "shift", "gaps", "means", "repeat", "total",
                                         "format", "column", "select", "service_time", "interval"});
  refuse_option(
      "from=, to=, scale=, stretch=, shift=, gaps=, means=, repeat, format=, column=, select=, total, service_time= or "
      "interval= after the file",
      key,
      near.empty() ? "leave it out; a file's name cannot have a comma here" : fmt::format("did you mean {}?", near));
}

void set_option(TraceOptions& options, const std::string& key, std::string_view value) {
  if (key == "from") options.from = option_time(key, value);
  else if (key == "to") options.to = option_time(key, value);
  else if (key == "scale") options.scale = option_factor("scale", value, "write scale=500 for 500 times the requests");
  else if (key == "stretch")
    options.stretch = option_factor("stretch", value, "write stretch=0.5 for the same in half the time");
  else if (key == "shift") options.shift = option_duration("shift", value, "write shift=2h");
  else if (key == "gaps") options.gaps = option_gaps(value);
  else if (key == "means") options.means = option_means(value);
  else if (key == "repeat" && value.empty()) options.repeat = true;
  else if (key == "total" && value.empty()) options.total = true;
  else if (key == "format" && !value.empty()) options.format = value;
  else if (key == "column" && !value.empty()) options.column = value;
  else if (key == "select") options.select.push_back(option_label(value));
  else if (key == "service_time") options.service_time = option_time_column(value);
  else if (key == "interval") options.interval = option_interval(value);
  else refuse_key(key);
}

}  // namespace

void set_trace_options(TraceOptions& options, std::string_view text) {
  std::set<std::string> given;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(word.size());
    const bool more = !rest.empty();
    if (more) rest.remove_prefix(1);
    const std::size_t split = std::min(word.find('='), word.size());
    const std::string key(word.substr(0, split));
    if (key != "select" && !given.insert(key).second)
      refuse_option(fmt::format("{} once", key), text, fmt::format("keep one of the two {}=", key));
    set_option(options, key, word.substr(std::min(split + 1, word.size())));
    if (more && rest.empty()) refuse_key("");
  }
}

std::pair<std::string, TraceOptions> trace_option(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t comma = std::min(text.find(','), text.size());
  if (equals == 0 || equals == std::string_view::npos || equals > comma || equals + 1 == comma)
    refuse_option("NAME=FILE, the name of a trace in the scenario and a file", text,
                  "write --trace shop=shop.csv,from=1998-06-30");
  TraceOptions options;
  options.file = text.substr(equals + 1, comma - equals - 1);
  if (comma + 1 == text.size()) refuse_key("");
  set_trace_options(options, text.substr(std::min(comma + 1, text.size())));
  return {std::string(text.substr(0, equals)), options};
}

}  // namespace berth
