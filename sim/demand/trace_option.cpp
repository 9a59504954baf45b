// --trace shop=FILE,from=1998-06-30,scale=2: a trace as the command line gives it.
#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/base/units.hpp"
#include "sim/demand/trace.hpp"
#include "sim/demand/trace_rows.hpp"

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

double option_scale(std::string_view text) {
  double scale = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), scale);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(scale) || !(scale > 0))
    refuse_option("scale= with a number above 0", text, "write scale=500 for 500 times the requests");
  return scale;
}

Duration option_shift(std::string_view text) {
  std::int64_t us = 0;
  if (read_amount(text, duration_kind(), us)) refuse_option("shift= with a duration", text, "write shift=2h");
  return Duration{us};
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

void set_option(TraceOptions& options, const std::string& key, std::string_view value) {
  if (key == "from") options.from = option_time(key, value);
  else if (key == "to") options.to = option_time(key, value);
  else if (key == "scale") options.scale = option_scale(value);
  else if (key == "shift") options.shift = option_shift(value);
  else if (key == "gaps") options.gaps = option_gaps(value);
  else if (key == "means") options.means = option_means(value);
  else if (key == "repeat" && value.empty()) options.repeat = true;
  else {
    const std::string near = nearest(key, {"from", "to", "scale", "shift", "gaps", "means", "repeat"});
    refuse_option(
        "from=, to=, scale=, shift=, gaps=, means= or repeat after the file", key,
        near.empty() ? "leave it out; a file's name cannot have a comma here" : fmt::format("did you mean {}?", near));
  }
}

}  // namespace

std::pair<std::string, TraceOptions> trace_option(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t comma = std::min(text.find(','), text.size());
  if (equals == 0 || equals == std::string_view::npos || equals > comma || equals + 1 == comma)
    refuse_option("NAME=FILE, the name of a trace in the scenario and a CSV file", text,
                  "write --trace shop=shop.csv,from=1998-06-30");
  TraceOptions options;
  options.file = text.substr(equals + 1, comma - equals - 1);
  std::set<std::string> given;
  for (std::string_view rest = text.substr(comma); !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(word.size());
    const std::size_t split = std::min(word.find('='), word.size());
    const std::string key(word.substr(0, split));
    if (!given.insert(key).second)
      refuse_option(fmt::format("{} once", key), text, fmt::format("keep one of the two {}=", key));
    set_option(options, key, word.substr(std::min(split + 1, word.size())));
  }
  return {std::string(text.substr(0, equals)), options};
}

}  // namespace berth
