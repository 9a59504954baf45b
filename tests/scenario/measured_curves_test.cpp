// A measured curve beside a simulated one, roll-outs and steps in load, on a made-up folder of results.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "sim/base/error.hpp"
#include "sim/scenario/validation.hpp"
#include "tests/support/constant_models.hpp"

namespace berth::test {
namespace {

/// models/validation/pace.json and a run of ten replicas that start one a second from second 10 on.
class MeasuredPace {
 public:
  MeasuredPace() {
    std::filesystem::create_directories(folder() + "/validation");
    std::filesystem::create_directories(folder() + "/main");
    put("validation/pace.csv", "minute,tasks\n0,2\n1,6\n2,10\n3,\n");
    put("main/nodes.csv", "pool,initial,requested_s,ready_s\n");
    put("main/pending.csv", "t_s,service,reason,replicas\n0,web,launch_rate,3\n60,web,service_rate,1\n");
    put("main/deployments.csv", "service,revision,started_s,finished_s,outcome\nweb,2,100,160,completed\n");
    curve(R"("reached": {"2": "11 s", "10": "19 s"})", "50 %");
    starts(1);
  }

  void describe(const std::string& curves, const std::string& figures) {
    put("validation/pace.json", R"({"scenario": "none.json", "architecture": "a", "runs": {"main": {}}, "curves": {)" +
                                    curves + R"(}, "figures": {)" + figures + "}}");
  }
  void curve(const std::string& measured, const std::string& judged, const std::string& more = "") {
    describe(R"("ten": {"run": "main", "all": 10, "begins": "0 s", "clock": "a test", )" + measured + more +
                 R"(, "shown": [2], "judged": [{"reached": ")" + judged +
                 R"(", "within": "10 %"}], "held_by": {"starts_per_min": {"per": "60 s", "times": 2}},
                 "source": "a test", "day": "2026-03-01"})",
             "");
  }
  void figure(const std::string& figure) {
    describe("", R"("it": {"run": "main", )" + figure + R"(, "source": "a test", "day": "2026-03-01"})");
  }
  /// Ten starts so far apart; an old replica that stops at 180 s and one of the start that stays are there as well.
  void starts(double apart_s) {
    std::string rows = kHeader;
    for (int i = 0; i < 10; ++i) rows += "web,2,0," + times(5, 6, 7, 8, 10 + i * apart_s) + ",,\n";
    put("main/replicas.csv", rows);
  }
  void rows(const std::string& rows) { put("main/replicas.csv", kHeader + rows); }

  ValidationReport report(const RunQuotas& quotas = {}) const {
    return compare_with_measurements(read_validation(folder(), "pace"), folder(), quotas);
  }
  ComparedCurve compared(const RunQuotas& quotas = {}) const { return report(quotas).curves.at(0); }
  const std::string& folder() const { return folder_.path(); }
  void put(const std::string& name, const std::string& text) const { std::ofstream(folder() + "/" + name) << text; }

  static std::string times(double decided, double placed, double pull_started, double pulled, double started) {
    return std::to_string(decided) + "," + std::to_string(placed) + "," + std::to_string(pull_started) + "," +
           std::to_string(pulled) + "," + std::to_string(started);
  }

 private:
  static constexpr const char* kHeader =
      "service,revision,initial,decided_s,placed_s,pull_started_s,pulled_s,started_s,stopping_s,stopped_s\n";
  TemporaryFolder folder_;
};

TEST_CASE("a count is reached when the replica that makes it starts") {
  const ComparedCurve curve = MeasuredPace().compared();
  CHECK(curve.points.at(0).name == "2");
  CHECK(curve.points.at(0).simulated_s == doctest::Approx(10 + 1));
  CHECK(curve.points.at(1).name == "5 (50 %)");
  CHECK(curve.points.at(1).simulated_s == doctest::Approx(10 + 4));
}

TEST_CASE("between two measured points the curve is a straight line") {
  CHECK(MeasuredPace().compared().points.at(1).measured_s == doctest::Approx(11 + (19 - 11) * (5 - 2) / (10. - 2)));
}

TEST_CASE("a judged share may be a tenth too late and no more, a shown count may be anything") {
  MeasuredPace pace;
  pace.starts(1.3);  // 15.2 s against 14
  CHECK(pace.report().right());
  pace.starts(1.5);  // 16 s
  CHECK_FALSE(pace.report().right());
  CHECK_FALSE(pace.compared().points.at(1).right());
  CHECK_FALSE(pace.compared().points.at(0).counts);
}

TEST_CASE("a share that the simulation never reaches is a miss") {
  MeasuredPace pace;
  pace.rows("web,1,0," + MeasuredPace::times(5, 6, 7, 8, 10) + ",,\n");
  CHECK(std::isinf(pace.compared().points.at(1).simulated_s));
  CHECK_FALSE(pace.report().right());
}

TEST_CASE("a replica that begins to stop is not counted any more") {
  MeasuredPace pace;
  pace.rows("web,1,0," + MeasuredPace::times(5, 6, 7, 8, 10) + ",12,13\nweb,1,0," +
            MeasuredPace::times(5, 6, 7, 8, 14) + ",,\n");
  CHECK(count_at(pace.compared().simulated, 10) == 1);
  CHECK(count_at(pace.compared().simulated, 12) == 0);
  CHECK(count_at(pace.compared().simulated, 14) == 1);
}

TEST_CASE("replicas that were there before count from the beginning of the curve") {
  MeasuredPace pace;
  pace.rows("web,1,1," + MeasuredPace::times(0, 0, 0, 0, 0) + ",,\nweb,1,0," + MeasuredPace::times(5, 6, 7, 8, 14) +
            ",,\n");
  CHECK(count_at(pace.compared().simulated, 5) == doctest::Approx(1 + 5. / 14));
}

TEST_CASE("a table is read by its columns, and an empty cell ends nothing") {
  MeasuredPace pace;
  pace.curve(R"("table": {"file": "pace.csv", "time": "minute", "unit": "1 min", "count": "tasks"})", "60 %");
  CHECK(pace.compared().measured == Curve{{0, 2}, {60, 6}, {120, 10}});
  CHECK(pace.compared().points.at(1).measured_s == doctest::Approx(60));
}

TEST_CASE("a metric of maxima shows the largest count of each period at its beginning") {
  MeasuredPace pace;
  pace.curve(R"("reached": {"2": "11 s", "10": "19 s"})", "50 %", R"(, "maximum_of": "4 s")");
  CHECK(pace.compared().simulated == Curve{{0, 0}, {4, 0}, {8, 2}, {12, 6}, {16, 10}});
}

TEST_CASE("a miss is parted into the start and the pace after it") {
  MeasuredPace pace;
  pace.curve(R"("reached": {"0": "8 s", "1": "9 s", "10": "18 s"})", "50 %");
  pace.starts(2);
  const ComparedCurve curve = pace.compared();
  REQUIRE(curve.misses.size() == 1);
  // Measured 9 s and one a second; simulated 10 s and one every two seconds.
  CHECK(curve.misses.at(0).start_s + curve.misses.at(0).pace_s == doctest::Approx(10 + 4 * 2 - (9 + 4)));
  CHECK(curve.simulated_per_s == doctest::Approx(0.5));
  CHECK(curve.measured_per_s == doctest::Approx(1));
}

TEST_CASE("a quota stands beside the pace as so many a second of all services") {
  const ComparedCurve curve = MeasuredPace().compared({{"main", {{"starts_per_min", 90}}}});
  REQUIRE(curve.limits.size() == 1);
  CHECK(curve.limits.at(0).per_s == doctest::Approx(90. * 2 / 60));
  CHECK(MeasuredPace().compared().limits.empty());  // a quota of another day
}

TEST_CASE("the simulated starts say where their time goes and what they waited for") {
  const ComparedCurve curve = MeasuredPace().compared();
  REQUIRE(curve.steps.size() == 4);
  CHECK(curve.steps.at(0).p50_s == doctest::Approx(6 - 5));
  CHECK(curve.steps.at(3).p90_s > curve.steps.at(3).p50_s);
  CHECK(curve.waiting_for.at("launch_rate") == doctest::Approx(3. / 4));
}

TEST_CASE("curves.csv has every measured point and even steps between") {
  const std::string text = curves_csv(MeasuredPace().report());
  CHECK(text.find("t_s,curve,measured,simulated\n") == 0);
  CHECK(text.find("\n11.000,ten,2,2\n") != std::string::npos);
  CHECK(text.find("\n12.000,ten,,3\n") != std::string::npos);
}

TEST_CASE("a roll-out ends when all are new and healthy, or when the last old one is gone") {
  MeasuredPace pace;
  pace.rows("web,1,1," + MeasuredPace::times(0, 0, 0, 0, 0) + ",150,180\nweb,2,0," +
            MeasuredPace::times(100, 101, 102, 103, 110) + ",,\n");
  pace.figure(R"("rows": "rollouts", "service": "web", "until": "healthy", "measured": "60 s", "within": "1 %")");
  CHECK(pace.report().figures.at(0).simulated_s == doctest::Approx(160 - 100));
  pace.figure(R"("rows": "rollouts", "service": "web", "until": "replaced", "low": "70 s", "high": "75 s")");
  CHECK(pace.report().figures.at(0).simulated_s == doctest::Approx(180 - 100));
  CHECK_FALSE(pace.report().right());
  pace.figure(
      R"("rows": "rollouts", "service": "web", "until": "replaced", "low": "70 s", "high": "75 s", "within": "10 %")");
  CHECK(pace.report().right());  // 80 s of 75 s and a tenth
}

TEST_CASE("a roll-out that did not complete is told, not compared") {
  MeasuredPace pace;
  pace.figure(R"("rows": "rollouts", "service": "web", "until": "healthy", "measured": "60 s", "within": "1 %")");
  pace.put("main/deployments.csv", "service,revision,started_s,finished_s,outcome\nweb,2,100,160,failed\n");
  CHECK_THROWS_WITH_AS(pace.report(), doctest::Contains("/figures/it"), InputError);
}

TEST_CASE("a step in load counts until the first scale-out after it, later ones and earlier ones do not") {
  MeasuredPace pace;
  pace.figure(
      R"("rows": "scale_outs", "steps": {"web": "60 s"}, "to": "started_s", "measured": "50 s", "within": "10 %")");
  pace.rows("web,1,0," + MeasuredPace::times(50, 51, 52, 53, 70) + ",,\nweb,1,0," +
            MeasuredPace::times(300, 301, 302, 303, 310) + ",,\nweb,1,0," +
            MeasuredPace::times(100, 101, 102, 103, 112) + ",,\nweb,1,0," +
            MeasuredPace::times(100, 101, 102, 103, 116) + ",,\n");
  CHECK(pace.report().figures.at(0).simulated_s == doctest::Approx(((112 - 60) + (116 - 60)) / 2.));
  CHECK(pace.report().figures.at(0).simulated_n == 2);
}

TEST_CASE("the pace of starts is the time from one to the next, without the first and the last fifth") {
  MeasuredPace pace;
  pace.figure(R"("rows": "starts", "measured": "2.5 s", "within": "1 %")");
  std::string rows;
  for (const double start : {0., 20., 22.5, 25., 27.5, 30., 32.5, 35., 37.5, 90.})  // a slow begin, a slow tail
    rows += "web,1,0," + MeasuredPace::times(0, 0, 0, 0, start) + ",,\n";
  pace.rows(rows);
  CHECK(pace.report().figures.at(0).simulated_s == doctest::Approx(2.5));
  CHECK(pace.report().right());
}

TEST_CASE("malformed measurements are refused with their place") {
  struct {
    const char *measured, *judged, *place;
  } const wrong[] = {
      {R"("reached": {"2": "11 s"})", "50 %", "/curves/ten/reached"},
      {R"("reached": {"2": "11 s", "10": "9 s"})", "50 %", "in order of time"},
      {R"("reached": {"2": "11 s", "ten": "19 s"})", "50 %", "a number of replicas"},
      {R"("reached": {"2": "11 s", "-1": "19 s"})", "50 %", "a number of replicas"},
      {R"("reached": {"2": "11 s", "4": "19 s"})", "50 %", "a share that was measured"},
      {R"("reached": {"1": "11 s", "10": "nineteen"})", "50 %", "/curves/ten/reached/10"},
      {R"("table": {"file": "pace.csv", "time": "minute", "unit": "1 min", "count": "pods"})", "50 %", "pods"},
      {R"("table": {"file": "none.csv", "time": "minute", "unit": "1 min", "count": "tasks"})", "50 %", "none.csv"},
      {R"("clocked": "by hand")", "50 %", "table"}};
  for (const auto& w : wrong) {
    MeasuredPace pace;
    pace.curve(w.measured, w.judged);
    CAPTURE(w.measured);
    CHECK_THROWS_WITH_AS(pace.report(), doctest::Contains(w.place), InputError);
  }
}

TEST_CASE("a curve may be of one service") {
  MeasuredPace pace;
  pace.rows("web,2,0," + MeasuredPace::times(5, 6, 7, 8, 10) + ",,\nagent,1,0," + MeasuredPace::times(5, 6, 7, 8, 9) +
            ",,\nweb,2,0," + MeasuredPace::times(5, 6, 7, 8, 12) + ",,\n");
  pace.curve(R"("reached": {"2": "11 s", "10": "19 s"})", "20 %");
  CHECK(pace.compared().points.at(0).simulated_s == doctest::Approx(10));  // the agent's and the first of web
  pace.curve(R"("reached": {"2": "11 s", "10": "19 s"})", "20 %", R"(, "service": "web")");
  CHECK(pace.compared().points.at(0).simulated_s == doctest::Approx(12));
}

TEST_CASE("a figure of new nodes is of replicas that waited when their node was requested, and of moments of both") {
  MeasuredPace pace;
  pace.put("main/nodes.csv", "node,pool,initial,requested_s,ready_s\nn/1,ec2,0,7,40\nn/2,ec2,0,3,30\n");
  pace.put("main/replicas.csv",
           "service,node,initial,decided_s,started_s\nweb,n/1,0,5,45\nweb,n/2,0,5,31\nweb,,0,5,\nagent,n/1,0,5,41\n");
  const auto median = [&](const std::string& from, const std::string& to) {
    pace.figure(R"("rows": "new_nodes", "service": "web", "low": "0 s", "high": "9 s", "from": ")" + from +
                R"(", "to": ")" + to + "\"");
    return pace.report().figures.at(0);
  };
  CHECK(median("replica.decided_s", "node.requested_s").simulated_s == doctest::Approx(2));
  CHECK(median("node.ready_s", "replica.started_s").simulated_s == doctest::Approx(5));
  CHECK(median("replica.decided_s", "replica.started_s").simulated_n == 1);
  CHECK_THROWS_WITH_AS(median("pod.decided_s", "node.ready_s"),
                       doctest::Contains("a moment of a replica or of its node"), InputError);
}

TEST_CASE("a curve or a figure of a run that is not there is refused") {
  MeasuredPace pace;
  pace.describe("", R"("it": {"run": "mian", "rows": "rollouts", "service": "web", "until": "healthy"})");
  CHECK_THROWS_WITH_AS(pace.report(), doctest::Contains("one of /runs"), InputError);
  pace.figure(R"("rows": "rollouts", "service": "web", "until": "healthy", "low": "9 s", "high": "8 s")");
  CHECK_THROWS_WITH_AS(pace.report(), doctest::Contains("no less than low"), InputError);
  pace.figure(R"("rows": "rollouts", "service": "web", "until": "healthy", "measured": "9 s")");
  CHECK_THROWS_WITH_AS(pace.report(), doctest::Contains("within"), InputError);
}

}  // namespace
}  // namespace berth::test
