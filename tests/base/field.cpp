// A field reads what it was asked for, and says where, what and how to mend it when it cannot.
#include <doctest/doctest.h>

#include <string>

#include "sim/base/field.hpp"

using namespace std::chrono_literals;

namespace {

/// What `read` makes of {"x": json}: the error's text, or "" when it was read.
template <class Read>
std::string field_error(const std::string& json, Read read) {
  const berth::Value root = berth::parse_json("{\"x\": " + json + "}", "f.json");
  try {
    read(berth::Field(root, "f.json").at("x"));
  } catch (const berth::InputError& e) {
    CHECK(e.parts().place == "/x");
    CHECK_FALSE(e.parts().cure.empty());
    return e.what();
  }
  return "";
}

template <class Read>
auto read_field(const std::string& text, Read read) {
  const berth::Value root = berth::Value::of_text(text, nullptr);
  return read(berth::Field(root, "f.json"));
}

const auto cpu = [](const berth::Field& f) { return f.cpu().count(); };
const auto bytes = [](const berth::Field& f) { return f.bytes().count(); };
const auto duration = [](const berth::Field& f) { return f.duration(); };
const auto percent = [](const berth::Field& f) { return f.percent(); };
const auto per_second = [](const berth::Field& f) { return f.per_second(); };
const auto bandwidth = [](const berth::Field& f) { return f.bytes_per_second(); };
const auto usd = [](const berth::Field& f) { return berth::exact(f.usd()); };
const auto instant = [](const berth::Field& f) { return berth::iso8601(f.instant()); };

}  // namespace

TEST_CASE("CPU is exact in every native form") {
  CHECK(read_field("0.1 vCPU", cpu) == 12'800);
  CHECK(read_field("0.5 vCPU", cpu) == 64'000);
  CHECK(read_field("512 units", cpu) == 64'000);
  CHECK(read_field("500m", cpu) == 64'000);
  CHECK(read_field("1 units", cpu) == 125);
  CHECK(read_field("1m", cpu) == 128);
  CHECK(read_field("  2 vCPU ", cpu) == 256'000);
}

TEST_CASE("memory, durations, rates and money in their native forms") {
  CHECK(read_field("1Gi", bytes) == 1 << 30);
  CHECK(read_field("1 GiB", bytes) == 1 << 30);
  CHECK(read_field("1 GB", bytes) == 1'000'000'000);
  CHECK(read_field("512Mi", bytes) == 512 << 20);
  CHECK(read_field("24 KiB", bytes) == 24 * 1024);
  CHECK(read_field("100 B", bytes) == 100);
  CHECK(read_field("1 TiB", bytes) == std::int64_t{1} << 40);
  CHECK(read_field("0.1 GiB", bytes) == 107'374'182);  // 107,374,182.4
  CHECK(read_field("0 B", bytes) == 0);
  CHECK(read_field("40 ms", duration) == 40ms);
  CHECK(read_field("1.5 s", duration) == 1500ms);
  CHECK(read_field("10 min", duration) == 10min);
  CHECK(read_field("7 d", duration) == 7 * 24h);
  CHECK(read_field("250 us", duration) == 250us);
  CHECK(read_field("1 min 30 s", duration) == 90s);
  CHECK(read_field("1h30m", duration) == 90min);
  CHECK(read_field("1500 ns", duration) == 2us);  // halves go up
  CHECK(read_field("25 %", percent) == 25);
  CHECK(read_field("12.5%", percent) == 12.5);
  CHECK(field_error("25", [](const berth::Field& f) { CHECK(f.percent() == 25); }).empty());
  CHECK(read_field("5 /s", per_second) == 5);
  CHECK(read_field("300 /min", per_second) == 5);
  CHECK(read_field("0.5 rps", per_second) == 0.5);
  CHECK(read_field("125 MiB/s", bandwidth) == 125.0 * 1024 * 1024);
  CHECK(read_field("10 Gbit/s", bandwidth) == 1.25e9);
  CHECK(read_field("0.04048 USD", usd) == "0.0404800000");
  CHECK(read_field("$3", usd) == "3.0000000000");
}

TEST_CASE("a quantity that cannot be read is refused with a cure") {
  struct Row {
    const char* json;
    std::string (*error)(const std::string&);
    const char* says;
  };
  const auto of_cpu = [](const std::string& j) { return field_error(j, cpu); };
  const auto of_bytes = [](const std::string& j) { return field_error(j, bytes); };
  const auto of_time = [](const std::string& j) { return field_error(j, duration); };
  const auto of_rate = [](const std::string& j) { return field_error(j, per_second); };
  const auto of_percent = [](const std::string& j) { return field_error(j, percent); };
  const auto of_usd = [](const std::string& j) { return field_error(j, usd); };
  const Row rows[] = {
      {"512", of_cpu, "write \"512 vCPU\" or \"512 units\""},
      {"\"512\"", of_cpu, "write \"512 vCPU\" or \"512 units\""},
      {"1024", of_bytes, "write \"1024 MiB\""},
      {"\"-1 GiB\"", of_bytes, "not negative"},
      {"-5", of_time, "not negative"},
      {"\"nan s\"", of_time, "a decimal number, then the unit"},
      {"\"inf s\"", of_time, "a decimal number, then the unit"},
      {"\"\"", of_time, "write \"40 ms\""},
      {"\"1 fortnight\"", of_time, "units are us, ms, s, min, h, d"},
      {"\"3 minuts\"", of_time, "write \"3 minutes\""},
      {"\"30 s 1 min\"", of_time, "the larger unit first"},
      {"\"1 min 30\"", of_time, "write \"30 s\""},
      {"\"9999999999999999999999 h\"", of_time, "at most 365,000 d"},
      {"\"2000 PiB\"", of_bytes, "at most 1024 PiB"},
      {"\"0.1 B\"", of_bytes, "0 or at least the smallest step"},
      {"\"1,000 MiB\"", of_bytes, "units are B, KiB, MiB, GiB"},
      {"true", of_bytes, "found     true"},
      {"{}", of_cpu, "an empty object"},
      {"\"5\"", of_rate, "write \"5 /s\""},
      {"\"-5 /s\"", of_rate, "not negative"},
      {"\"25\"", of_percent, "write \"25 %\""},
      {"-1", of_percent, "from 0"},
      {"0.04", of_usd, "write \"0.04 USD\""},
      {"\"0.00000000001 USD\"", of_usd, "at most ten decimals"},
      {"\"-1 USD\"", of_usd, "write \"0.04048 USD\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK_MESSAGE(row.error(row.json).find(row.says) != std::string::npos, row.error(row.json));
  }
}

TEST_CASE("dates are read with and without a time, leap years right") {
  CHECK(read_field("2026-03", instant) == "2026-03-01T00:00:00Z");
  CHECK(read_field("2026-03-02", instant) == "2026-03-02T00:00:00Z");
  CHECK(read_field("2026-03-02T15:04Z", instant) == "2026-03-02T15:04:00Z");
  CHECK(read_field("2026-03-02T15:04:05.25Z", instant) == "2026-03-02T15:04:05Z");
  CHECK(read_field("2026-03-02T09:00+09:00", instant) == "2026-03-02T00:00:00Z");
  CHECK(read_field("2026-03-01T23:00-0330", instant) == "2026-03-02T02:30:00Z");
  CHECK(read_field("2024-02-29", instant) == "2024-02-29T00:00:00Z");
  CHECK(read_field("2000-02-29", instant) == "2000-02-29T00:00:00Z");
}

TEST_CASE("impossible dates are refused") {
  const std::pair<const char*, const char*> rows[] = {
      {"2026-02-29", "from 01 to 28"}, {"1900-02-29", "from 01 to 28"},
      {"2026-13", "a month"},          {"2026-00-01", "a month"},
      {"2026-04-31", "from 01 to 30"}, {"2026-03-02T24:00Z", "from 00:00:00"},
      {"2026-03-02T10:00", "zone"},    {"2026-03-02T10:00+15:00", "2026-03"},
      {"2026-03-02T10:00Zx", "write"}, {"02.03.2026", "write"},
      {"2026-3-2", "write"},           {"", "write"},
      {"2026-03-02T1:00Z", "write"},   {"1776-07-04", "a year"},
  };
  for (const auto& row : rows) {
    const char* const text = row.first;
    const char* const says = row.second;
    CAPTURE(text);
    CHECK(field_error("\"" + std::string(text) + "\"", instant).find(says) != std::string::npos);
  }
}

TEST_CASE("plain values are checked for type and range") {
  const auto whole = [](const berth::Field& f) { return f.whole(1, 10); };
  CHECK(field_error("10", whole).empty());
  CHECK(field_error("11", whole).find("10 or less") != std::string::npos);
  CHECK(field_error("0", whole).find("1 or more") != std::string::npos);
  CHECK(field_error("2.5", whole).find("without fraction") != std::string::npos);
  CHECK(field_error("\"3\"", whole).find("without quotes") != std::string::npos);
  CHECK(field_error("1", [](const berth::Field& f) { return f.truth(); }).find("true or false") != std::string::npos);
  CHECK(field_error("[]", [](const berth::Field& f) { return f.text(); }).find("an empty list") != std::string::npos);
  const auto word = [](const berth::Field& f) { return f.one_of({"count", "rate", "gauge"}); };
  CHECK(field_error("\"rate\"", word).empty());
  CHECK(field_error("\"guage\"", word).find("write \"gauge\"") != std::string::npos);
}

TEST_CASE("members come in order of writing without the notes, and a missing key names the nearest") {
  const berth::Value root = berth::parse_json(R"({"b": 1, "notes": "n", "max_surge": 2, "l": [3]})", "f.json");
  const berth::Field field(root, "f.json");
  CHECK(field.members().size() == 3);
  CHECK(field.members()[1].pointer() == "/max_surge");
  CHECK(field.at("l").items()[0].pointer() == "/l/0");
  CHECK_FALSE(field.find("none").has_value());
  CHECK_THROWS_WITH_AS(field.at("maxSurge"), doctest::Contains("rename \"max_surge\""), berth::InputError);
  CHECK_THROWS_WITH_AS(field.at("b").members(), doctest::Contains("f.json: /b"), berth::InputError);
}

TEST_CASE("an error names the origin of the value, not the file it was set into") {
  berth::Value root = berth::parse_json(R"({"x": 1})", "f.json");
  berth::set_at(root, "/x", berth::value_from_option("ten", "--set /x=ten"), "--set /x=ten");
  CHECK_THROWS_WITH_AS(berth::Field(root, "f.json").at("x").whole(), doctest::Contains("--set /x=ten: /x"),
                       berth::InputError);
}

TEST_CASE("a text that the shell has stripped of its quotes is to be quoted twice") {
  const berth::Value root = berth::parse_json("{\"x\": 1.35}", "--set");
  const auto text_of = [](const berth::Value& value, const char* file) -> std::string {
    try {
      return berth::Field(value, file).at("x").text();
    } catch (const berth::InputError& e) {
      return e.parts().cure;
    }
  };
  CHECK(text_of(root, "--set").find("write '\"1.35\"'") == 0);
  CHECK(text_of(berth::parse_json("{\"x\": 1.35}", "f.json"), "f.json") == "write \"1.35\"");
}

TEST_CASE("the nearest word is near, and the first of equals") {
  CHECK(berth::nearest("desird", {"desired", "demand"}) == "desired");
  CHECK(berth::nearest("xylophone", {"desired", "demand"}).empty());
  CHECK(berth::nearest("cat", {"bat", "hat"}) == "bat");
}
