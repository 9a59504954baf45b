// Trace files: what the numbers mean, gaps, crops, repeats; and what is refused, with place and cure.
#include "sim/demand/traces/trace.hpp"
#include "sim/demand/traces/trace_content.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

const char* const kFiveMinutes =
    "minute,count\n"
    "1998-06-30 00:00:00,1\n"
    "1998-06-30 00:01:00,2\n"
    "1998-06-30 00:02:00,3\n"
    "1998-06-30 00:03:00,4\n"
    "1998-06-30 00:04:00,5\n";

const char* const kWithGap =
    "minute,count\n"
    "1998-06-30 00:00:00,1\n"
    "1998-06-30 00:01:00,2\n"
    "1998-06-30 00:04:00,5\n"
    "1998-06-30 00:05:00,6\n";

LoadSeries load_text(const std::string& text, TraceOptions options, Duration run_length) {
  const TemporaryFile file(text);
  options.file = file.path();
  return load_trace(options, run_length);
}

InputError::Parts refusal_of_text(const std::string& text, TraceOptions options = {}, Duration run_length = 2min) {
  return refusal_of([&] { load_text(text, options, run_length); });
}

Instant at_time(const char* text) { return trace_time(text).value(); }

using Values = std::vector<double>;

}  // namespace

TEST_CASE("times are read with T or a blank, with and without seconds, zones, or as a number since 1970") {
  using namespace std::chrono;
  const Instant noon = sys_days{1998y / June / 30} + 12h;
  for (const char* text : {"1998-06-30 12:00", "1998-06-30T12:00", "1998-06-30 12:00:00", "1998-06-30T12:00:00Z",
                           "1998-06-30T12:00Z", "1998-06-30T21:00+09:00", "1998-06-30 07:00:00.000-05:00", "899208000",
                           "899208000.0", "899208000000", "899208000000.0", "899208000000000", "899208000000000000"})
    CHECK_MESSAGE(trace_time(text) == noon, text);
  CHECK(trace_time("1998-06-30") == sys_days{1998y / June / 30});
  CHECK(trace_time("1998-06-30T12:00:00.25") == noon + 250ms);
  for (const char* text :
       {"", "noon", "1998-06-31", "1998-13-01", "1998-6-30", "1998-06-30 24:00", "1998-06-30 12:60", "1998-06-30 12",
        "1998-06-30 12:00:60", "1998-06-30T12:00 ", "1998-06-30T12:00+9", "-5", "1e9", "99208000000000000000", "NaN"})
    CHECK_MESSAGE(!trace_time(text), text);
}

TEST_CASE("a column named count means requests per interval, rate and rps mean requests per second") {
  const LoadSeries count = load_text(kFiveMinutes, {}, 5min);
  CHECK(count.means == Meaning::count);
  CHECK(count.interval == 1min);
  CHECK(count.values == Values{1, 2, 3, 4, 5});
  CHECK(count.expected_total() == 1 + 2 + 3 + 4 + 5);
  CHECK(load_text("time,rate\n0,1.5\n60,2\n", {}, 2min).means == Meaning::rate);
  CHECK(load_text("Time,RPS\n0,1.5\n60,2\n", {}, 2min).means == Meaning::rate);
}

TEST_CASE("`means` goes over the column's name, a column named value needs it") {
  TraceOptions options;
  options.means = Meaning::gauge;
  CHECK(load_text(kFiveMinutes, options, 5min).means == Meaning::gauge);
  CHECK(load_text("time,value\n0,1\n60,2\n", options, 2min).means == Meaning::gauge);
  const auto parts = refusal_of_text("time,value\n0,1\n60,2\n");
  CHECK(parts.place == "line 1");
  for (const char* meaning : {"means=count", "means=rate", "means=gauge"}) CHECK(has_text(parts.cure, meaning));
}

TEST_CASE("CRLF, a byte order mark, blanks, further columns and empty lines at the end are fine") {
  const LoadSeries series =
      load_text("\xEF\xBB\xBFtime, zone ,count\r\n0,a, 1 \r\n60,a,2\r\n120,b,3\r\n\r\n\n", {}, 3min);
  CHECK(series.values == Values{1, 2, 3});
}

TEST_CASE("scale multiplies, `from` and `to` cut, the start of the run is `from`") {
  TraceOptions options;
  options.scale = 10;
  options.from = at_time("1998-06-30 00:02");
  CHECK(load_text(kFiveMinutes, options, 2min).values == Values{30, 40});
  CHECK(load_text(kFiveMinutes, options, 3min).values == Values{30, 40, 50});
  options.to = at_time("1998-06-30 00:03");
  CHECK(load_text(kFiveMinutes, options, 1min).values == Values{30});
  CHECK(has_text(refusal_of_text(kFiveMinutes, options).found, "1 min"));
}

TEST_CASE("a part that begins inside an interval begins with what remains of it") {
  TraceOptions options;
  options.from = at_time("1998-06-30 00:00:45");
  const LoadSeries series = load_text(kFiveMinutes, options, 1min);
  CHECK(series.lead == 45s);
  CHECK(series.values == Values{1, 2});  // the last 15 s of the first minute, the first 45 s of the second
  CHECK(series.rate_at(at_second(10)) == doctest::Approx(1.0 / 60));
  CHECK(series.rate_at(at_second(20)) == doctest::Approx(2.0 / 60));
}

TEST_CASE("shift moves the part later, nothing arrives before it") {
  TraceOptions options;
  options.shift = 90s;
  const LoadSeries series = load_text(kFiveMinutes, options, 3min);
  CHECK(series.lead == 30s);
  CHECK(series.rate_at(at_second(60)) == 0);
  CHECK(series.rate_at(at_second(91)) == doctest::Approx(1.0 / 60));
  CHECK(series.rate_at(at_second(151)) == doctest::Approx(2.0 / 60));
}

TEST_CASE("repeat starts the part again, and with shift the run begins with the end of it") {
  TraceOptions options;
  options.repeat = true;
  options.to = at_time("1998-06-30 00:03");
  CHECK(load_text(kFiveMinutes, options, 8min).values == Values{1, 2, 3, 1, 2, 3, 1, 2});
  options.shift = 1min;
  CHECK(load_text(kFiveMinutes, options, 5min).values == Values{3, 1, 2, 3, 1});
}

TEST_CASE("a repeated part has a whole number of intervals, the nearest to its length") {
  TraceOptions options;
  options.repeat = true;
  options.from = at_time("1998-06-30 00:01:30");
  options.to = at_time("1998-06-30 00:03");  // 1.5 intervals
  const LoadSeries series = load_text(kFiveMinutes, options, 3min);
  CHECK(series.lead == 30s);
  CHECK(series.values == Values{2, 3, 2, 3});
}

TEST_CASE("a missing line is an error unless `gaps` says what it means") {
  const auto parts = refusal_of_text(kWithGap, {}, 6min);
  CHECK(parts.place == "line 4");
  CHECK(has_text(parts.expected, "every 1 min"));
  CHECK(has_text(parts.found, "2 missing lines"));
  for (const char* cure : {"gaps=zero", "gaps=hold", "add the lines"}) CHECK(has_text(parts.cure, cure));
  TraceOptions options;
  options.gaps = Gaps::zero;
  CHECK(load_text(kWithGap, options, 6min).values == Values{1, 2, 0, 0, 5, 6});
  options.gaps = Gaps::hold;
  CHECK(load_text(kWithGap, options, 6min).values == Values{1, 2, 2, 2, 5, 6});
  options.gaps = Gaps::error;
  CHECK(refusal_of_text(kWithGap, options, 6min).place == "line 4");
}

TEST_CASE("only gaps in the part that the run uses count, and all of them are told") {
  TraceOptions options;
  CHECK(load_text(kWithGap, options, 2min).values == Values{1, 2});
  options.from = at_time("1998-06-30 00:04");
  CHECK(load_text(kWithGap, options, 2min).values == Values{5, 6});
  options.from = at_time("1998-06-30 00:03");  // inside the gap
  CHECK(has_text(refusal_of_text(kWithGap, options).found, "1 missing line"));
  const auto parts = refusal_of_text("time,count\n0,1\n60,1\n120,1\n180,1\n300,1\n480,1\n", {}, 9min);
  CHECK(parts.place == "line 6");
  CHECK(has_text(parts.found, "2 gaps, 3 missing lines in all"));
}

TEST_CASE("a run that is longer than the trace is refused with the two cures") {
  const auto parts = refusal_of_text(kFiveMinutes, {}, 6min);
  CHECK(has_text(parts.expected, "6 min"));
  CHECK(has_text(parts.found, "5 min from 1998-06-30T00:00:00Z"));
  CHECK(has_text(parts.cure, "repeat"));
  CHECK(has_text(parts.cure, "5 min or less"));
}

TEST_CASE("a wrong trace is refused with its line, what was expected and what was found") {
  struct Case {
    const char* text;
    const char* place;
    const char* expected;
    const char* found;
  };
  const Case cases[] = {
      {"", "", "a trace", "an empty file"},
      {"\n\r\n", "", "a trace", "an empty file"},
      {"time,count\n", "line 1", "at least two lines", "nothing else"},
      {"time,count\n0,1\n", "line 2", "at least two lines", "one"},
      {"0,1\n60,2\n", "line 1", "names of the columns", "\"0,1\""},
      {"2020-01-01,1\n", "line 1", "names of the columns", "2020-01-01,1"},
      {"time\n0\n60\n", "line 1", "count, rate, rps or value", "\"time\""},
      {"time,cpu,memory\n0,1,1\n", "line 1", "count, rate, rps or value", "cpu, memory"},
      {"time,count,rate\n0,1,1\n", "line 1", "one column", "\"count\" and \"rate\""},
      {"time,count\n0,1\nnoon,2\n", "line 3", "a time such as", "\"noon\""},
      {"time,count\n0,1\n\n120,2\n", "line 3", "a time such as", "nothing"},
      {"time,count\n0,1\n60,many\n", "line 3", "a number", "\"many\""},
      {"time,count\n0,1\n60,1.5x\n", "line 3", "a number", "\"1.5x\""},
      {"time,count\n0,1\n60,nan\n", "line 3", "a number", "\"nan\""},
      {"time,count\n0,1\n60,inf\n", "line 3", "a number", "\"inf\""},
      {"time,count\n0,1\n60,1e999\n", "line 3", "a number", "\"1e999\""},
      {"time,count\n0,1\n60,\n", "line 3", "a number", "nothing"},
      {"time,count\n0,1\n60\n", "line 3", "a count in column 2", "a shorter line"},
      {"time,count\n0,1\n60,-2\n", "line 3", "0 or more", "-2"},
      {"time,count\n60,1\n0,2\n", "line 3", "after the line before", "0"},
      {"time,count\n0,1\n60,1\n60,2\n", "line 4", "after the line before", "60"},
      {"time,count\n0,1\n60,1\n120,2\n190,2\n", "line 5", "a multiple of 1 min", "1 min 10 s"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto parts = refusal_of_text(c.text);
    CHECK(parts.place == c.place);
    CHECK_MESSAGE(has_text(parts.expected, c.expected), parts.expected);
    CHECK_MESSAGE(has_text(parts.found, c.found), parts.found);
    CHECK(!parts.cure.empty());
    CHECK(!parts.file.empty());
  }
}

TEST_CASE("a file that is missing or a folder is refused by name") {
  TraceOptions options;
  for (const char* file : {"/no/such/trace.csv", "/tmp"}) {
    options.file = file;
    const auto parts = refusal_of([&] { load_trace(options, 1min); });
    CHECK(parts.file == file);
    CHECK(has_text(parts.expected, "readable"));
  }
}

TEST_CASE("`from` and `to` must lie in the trace, in order") {
  struct Case {
    const char* from;
    const char* to;
    const char* place;
  };
  const Case cases[] = {{"1998-06-29", "", "from"},
                        {"1998-06-30 00:05", "", "from"},
                        {"", "1998-06-30 00:06", "to"},
                        {"1998-06-30 00:03", "1998-06-30 00:02", "to"},
                        {"1998-06-30 00:03", "1998-06-30 00:03", "to"}};
  for (const Case& c : cases) {
    TraceOptions options;
    if (*c.from) options.from = at_time(c.from);
    if (*c.to) options.to = at_time(c.to);
    CAPTURE(c.from);
    CAPTURE(c.to);
    const auto parts = refusal_of_text(kFiveMinutes, options, 1min);
    CHECK(parts.place == c.place);
    CHECK(has_text(parts.expected, "1998-06-30T00:0"));
  }
}

TEST_CASE("a scale that is not above 0 is refused") {
  TraceOptions options;
  for (const double scale : {0.0, -1.0, 1.0 / 0.0 - 1.0 / 0.0}) {
    options.scale = scale;
    CHECK(refusal_of_text(kFiveMinutes, options).place == "scale");
  }
}

}  // namespace berth::demand_test
