// Result rows read the same everywhere, and a full disk is told.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <tuple>

#include "sim/base/csv.hpp"
#include "sim/base/error.hpp"

namespace {

template <class Fill>
std::string csv_row(Fill fill) {
  std::string out;
  berth::CsvRow row(out);
  fill(row);
  row.end();
  return out;
}

}  // namespace

TEST_CASE("numbers have fixed decimals and never a minus before zero") {
  const std::tuple<double, int, const char*> rows[] = {
      {1.5, 3, "1.500\n"},
      {-0.0, 3, "0.000\n"},
      {-0.0001, 3, "0.000\n"},
      {-0.0005001, 3, "-0.001\n"},
      {2.0, 0, "2\n"},
      {-0.2, 0, "0\n"},
      {1e21, 0, "1000000000000000000000\n"},
      {0.125, 2, "0.12\n"},
  };
  for (const auto& [number, decimals, text] : rows)
    CHECK(csv_row([n = number, d = decimals](berth::CsvRow& r) { r.number(n, d); }) == text);
  CHECK(csv_row([](berth::CsvRow& r) { r.shortest(0.1).shortest(-0.0).shortest(1e300); }) == "0.1,0,1e+300\n");
}

TEST_CASE("texts are quoted only when they must be") {
  const auto cells = csv_row([](berth::CsvRow& r) {
    r.text("web/17").text("a,b").text("say \"x\"").text("two\nlines").empty().flag(true).flag(false).whole(-7);
  });
  CHECK(cells == "web/17,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",,1,0,-7\n");
}

TEST_CASE("a file begins every row with its leading cells") {
  const std::string path = "csv_test_leading.csv";
  {
    berth::CsvFile file(path, {{"scenario", "web, shop"}, {"replication", "0"}}, {"t_s", "ok"});
    file.row().number(0.5, 1).flag(true).end();
    file.row().empty().flag(false).end();
    file.close();
  }
  std::stringstream read;
  read << std::ifstream(path).rdbuf();
  std::remove(path.c_str());
  CHECK(read.str() == "scenario,replication,t_s,ok\n\"web, shop\",0,0.5,1\n\"web, shop\",0,,0\n");
}

TEST_CASE("a full disk and a folder that is not there are run errors") {
  berth::CsvFile full("/dev/full", {}, {"x"});
  const auto fill = [&] {
    for (int i = 0; i < 100'000; ++i) full.row().whole(i).end();
    full.close();
  };
  CHECK_THROWS_WITH_AS(fill(), doctest::Contains("/dev/full"), berth::RunError);
  CHECK_THROWS_AS(berth::CsvFile("/nowhere/x.csv", {}, {"x"}), berth::RunError);
}
