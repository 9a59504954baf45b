// The HPA's replica calculator: resource, pod, object and outside metrics.
#include <fmt/format.h>

#include <algorithm>

#include "sim/policy/replica_scaling/hpa_calculator.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

/// The moment of every case; "long ago" is the start of the run.
constexpr Time kCaseTime = Time{std::chrono::hours(24)};
constexpr Time kLongAgo{};

Time offset(std::int64_t s) { return kCaseTime + std::chrono::seconds(s); }

PodPhase phase_of(const std::string& text) {
  if (text == "Pending") return PodPhase::pending;
  if (text == "Failed") return PodPhase::failed;
  if (text == "Succeeded") return PodPhase::succeeded;
  return PodPhase::running;
}

HpaParameters parameters_of(const Field& file) {
  const auto c = file.at("constants");
  const double tolerance = c.at("tolerance").number();
  return HpaParameters{{tolerance, tolerance},
                       std::chrono::seconds(number_at(c, "cpu_initialization_period_s")),
                       std::chrono::seconds(number_at(c, "initial_readiness_delay_s"))};
}

/// The pods of one case of the calculator: lists by pod, any of which may be missing. Readiness changed when the pod
/// started, as in the upstream test.
std::vector<HpaPod> pods_of(const Field& in, const std::vector<Field>& usage, std::int64_t containers) {
  const auto requests = items_or_none(in, "request_milli_per_container");
  const auto ready = items_or_none(in, "pod_ready"), started = items_or_none(in, "pod_start_offset_s");
  const auto phase = items_or_none(in, "pod_phase"), deleting = items_or_none(in, "pod_deleting");
  const auto pods = std::max<std::size_t>(requests.size(), static_cast<std::size_t>(number_at(in, "current_replicas")));
  std::vector<HpaPod> all(pods);
  for (std::size_t i = 0; i < pods; ++i) {
    auto& pod = all[i];
    pod.ready = i >= ready.size() || ready[i].text() == "True";
    pod.started = i < started.size() ? offset(started[i].whole(-1'000'000)) : kLongAgo;
    pod.ready_changed = pod.started;
    pod.phase = i < phase.size() ? phase_of(phase[i].text()) : PodPhase::running;
    pod.deleting = i < deleting.size() && deleting[i].truth();
    if (i < requests.size()) pod.request = requests[i].whole() * containers;
    if (i < usage.size()) pod.usage = usage[i].whole() * containers;
    pod.sampled = kCaseTime;
    pod.window = std::chrono::minutes(1);
  }
  return all;
}

std::int64_t ready_pods(const std::vector<HpaPod>& pods) {
  return std::count_if(pods.begin(), pods.end(),
                       [](const HpaPod& p) { return p.ready && p.phase == PodPhase::running; });
}

std::optional<HpaProposal> answer(const Field& in, const HpaParameters& parameters) {
  const auto kind = in.at("kind").text();
  const auto current = number_at(in, "current_replicas");
  const auto levels = items_or_none(in, "levels_milli");
  if (kind == "resource_utilization") {
    const auto pods = pods_of(in, items_or_none(in, "usage_milli_per_container"), number_at(in, "containers_per_pod"));
    return utilisation_replicas(current, number_at(in, "target_utilization_percent"), pods, kCaseTime, parameters,
                                in.at("resource").text() == "cpu");
  }
  if (kind == "pods_metric") {
    return mean_usage_replicas(current, number_at(in, "target_milli"), pods_of(in, levels, 1), kCaseTime, parameters,
                               false);
  }
  std::int64_t total = 0;
  for (const auto& l : levels) total += l.whole();
  if (has_value(in, "target_per_pod_milli")) {
    return per_replica_replicas(current, number_at(in, "target_per_pod_milli"), total, parameters.tolerance);
  }
  return value_replicas(current, number_at(in, "target_milli"), total, ready_pods(pods_of(in, {}, 1)),
                        parameters.tolerance);
}

std::string expected_answer(const Field& expected) {
  if (expected.has("error_contains")) return "no proposal";
  const auto* measured = expected.has("utilization_percent") ? "utilization_percent" : "value_milli";
  return fmt::format("{} replicas at {}", number_at(expected, "replicas"), number_at(expected, measured));
}

HpaPod pod_of_group(const Field& p) {
  HpaPod pod;
  pod.phase = phase_of(p.at("phase").text());
  if (has_value(p, "start_offset_s")) pod.started = offset(number_at(p, "start_offset_s"));
  if (has_value(p, "ready_status")) {
    pod.ready = p.at("ready_status").text() == "True";
    pod.ready_changed = offset(number_or(p, "ready_transition_offset_s", 0));
  }
  if (!has_value(p, "metric")) return pod;
  const auto metric = p.at("metric");
  pod.usage = 1;
  pod.sampled = has_value(metric, "timestamp_offset_s") ? offset(number_at(metric, "timestamp_offset_s")) : kLongAgo;
  pod.window = std::chrono::seconds(number_or(metric, "window_s", 0));
  return pod;
}

/// The groups of all pods as one text; deleted and failed ones are in none.
std::string grouped(const std::vector<Field>& pods, const HpaParameters& parameters, bool cpu) {
  int ready = 0;
  std::string unready, missing;
  for (const Field& p : pods) {
    const HpaGroup group = group_of(pod_of_group(p), kCaseTime, parameters, cpu);
    ready += group == HpaGroup::ready;
    if (group == HpaGroup::unready) unready += p.at("name").text() + " ";
    if (group == HpaGroup::missing) missing += p.at("name").text() + " ";
  }
  return fmt::format("{} ready, unready {}, missing {}", ready, unready, missing);
}

std::string names(const std::vector<Field>& group) {
  std::string text;
  for (const auto& n : group) text += n.text() + " ";
  return text;
}

}  // namespace

void run_hpa_calculator(const Field& file, Tally& tally) {
  const auto parameters = parameters_of(file);
  for (const auto& c : file.at("cases").items()) {
    const auto ours = answer(c.at("input"), parameters);
    tally.expect(c.at("name").text(), expected_answer(c.at("expected")),
                 ours ? fmt::format("{} replicas at {}", ours->replicas, ours->measured) : "no proposal");
  }
  for (const auto& c : items_or_none(file, "group_pods_cases")) {
    const auto name = c.at("name").text();
    if (has_value(c, "strict") && !c.at("strict").truth()) {
      tally.skip(name, "the file itself calls it not binding");
      continue;
    }
    const auto expected = c.at("expected");
    tally.expect(name,
                 fmt::format("{} ready, unready {}, missing {}", number_at(expected, "ready_count"),
                             names(expected.at("unready").items()), names(expected.at("missing").items())),
                 grouped(c.at("input").at("pods").items(), parameters, c.at("input").at("resource").text() == "cpu"));
  }
}

}  // namespace berth::conformance
