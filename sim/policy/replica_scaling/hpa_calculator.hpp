// The HPA's replica calculator: from pods and their usage to a proposed number of replicas.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"

namespace berth {

enum class PodPhase : std::uint8_t { pending, running, succeeded, failed, unknown };

/// One pod as the HPA sees it. Amounts are in one unit of the caller's choice (millicores, bytes, milli-requests).
struct HpaPod {
  PodPhase phase = PodPhase::running;
  bool deleting = false;
  bool ready = false;
  std::optional<Time> started;        ///< the kubelet accepted it
  std::optional<Time> ready_changed;  ///< last change of readiness; empty: no such condition yet
  std::int64_t request = 0;
  std::optional<std::int64_t> usage;  ///< empty: no sample
  Time sampled{};                     ///< end of the sample's window
  Duration window{0};
};

struct HpaParameters {
  double tolerance;          ///< 0.1
  Duration initialisation;   ///< CPU initialisation period, 300 s
  Duration readiness_delay;  ///< initial-readiness delay, 30 s
};
HpaParameters hpa_parameters(const Catalog& catalog);

struct HpaGroups {
  std::size_t ready = 0;
  std::vector<std::uint32_t> unready, missing, ignored;
};
HpaGroups group_pods(std::span<const HpaPod> pods, Time now, const HpaParameters& parameters, bool cpu);

struct HpaProposal {
  std::int64_t replicas;
  std::int64_t measured;  ///< utilisation in percent, or mean usage
};
/// Utilisation of the request in percent; empty when no pod has a usable sample. `cpu`: the rules for start-up hold.
std::optional<HpaProposal> utilisation_replicas(std::int64_t current, std::int64_t target_percent,
                                                std::span<const HpaPod> pods, Time now, const HpaParameters& parameters,
                                                bool cpu);
/// Mean usage a pod against a target amount.
std::optional<HpaProposal> mean_usage_replicas(std::int64_t current, std::int64_t target, std::span<const HpaPod> pods,
                                               Time now, const HpaParameters& parameters, bool cpu);
/// A value of an object or an outside metric: ratio × ready pods.
HpaProposal value_replicas(std::int64_t current, std::int64_t target, std::int64_t value, std::int64_t ready,
                           double tolerance);
/// A total that the replicas share: total / target each.
HpaProposal per_replica_replicas(std::int64_t current, std::int64_t target, std::int64_t total, double tolerance);

}  // namespace berth
