#include "sim/scenario/fault_names.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/cores_demand.hpp"
#include "sim/scenario/relations.hpp"

namespace berth {
namespace {

constexpr const char* kFaultKindNames[kFaultKinds] = {"instance_loss",
                                                      "spot_interruption",
                                                      "zone_loss",
                                                      "task_retirement",
                                                      "fargate_spot_interruption",
                                                      "container_exit",
                                                      "oom",
                                                      "insufficient_capacity",
                                                      "fargate_patching",
                                                      "slow_down"};

std::string named_once(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// Of all architectures: what runs on one of them may be missing on another.
std::vector<std::string> pools_anywhere(const Field& scenario, bool only_fargate) {
  std::vector<std::string> names;
  if (!scenario.has("architectures")) return names;
  for (const Field& architecture : scenario.at("architectures").members())
    for (const Field& cluster : architecture.at("clusters").members())
      for (const Field& pool : cluster.at("pools").members())
        if (!only_fargate || pool.at("kind").text() == "fargate") add_once(names, pool.key());
  return names;
}

bool any_pool(const Field& scenario, const WrittenTarget& target, bool only_fargate) {
  for (const Field& architecture : scenario.at("architectures").members())
    for (const Field& cluster : architecture.at("clusters").members())
      for (const Field& pool : cluster.at("pools").members())
        if (names_pool(target, cluster.key(), pool.key()) && (!only_fargate || pool.at("kind").text() == "fargate"))
          return true;
  return false;
}

std::vector<std::string> workloads_of(const Field& scenario, FaultKind kind) {
  std::vector<std::string> names;
  for (const char* group : {"services", "jobs", "daemons"}) {
    const bool never_alone = std::string(group) == "daemons" && is_of_fargate(kind);
    if (const auto there = scenario.find(group); there && !never_alone)
      for (const Field& workload : there->members()) add_once(names, workload.key());
  }
  return names;
}

[[noreturn]] void refuse_target(const Field& target, const std::string& what, const std::vector<std::string>& known) {
  const std::string text = target.text();
  std::string near = nearest(text, known);
  const std::size_t stroke = text.find('/');
  if (near.empty() && stroke != std::string::npos) {
    near = nearest(text.substr(0, stroke), known);
    if (!near.empty()) near += text.substr(stroke);
  }
  target.fail(known.empty() ? what : what + ": " + named_once(known), target.shown(),
              near.empty() ? "write one of them" : "write \"" + near + "\"");
}

/// Who answers requests: a service with demand, or an external that somebody calls.
void check_slowed(const Field& scenario, const Field& target) {
  std::vector<std::string> known;
  for (const char* group : {"services", "externals"})
    if (const auto there = scenario.find(group))
      for (const Field& member : there->members())
        if (std::string(group) == "externals" || is_asked_by_requests(member)) known.push_back(member.key());
  if (std::find(known.begin(), known.end(), target.text()) != known.end()) return;
  refuse_target(target, "a service with requests, or an external", known);
}

void check_target(const Field& scenario, const Field& target, FaultKind kind) {
  const WrittenTarget written = written_target(target);
  const auto has = [](const std::vector<std::string>& known, const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  const std::vector<std::string> zones = zones_of(scenario);
  if (!written.zone.empty()) {
    if (kind != FaultKind::insufficient_capacity) refuse_target(target, "a target without @", {});
    if (!has(zones, written.zone)) refuse_target(target, "after the @ a zone of /network/zones", zones);
  }
  if (kind == FaultKind::slow_down) {
    check_slowed(scenario, target);
  } else if (kind == FaultKind::zone_loss) {
    if (!has(zones, target.text())) refuse_target(target, "a zone of /network/zones", zones);
  } else if (is_of_replicas(kind)) {
    std::vector<std::string> known = workloads_of(scenario, kind);
    if (written.names.size() == 1 && has(known, written.names.front())) return;
    if (is_of_fargate(kind) && written.number == 0 && any_pool(scenario, written, true)) return;
    if (is_of_fargate(kind))
      for (const std::string& pool : pools_anywhere(scenario, true)) add_once(known, pool);
    refuse_target(target,
                  is_of_fargate(kind) ? "a service, a job, a replica such as \"web/17\" or a Fargate pool"
                                      : "a service, a job, a daemon or a replica such as \"web/17\"",
                  known);
  } else if (kind != FaultKind::insufficient_capacity && !any_pool(scenario, written, false)) {
    refuse_target(target, "a pool, or a node of one such as \"ec2/3\"", pools_anywhere(scenario, false));
  }
}

void check_slow_down(const Field& fault, FaultKind kind) {
  if (kind != FaultKind::slow_down) {
    for (const char* key : {"factor", "error_rate"})
      if (const auto there = fault.find(key))
        there->fail(fmt::format("a {} only with slow_down", key), there->shown(), "remove " + there->pointer());
    return;
  }
  if (!fault.has("factor") && !fault.has("error_rate"))
    fault.fail("a \"factor\" or an \"error_rate\" of a slow_down", "neither", "add \"factor\": 10");
  if (const auto factor = fault.find("factor")) factor->number(1, 1e6);
  if (const auto rate = fault.find("error_rate"); rate && rate->percent() > 100)
    rate->fail("at most 100 %", rate->shown(), "write \"5 %\"");
}

void check_fault(const Field& scenario, const Field& fault) {
  const FaultKind kind = fault_kind(fault);
  const std::string word = fault.at("kind").text();
  constexpr Duration kOften = 1s;
  if (const auto every = fault.find("every"); every && every->duration() < kOften)
    every->fail("at least one second between two faults", every->shown(), "write \"1 min\"");
  if (const auto hazard = fault.find("hazard"); hazard && hazard->per_second() > 1)
    hazard->fail("a hazard of at most 1 /s", hazard->shown(), "write \"0.1 /h\"");
  const bool lasts =
      kind == FaultKind::zone_loss || kind == FaultKind::insufficient_capacity || kind == FaultKind::slow_down;
  const auto length = fault.find("for");
  if (lasts && !length)
    fault.fail(fmt::format("the key \"for\" of a {} (how long it lasts)", word), "none", "add \"for\": \"30 min\"");
  if (!lasts && length)
    length->fail(fmt::format("no \"for\" with {}, which happens in a moment", word), length->shown(),
                 "remove " + length->pointer());
  if (const auto code = fault.find("code")) {
    if (kind != FaultKind::container_exit)
      code->fail("a code only with container_exit", code->shown(), "remove " + code->pointer());
    code->whole(0, 255);
  }
  check_slow_down(fault, kind);
  check_target(scenario, fault.at("target"), kind);
}

}  // namespace

WrittenTarget written_target(const Field& target) {
  WrittenTarget written;
  std::string text = target.text();
  if (const std::size_t at = text.find('@'); at != std::string::npos) {
    written.zone = text.substr(at + 1);
    if (written.zone.empty()) target.fail("a zone after the @", target.shown(), "write \"m6i.large@a\"");
    text.resize(at);
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    written.names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  const std::string& last = written.names.back();
  const bool number = written.names.size() > 1 && !last.empty() && last.size() < 10 &&
                      last.find_first_not_of("0123456789") == std::string::npos;
  if (!number) return written;
  written.number = std::stoll(last);
  if (written.number == 0) target.fail("a number from 1", target.shown(), "write \"" + written.names.front() + "/1\"");
  written.names.pop_back();
  return written;
}

bool names_pool(const WrittenTarget& target, const std::string& cluster, const std::string& pool) {
  if (target.names.size() == 1) return target.names[0] == pool;
  return target.names.size() == 2 && target.names[0] == cluster && target.names[1] == pool;
}

FaultKind fault_kind(const Field& fault) {
  const std::string word = fault.at("kind").text();
  const auto at = std::find(std::begin(kFaultKindNames), std::end(kFaultKindNames), word);
  return static_cast<FaultKind>(at - std::begin(kFaultKindNames));
}

bool is_of_fargate(FaultKind kind) {
  return kind == FaultKind::task_retirement || kind == FaultKind::fargate_spot_interruption ||
         kind == FaultKind::fargate_patching;
}

bool is_of_replicas(FaultKind kind) {
  return is_of_fargate(kind) || kind == FaultKind::container_exit || kind == FaultKind::oom;
}

void check_faults(const Field& scenario) {
  if (const auto faults = scenario.find("faults"))
    for (const Field& fault : faults->items()) check_fault(scenario, fault);
}

}  // namespace berth
