// What calls, logs and load balancers carry, and what the way of it costs.
#include <doctest/doctest.h>

#include "sim/observe/capacity_units.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

constexpr std::int64_t kRequests = 6'000;

Traces steady_load() {
  LoadSeries series;
  series.interval = 60s;
  series.means = Meaning::count;
  series.values.assign(60, 100);
  return {{"load", std::make_shared<const LoadSeries>(series)}};
}

DemandSpec demand_of(const std::string& trace, Bytes request, Bytes response) {
  DemandSpec demand;
  demand.trace = trace;
  demand.service_time.parameters = {10ms};
  demand.request_bytes = request;
  demand.response_bytes = response;
  return demand;
}

/// web is asked 6,000 times in an hour; nothing carries anything yet.
RunSpec asked_run(NatMode nat = NatMode::per_zone, std::vector<std::string> endpoints = {"s3"}) {
  RunSpec spec = small_run();
  spec.network.zones = {"a", "b"};
  spec.network.nat = nat;
  spec.network.endpoints = std::move(endpoints);
  spec.workloads = {service("web", cpu_units(512), 1 * kGiB, "fargate")};
  spec.workloads[0].demand = demand_of("load", Bytes{0}, Bytes{0});
  return spec;
}

CallSpec call_to(const std::string& callee, Bytes request, Bytes response) {
  CallSpec call;
  call.to = callee;
  call.request_bytes = request;
  call.response_bytes = response;
  return call;
}

/// web calls catalog once for each of its requests.
RunSpec calling_run() {
  RunSpec spec = asked_run();
  spec.workloads.push_back(service("catalog", cpu_units(512), 1 * kGiB, "fargate"));
  spec.workloads[1].demand = demand_of("", 1 * kKiB, 9 * kKiB);
  spec.workloads[0].calls = {call_to("catalog", 1 * kKiB, 9 * kKiB)};
  return spec;
}

/// web calls a database once for each of its requests: 1 KiB there, 9 KiB back.
RunSpec asking_run(ExternalVia via, NatMode nat = NatMode::per_zone) {
  RunSpec spec = asked_run(nat);
  ExternalSpec database;
  database.name = "database";
  database.service_time.parameters = {5ms};
  database.via = via;
  spec.externals = {database};
  spec.workloads[0].calls = {call_to("database", 1 * kKiB, 9 * kKiB)};
  return spec;
}

class ServedScene {
 public:
  /// Replicas by service and zone.
  ServedScene(const RunSpec& spec, const std::vector<std::pair<const char*, std::uint8_t>>& replicas)
      : scene_(spec, steady_load()) {
    World& world = scene_.world;
    for (const auto& [name, zone] : replicas) {
      const ReplicaId replica = scene_.create(name);
      world.place(replica, world.create_fargate_node(PoolId{1}, replica, ZoneId{zone}));
      scene_.to_healthy(replica);
      world.serve(world.register_target(replica));
    }
    scene_.end(1h + 10s);
    scene_.lanes.check_everything();
  }
  Rows rows(const std::string& file) const { return scene_.rows(file); }
  /// By sku, of one resource.
  std::map<std::string, std::int64_t> used_by(const std::string& resource) const {
    std::map<std::string, std::int64_t> used;
    for (const auto& row : rows("usage").rows)
      if (row.at("resource") == resource) used[row.at("sku")] += std::stoll(row.at("quantity"));
    return used;
  }
  std::int64_t carried(const std::string& to, const std::string& route, const std::string& column) const {
    std::int64_t sum = 0;
    for (const auto& row : rows("bytes").rows)
      if (row.at("to") == to && row.at("route") == route) sum += std::stoll(row.at(column));
    return sum;
  }

 private:
  Scene scene_;
};

using Used = std::map<std::string, std::int64_t>;
constexpr std::int64_t kKib = 1024;

}  // namespace

TEST_CASE("answered requests write logs, which CloudWatch ingests and the way out takes its price for") {
  struct Case {
    const char* what;
    NatMode nat;
    std::vector<std::string> endpoints;
    bool open;
    std::uint8_t zone;
    Used used;
  };
  const std::int64_t bytes = kRequests * 2 * kKib;
  const Case cases[] = {
      {"a gateway in its zone", NatMode::per_zone, {"s3"}, false, 1, {{"logs:ingest:gb", bytes}, {"nat:gb", bytes}}},
      {"the only gateway, in another zone",
       NatMode::single,
       {"s3"},
       false,
       1,
       {{"logs:ingest:gb", bytes}, {"nat:gb", bytes}, {"transfer:cross_az:gb", 2 * bytes}}},
      {"the only gateway, in its zone",
       NatMode::single,
       {"s3"},
       false,
       0,
       {{"logs:ingest:gb", bytes}, {"nat:gb", bytes}}},
      {"an endpoint", NatMode::per_zone, {"s3", "logs"}, false, 1, {{"logs:ingest:gb", bytes}, {"endpoint:gb", bytes}}},
      {"a public subnet", NatMode::none, {}, true, 1, {{"logs:ingest:gb", bytes}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    RunSpec spec = asked_run(c.nat, c.endpoints);
    spec.network.public_subnets = c.open;
    spec.workloads[0].demand->log_bytes = 2 * kKiB;
    const ServedScene scene(spec, {{"web", c.zone}});
    CHECK(scene.used_by("main/logs/web") == c.used);
    CHECK(scene.rows("cost").where("item", "logs:ingest:gb").at("service") == "web");
  }
}

TEST_CASE("10 GB of logs cost 5.00 USD in us-east-1, and requests that nobody answers write none") {
  RunSpec spec = asked_run();
  spec.workloads[0].demand->log_bytes = Bytes{10 * kGiB.count() / kRequests + 1};
  const ServedScene scene(spec, {{"web", 0}});
  CHECK(cents(usd(scene.rows("cost").where("item", "logs:ingest:gb").at("usd"))) == "5.00");
  const ServedScene refused(spec, {});
  CHECK(refused.used_by("main/logs/web").empty());
}

TEST_CASE("a call is free in its zone and billed at both ends in another") {
  const ServedScene same(calling_run(), {{"web", 0}, {"catalog", 0}});
  CHECK(same.used_by("main/calls/web").empty());
  CHECK(same.carried("catalog", "same_zone", "bytes_out") == kRequests * kKib);
  const ServedScene other(calling_run(), {{"web", 0}, {"catalog", 1}});
  CHECK(other.used_by("main/calls/web") == Used{{"transfer:cross_az:gb", 2 * kRequests * 10 * kKib}});
  CHECK(other.carried("catalog", "other_zone", "bytes_back") == kRequests * 9 * kKib);
  const ServedScene both(calling_run(), {{"web", 0}, {"catalog", 0}, {"catalog", 1}});  // in turn
  CHECK(both.used_by("main/calls/web") == Used{{"transfer:cross_az:gb", kRequests * 10 * kKib}});
  CHECK(both.carried("catalog", "same_zone", "sent") == kRequests / 2);
  CHECK(both.rows("cost").where("item", "transfer:cross_az:gb").at("service") == "web");
}

TEST_CASE("pods that prefer the caller's zone keep calls there, and so the bill down") {
  RunSpec spec = calling_run();
  spec.workloads[1].eks.own_zone_first = true;
  const ServedScene near(spec, {{"web", 0}, {"catalog", 0}, {"catalog", 1}});
  CHECK(near.used_by("main/calls/web").empty());
  const ServedScene far(spec, {{"web", 0}, {"catalog", 1}});
  CHECK(far.used_by("main/calls/web") == Used{{"transfer:cross_az:gb", 2 * kRequests * 10 * kKib}});
}

TEST_CASE("a call carries bytes of its own where it says so, in requests.csv too") {
  RunSpec spec = calling_run();
  spec.workloads[0].calls[0].request_bytes = 3 * kKiB;
  const ServedScene scene(spec, {{"web", 0}, {"catalog", 1}});
  CHECK(scene.used_by("main/calls/web") == Used{{"transfer:cross_az:gb", 2 * kRequests * 12 * kKib}});
  std::int64_t in = 0, out = 0;
  for (const auto& row : scene.rows("requests").rows) {
    if (row.at("service") != "catalog") continue;
    in += std::stoll(row.at("bytes_in"));
    out += std::stoll(row.at("bytes_out"));
  }
  CHECK(in == kRequests * 3 * kKib);
  CHECK(out == kRequests * 9 * kKib);
}

TEST_CASE("the way to an external decides what a call to it costs") {
  const std::int64_t there = kRequests * kKib, all = kRequests * 10 * kKib;
  const auto used = [](const RunSpec& spec, std::uint8_t zone = 1) {
    return ServedScene(spec, {{"web", zone}}).used_by("external database");
  };
  CHECK(used(asking_run(ExternalVia::nat)) == Used{{"nat:gb", all}, {"egress:gb", there}});
  CHECK(used(asking_run(ExternalVia::nat, NatMode::single)) ==
        Used{{"nat:gb", all}, {"egress:gb", there}, {"transfer:cross_az:gb", 2 * all}});
  CHECK(used(asking_run(ExternalVia::nat, NatMode::single), 0) == Used{{"nat:gb", all}, {"egress:gb", there}});
  CHECK(used(asking_run(ExternalVia::endpoint)) == Used{{"endpoint:gb", all}});
  CHECK(used(asking_run(ExternalVia::internet)) == Used{{"egress:gb", there}});
  RunSpec inside = asking_run(ExternalVia::network);
  CHECK(used(inside).empty());  // nobody knows where it stands
  inside.externals[0].zone = "b";
  CHECK(used(inside).empty());
  inside.externals[0].zone = "a";
  CHECK(used(inside) == Used{{"transfer:cross_az:gb", 2 * all}});
}

TEST_CASE("calls that fail carry what was sent and nothing back") {
  RunSpec spec = asking_run(ExternalVia::nat);
  spec.externals[0].error_rate = 1;
  const ServedScene scene(spec, {{"web", 0}});
  CHECK(scene.used_by("external database") == Used{{"nat:gb", kRequests * kKib}, {"egress:gb", kRequests * kKib}});
}

TEST_CASE("a call goes through its callee's load balancer, or past it") {
  RunSpec spec = calling_run();
  spec.load_balancers = {{"inside", LoadBalancerKind::alb, true}};
  spec.workloads[1].load_balancer = "inside";
  const auto zones = {std::pair{"web", std::uint8_t{0}}, std::pair{"catalog", std::uint8_t{1}}};
  const ServedScene through(spec, zones);
  CHECK(through.used_by("main/calls/web").empty());  // by an ALB it changes zones for nothing
  CHECK(through.carried("catalog", "load_balancer", "sent") == kRequests);
  CHECK(through.used_by("load balancer inside")["alb:lcu"] == kRequests * 10 * 1'000'000 / (1024 * 1024) + 1);
  spec.workloads[0].calls[0].direct = true;
  const ServedScene past(spec, zones);
  CHECK(past.used_by("main/calls/web") == Used{{"transfer:cross_az:gb", 2 * kRequests * 10 * kKib}});
  CHECK(past.used_by("load balancer inside").count("alb:lcu") == 0);
}

TEST_CASE("a call past a load balancer that finds no target is not the load balancer's, and costs nothing") {
  RunSpec spec = calling_run();
  spec.load_balancers = {{"inside", LoadBalancerKind::alb, true}};
  spec.workloads[1].load_balancer = "inside";
  spec.workloads[0].calls[0].direct = true;
  const ServedScene past(spec, {{"web", 0}});
  CHECK(past.carried("catalog", "same_zone", "sent") == kRequests);
  CHECK(past.carried("catalog", "same_zone", "answered") == 0);
  CHECK(past.used_by("load balancer inside").count("alb:lcu") == 0);
  CHECK(past.used_by("main/calls/web").empty());
}

TEST_CASE("an NLB is billed on the way from callers in other zones, and on to targets in other zones") {
  RunSpec spec = calling_run();
  spec.load_balancers = {{"inside", LoadBalancerKind::nlb, true}};
  spec.workloads[1].load_balancer = "inside";
  const auto zones = {std::pair{"web", std::uint8_t{0}}, std::pair{"catalog", std::uint8_t{1}}};
  const std::int64_t bytes = kRequests * 10 * kKib;
  // Both its addresses get half: one half comes to the target's zone, the other goes there.
  const ServedScene across(spec, zones);
  CHECK(across.used_by("main/calls/web") == Used{{"transfer:cross_az:gb", bytes}});
  CHECK(across.used_by("main/targets/catalog") == Used{{"transfer:cross_az:gb", bytes}});
  spec.load_balancers[0].own_zone_first = true;
  const ServedScene near(spec, zones);
  CHECK(near.used_by("main/calls/web").empty());
  CHECK(near.used_by("main/targets/catalog") == Used{{"transfer:cross_az:gb", bytes}});
  spec.load_balancers[0].cross_zone = false;  // only the address with a target is left
  const ServedScene apart(spec, zones);
  CHECK(apart.used_by("main/calls/web") == Used{{"transfer:cross_az:gb", 2 * bytes}});
  CHECK(apart.used_by("main/targets/catalog").empty());
}

TEST_CASE("clients of an NLB pay for targets in other zones, those of an ALB do not") {
  RunSpec spec = asked_run();
  spec.workloads[0].demand = demand_of("load", 1 * kKiB, 9 * kKiB);
  spec.workloads[0].load_balancer = "public";
  spec.load_balancers = {{"public", LoadBalancerKind::nlb}};
  const std::int64_t bytes = kRequests * 10 * kKib;
  CHECK(ServedScene(spec, {{"web", 0}}).used_by("main/targets/web") == Used{{"transfer:cross_az:gb", bytes}});
  CHECK(ServedScene(spec, {{"web", 0}, {"web", 1}}).used_by("main/targets/web") ==
        Used{{"transfer:cross_az:gb", bytes}});
  spec.load_balancers[0].zones = {"a"};
  CHECK(ServedScene(spec, {{"web", 0}}).used_by("main/targets/web").empty());
  spec.load_balancers = {{"public", LoadBalancerKind::alb}};
  CHECK(ServedScene(spec, {{"web", 0}}).used_by("main/targets/web").empty());
}

TEST_CASE("the largest dimension makes the capacity units of an hour") {
  struct Case {
    const char* what;
    LoadBalancerKind kind;
    ConnectionSpec connections;
    std::int64_t bytes;
    std::int64_t micro;
  };
  constexpr std::int64_t kHourly = 3'600'000;  // requests: 1,000 a second
  const auto made = [](std::int64_t requests, Duration life, std::int64_t rules, bool tls) {
    return ConnectionSpec{requests, life, rules, tls};
  };
  const Case cases[] = {
      {"ALB, new connections: 1,000 ÷ 25", LoadBalancerKind::alb, made(1, 1s, 10, false), 0, 40'000'000},
      {"ALB, 10 new ones a second, each open for 10 min: 6,000 ÷ 3,000", LoadBalancerKind::alb,
       made(100, 10min, 0, false), 0, 2'000'000},
      {"ALB, 90 of 100 rules: 90,000 ÷ 1,000", LoadBalancerKind::alb, made(100, 1s, 100, false), 0, 90'000'000},
      {"ALB, 3 GB", LoadBalancerKind::alb, made(100, 1s, 0, false), 3 * kGiB.count(), 3'000'000},
      {"NLB, new connections: 1,000 ÷ 800", LoadBalancerKind::nlb, made(1, 1s, 0, false), 0, 1'250'000},
      {"NLB, open ones: 1,000 × 300 ÷ 100,000", LoadBalancerKind::nlb, made(1, 5min, 0, false), 0, 3'000'000},
      {"NLB with TLS, new connections: 1,000 ÷ 50", LoadBalancerKind::nlb, made(1, 1s, 0, true), 0, 20'000'000},
      {"NLB with TLS, open ones: 1,000 × 300 ÷ 3,000", LoadBalancerKind::nlb, made(1, 5min, 0, true), 0, 100'000'000},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    LoadBalancerSpec balancer;
    balancer.kind = c.kind;
    balancer.connections = c.connections;
    CHECK(micro_capacity_units(balancer, {kHourly, c.bytes}, catalog_of()) == c.micro);
  }
}

}  // namespace berth::observe_test
