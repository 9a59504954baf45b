// What a scenario says of clients that try again, and of how requests are balanced.
#include <doctest/doctest.h>

#include "tests/scenario/scene.hpp"

namespace {

constexpr const char* kRetries = "/services/web/demand/retries";
constexpr std::int64_t kMs = 1'000'000;

berth::RetrySpec retries_of(const char* json) {
  const auto run = scene::run_of(scene::loaded({{kRetries, json}}), "ecs-ec2");
  return scene::workload(run, "web")->demand->retries;
}

TEST_CASE("retries are after every failure and back off as Envoy does, unless the scenario says otherwise") {
  const berth::RetrySpec spec = retries_of(R"({"max": 3})");
  CHECK(spec.max == 3);
  for (const auto why : {berth::Failure::timed_out, berth::Failure::refused, berth::Failure::dropped})
    CHECK(spec.covers(why));
  CHECK(spec.initial == 25 * kMs);
  CHECK(spec.longest == 250 * kMs);
  CHECK(spec.factor == 2);
  CHECK(spec.jitter == berth::Jitter::full);
  CHECK(spec.deadline == 0);
  CHECK_FALSE(spec.has_budget);
  CHECK_FALSE(retries_of(R"({"max": 0})").any());
}

TEST_CASE("all that a scenario says of retries is taken over") {
  const berth::RetrySpec spec = retries_of(R"({"max": 2, "on": ["refused"], "deadline": "5 s",
    "back_off": {"initial": "1 s", "factor": 1.5, "max": "20 s", "jitter": "equal"},
    "budget": {"share": "20 %", "per_second": 3, "window": "30 s"}})");
  CHECK(spec.max == 2);
  CHECK(spec.covers(berth::Failure::refused));
  CHECK_FALSE(spec.covers(berth::Failure::timed_out));
  CHECK(spec.deadline == 5'000 * kMs);
  CHECK(spec.initial == 1'000 * kMs);
  CHECK(spec.factor == 1.5);
  CHECK(spec.longest == 20'000 * kMs);
  CHECK(spec.jitter == berth::Jitter::equal);
  CHECK(spec.has_budget);
  CHECK(spec.budget_ppm == 200'000);
  CHECK(spec.budget_per_second == 3);
  CHECK(spec.budget_window == 30'000 * kMs);
  CHECK(retries_of(R"({"max": 2, "budget": {"share": "10 %"}})").budget_window == 10'000 * kMs);
}

TEST_CASE("retries that cannot be are refused") {
  struct Case {
    const char *json, *place, *expected;
  };
  const Case cases[] = {
      {"3", "", "an object"},
      {"{}", "", "max"},
      {R"({"max": 101})", "/max", "at most 100"},
      {R"({"max": 3, "on": ["late"]})", "/on/0", "timed_out"},
      {R"({"max": 3, "deadline": "0 s"})", "/deadline", "more than zero"},
      {R"({"max": 3, "deadline": "366 d"})", "/deadline", "at most 365 d"},
      {R"({"max": 3, "back_off": {"factor": 0.5}})", "/back_off/factor", "from 1 on"},
      {R"({"max": 3, "back_off": {"max": "365000 d"}})", "/back_off/max", "at most 365 d"},
      {R"({"max": 3, "back_off": {"jitter": "some"}})", "/back_off/jitter", "full"},
      {R"({"max": 3, "budget": {}})", "/budget", "share"},
      {R"({"max": 3, "budget": {"share": "1001 %"}})", "/budget/share", "at most 1000 %"},
      {R"({"max": 3, "budget": {"share": "20 %", "per_second": 1000001}})", "/budget/per_second", "at most 1000000"},
      {R"({"max": 3, "budget": {"share": "20 %", "window": "61 s"}})", "/budget/window", "1 s to 60 s"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    const auto error = scene::error_of([&] { retries_of(c.json); });
    CHECK_MESSAGE(error.place == std::string(kRetries) + c.place, error.place);
    CHECK_MESSAGE(scene::has(error.expected, c.expected), error.expected);
  }
}

TEST_CASE("requests are balanced round robin, or as the scenario says, and slow start goes with round robin alone") {
  const auto balancing = [](const scene::Changes& changes) {
    return scene::workload(scene::run_of(scene::loaded(changes), "ecs-ec2"), "web")->demand->balancing;
  };
  const char* key = "/services/web/demand/balancing";
  CHECK(balancing({}) == berth::Balancing::round_robin);
  CHECK(balancing({{key, "\"least_outstanding\""}}) == berth::Balancing::least_outstanding);
  CHECK(balancing({{key, "\"random\""}}) == berth::Balancing::random);
  const char* slow = "/services/web/health";
  CHECK(balancing({{slow, R"({"slow_start": "30 s"})"}}) == berth::Balancing::round_robin);
  for (const char* other : {"\"random\"", "\"least_outstanding\""})
    CHECK(scene::has(scene::error_of([&] {
                       balancing({{slow, R"({"slow_start": "30 s"})"}, {key, other}});
                     }).expected,
                     "round robin"));
}

}  // namespace
