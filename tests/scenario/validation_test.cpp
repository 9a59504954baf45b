// Measured and simulated starts side by side: quantiles, tolerances, orders, and who is too few to be held to.
#include <doctest/doctest.h>

#include <fstream>

#include "sim/base/error.hpp"
#include "sim/scenario/validation.hpp"
#include "tests/support/constant_models.hpp"

namespace berth::test {
namespace {

/// models/validation/pulls.json with three records of one case, and results of a run of it.
class MeasuredPulls {
 public:
  MeasuredPulls() {
    std::filesystem::create_directories(models() + "/validation");
    std::filesystem::create_directories(models() + "/main");
    put("validation/records.csv",
        "case,use,pull_s\nsmall,calibration,10\nsmall,calibration,20\nsmall,held_out,30\nother,left_out,1000\n");
    describe(R"("least": 1)", R"("measured": "20 s", "within": "25 %")");
    simulate({18, 20, 24});
  }

  void describe(const std::string& least, const std::string& figure) {
    put("validation/pulls.json",
        R"({"scenario": "none.json", "architecture": "a", "runs": {"main": {}},
            "timelines": {"file": "records.csv", "source": "a test", "day": "2026-03-01"},
            "tolerance": {"p50": "10 %", "p90": "35 %", )" +
            least + R"(},
            "phases": {"pull": {"short": "pull", "column": "pull_s", "from": "pull_started_s", "to": "pulled_s"}},
            "figures": {
              "one": {"run": "main", "rows": "replicas", "service": "small", "from": "pull_started_s", "to": "pulled_s", )" +
            figure + R"(, "source": "a test", "day": "2026-03-01"},
              "ready": {"run": "main", "rows": "nodes", "pool": "ec2", "from": "requested_s", "to": "ready_s",
                        "low": "24 s", "high": "30 s", "source": "a test", "day": "2026-03-01"}},
            "orders": {"nodes take longer": ["one", "ready"]}})");
  }
  /// One pull a number, beginning at 5 s; a replica of the start and one that never pulled do not count.
  void simulate(const std::vector<int>& pulls) {
    std::string rows = "service,initial,pull_started_s,pulled_s\nsmall,1,5,6\nsmall,0,5,\n";
    for (const int seconds : pulls) rows += "small,0,5," + std::to_string(5 + seconds) + "\n";
    put("main/replicas.csv", rows);
    put("main/nodes.csv", "pool,initial,requested_s,ready_s\nec2,0,1,28\nother,0,1,500\n");
  }
  ValidationReport report() const {
    return compare_with_measurements(read_validation(models(), "pulls"), folder_.path());
  }
  const std::string& models() const { return folder_.path(); }

 private:
  void put(const std::string& name, const std::string& text) { std::ofstream(models() + "/" + name) << text; }

  TemporaryFolder folder_;
};

const Compared& line(const ValidationReport& report, const std::string& name, const std::string& part) {
  for (const Compared& c : report.quantiles)
    if (c.name == name && c.part == part) return c;
  FAIL("no line " << name << " of " << part);
  return report.quantiles.front();
}

TEST_CASE("the median over all records stands beside the median of the simulated starts") {
  const ValidationReport report = MeasuredPulls().report();
  const Compared& all = line(report, "pull, p50", "all");
  CHECK(all.measured_n == 3);
  CHECK(all.simulated_n == 3 * 3);  // every record weighs the same
  CHECK(all.measured_s == doctest::Approx(20));
  CHECK(all.simulated_s == doctest::Approx(20));
  CHECK(all.right());
  CHECK(report.right());
}

TEST_CASE("the two halves of the records are reported apart") {
  const ValidationReport report = MeasuredPulls().report();
  CHECK(line(report, "pull, p50", "calibration").measured_s == doctest::Approx(15));
  CHECK(line(report, "pull, p50", "held_out").measured_s == doctest::Approx(30));
  CHECK_FALSE(line(report, "pull, p50", "held_out").right());
  CHECK_FALSE(line(report, "pull, p50", "held_out").counts);
}

TEST_CASE("a median more than its tolerance away makes the validation miss, on either side") {
  for (const int seconds : {17, 23}) {
    MeasuredPulls pulls;
    pulls.simulate({seconds});
    CHECK_FALSE(line(pulls.report(), "pull, p50", "all").right());
    CHECK_FALSE(pulls.report().right());
  }
}

TEST_CASE("too few records hold nobody to anything") {
  MeasuredPulls pulls;
  pulls.describe(R"("least": 4)", R"("measured": "23 s", "within": "25 %")");
  pulls.simulate({23});
  CHECK_FALSE(line(pulls.report(), "pull, p50", "all").counts);
  CHECK(pulls.report().right());
}

TEST_CASE("a single figure is held to its own tolerance or range") {
  MeasuredPulls pulls;
  pulls.describe(R"("least": 4)", R"("measured": "40 s", "within": "25 %")");
  const ValidationReport report = pulls.report();
  CHECK_FALSE(report.figures.at(0).right());
  CHECK(report.figures.at(1).simulated_s == doctest::Approx(27));
  CHECK(report.figures.at(1).right());
  CHECK_FALSE(report.right());
}

TEST_CASE("an order between figures is checked") {
  MeasuredPulls pulls;
  CHECK(pulls.report().orders.at(0).right);
  pulls.describe(R"("least": 4)", R"("measured": "28 s", "within": "25 %")");
  pulls.simulate({28});
  CHECK_FALSE(pulls.report().orders.at(0).right);
}

TEST_CASE("a case shows where a miss comes from, phase by phase") {
  const ValidationReport report = MeasuredPulls().report();
  REQUIRE(report.cases.size() == 2);
  CHECK(report.cases.at(0).name == "small");
  CHECK(report.cases.at(0).measured_s.at(0) == 15);
  CHECK(report.cases.at(1).part == "held_out");
  CHECK(report.cases.at(1).simulated_s.at(0) == 20);
}

TEST_CASE("an unknown validation is refused with those that exist") {
  const MeasuredPulls pulls;
  CHECK_THROWS_WITH_AS(read_validation(pulls.models(), "deploys"), doctest::Contains("one of pulls"), InputError);
}

TEST_CASE("a figure whose set-up never started is an error, not a zero") {
  MeasuredPulls pulls;
  pulls.simulate({});
  CHECK_THROWS_AS(pulls.report(), InputError);
}

}  // namespace
}  // namespace berth::test
