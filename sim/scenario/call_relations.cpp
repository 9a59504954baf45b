#include "sim/scenario/call_relations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/demand/call_graph.hpp"
#include "sim/scenario/cores_demand.hpp"
#include "sim/world/call_specs.hpp"

namespace berth {
namespace {

constexpr double kMostCallsOfARequest = 10'000;        // at the same time, were all of them made at once
constexpr double kMostAttemptsOfARequest = 1'000'000;  // were all of them to fail
constexpr std::int64_t kMostCopies = 1'000;
constexpr std::size_t kDeepest = 100;  // services in a row
constexpr Duration kLongestTimeout = std::chrono::days(365);

/// Services and externals that can be called or call, in order of writing.
struct Callables {
  std::vector<Field> all;
  std::size_t services = 0;

  explicit Callables(const Field& scenario) {
    for (const char* group : {"services", "externals"}) {
      if (const auto there = scenario.find(group))
        for (const Field& member : there->members()) all.push_back(member);
      if (services == 0) services = all.size();
    }
    if (!scenario.has("services")) services = 0;
  }
  std::optional<std::size_t> find(const std::string& name) const {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].key() == name) return i;
    return std::nullopt;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Field& f : all) names.push_back(f.key());
    return names;
  }
};

std::vector<Field> calls_of(const Field& callable) {
  const auto calls = callable.find("calls");
  return calls ? calls->items() : std::vector<Field>{};
}

bool is(const Field& call, const char* key) { return call.has(key) && call.at(key).truth(); }

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::size_t callee_of(const Callables& callables, const Field& call) {
  const Field to = call.at("to");
  const std::optional<std::size_t> callee = callables.find(to.text());
  if (!callee) {
    const std::string near = nearest(to.text(), callables.names());
    to.fail("a service or an external: " + joined(callables.names(), ", "), to.shown(),
            near.empty() ? "write one of them" : "write \"" + near + "\"");
  }
  if (*callee < callables.services && !is_asked_by_requests(callables.all[*callee]))
    to.fail("a service with a demand that says what a request takes", to.shown() + ", which has none",
            fmt::format("add /services/{}/demand with \"service_time\" and \"cpu_per_request\"", to.text()));
  return *callee;
}

void check_order(const std::vector<Field>& calls, std::size_t i) {
  const Field& call = calls[i];
  const auto after = call.find("after");
  if (is(call, "parallel")) {
    if (i == 0) call.at("parallel").fail("a call before it in the list", "the first one", "remove it");
    if (after)
      after->fail("either \"after\" or \"parallel\": that one begins with the call before it", "both",
                  "remove one of them");
  }
  if (!after) return;
  const std::vector<Field> written = after->is(Value::Kind::list) ? after->items() : std::vector<Field>{*after};
  for (const Field& name : written) {
    std::vector<std::string> earlier;
    for (std::size_t e = 0; e < i; ++e) earlier.push_back(calls[e].at("to").text());
    if (std::find(earlier.begin(), earlier.end(), name.text()) == earlier.end())
      name.fail(earlier.empty() ? "nothing: no call stands before it in the list"
                                : "whom an earlier call of the list is to: " + joined(earlier, ", "),
                name.shown(), earlier.empty() ? "remove " + after->pointer() : "write one of them");
  }
}

void check_call(const Field& call) {
  if (const auto count = call.find("count")) count->whole(1, kMostCopies);
  if (const auto probability = call.find("probability"); probability && probability->percent() > 100)
    probability->fail("at most 100 %", probability->shown(), "write \"count\" for several calls at once");
  if (const auto retries = call.find("retries")) most_retries(*retries);
  if (const auto timeout = call.find("timeout"); timeout && timeout->duration() > kLongestTimeout)
    timeout->fail("at most 365 d", timeout->shown(), "write \"0 s\" for never");
  if (!is(call, "async")) return;
  for (const char* key : {"timeout", "retries", "optional"})
    if (const auto there = call.find(key); there && (std::string(key) != "optional" || there->truth()))
      there->fail("no such key of an asynchronous call: nobody waits for its answer", there->shown(),
                  "remove " + there->pointer());
}

void check_calls_of(const Field& service) {
  const std::vector<Field> calls = calls_of(service);
  if (calls.size() > kMostCalls)
    calls[kMostCalls].fail(fmt::format("at most {} calls of a service", kMostCalls), fmt::format("{}", calls.size()),
                           "write \"count\" for equal ones");
  for (std::size_t i = 0; i < calls.size(); ++i) {
    check_call(calls[i]);
    check_order(calls, i);
  }
  if (!calls.empty() && !is_asked_by_requests(service))
    service.at("calls").fail("a demand of requests, each of which makes these calls", "none",
                             "add " + service.pointer() + "/demand");
}

/// Where it was written that the circle closes.
void refuse_circle(const Callables& callables, const std::vector<std::size_t>& circle) {
  if (circle.empty()) return;
  std::vector<std::string> way;
  for (const std::size_t i : circle) way.push_back(callables.all[i].key());
  for (const Field& call : calls_of(callables.all[circle[circle.size() - 2]]))
    if (call.at("to").text() == way.back())
      call.at("to").fail("calls that come to an end: a circle of them would never", joined(way, " -> "),
                         "remove one of these calls");
}

/// The most that one request can set going, callees first.
void check_size(const Callables& callables, const std::vector<std::size_t>& callers_first) {
  std::vector<double> calls(callables.all.size()), attempts(callables.all.size());
  std::vector<std::size_t> depth(callables.all.size(), 1);
  for (auto s = callers_first.rbegin(); s != callers_first.rend(); ++s)
    for (const Field& call : calls_of(callables.all[*s])) {
      const std::size_t to = *callables.find(call.at("to").text());
      const double copies = call.has("count") ? static_cast<double>(call.at("count").whole()) : 1;
      const double tries = call.has("retries") ? 1 + static_cast<double>(most_retries(call.at("retries"))) : 1;
      calls[*s] += copies * (1 + calls[to]);
      attempts[*s] += copies * tries * (1 + attempts[to]);
      depth[*s] = std::max(depth[*s], depth[to] + 1);
      if (calls[*s] > kMostCallsOfARequest)
        call.fail(
            fmt::format("at most {:.0f} calls that one request makes, its callees' included", kMostCallsOfARequest),
            fmt::format("{:.0f}", calls[*s]), "lower \"count\"");
      if (attempts[*s] > kMostAttemptsOfARequest)
        call.fail(fmt::format("at most {:.0f} attempts that one request can cause, if all calls fail",
                              kMostAttemptsOfARequest),
                  fmt::format("{:.0f}", attempts[*s]), "lower \"count\" or \"retries\"");
      if (depth[*s] > kDeepest)
        call.fail(fmt::format("at most {} services in a row", kDeepest), fmt::format("{}", depth[*s]),
                  "join some of them");
    }
}

/// A demand without requests is for services that others call.
void check_asked(const Callables& callables, const std::vector<CallEdge>& edges) {
  for (std::size_t s = 0; s < callables.services; ++s) {
    const auto demand = callables.all[s].find("demand");
    if (!demand || demand->has("requests") || demand->has("cores") || demand->has("replicas")) continue;
    const bool called = std::any_of(edges.begin(), edges.end(), [s](const CallEdge& e) { return e.callee == s; });
    if (!called)
      demand->fail("exactly one of requests, cores, replicas, because no service calls this one", "none of them",
                   "add \"requests\"");
  }
}

/// One of the network's, and only where the way to it stays inside the network.
void check_zone(const Field& scenario, const Field& zone, const std::optional<Field>& via) {
  if (via && via->text() != "network")
    zone.fail("no such key of an external that is not in the network", zone.shown(), "remove " + zone.pointer());
  std::vector<std::string> zones = {"a", "b", "c"};
  if (scenario.has("network") && scenario.at("network").has("zones")) {
    const Field written = scenario.at("network").at("zones");
    zones.clear();
    if (written.is(Value::Kind::object)) {
      for (const Field& z : written.members()) zones.push_back(z.key());
    } else {
      for (const Field& z : written.items()) zones.push_back(z.text());
    }
  }
  if (std::find(zones.begin(), zones.end(), zone.text()) == zones.end())
    zone.fail("a zone of the network: " + joined(zones, ", "), zone.shown(), "write \"" + zones.front() + "\"");
}

void check_external(const Field& scenario, const Field& external) {
  if (const auto rate = external.find("error_rate"); rate && rate->percent() > 100)
    rate->fail("at most 100 %", rate->shown(), "write \"1 %\"");
  const auto via = external.find("via");
  if (const auto zone = external.find("zone")) check_zone(scenario, *zone, via);
  const bool open = scenario.has("network") && scenario.at("network").has("subnets") &&
                    scenario.at("network").at("subnets").text() == "public";
  if (via && via->text() == "internet" && !open)
    via->fail("a way that is there: from private subnets the internet lies behind a NAT gateway", via->shown(),
              "write \"nat\", or \"subnets\": \"public\" in /network");
  if (via && via->text() == "nat" && open)
    via->fail("a way that is there: from public subnets nothing goes through a NAT gateway", via->shown(),
              "write \"internet\"");
  const bool no_nat =
      scenario.has("network") && scenario.at("network").has("nat") && scenario.at("network").at("nat").text() == "none";
  if (via && via->text() == "nat" && no_nat)
    via->fail("a way that is there: /network/nat is none", via->shown(), "write \"network\" or \"endpoint\"");
}

}  // namespace

void check_calls(const Field& scenario) {
  const Callables callables(scenario);
  std::vector<CallEdge> edges;
  for (std::size_t s = 0; s < callables.all.size(); ++s) {
    if (s >= callables.services) {
      check_external(scenario, callables.all[s]);
      continue;
    }
    check_calls_of(callables.all[s]);
    for (const Field& call : calls_of(callables.all[s])) {
      edges.push_back({s, callee_of(callables, call)});
      if (const auto direct = call.find("direct");
          direct && direct->truth() && edges.back().callee >= callables.services)
        direct->fail("no such key of a call to an external: no load balancer is in front of it", direct->shown(),
                     "remove " + direct->pointer());
    }
  }
  refuse_circle(callables, circle_of_calls(callables.all.size(), edges));
  check_size(callables, callers_first(callables.all.size(), edges));
  check_asked(callables, edges);
}

/// In list order: those that stand together with it come after the same ones, the next one after all of them.
std::uint32_t calls_before(const std::vector<Field>& calls, std::size_t i) {
  if (const auto after = calls[i].find("after")) {
    const std::vector<Field> names = after->is(Value::Kind::list) ? after->items() : std::vector<Field>{*after};
    std::uint32_t bits = 0;
    for (const Field& name : names)
      for (std::size_t e = 0; e < i; ++e)
        if (calls[e].at("to").text() == name.text()) bits |= 1u << e;
    return bits;
  }
  if (is(calls[i], "parallel")) return calls_before(calls, i - 1);
  return (1u << i) - 1;
}

std::int64_t most_retries(const Field& retries) {
  constexpr std::int64_t kMostRetries = 100;
  return retries.is(Value::Kind::object) ? retries.at("max").whole(0, kMostRetries) : retries.whole(0, kMostRetries);
}

}  // namespace berth
