// Groups of pods, the usage ratio, and what missing and unready pods do to it (replica_calculator.go of
// Kubernetes 1.36).
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

std::int64_t ceil_of(double x) { return static_cast<std::int64_t>(std::ceil(x)); }

std::optional<HpaProposal> propose(PodUsage usage, std::int64_t current, std::span<const HpaPod> pods, Time now,
                                   const HpaParameters& parameters, bool cpu) {
  for (const HpaPod& pod : pods) usage.add(pod, group_of(pod, now, parameters, cpu));
  return usage.proposal(current, parameters.tolerance);
}

}  // namespace

HpaParameters hpa_parameters(const Catalog& catalog) {
  const double tolerance = catalog.constant("hpa.tolerance");
  return HpaParameters{
      .tolerance = {tolerance, tolerance},
      .initialisation = from_seconds(catalog.constant("hpa.cpu_initialisation_s")),
      .readiness_delay = from_seconds(catalog.constant("hpa.initial_readiness_s")),
  };
}

HpaGroup group_of(const HpaPod& pod, Time now, const HpaParameters& parameters, bool cpu) {
  if (pod.deleting || pod.phase == PodPhase::failed) return HpaGroup::ignored;
  if (pod.phase == PodPhase::pending) return HpaGroup::unready;
  if (!pod.usage) return HpaGroup::missing;
  return cpu && cpu_not_telling(pod, now, parameters) ? HpaGroup::unready : HpaGroup::ready;
}

PodUsage::PodUsage(HpaTarget aim, std::int64_t target) : aim_(aim), target_(target) {}

void PodUsage::add(const HpaPod& pod, HpaGroup group) {
  if (group == HpaGroup::ignored) return;
  Sums& sums = group == HpaGroup::ready ? ready_ : group == HpaGroup::unready ? unready_ : missing_;
  ++sums.pods;
  sums.request += pod.request;
  if (group == HpaGroup::ready) sums.usage += *pod.usage;
  if (group != HpaGroup::missing) return;
  // All of its request, or of a target above that; of a target amount, exactly that.
  sums.usage += aim_ == HpaTarget::utilisation ? pod.request * std::max<std::int64_t>(100, target_) / 100 : target_;
}

std::optional<PodUsage::Ratio> PodUsage::ratio_of(const Sums& sums) const {
  if (aim_ == HpaTarget::utilisation && sums.request == 0) return std::nullopt;
  const std::int64_t measured =
      aim_ == HpaTarget::utilisation ? sums.usage * 100 / sums.request : sums.usage / sums.pods;
  return Ratio{static_cast<double>(measured) / static_cast<double>(target_), measured};
}

/// Missing pods count against the direction, at exactly 1 not at all; unready ones as idle, against going up.
PodUsage::Sums PodUsage::with_the_others(double ratio) const {
  Sums all = ready_;
  const auto count = [&](const Sums& others, std::int64_t usage) {
    all.pods += others.pods;
    all.request += others.request;
    all.usage += usage;
  };
  if (ratio != 1.0) count(missing_, ratio < 1.0 ? missing_.usage : 0);
  if (ratio > 1.0) count(unready_, 0);
  return all;
}

std::optional<HpaProposal> PodUsage::proposal(std::int64_t current, HpaTolerance tolerance) const {
  if (ready_.pods == 0) return std::nullopt;
  const auto told = ratio_of(ready_);
  if (!told) return std::nullopt;
  const double before = told->ratio;
  const HpaProposal same{current, told->measured};
  if (missing_.pods == 0 && (unready_.pods == 0 || before <= 1.0)) {
    if (tolerance.holds(before)) return same;
    return HpaProposal{ceil_of(before * static_cast<double>(ready_.pods)), told->measured};
  }
  const Sums all = with_the_others(before);
  const double after = ratio_of(all)->ratio;
  const bool turned = (before < 1.0 && after > 1.0) || (before > 1.0 && after < 1.0);
  if (turned || tolerance.holds(after)) return same;
  const std::int64_t replicas = ceil_of(after * static_cast<double>(all.pods));
  if ((after < 1.0 && replicas > current) || (after > 1.0 && replicas < current)) return same;
  return HpaProposal{replicas, told->measured};
}

std::optional<HpaProposal> utilisation_replicas(std::int64_t current, std::int64_t target_percent,
                                                std::span<const HpaPod> pods, Time now, const HpaParameters& parameters,
                                                bool cpu) {
  return propose(PodUsage(HpaTarget::utilisation, target_percent), current, pods, now, parameters, cpu);
}

std::optional<HpaProposal> mean_usage_replicas(std::int64_t current, std::int64_t target, std::span<const HpaPod> pods,
                                               Time now, const HpaParameters& parameters, bool cpu) {
  return propose(PodUsage(HpaTarget::average_value, target), current, pods, now, parameters, cpu);
}

HpaProposal value_replicas(std::int64_t current, std::int64_t target, std::int64_t value, std::int64_t ready,
                           HpaTolerance tolerance) {
  const double ratio = static_cast<double>(value) / static_cast<double>(target);
  if (current != 0 && tolerance.holds(ratio)) return HpaProposal{current, value};
  return HpaProposal{ceil_of(current == 0 ? ratio : ratio * static_cast<double>(ready)), value};
}

HpaProposal per_replica_replicas(std::int64_t there, std::int64_t target, std::int64_t total, HpaTolerance tolerance) {
  if (there == 0) return HpaProposal{ceil_of(static_cast<double>(total) / static_cast<double>(target)), total};
  const double ratio = static_cast<double>(total) / (static_cast<double>(target) * static_cast<double>(there));
  const std::int64_t mean = ceil_of(static_cast<double>(total) / static_cast<double>(there));
  if (tolerance.holds(ratio)) return HpaProposal{there, mean};
  return HpaProposal{ceil_of(static_cast<double>(total) / static_cast<double>(target)), mean};
}

}  // namespace berth
