// Groups of pods, the usage ratio, and what missing and unready pods do to it (replica_calculator.go).
#include "sim/policy/replica_scaling/hpa_calculator.hpp"

#include <algorithm>
#include <cmath>

namespace berth {
namespace {

/// Still starting up, so that its CPU says nothing about its load.
bool cpu_not_telling(const HpaPod& pod, Time now, const HpaParameters& parameters) {
  if (!pod.started || !pod.ready_changed) return true;
  if (*pod.started + parameters.initialisation > now) {
    return !pod.ready || pod.sampled < *pod.ready_changed + pod.window;
  }
  return !pod.ready && *pod.started + parameters.readiness_delay > *pod.ready_changed;
}

/// One pod that enters the ratio.
struct Counted {
  std::int64_t usage, request;
};
struct Ratio {
  double ratio;
  std::int64_t measured;
};

bool within_tolerance(double ratio, double tolerance) { return std::fabs(1.0 - ratio) <= tolerance; }

std::int64_t ceil_of(double x) { return static_cast<std::int64_t>(std::ceil(x)); }

/// The calculation that both kinds of target share; they differ in the ratio and in what a missing pod counts.
template <class RatioOf, class Fallback>
std::optional<HpaProposal> propose(std::int64_t current, std::span<const HpaPod> pods, Time now,
                                   const HpaParameters& parameters, bool cpu, const RatioOf& ratio_of,
                                   const Fallback& fallback) {
  const auto groups = group_pods(pods, now, parameters, cpu);
  std::vector<bool> left_out(pods.size(), false);
  for (const auto* group : {&groups.unready, &groups.missing, &groups.ignored}) {
    for (const std::uint32_t i : *group) left_out[i] = true;
  }
  std::vector<Counted> counted;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (!left_out[i]) counted.push_back({*pods[i].usage, pods[i].request});
  }
  if (counted.empty()) return std::nullopt;
  const Ratio before = ratio_of(counted);
  const bool up_with_unready = !groups.unready.empty() && before.ratio > 1.0;
  if (!up_with_unready && groups.missing.empty()) {
    if (within_tolerance(before.ratio, parameters.tolerance)) return HpaProposal{current, before.measured};
    return HpaProposal{ceil_of(before.ratio * static_cast<double>(groups.ready)), before.measured};
  }
  if (before.ratio != 1.0) {  // missing pods count against the direction; at exactly 1 they change nothing
    for (const std::uint32_t i : groups.missing) {
      counted.push_back({before.ratio < 1.0 ? fallback(pods[i]) : 0, pods[i].request});
    }
  }
  if (up_with_unready) {
    for (const std::uint32_t i : groups.unready) counted.push_back({0, pods[i].request});
  }
  const double after = ratio_of(counted).ratio;
  const bool turned = (before.ratio < 1.0 && after > 1.0) || (before.ratio > 1.0 && after < 1.0);
  if (turned || within_tolerance(after, parameters.tolerance)) return HpaProposal{current, before.measured};
  const std::int64_t replicas = ceil_of(after * static_cast<double>(counted.size()));
  if ((after < 1.0 && replicas > current) || (after > 1.0 && replicas < current)) {
    return HpaProposal{current, before.measured};
  }
  return HpaProposal{replicas, before.measured};
}

}  // namespace

HpaParameters hpa_parameters(const Catalog& catalog) {
  return HpaParameters{
      .tolerance = catalog.constant("hpa.tolerance"),
      .initialisation = from_seconds(catalog.constant("hpa.cpu_initialisation_s")),
      .readiness_delay = from_seconds(catalog.constant("hpa.initial_readiness_s")),
  };
}

HpaGroups group_pods(std::span<const HpaPod> pods, Time now, const HpaParameters& parameters, bool cpu) {
  HpaGroups groups;
  for (std::uint32_t i = 0; i < pods.size(); ++i) {
    const auto& pod = pods[i];
    if (pod.deleting || pod.phase == PodPhase::failed) {
      groups.ignored.push_back(i);
    } else if (pod.phase == PodPhase::pending) {
      groups.unready.push_back(i);
    } else if (!pod.usage) {
      groups.missing.push_back(i);
    } else if (cpu && cpu_not_telling(pod, now, parameters)) {
      groups.unready.push_back(i);
    } else {
      ++groups.ready;
    }
  }
  return groups;
}

std::optional<HpaProposal> utilisation_replicas(std::int64_t current, std::int64_t target_percent,
                                                std::span<const HpaPod> pods, Time now, const HpaParameters& parameters,
                                                bool cpu) {
  const auto ratio_of = [&](const std::vector<Counted>& counted) {
    std::int64_t usage = 0, request = 0;
    for (const auto& c : counted) {
      usage += c.usage;
      request += c.request;
    }
    const std::int64_t percent = request == 0 ? 0 : usage * 100 / request;
    return Ratio{static_cast<double>(percent) / static_cast<double>(target_percent), percent};
  };
  const std::int64_t full = std::max<std::int64_t>(100, target_percent);
  return propose(current, pods, now, parameters, cpu, ratio_of,
                 [&](const HpaPod& pod) { return pod.request * full / 100; });
}

std::optional<HpaProposal> mean_usage_replicas(std::int64_t current, std::int64_t target, std::span<const HpaPod> pods,
                                               Time now, const HpaParameters& parameters, bool cpu) {
  const auto ratio_of = [&](const std::vector<Counted>& counted) {
    std::int64_t usage = 0;
    for (const auto& c : counted) usage += c.usage;
    const std::int64_t mean = usage / static_cast<std::int64_t>(counted.size());
    return Ratio{static_cast<double>(mean) / static_cast<double>(target), mean};
  };
  return propose(current, pods, now, parameters, cpu, ratio_of, [&](const HpaPod&) { return target; });
}

HpaProposal value_replicas(std::int64_t current, std::int64_t target, std::int64_t value, std::int64_t ready,
                           double tolerance) {
  const double ratio = static_cast<double>(value) / static_cast<double>(target);
  if (current != 0 && within_tolerance(ratio, tolerance)) return HpaProposal{current, value};
  return HpaProposal{ceil_of(current == 0 ? ratio : ratio * static_cast<double>(ready)), value};
}

HpaProposal per_replica_replicas(std::int64_t current, std::int64_t target, std::int64_t total, double tolerance) {
  std::int64_t replicas = current;
  const double ratio = static_cast<double>(total) / (static_cast<double>(target) * static_cast<double>(current));
  if (current == 0 || !within_tolerance(ratio, tolerance)) {
    replicas = ceil_of(static_cast<double>(total) / static_cast<double>(target));
  }
  const std::int64_t mean = current == 0 ? total : ceil_of(static_cast<double>(total) / static_cast<double>(current));
  return HpaProposal{replicas, mean};
}

}  // namespace berth
