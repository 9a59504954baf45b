// Start order, ends and checks of containers: what is refused, what is built, and the nearest form on the other side.
#include <doctest/doctest.h>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

/// A container beside `app`, with further keys.
std::string with(const std::string& more) {
  return R"({"image": "web", "cpu": "0.1 vCPU", "memory": "128 MiB")" + (more.empty() ? "" : ", " + more) + "}";
}

struct Refused {
  const char* what;
  const char* db;   ///< further keys of the container db
  const char* app;  ///< of app
  const char* place;
  const char* says;
};

const std::string kContainers = "/services/web/containers";

const Refused kRefused[] = {
    {"a circle", R"("depends_on": {"app": "START"})", R"("depends_on": {"db": "START"})", "/db/depends_on/app",
     "app -> db -> app"},
    {"oneself", "", R"("depends_on": {"app": "START"})", "/app/depends_on/app", "app -> app"},
    {"a circle through an init container", R"("init": true, "depends_on": {"app": "START"})", "", "/db/depends_on/app",
     "app -> db -> app"},
    {"a name that is not there", "", R"("depends_on": {"bd": "START"})", "/app/depends_on/bd", "write \"db\""},
    {"a word that is not there", "", R"("depends_on": {"db": "start"})", "/app/depends_on/db", "\"START\""},
    {"HEALTHY without a check", "", R"("depends_on": {"db": "HEALTHY"})", "/app/depends_on/db", "health_check"},
    {"COMPLETE of an essential one", R"("exits": {"after": "1 s"})", R"("depends_on": {"db": "COMPLETE"})",
     "/app/depends_on/db", "\"essential\": false"},
    {"SUCCESS of one that runs on", R"("essential": false)", R"("depends_on": {"db": "SUCCESS"})", "/app/depends_on/db",
     "exits"},
    {"SUCCESS of an init container that never ends", R"("init": true, "start": "never")",
     R"("depends_on": {"db": "SUCCESS"})", "/app/depends_on/db", "exits"},
    {"SUCCESS of a sidecar", R"("init": true, "restart": "always")", R"("depends_on": {"db": "SUCCESS"})",
     "/app/depends_on/db", "runs on"},
    {"a restart policy of a main container", R"("restart": "always")", "", "/db/restart", "\"init\": true"},
    {"an exit code out of range", R"("exits": {"after": "1 s", "code": 256})", "", "/db/exits/code", "256"},
    {"a start that is no time", R"("start": "nevr")", "", "/db/start", "duration"},
    {"a start time-out of zero", R"("start_timeout": "0 s")", "", "/db/start_timeout", "more than zero"},
    {"a check without retries", R"("health_check": {"retries": 0})", "", "/db/health_check/retries", "from 1"},
};

const Refused kOutOfRange[] = {
    {"checks too often", R"("health_check": {"interval": "4 s"})", "", "/db/health_check/interval", "5 s"},
    {"checks too seldom", R"("health_check": {"interval": "301 s"})", "", "/db/health_check/interval", "5 min"},
    {"too many retries", R"("health_check": {"retries": 11})", "", "/db/health_check/retries", "from 1 to 10"},
    {"a start period too long", R"("health_check": {"start_period": "301 s"})", "", "/db/health_check/start_period",
     "5 min"},
};

scene::Changes web_of(const std::string& db, const std::string& app) {
  return {{kContainers, "{\"app\": " + with(app) + ", \"db\": " + with(db) + "}"}};
}

TEST_CASE("a container's health check stays within what ECS takes, its bounds included") {
  for (const Refused& refused : kOutOfRange) {
    CAPTURE(refused.what);
    const auto error =
        scene::error_of([&] { scene::run_of(scene::loaded(web_of(refused.db, refused.app)), "ecs-ec2"); });
    CHECK(error.place == kContainers + refused.place);
    const std::string all = error.expected + " | " + error.found + " | " + error.cure;
    CHECK_MESSAGE(scene::has(all, refused.says), all);
  }
  for (const char* at_the_bound : {R"({"interval": "5 s", "retries": 1, "start_period": "0 s"})",
                                   R"({"interval": "300 s", "retries": 10, "start_period": "300 s"})"})
    scene::run_of(scene::loaded(web_of(std::string("\"health_check\": ") + at_the_bound, "")), "ecs-ec2");
}

TEST_CASE("a target group's checks stay within what its load balancer takes, its bounds included") {
  struct Health {
    const char *json, *key, *says;
  };
  for (const Health& h :
       {Health{R"({"interval": "4 s"})", "interval", "5 s"}, Health{R"({"interval": "301 s"})", "interval", "5 min"},
        Health{R"({"healthy_threshold": 1})", "healthy_threshold", "from 2 to 10"},
        Health{R"({"unhealthy_threshold": 11})", "unhealthy_threshold", "from 2 to 10"}})
    for (const char* kind : {"alb", "nlb"}) {
      CAPTURE(h.json);
      const auto error = scene::error_of([&] {
        scene::run_of(scene::loaded({{"/load_balancers/public/kind", std::string("\"") + kind + "\""},
                                     {"/services/web/health", h.json}}),
                      "ecs-ec2");
      });
      CHECK(error.place == std::string("/services/web/health/") + h.key);
      CHECK(scene::has(error.expected, h.says));
    }
  for (const char* at_the_bound : {R"({"interval": "5 s", "healthy_threshold": 2, "unhealthy_threshold": 2})",
                                   R"({"interval": "300 s", "healthy_threshold": 10, "unhealthy_threshold": 10})"})
    scene::run_of(scene::loaded({{"/services/web/health", at_the_bound}}), "eks-ec2");
}

TEST_CASE("who waits for what can never come is refused, at the very entry") {
  for (const Refused& refused : kRefused) {
    CAPTURE(refused.what);
    const auto error = scene::error_of([&] { scene::loaded(web_of(refused.db, refused.app)); });
    CHECK(error.place == kContainers + refused.place);
    const std::string all = error.expected + " | " + error.found + " | " + error.cure;
    CHECK_MESSAGE(scene::has(all, refused.says), all);
  }
}

TEST_CASE("daemons and jobs are refused for the same") {
  for (const std::string containers : {"/daemons/logs/containers", "/jobs/report/containers"}) {
    const auto error = scene::error_of([&] {
      scene::loaded({{containers, "{\"a\": " + with(R"("depends_on": {"b": "START"})") +
                                      ", \"b\": " + with(R"("depends_on": {"a": "START"})") + "}"}});
    });
    CHECK(error.place == containers + "/b/depends_on/a");
    CHECK(scene::has(error.found, "a -> b -> a"));
  }
}

TEST_CASE("probes belong to containers that run on, and startup and liveness pass at once") {
  const auto place_of = [](const std::string& probes, const std::string& db) {
    auto changes = web_of(db, "");
    changes.push_back({"/services/web/eks", "{\"probes\": " + probes + "}"});
    return scene::error_of([&] { scene::loaded(changes); }).place;
  };
  CHECK(place_of(R"({"ap": {"readiness": {}}})", "") == "/services/web/eks/probes/ap");
  CHECK(place_of(R"({"db": {"readiness": {}}})", R"("init": true)") == "/services/web/eks/probes/db");
  CHECK(place_of(R"({"db": {"startup": {"success_threshold": 2}}})", "") ==
        "/services/web/eks/probes/db/startup/success_threshold");
  CHECK(place_of(R"({"db": {"liveness": {"period": "0 s"}}})", "") == "/services/web/eks/probes/db/liveness/period");
  CHECK(place_of(R"({"db": {"readyness": {}}})", "") == "/services/web/eks/probes/db/readyness");
}

TEST_CASE("a deployment keeps the start order") {
  auto changes = web_of("", "");
  changes.push_back({"/services/web/deployments",
                     R"([{"at": "1 min", "change": {"containers": {"app": {"depends_on": {"db": "START"}}}}}])"});
  CHECK(scene::error_of([&] { scene::loaded(changes); }).place ==
        "/services/web/deployments/0/change/containers/app/depends_on");
}

const berth::ContainerSpec& container(const berth::RunSpec& run, const std::string& name) {
  for (const berth::WorkloadSpec& w : run.workloads)
    for (const berth::ContainerSpec& c : w.containers)
      if (w.name == "web" && c.name == name) return c;
  FAIL("no container " << name);
  return run.workloads[0].containers[0];
}

bool assumed(const berth::RunSpec& run, const std::string& text) {
  for (const berth::Assumption& a : run.assumptions)
    if (scene::has(a.assumed, text)) return true;
  return false;
}

const char* const kDb = R"("start": "2 s", "health_check": {"interval": "5 s"}, "start_timeout": "1 min")";
const char* const kMigrate = R"("essential": false, "exits": {"after": "9 s"}, "depends_on": {"db": "HEALTHY"})";

scene::Changes three_in_order() {
  return {{kContainers, "{\"app\": " + with(R"("depends_on": {"migrate": "SUCCESS"})") +
                            ", \"migrate\": " + with(kMigrate) + ", \"db\": " + with(kDb) + "}"}};
}

TEST_CASE("a task keeps dependsOn as it is written, with the defaults of the model for its checks") {
  const berth::RunSpec run = scene::run_of(scene::loaded(three_in_order()), "ecs-ec2");
  const berth::ContainerSpec& migrate = container(run, "migrate");
  REQUIRE(migrate.depends_on.size() == 1);
  CHECK(migrate.depends_on[0].on == "db");
  CHECK(migrate.depends_on[0].condition == berth::Condition::healthy);
  CHECK(migrate.exits->after == std::chrono::seconds{9});
  CHECK(migrate.exits->code == 0);
  const berth::ContainerSpec& db = container(run, "db");
  CHECK(db.health_check->interval == std::chrono::seconds{5});
  CHECK(db.health_check->retries == 3);
  CHECK(db.start_timeout == std::chrono::minutes{1});
  CHECK_FALSE(container(run, "app").init);
}

TEST_CASE("a pod takes who is waited for until its end for an init container, and who those wait for for a sidecar") {
  const berth::RunSpec run = scene::run_of(scene::loaded(three_in_order()), "eks-ec2");
  const berth::WorkloadSpec* web = nullptr;
  for (const berth::WorkloadSpec& w : run.workloads)
    if (w.name == "web") web = &w;
  REQUIRE(web != nullptr);
  std::vector<std::string> order;
  for (const berth::ContainerSpec& c : web->containers) order.push_back(c.name);
  CHECK(order == std::vector<std::string>{"db", "migrate", "app"});
  CHECK((web->containers[0].init && web->containers[0].restart_always));
  CHECK(web->containers[0].probes->startup->period == std::chrono::seconds{5});
  CHECK(berth::runs_to_its_end(web->containers[1]));
  CHECK_FALSE(web->containers[2].init);
  CHECK(web->containers[2].depends_on.empty());
  CHECK(assumed(run, "init containers: migrate; sidecars: db"));
}

TEST_CASE("START between main containers is ignored on EKS, and said") {
  const auto changes = web_of("", R"("depends_on": {"db": "START"})");
  CHECK(assumed(scene::run_of(scene::loaded(changes), "eks-ec2"), "are ignored, they start in order"));
  CHECK_FALSE(assumed(scene::run_of(scene::loaded(changes), "ecs-ec2"), "ignored"));
}

TEST_CASE("without eks.probes a readiness probe is assumed and said, with an empty one there is none") {
  const berth::RunSpec usual = scene::run_of(scene::loaded(), "eks-ec2");
  CHECK_FALSE(container(usual, "app").probes.has_value());
  CHECK(assumed(usual, "readiness probe every 10 s"));
  const berth::RunSpec none = scene::run_of(scene::loaded({{"/services/web/eks", R"({"probes": {}})"}}), "eks-ec2");
  REQUIRE(container(none, "app").probes.has_value());
  CHECK_FALSE(container(none, "app").probes->readiness.has_value());
  CHECK_FALSE(assumed(none, "readiness probe every 10 s"));
  const berth::RunSpec some = scene::run_of(
      scene::loaded({{"/services/web/eks", R"({"probes": {"app": {"liveness": {"period": "7 s"}}}})"}}), "eks-ec2");
  CHECK(container(some, "app").probes->liveness->period == std::chrono::seconds{7});
  CHECK(container(some, "app").probes->liveness->failure_threshold == 3);
}

TEST_CASE("an application that starts too slowly for its checks is warned of before the run") {
  const auto warned = [](const scene::Changes& changes, const std::string& architecture, const std::string& text) {
    const auto scenario = scene::loaded(changes);
    const berth::Catalog catalog = scene::catalog_of(scenario);
    for (const auto& f : berth::feasibility(scenario, berth::build_run(scenario, architecture, catalog), catalog))
      if (f.verdict == berth::Verdict::warning && scene::has(f.why, text)) return true;
    return false;
  };
  const std::string start = kContainers + "/app/start";
  CHECK(warned({{start, "\"2 min\""}}, "ecs-ec2", "load balancer"));
  CHECK_FALSE(warned({{start, "\"2 min\""}, {"/services/web/health", R"({"grace": "3 min"})"}}, "ecs-ec2", "balancer"));
  CHECK_FALSE(warned({{start, "\"2 min\""}}, "eks-ec2", "can serve"));
  const scene::Changes alive = {{start, "\"2 min\""},
                                {"/services/web/eks", R"({"probes": {"app": {"liveness": {}}}})"}};
  CHECK(warned(alive, "eks-ec2", "liveness"));
  const scene::Changes checked = {{start, "\"2 min\""}, {kContainers + "/app/health_check", "{}"}};
  CHECK(warned(checked, "ecs-ec2", "3 times in a row"));
}

TEST_CASE("only an Application Load Balancer starts a target slowly, by round robin, within its bounds") {
  const std::string slow = "/services/web/health/slow_start";
  const auto run = [&](const std::string& length, const scene::Changes& more) {
    scene::Changes changes = {{"/services/web/health", "{\"slow_start\": \"" + length + "\"}"}};
    changes.insert(changes.end(), more.begin(), more.end());
    return scene::run_of(scene::loaded(changes), "ecs-ec2");
  };
  const auto refused = [&](const std::string& length, const scene::Changes& more) {
    return scene::error_of([&] { run(length, more); }).place;
  };
  CHECK(run("60 s", {}).workloads[0].health.slow_start == std::chrono::minutes{1});
  CHECK(run("0 s", {{"/load_balancers/public/kind", "\"nlb\""}}).workloads[0].health.slow_start == berth::Duration{0});
  CHECK(refused("29 s", {}) == slow);
  CHECK(refused("901 s", {}) == slow);
  CHECK(refused("60 s", {{"/load_balancers/public/kind", "\"nlb\""}}) == slow);
  CHECK(refused("60 s", {{"/services/web/demand/balancing", "\"least_outstanding\""}}) == slow);
}

}  // namespace
