// Result files read back: whoever has changed one by hand is told which line and cell.
#include "sim/observe/result_rows.hpp"

#include "sim/base/error.hpp"
#include "sim/observe/text_file.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

Time moment_in(const std::string& cell) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/replicas.csv";
  write_text(path, "replica,placed_s\nweb/1," + cell + "\n");
  Time moment{};
  read_result_rows(path, [&](const ResultRow& row) { moment = row.moment("placed_s"); });
  return moment;
}

TEST_CASE("a moment in a result file is seconds with milliseconds, and nothing where it never came") {
  CHECK(moment_in("1.203") == Time{1203ms});
  CHECK(moment_in("0") == Time{});
  CHECK(moment_in("") == kNever);
}

TEST_CASE("a moment that is none is refused with its line and column") {
  for (const char* cell : {"x", "1 s", "-1", "1e400", "nan", "1e18", "0x10"}) {
    CAPTURE(cell);
    try {
      moment_in(cell);
      FAIL("accepted");
    } catch (const InputError& e) {
      CHECK(std::string(e.what()).find("line 2, placed_s") != std::string::npos);
      CHECK(std::string(e.what()).find(cell) != std::string::npos);
    }
  }
}

TEST_CASE("a result file that has gone is wrong input, not a run that could not finish") {
  CHECK_THROWS_AS(read_result_rows("nowhere/replicas.csv", [](const ResultRow&) {}), InputError);
}

}  // namespace
}  // namespace berth::observe_test
